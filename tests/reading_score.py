"""How reading fares against a truth file: what is wrong, what is lost, which defects are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.dictionary import DATE_KINDS, Column, dictionary
from prrt_lib.read.reading import Reading
from prrt_lib.read.sheets import ids

WIDE_SHEET = "PRRT abstraction"
USED = ("ok", "imputed-partial", "censored-low", "censored-high", "range")
DATE_FORMS = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}

# Injected contradiction -> the rules that ask about it.
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "alive-with-death-date": ("alive-with-death-date",),
    "death-before-diagnosis": ("death-before-diagnosis", "death-before-prrt", "contact-after-death",
                               "row-after-death"),
    "diagnosis-after-prrt": ("diagnosis-after-prrt",),
    "cycles-out-of-order": ("cycles-out-of-order",),
    "age-and-birth-disagree": ("age-against-dates",),
    "progression-without-scan": ("progression-without-scan", "progression-differs-from-scan"),
    "onset-after-death": ("row-after-death",),
    "resolution-before-onset": ("resolution-before-onset",),
    "duplicate-exact": ("duplicate-row",),
    "duplicate-conflict": ("conflicting-patient",),
    "orphan": ("orphan-record",),
}  # fmt: skip
# Questions about one cell: a defect that the cell itself shows.
OF_A_CELL = ("cell-ambiguous", "cell-invalid")


def defects(truth: pd.DataFrame, place: str) -> pd.DataFrame:
    """Defects that left something in the workbook of that shape (``place`` holds its cells)."""
    wrong = truth[(truth["written_as"] == "defect") & (truth[place] != "")]
    return wrong[wrong["rule"] != "blank"]


def missed(truth: pd.DataFrame, reading: Reading, wide: bool) -> pd.DataFrame:
    """Defects that no finding speaks of: a cell's own by its address, a record's by its patient."""
    found, place = reading.findings, "cell_wide" if wide else "cell"
    wrong = defects(truth, place)
    if wide:  # the wide sheet has no rows of its own for these
        wrong = wrong[~((wrong["rule"] == "duplicate-exact") & (wrong["table"] == "imaging"))]
        wrong = wrong[wrong["rule"] != "orphan"]
    sheets = WIDE_SHEET if wide else wrong["table"]
    cells = set(zip(found["sheet"], found["cell"], strict=True))
    by_cell = [pair in cells for pair in zip(_column(sheets, wrong), wrong[place], strict=True)]
    about = set(zip(found["rule"], map(ids.key, found["record"]), strict=True))
    gone = set(map(ids.key, reading.about["held_out"]))
    spoken = []
    for rule, patient, here in zip(wrong["rule"], wrong["patient_id"], by_cell, strict=True):
        rules, patient = ANSWERS.get(rule, ()), ids.key(patient)
        spoken.append(any((one, patient) in about for one in rules) or (not rules and here)
                      or patient in gone)  # fmt: skip
    return wrong[[not one for one in spoken]]


def _column(sheets: str | pd.Series, like: pd.DataFrame) -> list[str]:
    return [sheets] * len(like) if isinstance(sheets, str) else sheets.tolist()


def needless(truth: pd.DataFrame, reading: Reading, wide: bool) -> pd.DataFrame:
    """Refused cells that hold a readable value: what reading asked for nothing."""
    place = "cell_wide" if wide else "cell"
    found = reading.findings[reading.findings["rule"].isin(OF_A_CELL)]
    known = truth.assign(sheet=WIDE_SHEET if wide else truth["table"])
    left, right = (["sheet", one, "table", "column"] for one in ("cell", place))
    both = found.merge(known, left_on=left, right_on=right, suffixes=("", "_true"))
    return both[both["written_as"] != "defect"]


def score(truth: pd.DataFrame, reading: Reading, wide: bool) -> dict[str, float]:
    """Defects, those found, refused cells, those refused without need; recall and precision."""
    wrong = len(defects(truth, "cell_wide" if wide else "cell"))
    lost = missed(truth, reading, wide)
    asked = reading.findings["rule"].isin(OF_A_CELL).sum()
    extra = len(needless(truth, reading, wide))
    return {
        "defects": wrong, "missed": len(lost), "recall": 1 - len(lost) / wrong,
        "asked": int(asked), "needless": extra, "precision": 1 - extra / max(asked, 1),
    }  # fmt: skip


def judged(truth: pd.DataFrame, reading: Reading, wide: bool) -> pd.DataFrame:
    """Every cell of the workbook that was read, with what is true of it (``want``), its status and
    what was read (``got``). Columns that hold several values a cell are left out."""
    parts = []
    for table, frame in reading.tables.items():
        own = _wanted(truth[truth["table"] == table])
        lineage = reading.lineage[reading.lineage["table"] == table]
        lineage = lineage.rename(columns={"rule": "reason", "cell": "place"})
        own = own.assign(sheet=WIDE_SHEET if wide else table)
        own = own.rename(columns={"cell_wide" if wide else "cell": "place"})
        cells = own.merge(lineage, on=["sheet", "place", "table", "column"])
        columns = dictionary().tables[table].columns
        for name, group in cells.groupby("column", sort=False):
            if not columns[name].multiple:
                got = np.array(canonical(columns[name], frame), dtype=object)
                parts.append(group.assign(got=got[group["row"].to_numpy() - 1]))
    return pd.concat(parts, ignore_index=True)


def _wanted(truth: pd.DataFrame) -> pd.DataFrame:
    plain = (truth["written_as"] != "defect") & (truth["expected"] == "")
    return truth.assign(want=truth["true_value"].where(plain, truth["expected"]))


def canonical(column: Column, frame: pd.DataFrame) -> list[str]:
    """Typed values as the truth file writes them: ISO dates, "<2", "2-5", "245 ng/mL"."""
    value, parts = frame[column.value_column], column.companions
    if column.kind in DATE_KINDS:
        pairs = zip(frame[parts["prec"]], frame[parts["lo"]], strict=True)
        return [low.strftime(DATE_FORMS[form]) if form else "" for form, low in pairs]
    if "op" in parts:
        names = [parts[part] for part in ("op", "lo", "hi", "unit")]
        with_unit = column.kind == "lab_value" and not column.unit
        return [_bounded(*four, with_unit) for four in zip(*map(frame.get, names), strict=True)]
    return ["" if one is None or one != one else shortest(one) for one in value]


def _bounded(op: str, low: float, high: float, unit: str, with_unit: bool) -> str:
    ends = {"=": "{0}", "<": "<{1}", ">": ">{0}", "range": "{0}-{1}"}.get(op, "")
    text = ends.format(shortest(low), shortest(high))
    return f"{text} {unit}" if text and with_unit else text


def shortest(value: Any) -> str:
    """A number without the zeros at its end; a word as it is."""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def silently_wrong(cells: pd.DataFrame) -> pd.DataFrame:
    """Judged cells whose value is used and is not the true one. Two dates of PRRT that changed
    places read well, and as a set they are right; a date of death beside "alive" is asked about
    and kept for both readings of the contradiction."""
    cells = cells[~cells["rule"].isin(["cycles-out-of-order", "alive-with-death-date"])]
    return cells[cells["status"].isin(USED) & (cells["got"] != cells["want"])]


def lost(cells: pd.DataFrame) -> float:
    """Share of the judged cells with a readable value that were not read."""
    readable = cells[(cells["written_as"] != "defect") & (cells["want"] != "")]
    return float((readable["got"] == "").mean())
