"""``python -m benchmarks.coverage``: draws, estimates, writes docs/coverage.md, .csv and .png."""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

from benchmarks.coverage.cohorts import after_prrt, cohorts
from benchmarks.coverage.estimators import Found, everything
from benchmarks.coverage.ki67 import three_ways, truth
from benchmarks.coverage.page import write
from benchmarks.coverage.undated import median_after_prrt, medians

DOCS = Path(__file__).parents[2] / "docs"
SEED = 20190631
SIZES = (50, 135, 500)
CHUNK = 25  # replicates drawn at once


def _headline(n: int, chunk: int) -> list[tuple]:
    drawn = cohorts(n, CHUNK, [SEED, n, chunk])
    return [(n, *found) for cohort in drawn for found in everything(cohort)]


def _ki67(n: int, chunk: int) -> list[tuple]:
    drawn = enumerate(cohorts(n, CHUNK, [SEED, n, chunk, 67]))
    return [(n, *found) for i, one in drawn for found in three_ways(one, chunk * CHUNK + i)]


def _undated(n: int, chunk: int) -> list[tuple]:
    drawn = enumerate(cohorts(n, CHUNK, [SEED, n, chunk, 26]))
    return [(n, *found) for i, one in drawn for found in medians(one, chunk * CHUNK + i)]


PARTS = {"headline": _headline, "ki67": _ki67, "undated": _undated}


def _one(task) -> list[tuple]:
    kind, n, chunk = task
    return PARTS[kind](n, chunk)


def main() -> None:
    """Runs the study; numbers of replicates are rounded up to whole chunks."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--replicates", type=int, default=1000)
    asked.add_argument("--ki67", type=int, default=200)
    asked.add_argument("--undated", type=int, default=400)
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--docs", type=Path, default=DOCS)
    given = asked.parse_args()
    os.nice(10)
    after_prrt(), truth(), median_after_prrt()  # once, before the processes part
    tasks = [("headline", n, i) for n in SIZES for i in range(-(-given.replicates // CHUNK))]
    tasks += [("ki67", 135, i) for i in range(-(-given.ki67 // CHUNK))]
    tasks += [("undated", 135, i) for i in range(-(-given.undated // CHUNK))]
    with ProcessPoolExecutor(given.jobs) as pool:
        rows = [row for part in pool.map(_one, tasks) for row in part]
    write(pd.DataFrame(rows, columns=["n", *Found._fields]), given.docs)


if __name__ == "__main__":
    main()
