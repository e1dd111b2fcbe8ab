"""Time and memory up to a million patients."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from benchmarks.speed.timing import COVARIATES, milliseconds, patients, peak_megabytes
from prrt_lib.draw import style
from prrt_lib.estimate.curves.log_rank import logrank
from prrt_lib.estimate.curves.survival import kaplan_meier
from prrt_lib.estimate.regression.cox_model import cox

SIZES = (1_000, 10_000, 100_000, 1_000_000)


def growth() -> pd.DataFrame:
    """what, n, ms, MB, and the power of n since the size before."""
    rows = []
    for n in SIZES:
        frame = patients(n)
        calls = {
            "Cox, p = 8": lambda f=frame: cox(f, "time", "event", COVARIATES).estimates,
            "Kaplan-Meier": lambda f=frame: kaplan_meier(f, "time", "event", times=[365]),
            "log-rank": lambda f=frame: logrank(f, "time", "event", "arm"),
        }
        for what, call in calls.items():
            repeats = 3 if n >= 1_000_000 else 5
            spent = milliseconds(call, repeats)
            rows.append({"what": what, "n": n, "ms": spent, "mb": peak_megabytes(call)})
    table = pd.DataFrame(rows).sort_values(["what", "n"], ignore_index=True)
    steps = np.log(table["n"]).diff(), np.log(table["ms"]).diff()
    table["power"] = (steps[1] / steps[0]).where(table["what"] == table["what"].shift())
    return table


def draw(table: pd.DataFrame, path: Path) -> None:
    """Time and memory against n, with a line of slope n log n."""
    style.apply()
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for ax, column, label in zip(axes, ("ms", "mb"), ("processor time, ms", "MB"), strict=True):
        for place, (what, part) in enumerate(table.groupby("what")):
            ax.plot(part["n"], part[column], marker=style.MARKERS[place], label=what,
                    color=style.PALETTE[place], linestyle=style.DASHES[place])  # fmt: skip
        n = np.array(SIZES, float)
        ideal = n * np.log(n)
        ax.plot(n, table[column].max() * ideal / ideal[-1], color="0.7", label="n log n")
        ax.set(xscale="log", yscale="log", xlabel="patients", ylabel=label)
    axes[0].legend()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
