"""Finished runs as the runner leaves them, made in this process: no kernel, no page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl

from prrt_lib import __version__
from prrt_lib.base.paths import PROJECT, Places
from prrt_lib.declare.parameters import Parameters, from_mapping
from prrt_lib.declare.rows import SCHEMA_VERSION
from prrt_lib.read.reading import Reading, read_workbook
from prrt_lib.run import keys, manifest, stages
from prrt_lib.run.rerun import NOTEBOOKS, Rerun, rerun

WORKBOOK = PROJECT / "tests" / "data" / "sheets_24.xlsx"
PLAIN = {"workbook": str(WORKBOOK), "profile": "sheets", "cutoff": "2017-06-30"}
Change = Callable[[openpyxl.Workbook], None]


def parameters(scenario: str = "cut", **changes: object) -> Parameters:
    return from_mapping(scenario, {**PLAIN, **changes}, "test")


def edited(folder: Path, change: Change, name: str = "edited.xlsx") -> Path:
    """The 24-patient workbook with one change."""
    book = openpyxl.load_workbook(WORKBOOK)
    change(book)
    book.save(folder / name)
    return folder / name


def put(sheet: str, cell: str, value: object) -> Change:
    """Writes ``value`` into one cell."""

    def change(book: openpyxl.Workbook) -> None:
        book[sheet][cell].value = value

    return change


def read(workbook: Path) -> Reading:
    return read_workbook(workbook, "sheets")


def finished(
    root: Path, given: Parameters, reading: Reading, since: Rerun | None = None,
    only: Iterable[str] = NOTEBOOKS,
) -> tuple[Path, Rerun]:  # fmt: skip
    """(folder of the scenario's data with its manifest, the rows in it)."""
    places = Places(given.scenario, root)
    about = stages.cohort(given, reading, places)
    made = rerun(reading, given, since, only=only)
    places.results.mkdir()
    record = {
        "schema_version": SCHEMA_VERSION, "scenario": given.scenario, "prrt_lib": __version__,
        "about": about, "versions": manifest.versions(["pandas", "scipy"]),
        "cohort": {"outputs": manifest.outputs(root, stages.cohort_files(places))},
        "workbook": {"name": "w.xlsx", "sha256": keys.file_digest(Path(given.workbook))},
    }  # fmt: skip
    for name, (frame, _, _) in made.made.items():
        file = places.results / f"{name}.csv"
        frame.to_csv(file, index=False, float_format="%.17g", lineterminator="\n")
        record[f"notebook {name}"] = {"outputs": manifest.outputs(root, [file])}
    manifest.write(places, record)
    return places.processed, made
