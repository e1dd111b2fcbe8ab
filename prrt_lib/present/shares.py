"""Shares that add up to a whole, as one stacked bar per group, from result rows."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from prrt_lib.present import figure_values, style
from prrt_lib.present.canvas import Drawing, file_name, keep
from prrt_lib.present.tables import levels

# A narrower segment has no room for its number; the table beside the figure has it.
ROOM = 0.06
HATCHES = ("", "//", "..", "\\\\", "xx", "--", "", "++")


def stacked(rows: pd.DataFrame, scenario: str, title: str, name: str) -> Drawing:
    """One bar per group level, its segments the shares of the levels, with n in each and below."""
    style.apply()
    shown = rows[(rows["statistic"] == "proportion") & (rows["state"] == "ok")]
    groups, parts = levels(shown), levels(shown[shown["n"] > 0], "level")
    figure, axes = plt.subplots(figsize=(7.6, 1.5 + 0.42 * max(1, len(groups))))
    for part in parts:
        _segments(axes, shown, groups, part, parts)
    names = [_name(shown, group) for group in groups]
    axes.set_yticks(range(len(groups)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of patients")
    axes.set_title(title)
    if parts:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8.5)
    else:
        axes.text(0.5, 0.5, "nothing to show", transform=axes.transAxes, ha="center")
    return keep(figure, file_name(name), scenario, figure_values.shares(shown, title))


def _name(rows: pd.DataFrame, group: str) -> str:
    total = rows.loc[rows["group_level"] == group, "total"].iloc[0]
    return f"{group or 'All'} (n = {int(total)})"


def _named(axes: Axes) -> list[str]:
    """What the legend already names: a level's first bar may stand in any group."""
    return axes.get_legend_handles_labels()[1]


def _segments(
    axes: Axes, rows: pd.DataFrame, groups: Sequence[str], part: str, parts: Sequence[str]
) -> None:
    own = rows[rows["level"] == part].set_index("group_level")
    before = [parts[: list(parts).index(part)]] * len(groups)
    for place, (group, earlier) in enumerate(zip(groups, before, strict=True)):
        if group not in own.index:
            continue
        of_group = rows[rows["group_level"] == group]
        left = of_group.loc[of_group["level"].isin(earlier), "estimate"].sum()
        share, n = own.loc[group, "estimate"], int(own.loc[group, "n"])
        colour = style.colour(part, parts)
        axes.barh(place, 100 * share, left=100 * left, height=0.72, color=colour, edgecolor="white",
                  hatch=HATCHES[style.place(part, parts) % len(HATCHES)], linewidth=0.6,
                  label=part if part not in _named(axes) else None)  # fmt: skip
        if share >= ROOM:
            axes.text(100 * (left + share / 2), place, str(n), ha="center", va="center", fontsize=8,
                      bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none"})  # fmt: skip
