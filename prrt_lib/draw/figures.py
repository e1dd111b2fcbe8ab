"""Figures from result rows; each is saved under a name made of its rows' keys."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

from prrt_lib.declare import numbers
from prrt_lib.draw import figure_values, style, tables
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.draw.curves import incidence_curve, progression_beside, survival_curve
from prrt_lib.draw.tables import levels

__all__ = ["flow_diagram", "forest", "incidence_curve", "progression_beside", "spread",
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
        own = known[known["model"] == model]
        own = own[(own["level"] != own["reference"]) | (own["reference"] == "")]
        places = [
            lines.index(key) + shift for key in zip(own["variable"], own["level"], strict=True)
        ]
        ends = np.exp(own[["low", "high"]].to_numpy(dtype=float)).clip(1e-3, 1e3)
        colour = style.PALETTE[number % len(style.PALETTE)]
        axes.hlines(places, ends[:, 0], ends[:, 1], color=colour, linewidth=1.3)
        axes.plot(np.exp(own["estimate"].to_numpy()), places, style.MARKERS[number], color=colour,
                  markersize=5, label=model)  # fmt: skip
    axes.axvline(1, color="#52616f", linewidth=0.8)
    ratio_axis(axes, "x")
    axes.set_xlabel("Hazard ratio (log scale)")
    references = set(ratios.loc[ratios["level"] == ratios["reference"], "level"]) - {""}
    names = [tables.named({"variable": variable, "level": level}) for variable, level in lines]
    names = [f"{name} (reference)" if level in references else name
             for name, (_, level) in zip(names, lines, strict=True)]  # fmt: skip
    axes.set_yticks(range(len(lines)), names)
    axes.invert_yaxis()
    axes.set_title(title)
    if not lines:
        axes.text(0.5, 0.5, "nothing can be estimated", transform=axes.transAxes, ha="center")
    if len(models) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    key = rows.iloc[0] if len(rows) else {"analysis": "cox", "endpoint": ""}
    name = file_name(key["analysis"], key["endpoint"], "forest")
    return keep(figure, name, scenario, figure_values.ratios(ratios, f"Hazard ratios: {title}"))


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
    for number, part in enumerate(parts):
        own = shown[shown["level"] == part].set_index("group_level")
        hatch = HATCHES[style.place(part, parts) % len(HATCHES)]
        for place, group in enumerate(groups):
            if group not in own.index:
                continue
            of_group = shown[shown["group_level"] == group]
            left = of_group.loc[of_group["level"].isin(parts[:number]), "estimate"].sum()
            share, n = own.loc[group, "estimate"], int(own.loc[group, "n"])
            # A level's first bar may stand in any group; the legend names it once.
            named = part in axes.get_legend_handles_labels()[1]
            axes.barh(place, 100 * share, left=100 * left, height=0.72, hatch=hatch,
                      color=style.colour(part, parts), edgecolor="white", linewidth=0.6,
                      label=None if named else part)  # fmt: skip
            if share >= ROOM:
                axes.text(100 * (left + share / 2), place, str(n), ha="center", va="center",
                          fontsize=8, bbox={"boxstyle": "round,pad=0.15", "fc": "white",
                                            "ec": "none"})  # fmt: skip
    totals = shown.drop_duplicates("group_level").set_index("group_level")["total"]
    names = [f"{group or 'All'} (n = {int(totals[group])})" for group in groups]
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


TRUNK, END = "all_treated", "population"
LINE, FILL, PALE = "#52616f", "#f6f8fa", "#ffffff"
CHARACTERS = 26
ABOVE = 3.0


def flow_diagram(flow: pd.DataFrame, scenario: str, name: str = "flow") -> Drawing:
    """Boxes with n; beside or between them who left, with the reason, from the flow's numbers.

    Every population but the trunk starts from all treated patients: they are not nested.
    """
    style.apply()
    by_population = flow.groupby("population", sort=False)
    chains = {population: steps.to_dict("records") for population, steps in by_population}
    trunk = chains.pop(TRUNK, [])
    width = max(2, len(chains))
    figure, axes = plt.subplots(figsize=(2.7 * width, 5.4))
    axes.set_axis_off()
    if not trunk:
        axes.text(0.5, 0.5, "no step of the flow was recorded", ha="center")
        return keep(figure, name, scenario, figure_values.flow(flow))
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(-1.7, 3.5)
    middle = (len(chains) - 1) / 2 if chains else 0.0
    _box(axes, middle, ABOVE, f"In the workbook\nn = {trunk[0]['n_before']}")
    _arrow(axes, (middle, ABOVE - 0.3), (middle, 1.8))
    axes.text(middle + 0.08, 2.25, _left(trunk), ha="left", va="center", fontsize=8.5)
    _box(axes, middle, 1.5, f"{trunk[-1]['step']}\nn = {trunk[-1]['n_after']}")
    for place, chain in enumerate(chains.values()):
        # One population: an arrow from all treated, who left, and who remains.
        axes.plot([middle, middle, place, place], [1.5, 0.95, 0.95, 0.2], color=LINE, linewidth=0.9)
        _arrow(axes, (place, 0.2), (place, -0.9))
        axes.text(place, 0.2, _left(chain), ha="center", va="center", fontsize=8.5,
                  bbox={"boxstyle": "round,pad=0.35", "fc": PALE, "ec": LINE,
                        "ls": "dotted"})  # fmt: skip
        _box(axes, place, -1.2, f"{chain[-1]['step']}\nn = {chain[-1]['n_after']}")
    return keep(figure, name, scenario, figure_values.flow(flow))


def _left(chain: Sequence[dict]) -> str:
    """Who left on the way, one reason a line; "nobody excluded" where none did."""
    told = [f"{step['reason']} (n = {step['n_excluded']})" for step in chain
            if step["rule"] != END and step["n_excluded"]]  # fmt: skip
    return "\n".join(textwrap.fill(text, CHARACTERS) for text in told) or "nobody excluded"


def _box(axes: Axes, x: float, y: float, text: str) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=9.5, fontweight="bold",
              bbox={"boxstyle": "round,pad=0.5", "fc": FILL, "ec": LINE})  # fmt: skip


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": LINE})
