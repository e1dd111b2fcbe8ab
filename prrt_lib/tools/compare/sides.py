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
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.findings import RULES
from prrt_lib.declare.quoting import unquoted
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.reading import Reading
from prrt_lib.run.keys import file_digest
from prrt_lib.run.rerun import NOTEBOOKS

SPELLING = "data/processed/SCENARIO, OUT:SCENARIO, or a scenario below the project"
MAY_BE_ABSENT = ("lineage.parquet",)


@dataclass(frozen=True)
class Side:
    """A run that is compared: where it is, its manifest, and what has to be said about it."""

    folder: Path
    record: Mapping[str, Any]
    notes: tuple[str, ...]

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
        return _finished(self.record)

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
        lineage = self.folder / "lineage.parquet"
        if not lineage.exists():
            return None
        own = self.findings[~self.findings["rule"].isin(load_words(RULES[1]))]
        return Reading(
            self._tables, own.reset_index(drop=True), pd.read_parquet(lineage),
            dict(self.record["about"]),
        )  # fmt: skip

    @property
    def _tables(self) -> dict[str, pd.DataFrame]:
        """The typed tables without the columns that building the cohort adds."""
        found = {}
        for name, table in dictionary().tables.items():
            file = self.folder / "tables" / f"{name}.parquet"
            if file.exists():
                stored = pd.read_parquet(file)
                known = ["patient_id", *table.typed_columns(), "row"]
                found[name] = stored[[one for one in dict.fromkeys(known) if one in stored]]
        return found


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
    changed = list(_changed(folder, record))
    if changed:
        raise InputError(changed)
    return Side(folder, record, tuple(_notes(folder, record)))


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
    """Every file below ``folder`` that is missing or not as the run wrote it."""
    for file, expected in _outputs(folder, record):
        absent = not file.exists()
        if absent and file.name in MAY_BE_ABSENT:
            continue
        if file_digest(file) != expected:
            found = "no file, which the run had written" if absent else "a file changed by hand"
            yield _problem(file, found, "run the scenario again, or restore the file")


def _outputs(folder: Path, record: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """(file, SHA-256) of what every stage has written below the scenario's data."""
    above = f"data/processed/{record['scenario']}/"
    for stage in record.values():
        written = stage.get("outputs", {}) if isinstance(stage, dict) else {}
        for name, expected in written.items():
            if name.startswith(above):
                yield folder / name.removeprefix(above), expected


def _finished(record: Mapping[str, Any]) -> list[str]:
    return [name for name in NOTEBOOKS if f"notebook {name}" in record]


def _notes(folder: Path, record: Mapping[str, Any]) -> Iterator[str]:
    """What a reader of the comparison has to know about this run."""
    for name in MAY_BE_ABSENT:
        if not (folder / name).exists():
            yield f"{name} is missing: no cell can be named and nothing attributed"
    unfinished = [name for name in NOTEBOOKS if name not in _finished(record)]
    if unfinished:
        yield f"not finished, rows left out: {', '.join(unfinished)}"
    banner = record["about"].get("headline_banner")
    if banner:
        yield banner
