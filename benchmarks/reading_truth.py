"""``python -m benchmarks.reading_truth``: reading against the truth of many invented patients.

Writes the generator's workbooks, reads each in a process of its own, and writes a table into
docs/benchmarks.md: cells judged, silently wrong, lost, defects, recall and precision of the
questions, time and peak memory of the reading alone.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks import page

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "tests"))

from reading_score import judged, lost, score, silently_wrong  # noqa: E402

SHAPES = {"several sheets": ("demo.xlsx", "template"), "one wide sheet": ("demo_wide.xlsx",
                                                                          "demo_wide")}  # fmt: skip
# The laboratory results of 20,000 patients are more rows than the gate admits unasked.
LIMITS = {"rows": 1_048_576, "unpacked_bytes": 1 << 30, "seconds": 300.0}
INTRO = """# Reading against the truth

Workbooks of `python -m prrt_lib demo-data --n 20000` with their injected defects, read and compared
cell by cell with what is true. CPU and peak memory are those of the reading alone, in one process;
the gate's limit of 200,000 rows a sheet is raised for it.

"""
HEAD = (
    "| patients | shape | cells judged | silently wrong | lost | defects | recall | refused cells "
    "| precision | CPU, s | peak, MB |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


def rows(patients: int, seed: int = 7) -> list[str]:
    """A line of the table for each shape; each is read in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        _in_a_process("--write", folder, "--patients", patients, "--seed", seed)
        return [_in_a_process("--score", folder, "--patients", patients, "--shape", shape)
                for shape in SHAPES]  # fmt: skip


def _in_a_process(*arguments: object) -> str:
    command = [sys.executable, "-m", "benchmarks.reading_truth", *map(str, arguments)]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def write(folder: Path, patients: int, seed: int) -> None:
    """The workbooks and their truth in ``folder``."""
    from demo import demo_data

    demo_data(folder, n=patients, seed=seed, out=folder)


def scored(folder: Path, patients: int, shape: str) -> str:
    """One line of the table."""
    from prrt_lib.read.reading import read_workbook
    from prrt_lib.read.workbook.gate import Limits

    workbook, profile = SHAPES[shape]
    begun = time.process_time()
    reading = read_workbook(folder / workbook, profile, Limits(**LIMITS))
    spent = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    truth = pd.read_csv(folder / "demo_truth.csv", dtype=str, keep_default_na=False)
    wide = shape == "one wide sheet"
    asked = score(truth, reading, wide)
    cells = judged(truth, reading, wide)
    figures = [
        f"{patients:,}", shape, f"{len(cells):,}", len(silently_wrong(cells)),
        f"{lost(cells):.2%}", f"{asked['defects']:,}", f"{asked['recall']:.2%}",
        f"{asked['asked']:,}", f"{asked['precision']:.2%}", f"{spent:.0f}", f"{peak:,.0f}",
    ]  # fmt: skip
    return "| " + " | ".join(map(str, figures)) + " |"


def main() -> None:
    """Prints the table; with --write or --score, one step of it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--patients", type=int, default=20_000)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--write", type=Path, help="only write the workbooks into this folder")
    asked.add_argument("--score", type=Path, help="only score what is in this folder")
    asked.add_argument("--shape", choices=list(SHAPES), default="several sheets")
    asked.add_argument("--docs", type=Path, default=PROJECT / "docs")
    given = asked.parse_args()
    if given.write:
        write(given.write, given.patients, given.seed)
    elif given.score:
        print(scored(given.score, given.patients, given.shape))
    else:
        text = "\n".join([HEAD, *rows(given.patients, given.seed)])
        page.put(given.docs / "benchmarks.md", "truth", INTRO + text)
        print(text)


if __name__ == "__main__":
    main()
