"""Do two states of the library give the same result rows on the demonstration and other workbooks?

``python scripts/same_rows.py write before.csv`` writes the rows of the workbooks found here;
``python scripts/same_rows.py compare before.csv after.csv`` names the rows and columns that differ
and ends with 1 when any does. Numbers are held to 1e-12 of their size, or to ``--relative``.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd

from prrt_lib.declare.parameters import from_mapping
from prrt_lib.read.reading import read_workbook
from prrt_lib.run.rerun import rerun

ROOT = Path(__file__).parents[1]
EXTERNAL = Path(os.environ.get("PRRT_EXTERNAL_DATA", ROOT.parent / "shared"))
WORKBOOKS = {
    "demo": (ROOT / "data/raw/demo.xlsx", "template", "2026-06-30"),
    "sheets_24": (EXTERNAL / "examples/sheets_24.xlsx", "sheets", "2017-06-30"),
    "wide_24": (EXTERNAL / "examples/wide_24.xlsx", "wide", "2017-06-30"),
    "pancreatic": (EXTERNAL / "real/pancreatic.xlsx", "pancreatic", "2020-12-31"),
}
KEY = ["workbook", "notebook", "row_id"]
NUMBERS = ["estimate", "std_error", "low", "high", "conf_level", "df", "p", "n", "total",
           "events", "at_risk"]  # fmt: skip


def write(path: Path) -> None:
    frames = []
    for name, (workbook, profile, cutoff) in WORKBOOKS.items():
        if not workbook.exists():
            print(f"{name}: not here, left out")
            continue
        given = from_mapping(
            name, {"workbook": str(workbook), "profile": profile, "cutoff": cutoff}, "here"
        )
        frames.append(rerun(read_workbook(workbook, profile), given).rows.assign(workbook=name))
        print(f"{name}: {len(frames[-1]):,} rows")
    pd.concat(frames).to_csv(path, index=False)


def compare(before: Path, after: Path, relative: float) -> int:
    """How many values differ; a row that only one side has counts as one."""
    old, new = (pd.read_csv(path, dtype={"row_id": str}).set_index(KEY) for path in (before, after))
    alone = old.index.symmetric_difference(new.index)
    for key in alone:
        print("only before:" if key in old.index else "only after:", *key)
    both = old.index.intersection(new.index)
    old, new, differing = old.loc[both], new.loc[both], len(alone)
    for column in old.columns.union(new.columns):
        a, b = (
            side.get(column, pd.Series(index=both, dtype=float)).to_numpy() for side in (old, new)
        )
        if column in NUMBERS:
            a, b = a.astype(float), b.astype(float)
            same = np.isclose(a, b, rtol=relative, atol=1e-300, equal_nan=True)
        else:
            same = (a == b) | (pd.isna(a) & pd.isna(b))
        for place in np.flatnonzero(~same):
            print(column, *both[place], a[place], "->", b[place])
        differing += int((~same).sum())
    print(f"{len(both):,} rows on both sides, {differing:,} differences")
    return differing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["write", "compare"])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--relative", type=float, default=1e-12)
    asked = parser.parse_args()
    if asked.what == "write":
        write(*asked.files)
    else:
        raise SystemExit(compare(*asked.files, asked.relative) > 0)


if __name__ == "__main__":
    main()
