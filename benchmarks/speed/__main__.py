"""``python -m benchmarks.speed``: measures, writes its part of docs/benchmarks.md and a figure."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy: processor time of one thread

from benchmarks import page  # noqa: E402
from benchmarks.speed.cases import Measured, everything  # noqa: E402
from benchmarks.speed.growth import draw, growth  # noqa: E402

DOCS = Path(__file__).parents[2] / "docs"
HEAD = """# Speed

Processor time on one thread, medians of five or more calls taken in turn within one run, on a
small shared virtual machine (two cores, x86-64, Python {python}); ratios travel between machines,
milliseconds do not. {r}

| what | ours, ms | against | its ms | ratio | asked | reached |
| --- | --- | --- | --- | --- | --- | --- |
"""
TAIL = """
"Kernel" is sorted arrays in, coefficients and variance out; the public call takes a frame, checks
it and gives result rows (`CoxFit.estimates`). The numpy reference (`benchmarks/speed/reference.py`)
does the same Efron fit without strata, weights, delayed entry, robust variance or guards. At
n = 300 the kernel is not within the ratio asked: each of its five evaluations is some forty calls
of numpy on short arrays, and finding the risk sets (ties, strata, entries) costs as much as one and
a half evaluations. The bootstrap's second line holds it against the R loop (243 ms where plain
numpy takes 449).

## Growth

{growth}
![time and memory](benchmarks.png)

The last column is the power of n by which time grew since the line before: n log n is near 1.05.
"""


def _line(one: Measured) -> str:
    ratio, asked = one.ours / one.other, one.target
    said = "" if asked != asked else f"{asked:.3g}"
    reached = "" if asked != asked else ("yes" if ratio <= asked else "no")
    cells = [one.what, f"{one.ours:.2f}", one.against]
    cells += [f"{one.other:.2f}", f"{ratio:.3g}"] if one.other == one.other else ["", ""]
    return "| " + " | ".join([*cells, said, reached]) + " |\n"


def main() -> None:
    """Measures and writes."""
    import platform

    asked = argparse.ArgumentParser()
    asked.add_argument("--docs", type=Path, default=DOCS)
    folder = asked.parse_args().docs
    r = "R is here but not timed." if shutil.which("Rscript") else "R was not present: not timed."
    head = HEAD.format(python=platform.python_version(), r=r)
    lines = [_line(one) for one in everything()]
    table = growth()
    draw(table, folder / "benchmarks.png")
    shown = "| what | n | ms | MB at peak | power of n |\n| --- | --- | --- | --- | --- |\n"
    for row in table.itertuples():
        power = "" if row.power != row.power else f"{row.power:.2f}"
        shown += f"| {row.what} | {row.n:,} | {row.ms:.1f} | {row.mb:.1f} | {power} |\n"
    text = head + "".join(lines) + TAIL.format(growth=shown)
    page.put(folder / "benchmarks.md", "speed", text)
    print(text)


if __name__ == "__main__":
    main()
