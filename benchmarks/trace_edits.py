"""``python -m benchmarks.trace_edits``: is every row that an edited cell changes traced to it?

One cell of a workbook is changed at a time (another valid value, blank, or garbage), the workbook
read and every analysis computed again. A row that changes, appears or goes without the cell in its
footprint, before or after, is a hole in the traces. Writes docs/trace-study.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import openpyxl
import pandas as pd

from prrt_lib.base.errors import InputError
from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.derivations import abstracted, of_cohort
from prrt_lib.declare.parameters import Parameters, from_mapping
from prrt_lib.read.reading import Reading, read_workbook
from prrt_lib.run.rerun import Rerun, rerun
from prrt_lib.tools.compare.changes import Moved, row_changes
from prrt_lib.tools.compare.edits import NO_CELL

SEED = 20190706
WORKBOOKS = {
    "24 patients": ("tests/data/sheets_24.xlsx", "sheets", "2017-06-30"),
    "demonstration": ("data/raw/demo.xlsx", "template", "2026-06-30"),
}
# Of 200 edits; the demonstration's take five times as long.
SHARES = {"24 patients": 0.7, "demonstration": 0.3}
KINDS = ("another value", "blank", "garbage")
WEIGHTS = (7, 2, 1)
GARBAGE = "q!?"
HEAD = """# Are the traces complete?

Each time one cell of a workbook was changed: a random cell of a random column, to another valid
value, to a blank or to garbage. The workbook was read and the analyses were computed again, and
every result row was compared with the row before. A row that changes, appears or goes must have
the edited patient and column in its footprint. The last column is the share of all rows that have
the cell in their footprint, the median over the edits. Made by `make trace-study`.

| workbook | edits | that change rows | rows changed | traced | edits with an untraced row | share |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Planted:
    """One changed cell, and the patient's columns that are read from it: (record, address)."""

    sheet: str
    cell: str
    kind: str
    reads: frozenset[tuple[str, str]]


@dataclass
class Outcome:
    """What an edit changed: all rows, those without it in their footprint; or why nothing ran.

    ``touched``: share of the rows that have the cell in their footprint.
    """

    planted: Planted
    changed: int = 0
    touched: float = 0.0
    holes: list[Moved] = field(default_factory=list)
    refused: str = ""


class Study:
    """One workbook, its baseline, and edits planted one at a time."""

    def __init__(self, workbook: Path, parameters: Parameters, folder: Path, **only: Any):
        self.book = openpyxl.load_workbook(workbook)
        self.file = folder / workbook.name
        self.parameters, self.only = parameters, only
        self.reading = self._read()
        self.base = rerun(self.reading, parameters, **only)

    def _read(self) -> Reading:
        self.book.save(self.file)
        return read_workbook(self.file, self.parameters.profile)

    def draw(self, rng: random.Random) -> Planted:
        """A random cell of a random column, and what to do with it."""
        lines = self.reading.lineage
        lines = lines[~lines["source"].isin(NO_CELL)]
        table, column = rng.choice(sorted(set(zip(lines["table"], lines["column"], strict=True))))
        own = lines[(lines["table"] == table) & (lines["column"] == column)]
        line = own.iloc[rng.randrange(len(own))]
        here = lines[(lines["sheet"] == line["sheet"]) & (lines["cell"] == line["cell"])]
        reads = zip(here["record"], here["table"] + "." + here["column"], strict=True)
        kind = rng.choices(KINDS, WEIGHTS)[0]
        return Planted(line["sheet"], line["cell"], kind, frozenset(reads))

    def outcome(self, planted: Planted, rng: random.Random, since: bool = True) -> Outcome | None:
        """What the edit does; None where it leaves the cell as it was. The book is put right."""
        cell = self.book[planted.sheet][planted.cell]
        before = cell.value
        after = _other(cell, planted.kind, rng)
        if after == before:
            return None
        cell.value = after
        try:
            return self._compared(planted, since)
        finally:
            cell.value = before

    def _compared(self, planted: Planted, since: bool) -> Outcome:
        try:
            made = rerun(self._read(), self.parameters, self.base if since else None, **self.only)
        except InputError as error:
            return Outcome(planted, refused=type(error).__name__)
        found = row_changes(self.base.rows, made.rows)
        moved = [*found.moved, *found.worded]
        covered = [_covered(one, planted) for one in (self.base, made)]
        holes = [one for one in moved if not any(one.row_id in rows for rows in covered)]
        return Outcome(planted, len(moved), len(covered[0]) / len(self.base.rows), holes)


