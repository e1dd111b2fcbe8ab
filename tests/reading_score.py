"""How reading fares against a truth file: what is wrong, what is lost, which defects are found."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from prrt_lib.read import ids
from prrt_lib.read.reading import Reading

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
    sheets = "PRRT abstraction" if wide else wrong["table"]
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
    known = truth.assign(sheet="PRRT abstraction" if wide else truth["table"])
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
