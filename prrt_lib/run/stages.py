"""The stages of a run before any notebook: reading a workbook, building the cohort."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.base.paths import PROJECT, Places, write_text
from prrt_lib.declare.asked.answers import beside, load
from prrt_lib.declare.layout import profiles
from prrt_lib.declare.parameters import Parameters, resolve
from prrt_lib.run import keys
from prrt_lib.run.lock import held

if TYPE_CHECKING:
    from prrt_lib.read.reading import Reading

READING = ("prrt_lib.read.reading",)
COHORT = ("prrt_lib.study.build",)
# Readings that stay in the store: those used last.
KEPT_READINGS = 5


@dataclass(frozen=True)
class Inputs:
    """The files a scenario reads, with their hashes; ``others`` is the digest of the rest:
    further workbooks and profiles, data dictionaries of REDCap, answers of abstractors."""

    workbook: Path
    profile: Path
    workbook_sha: str
    profile_sha: str
    more: tuple[tuple[Path, Path], ...] = ()
    others: str = ""

    @property
    def reading_key(self) -> str:
        files = [self.workbook_sha, self.profile_sha, self.others]
        return keys.digest([*files, keys.code_key(READING), keys.environment_key()])

    @property
    def books(self) -> list[tuple[Path, Path]]:
        """Every workbook with its profile, the first one first."""
        return [(self.workbook, self.profile), *self.more]


def profile_path(name: str) -> Path:
    """File of a profile given by its name in params/profiles or by its path."""
    named = PROJECT / "params" / "profiles" / f"{name}.yaml"
    return named if named.exists() else resolve(name)


def inputs(parameters: Parameters) -> Inputs:
    """The scenario's files; raises WorkbookError where one does not exist, naming all."""
    books = [parameters.workbook, *parameters.more_workbooks]
    names = [parameters.profile, *parameters.more_profiles]
    names += [parameters.profile] * (len(books) - len(names))
    pairs = [(resolve(book), profile_path(name)) for book, name in zip(books, names, strict=True)]
    problems = [
        Problem(f"{parameters.scenario}, {what}", f"no file {path}", "an existing file", todo)
        for pair in pairs
        for what, path, todo in (
            ("workbook", pair[0], "correct the path; it counts from the project's folder"),
            ("profile", pair[1], "use a name from params/profiles, or draft one with "
             "`python -m prrt_lib profile WORKBOOK`"),
        )
        if not path.is_file()
    ]  # fmt: skip
    if problems:
        raise WorkbookError(list(dict.fromkeys(problems)))
    (workbook, profile), *more = pairs
    shas = [keys.file_digest(path) for path in pairs[0]]
    # What is read beside the first workbook and its profile.
    files = [path for pair in more for path in pair]
    files += [path for _, one in pairs if (path := profiles.dictionary_of(one))]
    files += [path for path in [beside(workbook)] if path.exists()]
    others = keys.digest([keys.file_digest(path) for path in files]) if files else ""
    return Inputs(workbook, profile, *shas, tuple(more), others)


def reading(files: Inputs, root: Path, say: Callable[[str], None] = print) -> Reading:
    """The read workbook, from the store shared by all scenarios when nothing changed."""
    folder = root / "data" / "processed" / ".reading"
    store = folder / files.reading_key[:16]
    with held(folder, say):
        if (store / "about.json").exists():
            os.utime(store)
            return _load(store)
        return _read(files, store)


def _read(files: Inputs, store: Path) -> Reading:
    from prrt_lib.read.reading import read_workbook

    books = [book for book, _ in files.books]
    fresh = read_workbook(
        books, [str(profile) for _, profile in files.books], answers=load(beside(files.workbook))
    )
    synthetic = all(marked_synthetic(book) for book in books)
    marks = {"sha256": files.workbook_sha, "synthetic": synthetic}
    if keys.file_digest(files.workbook) != files.workbook_sha:
        raise WorkbookError(
            Problem(str(files.workbook), "a file that changed while it was read",
                    "a workbook at rest", "close it in the spreadsheet program and run again")
        )  # fmt: skip
    fresh = replace(fresh, about={**fresh.about, **marks})
    _store(fresh, store)
    return fresh


def marked_synthetic(workbook: Path) -> bool:
    """Whether the first cell of the first sheet says SYNTHETIC, as the shipped demo does."""
    from openpyxl import load_workbook

    if workbook.suffix.lower() == ".csv":
        return False
    book = load_workbook(workbook, read_only=True)
    try:
        return "SYNTHETIC" in str(book.worksheets[0].cell(1, 1).value or "")
    finally:
        book.close()


def _store(result: Reading, store: Path) -> None:
    """Puts the reading at ``store`` in one step, and removes those not used for longest; the
    caller holds the folder's lock."""
    for left in store.parent.glob("*.part"):
        shutil.rmtree(left)
    half = store.with_name(f"{store.name}.part")
    (half / "tables").mkdir(parents=True)
    for name, table in result.tables.items():
        table.to_parquet(half / "tables" / f"{name}.parquet", index=False)
    result.findings.to_parquet(half / "findings.parquet", index=False)
    result.lineage.to_parquet(half / "lineage.parquet", index=False)
    (half / "about.json").write_text(json.dumps(result.about, default=str), encoding="utf-8")
    shutil.rmtree(store, ignore_errors=True)
    os.replace(half, store)
    used = sorted((path for path in store.parent.iterdir() if path.is_dir() and path != store),
                  key=lambda path: path.stat().st_mtime_ns)  # fmt: skip
    for path in used[: -(KEPT_READINGS - 1)]:
        shutil.rmtree(path, ignore_errors=True)


def _load(store: Path) -> Reading:
    import pandas as pd

    from prrt_lib.read.reading import Reading

    tables = {path.stem: pd.read_parquet(path) for path in sorted(store.glob("tables/*.parquet"))}
    about = json.loads((store / "about.json").read_text(encoding="utf-8"))
    return Reading(
        tables=tables, findings=pd.read_parquet(store / "findings.parquet"),
        lineage=pd.read_parquet(store / "lineage.parquet"), about=about,
    )  # fmt: skip


def cohort(parameters: Parameters, read: Reading, places: Places) -> dict[str, Any]:
    """Facts about the built cohort; its files are written below ``places``."""
    from prrt_lib.study.build import write_cohort

    answers = load(beside(resolve(parameters.workbook)))
    facts = write_cohort(read.tables, read.findings, read.lineage, parameters, places, answers)
    about = {**read.about, **facts}
    write_text(places.processed / "about.json", json.dumps(about, default=str, indent=1) + "\n")
    return about


def cohort_key(parameters: Parameters, files: Inputs) -> dict[str, str]:
    """What the cohort depends on: the reading, the study's code and the scenario's parameters."""
    return {
        "reading": files.reading_key,
        "code": keys.code_key(COHORT),
        "parameters": keys.digest(vars(parameters)),
    }


def cohort_files(places: Places) -> list[Path]:
    """Files that the cohort stage writes."""
    own = ("cohort.parquet", "findings.csv", "flow.csv", "lineage.parquet", "columns.json",
           "parameters.json", "about.json")  # fmt: skip
    files = [places.processed / name for name in own]
    return [path for path in [*files, *places.tables.glob("*.parquet")] if path.exists()]


def columns_read(places: Places) -> Mapping[str, str]:
    """Hash of every column of the built tables, by "table.column"."""
    return json.loads((places.processed / "columns.json").read_text(encoding="utf-8"))
