"""Curves by response from each landmark, side by side, with numbers at risk, from result rows."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from prrt_lib.declare import numbers
from prrt_lib.declare.parameters import DAYS_PER_MONTH, days
from prrt_lib.draw import curve_values, style
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.draw.curves import footnote
from prrt_lib.draw.tables import levels

LOOKS = {"responder": (0, "solid"), "non-responder": (1, (0, (5, 2))),
         "not evaluable": (6, (0, (1.5, 1.5))), "not imaged": (7, (0, (6, 2, 1.5, 2)))}  # fmt: skip
EVERY_MONTHS = 24


def curves(rows: pd.DataFrame, endpoint: str, scenario: str) -> Drawing:
    """One panel per landmark of ``endpoint``; time counts from the landmark."""
    style.apply()
    own = rows[rows["endpoint"] == endpoint]
    panels = levels(own, "setting") or [""]
    figure, grid = plt.subplots(
        2, len(panels), figsize=(1.2 + 4.3 * len(panels), 4.6), sharex="col", squeeze=False,
        gridspec_kw={"height_ratios": [4, 1], "hspace": 0.38, "wspace": 0.42},
    )  # fmt: skip
    for place, panel in enumerate(panels):
        whole = own[own["setting"] == panel]
        part = whole[whole["statistic"] == "survival"]
        _panel(grid[0, place], whole, panel)
        _at_risk(grid[1, place], part, grid[0, place].get_xticks())
    label = own["label"].iloc[0].split(", from ")[0] if len(own) else endpoint
    title = f"{label}, by response at the landmark"
    figure.suptitle(title, x=0.02, ha="left", fontsize=11, fontweight="bold")
    shown = curve_values.by_panel(own, title, "landmark")
    footnote(figure, shown.table.notes)
    return keep(figure, file_name("response_landmark", endpoint), scenario, shown)


def _panel(axes: Axes, rows: pd.DataFrame, panel: str) -> None:
    drawn, ends = curve_values.drawn(rows, "survival"), curve_values.ends(rows)
    for level in [name for name in LOOKS if name in set(drawn["group_level"])]:
        curve = curve_values.to_end(drawn[drawn["group_level"] == level], ends.get(level))
        place, dash = LOOKS[level]
        axes.step(curve["time"] / DAYS_PER_MONTH, 100 * curve["estimate"], where="post",
                  color=style.PALETTE[place], linestyle=dash, linewidth=1.7,
                  label=f"{level} (n = {int(curve['n'].iloc[0])})")  # fmt: skip
    last = drawn["time"].max() / DAYS_PER_MONTH if len(drawn) else EVERY_MONTHS
    axes.set_xticks(np.arange(0, last + EVERY_MONTHS, EVERY_MONTHS))
    axes.set_xlim(left=0)
    axes.set_ylim(0, 101)
    axes.tick_params(labelbottom=True)
    axes.set_xlabel("Months from the landmark")
    axes.set_ylabel("Event-free, %")
    axes.set_title(panel.replace("_", " "), fontsize=10, fontweight="normal")
    if len(drawn):
        axes.legend(loc="lower left", fontsize=7.5, frameon=True, framealpha=0.85,
                    edgecolor="none")  # fmt: skip
    else:
        axes.text(0.5, 0.5, "nothing can be estimated", transform=axes.transAxes, ha="center")


def _at_risk(axes: Axes, rows: pd.DataFrame, ticks: np.ndarray) -> None:
    names = [name for name in LOOKS if name in set(rows["group_level"])]
    for line, level in enumerate(names):
        own = rows[rows["group_level"] == level]
        counts = dict(zip(own["time"], own["at_risk"], strict=True))
        for month in ticks:
            count = numbers.plain(counts.get(days(month), float("nan")), 0)
            axes.text(month, line, count, ha="center", va="center", fontsize=8)
    axes.set_ylim(max(1, len(names)) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_title("Number at risk", fontsize=8, fontweight="normal", pad=2)
    axes.tick_params(length=0, labelbottom=False)
    axes.tick_params(axis="y", pad=12)
    for spine in axes.spines.values():
        spine.set_visible(False)
