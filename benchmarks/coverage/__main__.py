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
from benchmarks.coverage.scans import rates
from benchmarks.coverage.scans import truth as scans_truth
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


def _scans(n: int, chunk: int) -> list[tuple]:
    drawn = enumerate(cohorts(n, CHUNK, [SEED, n, chunk, 30]))
    return [(n, *found) for i, one in drawn for found in rates(one, chunk * CHUNK + i)]


# Part -> how it is made, cohort sizes, replicates, and the truths that all its tasks share.
PARTS = {
    "headline": (_headline, SIZES, 1000, after_prrt),
    "ki67": (_ki67, (135,), 200, truth),
    "undated": (_undated, (135,), 400, median_after_prrt),
    "scans": (_scans, (135, 50), 400, scans_truth),
}


def _one(task) -> list[tuple]:
    kind, n, chunk = task
    return PARTS[kind][0](n, chunk)


def main() -> None:
    """Runs the study; numbers of replicates are rounded up to whole chunks."""
    asked = argparse.ArgumentParser()
    for kind, (_, _, replicates, _) in PARTS.items():
        asked.add_argument(f"--{kind}", type=int, default=replicates, help="0: as stored")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--docs", type=Path, default=DOCS)
    given = asked.parse_args()
    os.nice(10)
    tasks = []
    for kind, (_, sizes, _, shared) in PARTS.items():
        chunks = -(-getattr(given, kind) // CHUNK)
        tasks += [(kind, n, i) for n in sizes for i in range(chunks)]
        if chunks:
            shared()  # once, before the processes part
    with ProcessPoolExecutor(given.jobs) as pool:
        rows = [row for part in pool.map(_one, tasks) for row in part]
    write(pd.DataFrame(rows, columns=["n", *Found._fields]), given.docs)


if __name__ == "__main__":
    main()
