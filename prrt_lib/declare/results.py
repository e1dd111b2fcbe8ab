"""Result rows on disk: one CSV per notebook, full precision."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from prrt_lib.base.errors import InputError, Problem
from prrt_lib.base.paths import Places, places
from prrt_lib.declare import footprints, reads, rows
from prrt_lib.declare.quoting import quoted, unquoted

INTERACTIVE = "_interactive"
BATCH = "PRRT_BATCH"


def target(scenario: str) -> Places:
    """Where results of this process go: the scenario under the runner, `_interactive` by hand."""
    return places(scenario if os.environ.get(BATCH) == scenario else INTERACTIVE)


def stamp(scenario: str, profile: str) -> str:
    """Words that every product carries: SYNTHETIC where the workbook says so, then the profile."""
    about = places(scenario).processed / "about.json"
    synthetic = about.exists() and json.loads(about.read_text("utf-8")).get("synthetic")
    return f"SYNTHETIC, {profile.upper()}" if synthetic else profile.upper()


def save(frames: Iterable[pd.DataFrame], notebook: str, scenario: str) -> pd.DataFrame:
    """The rows that were written: all ``frames`` as results/<notebook>.csv, in one atomic step.

    Without any row there is no file. What the process has read so far goes into
    reads/<notebook>.json beside the folder, what each row was made from into footprints/.
    Raises ValueError when two rows share a key or break a vocabulary.
    """
    joined = rows.combine(frames)
    folder = target(scenario).results
    folder.mkdir(parents=True, exist_ok=True)
    half, whole = folder / f".{notebook}.csv.part", folder / f"{notebook}.csv"
    if len(joined):
        quoted(joined).to_csv(half, index=False, float_format="%.17g", lineterminator="\n")
        os.replace(half, whole)
    else:
        whole.unlink(missing_ok=True)
    reads.save(folder.parent / "reads", notebook)
    footprints.save(folder.parent / "footprints", notebook, joined["row_id"])
    return joined


def read(path: Path) -> pd.DataFrame:
    """Result rows of one CSV, typed."""
    types = {name: "float64" if name in rows.NUMERIC else str for name in rows.COLUMNS}
    return rows.Rows(unquoted(pd.read_csv(path, dtype=types, keep_default_na=False, na_values={
        name: [""] for name in rows.NUMERIC
    })))  # fmt: skip


def load(scenario: str, notebook: str | None = None) -> pd.DataFrame:
    """Result rows of a scenario, of one notebook or of all in the order of their names."""
    folder = places(scenario).results
    files = sorted(folder.glob("*.csv")) if notebook is None else [folder / f"{notebook}.csv"]
    if not files or not all(file.exists() for file in files):
        raise InputError(
            Problem(str(folder), "no result rows", "a finished run", f"make SCENARIO={scenario}")
        )
    reads.record("results", *(file.stem for file in files))
    # What was saved is in order, and has its ids.
    return rows.unique(pd.concat([read(file) for file in files], ignore_index=True))
