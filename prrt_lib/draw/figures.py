"""Figures from result rows; each is saved under a name made of its rows' keys."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.draw import figure_values, style, tables
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.draw.curves import incidence_curve, progression_beside, survival_curve
from prrt_lib.draw.flow import flow_diagram
from prrt_lib.draw.tables import levels

__all__ = ["bars", "flow_diagram", "forest", "incidence_curve", "progression_beside", "spread",
           "stacked", "survival_curve"]  # fmt: skip


def forest(rows: pd.DataFrame, scenario: str, title: str) -> Drawing:
    """Hazard ratios with limits on a log axis: a line per variable and level, a mark per model."""
    style.apply()
    ratios = rows[rows["statistic"].isin(numbers.LOG_SCALE)].reset_index(drop=True)
    known = ratios[ratios["state"] == "ok"]
    lines = list(dict.fromkeys(zip(known["variable"], known["level"], strict=True)))
    models = tables.levels(known, "model")
    figure, axes = plt.subplots(figsize=(7.2, 1.2 + 0.42 * max(1, len(lines))))
    for number, model in enumerate(models):
        shift = (number - (len(models) - 1) / 2) * 0.22
        _marks(axes, ratios[ratios["model"] == model], lines, shift, model, models)
    axes.axvline(1, color="#52616f", linewidth=0.8)
    ratio_axis(axes, "x")
    axes.set_xlabel("Hazard ratio (log scale)")
    references = set(ratios.loc[ratios["level"] == ratios["reference"], "level"]) - {""}
    axes.set_yticks(range(len(lines)), [_name(*line, references) for line in lines])
    axes.invert_yaxis()
    axes.set_title(title)
    if not lines:
        axes.text(0.5, 0.5, "nothing can be estimated", transform=axes.transAxes, ha="center")
    if len(models) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    key = rows.iloc[0] if len(rows) else {"analysis": "cox", "endpoint": ""}
    name = file_name(key["analysis"], key["endpoint"], "forest")
    return keep(figure, name, scenario, figure_values.ratios(ratios, f"Hazard ratios: {title}"))


def _name(variable: str, level: str, references: set[str]) -> str:
    label = dictionary().label(variable)
    reference = " (reference)" if level in references else ""
    return f"{label}: {level}{reference}" if level else label


def _marks(axes, rows: pd.DataFrame, lines: list, shift: float, model: str, models: list) -> None:
    kept = rows[
        (rows["state"] == "ok")
        & (rows["level"] != rows["reference"]).where(rows["reference"] != "", True)
    ]
    places = [lines.index(key) + shift for key in zip(kept["variable"], kept["level"], strict=True)]
    centre = np.exp(kept["estimate"].to_numpy())
    ends = np.exp(kept[["low", "high"]].to_numpy(dtype=float)).clip(1e-3, 1e3)
    colour = style.PALETTE[models.index(model) % len(style.PALETTE)]
    axes.hlines(places, ends[:, 0], ends[:, 1], color=colour, linewidth=1.3)
    axes.plot(
        centre, places, style.MARKERS[models.index(model)], color=colour, markersize=5, label=model
    )


def bars(rows: pd.DataFrame, scenario: str, title: str, name: str, legend: str = "") -> Drawing:
    """Proportions as horizontal bars with limits where the rows have them; n/N beside each bar."""
    style.apply()
    shown = rows[rows["statistic"].isin(["proportion", "count"]) & (rows["state"] == "ok")]
    lines, groups = tables.levels(shown, "level"), tables.levels(shown)
    figure, axes = plt.subplots(figsize=(7.2, 1.3 + 0.3 * max(1, len(lines)) * max(1, len(groups))))
    width = 0.8 / max(1, len(groups))
    for number, group in enumerate(groups):
        part = shown[shown["group_level"] == group].drop_duplicates("level")
        places = [
            lines.index(level) + (number - (len(groups) - 1) / 2) * width for level in part["level"]
        ]
        share = 100 * (part["n"] / part["total"]).to_numpy(dtype=float)
        axes.barh(places, share, height=width * 0.9, color=style.colour(group, groups),
                  label=group or "All", edgecolor="white")  # fmt: skip
        for place, value, row in zip(places, share, part.to_dict("records"), strict=True):
            text = f" {int(row['n'])}/{int(row['total'])}" if row["total"] else " 0"
            axes.text(0 if math.isnan(value) else value, place, text, va="center", fontsize=8)
    axes.set_yticks(range(len(lines)), lines)
    axes.invert_yaxis()
    axes.set_xlim(0, 112)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("% of patients")
    axes.set_title(title)
    if len(groups) > 1:
        axes.legend(title=legend, loc="upper left", bbox_to_anchor=(1, 1))
    return keep(figure, file_name(name), scenario, figure_values.shares(shown, title))


def spread(
    frame: pd.DataFrame, x: str, y: str, scenario: str, title: str, name: str,
    y_label: str, log: bool = False,
) -> Drawing:  # fmt: skip
    """Box and points of patient values (internal only), with n under each box."""
    style.apply()
    kept = frame.dropna(subset=[x, y])
    levels = list(dict.fromkeys(frame[x].dropna()))
    figure, axes = plt.subplots(figsize=(7.2, 4))
    if len(kept):
        sns.boxplot(kept, x=x, y=y, order=levels, ax=axes, color="#dfe7ee", fliersize=0, width=0.5)
        sns.stripplot(
            kept, x=x, y=y, order=levels, ax=axes, color=style.PALETTE[0], size=3, alpha=0.6,
            jitter=False,
        )  # fmt: skip
    else:
        axes.text(0.5, 0.5, "not abstracted", transform=axes.transAxes, ha="center")
    if log and len(kept):
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter(plt.FuncFormatter(lambda value, _: f"{value:g}"))
    counts = kept[x].value_counts()
    axes.set_xticks(
        range(len(levels)), [f"{level}\nn = {counts.get(level, 0)}" for level in levels]
    )
    axes.set_xlabel("")
    axes.set_ylabel(y_label)
    axes.set_title(title)
    values = figure_values.of_patients(kept, title, {x: "group", y: y_label}, x, y)
    return keep(figure, file_name(name), scenario, values)


FEWEST, MOST = 3, 9


def ratio_axis(axes: Axes, which: str) -> None:
    """Sets ``which`` ("x" or "y") of ``axes`` to a log scale with plain ticks inside its limits.

    Call it after everything is drawn.
    """
    getattr(axes, f"set_{which}scale")("log")
    low, high = getattr(axes, f"get_{which}lim")()
    axis = getattr(axes, f"{which}axis")
    axis.set_ticks(ticks(low, high))
    axis.set_major_formatter(plt.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())
    getattr(axes, f"set_{which}lim")(low, high)


def ticks(low: float, high: float) -> list[float]:
    """Ticks between ``low`` and ``high``: 1, 2, 5 per decade, or decades, or an even spacing."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1,)):
        found = [
            float(f"{step}e{decade}")
            for decade in decades
            for step in steps
            if low <= float(f"{step}e{decade}") <= high
        ]
        if FEWEST <= len(found) <= MOST:
            return found
    if len(found) > MOST:
        return found[:: len(found) // MOST + 1]
    even = MaxNLocator(5).tick_values(low, high)
    return [round(float(value), 10) for value in even if low <= value <= high and value > 0]


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
    names = [_group_name(shown, group) for group in groups]
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


def _group_name(rows: pd.DataFrame, group: str) -> str:
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