def _other(cell: Any, kind: str, rng: random.Random) -> Any:
    """Another value for ``cell``: of its own kind, or one that its column has elsewhere."""
    if kind == "blank":
        return None
    if kind == "garbage":
        return GARBAGE
    if isinstance(cell.value, dt.datetime):
        return cell.value + dt.timedelta(days=rng.choice([-400, -31, -1, 1, 31, 400]))
    if isinstance(cell.value, (int, float)) and rng.random() < 0.5:
        return cell.value * rng.choice([0.5, 2])
    values = {other.value for other in next(cell.parent.iter_cols(
        cell.column, cell.column, min_row=2)) if other.value not in (None, cell.value)}  # fmt: skip
    return rng.choice(sorted(values, key=str)) if values else cell.value


def _covered(made: Rerun, planted: Planted) -> set[str]:
    """Rows of a run with the edited cell in their footprint."""
    contents: dict[str, dict] = {}
    rows: dict[str, str] = {}
    for _, _, traces in made.made.values():
        contents |= traces["footprints"]
        rows |= traces["rows"]
    hit = {key for key, one in contents.items() if _holds(one, made.patients, planted)}
    return {row for row, key in rows.items() if key in hit}


def _holds(footprint: dict, patients: pd.DataFrame, planted: Planted) -> bool:
    """Whether a footprint has a patient and a column that are read from the edited cell."""
    if any(address in of_cohort() for _, address in planted.reads):
        return True
    columns, everyone = abstracted(footprint["columns"]), not footprint["populations"]
    flags = [f"in_{name}" for name in footprint["populations"]]
    members = set(patients.loc[patients[flags].any(axis=1), "patient_id"]) if flags else set()
    return any(
        address in columns and (everyone or record in members) for record, address in planted.reads
    )


def study(name: str, edits: int, seed: int = SEED) -> list[Outcome]:
    """The outcomes of ``edits`` edits in one of :data:`WORKBOOKS`."""
    workbook, profile, cutoff = WORKBOOKS[name]
    content = {"workbook": workbook, "profile": profile, "cutoff": cutoff}
    given = from_mapping("edits", content, name)
    with tempfile.TemporaryDirectory() as folder:
        one = Study(PROJECT / workbook, given, Path(folder))
        return list(outcomes(one, edits, random.Random(f"{seed} {name}")))


def outcomes(one: Study, edits: int, rng: random.Random) -> Iterator[Outcome]:
    """``edits`` outcomes; every tenth without taking any analysis for unchanged."""
    done = 0
    while done < edits:
        found = one.outcome(one.draw(rng), rng, since=done % 10 > 0)
        if found is not None:
            done += 1
            yield found


def line(name: str, found: list[Outcome]) -> str:
    """A line of the table."""
    changed = sum(one.changed for one in found)
    holes = sum(len(one.holes) for one in found)
    share = f"{100 * (changed - holes) / changed:.2f} %" if changed else "none changed"
    bad = sum(bool(one.holes) for one in found)
    effective = sum(one.changed > 0 for one in found)
    touched = f"{100 * median(one.touched for one in found):.0f} %"
    return f"| {name} | {len(found)} | {effective} | {changed} | {share} | {bad} | {touched} |"


def holes(found: list[Outcome]) -> list[str]:
    """Each hole of the traces once: which column changed which analyses."""
    counted = Counter(
        (", ".join(sorted({address for _, address in one.planted.reads})), one.planted.kind,
         moved.row["notebook"], moved.row["analysis"], moved.row["endpoint"], moved.row["model"])
        for one in found for moved in one.holes
    )  # fmt: skip
    return [f"* {count} rows: {' · '.join(word for word in key if word)}"
            for key, count in sorted(counted.items())]  # fmt: skip


def page(results: dict[str, list[Outcome]]) -> str:
    """The page of the study."""
    lines = [line(name, found) for name, found in results.items()]
    everything = [one for found in results.values() for one in found]
    kinds = Counter(one.planted.kind for one in everything)
    refused = sum(bool(one.refused) for one in everything)
    told = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS)
    rest = f"; refused before any analysis: {refused}" if refused else ""
    left = ["Rows not traced, by column:", "", *holes(everything)]
    none = ["Every row that changed was traced to the edited cell."]
    shown = left if any(one.holes for one in everything) else none
    return "\n".join([HEAD + "\n".join(lines), "", f"Edits: {told}{rest}.", "", *shown, ""])


def main() -> None:
    """Runs the study."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--edits", type=int, default=200)
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--docs", type=Path, default=PROJECT / "docs")
    given = asked.parse_args()
    os.nice(10)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(given.jobs, get_context("spawn")) as pool:
        work = {name: pool.submit(study, name, given.edits // 2, given.seed) for name in WORKBOOKS}
        text = page({name: one.result() for name, one in work.items()})
    (given.docs / "trace-study.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
