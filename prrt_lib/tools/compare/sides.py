"""One side of a comparison: a finished run on disk, checked against its manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.base.errors import InputError, Problem
from prrt_lib.base.paths import PROJECT
from prrt_lib.declare import results, rows
from prrt_lib.declare.asked.findings import RULES
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.quoting import unquoted
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.reading import Reading
from prrt_lib.run import manifest
from prrt_lib.run.rerun import NOTEBOOKS

SPELLING = "data/processed/SCENARIO, OUT:SCENARIO, or a scenario below the project"
# The only file that may be absent.
LINEAGE = "lineage.parquet"


@dataclass(frozen=True)
class Side:
    """A run that is compared: where it is, and its manifest."""

    folder: Path
    record: Mapping[str, Any]

    @property
    def scenario(self) -> str:
        return self.record["scenario"]

    @property
    def headline(self) -> str:
        """Population that the run showed first."""
        return self.record["about"]["headline"]

    @property
    def notebooks(self) -> list[str]:
        """Those that the run has finished."""
        return [name for name in NOTEBOOKS if f"notebook {name}" in self.record]

    @property
    def notes(self) -> list[str]:
        """What a reader of the comparison has to know about this run."""
        absent = not (self.folder / LINEAGE).exists()
        unfinished = [name for name in NOTEBOOKS if name not in self.notebooks]
        return [
            *([f"{LINEAGE} is missing: no cell can be named and nothing attributed"] * absent),
            *([f"not finished, rows left out: {', '.join(unfinished)}"] if unfinished else []),
            *filter(None, [self.record["about"].get("headline_banner")]),
        ]

    @cached_property
    def parameters(self) -> dict[str, Any]:
        return json.loads((self.folder / "parameters.json").read_text("utf-8"))

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Result rows of the notebooks that the manifest knows, ``notebook`` telling whose."""
        files = [self.folder / "results" / f"{name}.csv" for name in self.notebooks]
        frames = [results.read(file).assign(notebook=file.stem) for file in files if file.exists()]
        empty = rows.result_rows([]).assign(notebook="")
        return pd.concat(frames, ignore_index=True) if frames else empty

    @cached_property
    def findings(self) -> pd.DataFrame:
        return unquoted(pd.read_csv(self.folder / "findings.csv", dtype=str, keep_default_na=False))

    @cached_property
    def reading(self) -> Reading | None:
        """What reading the workbook had given; None where the lineage is not there any more."""
        if not (self.folder / LINEAGE).exists():
            return None
        tables = {}
        for name, table in dictionary().tables.items():
            file = self.folder / "tables" / f"{name}.parquet"
            if file.exists():
                # Without the columns that building the cohort adds.
                stored = pd.read_parquet(file)
                known = ["patient_id", *table.typed_columns(), "row"]
                tables[name] = stored[[one for one in dict.fromkeys(known) if one in stored]]
        own = self.findings[~self.findings["rule"].isin(load_words(RULES[1]))]
        lineage = pd.read_parquet(self.folder / LINEAGE)
        return Reading(tables, own.reset_index(drop=True), lineage, dict(self.record["about"]))


def side(where: str) -> Side:
    """The finished run that ``where`` names.

    Raises InputError (exit 2) where there is none, where its rows have another layout, and
    naming every file that is not as the run left it.
    """
    folder = _folder(where)
    file = folder / "manifest.json"
    try:
        record = json.loads(file.read_text("utf-8"))
    except (OSError, json.JSONDecodeError):
        record = {}
    if "about" not in record or "cohort" not in record:
        raise InputError(_problem(file, "no manifest of a finished run", "run the scenario again"))
    if record.get("schema_version") != rows.SCHEMA_VERSION:
        found = f"result rows of version {record.get('schema_version')}"
        todo = f"run the scenario again; this is version {rows.SCHEMA_VERSION}"
        raise InputError(_problem(file, found, todo))
    if changed := list(_changed(folder, record)):
        raise InputError(changed)
    return Side(folder, record)


def _problem(where: Path, found: str, todo: str) -> Problem:
    return Problem(str(where), found, "a run as it was finished", todo)


def _folder(where: str) -> Path:
    given = Path(where).expanduser()
    if (given / "manifest.json").exists():
        return given.resolve()
    inside = sorted(file.parent for file in given.glob("data/processed/[!._]*/manifest.json"))
    if len(inside) == 1:
        return inside[0].resolve()
    root, _, scenario = where.rpartition(":")
    named = Path(root or PROJECT) / "data" / "processed" / scenario
    if not inside and scenario and (named / "manifest.json").exists():
        return named.resolve()
    found = f"{len(inside)} scenarios" if inside else "no finished run"
    names = ", ".join(f"{where}:{folder.name}" for folder in inside)
    raise InputError(Problem(where, found, SPELLING, f"name one: {names}" if names else
                             "run the scenario first, or correct the path"))  # fmt: skip


def _changed(folder: Path, record: Mapping[str, Any]) -> Iterator[Problem]:
    """Every file of the scenario's data that is missing or not as its stage wrote it."""
    above = f"data/processed/{record['scenario']}/"
    written = {
        name.removeprefix(above): expected
        for stage in record.values() if isinstance(stage, dict)
        for name, expected in stage.get("outputs", {}).items() if name.startswith(above)
    }  # fmt: skip
    for name in manifest.altered(folder, written):
        absent = not (folder / name).exists()
        found = "no file, which the run had written" if absent else "a file changed by hand"
        if not absent or name != LINEAGE:
            yield _problem(folder / name, found, "run the scenario again, or restore the file")
