"""Figures of hazard ratios: over a covariate's values, over time, and within subgroups."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.present import figure_values, style, tables
from prrt_lib.present.canvas import Drawing, file_name, keep
from prrt_lib.present.ratio_axis import ratio_axis

RATIO = "log_hazard_ratio"
INK, BAND = style.PALETTE[0], 0.15
WIDEST = 1000.0
# Markers, in multiples of the upper limit of normal, span orders of magnitude.
DOUBLINGS = ("cga_before", "pancreastatin_before")


def spline_curves(rows: pd.DataFrame, scenario: str, title: str) -> Drawing:
    """Hazard ratio over each covariate's own scale, a panel per covariate, with limits."""
    style.apply()
    names = tables.levels(rows, "variable")
    figure, panels = _panels(len(names))
    for axes, name in zip(panels, names, strict=False):
        own = rows[rows["variable"] == name]
        known = own[(own["statistic"] == RATIO) & (own["state"] == "ok")]
        column = dictionary().derived.get(name)
        unit = f", {column.unit}" if column and column.unit else ""
        axes.set_xlabel(f"{dictionary().label(name)}{unit}")
        if not len(known):
            _nothing(axes, numbers.NOT_OK[own["state"].iloc[0]])
            continue
        known = known.assign(value=known["level"].astype(float)).sort_values("value")
        _band(axes, known["value"], known)
        axes.set_xscale("log" if name in DOUBLINGS else "linear")
        axes.xaxis.set_major_formatter(plt.FuncFormatter(lambda value, _: f"{value:g}"))
        reference = float(known["reference"].iloc[0])
        axes.set_title(f"Reference {reference:.3g}; n = {known['n'].iloc[0]:g}",
                       fontsize=9, fontweight="normal")  # fmt: skip
    figure.suptitle(title, x=0.02, ha="left", fontsize=11, fontweight="bold")
    figure.tight_layout()
    name, drawn = file_name("cox", rows["endpoint"].iloc[0], "splines"), rows["statistic"] == RATIO
    return keep(figure, name, scenario, figure_values.along(rows[drawn], title, "level"))


def over_time(rows: pd.DataFrame, scenario: str, title: str) -> Drawing:
    """Smoothed hazard ratio over time, a panel per endpoint and coefficient with a small test."""
    style.apply()
    names = ["label", "variable", "level"]
    keys = list(rows[names].drop_duplicates().itertuples(index=False, name=None))
    figure, panels = _panels(len(keys))
    if not keys:
        _nothing(panels[0], "no test of proportional hazards below 0.05")
    for axes, key in zip(panels, keys, strict=False):
        own = rows[(rows[names] == list(key)).all(axis=1)].sort_values("time")
        _band(axes, own["time"] / DAYS_PER_MONTH, own)
        endpoint, variable, level = key
        label = dictionary().label(variable)
        endpoint = textwrap.fill(endpoint, 38)
        told = f"{endpoint}\n{label}: {level}" if level else f"{endpoint}\n{label}"
        axes.set_title(told, fontsize=8.5, fontweight="normal")
        axes.set_xlabel("Months")
    figure.suptitle(title, x=0.02, ha="left", fontsize=11, fontweight="bold")
    figure.tight_layout()
    values = figure_values.along(rows, title, "time")
    return keep(figure, file_name("cox", "over_time"), scenario, values)


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    wide = min(3, max(1, count))
    deep = -(-max(1, count) // wide)
    figure, grid = plt.subplots(deep, wide, figsize=(max(5.0, 3.6 * wide), 3.4 * deep),
                                squeeze=False)  # fmt: skip
    panels = list(grid.flat)
    for spare in panels[max(1, count) :]:
        spare.set_axis_off()
    return figure, panels


def _band(axes: Axes, places: pd.Series, rows: pd.DataFrame) -> None:
    ratio = np.exp(rows["estimate"].to_numpy())
    ends = np.exp(rows[["low", "high"]].to_numpy(dtype=float)).clip(1 / WIDEST, WIDEST)
    axes.plot(places, ratio, color=INK, linewidth=1.6)
    axes.fill_between(places, ends[:, 0], ends[:, 1], color=INK, alpha=BAND, linewidth=0)
    axes.axhline(1, color="#52616f", linewidth=0.8)
    ratio_axis(axes, "y")
    axes.set_ylabel("Hazard ratio (log scale)")


def _nothing(axes: Axes, words: str) -> None:
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center")
    axes.set_yticks([])


def subgroup_forest(rows: pd.DataFrame, scenario: str, title: str) -> Drawing:
    """One covariate's hazard ratio in each subgroup; events of n and interaction p beside it."""
    style.apply()
    lines = rows[(rows["statistic"] == RATIO)]
    lines = lines[(lines["level"] == "") | (lines["level"] != lines["reference"])]
    figure, axes = plt.subplots(figsize=(7.2, 1.3 + 0.36 * max(1, len(lines))))
    for place, row in enumerate(lines.to_dict("records")):
        if row["state"] == "ok":
            low, high = np.exp([row["low"], row["high"]]).clip(1 / WIDEST, WIDEST)
            axes.hlines(place, low, high, color=INK, linewidth=1.3)
            axes.plot(np.exp(row["estimate"]), place, "s", color=INK, markersize=5)
        axes.annotate(_beside(row), (1.01, place), xycoords=("axes fraction", "data"),
                      va="center", fontsize=8.5)  # fmt: skip
    axes.axvline(1, color="#52616f", linewidth=0.8)
    ratio_axis(axes, "x")
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_yticks(range(len(lines)), [subgroup(row) for row in lines.to_dict("records")])
    axes.set_xlabel("Hazard ratio (log scale)")
    axes.set_title(title)
    name = file_name("cox", rows["endpoint"].iloc[0], "subgroups")
    return keep(figure, name, scenario, figure_values.subgroups(lines, title))


def subgroup(row: tables.Row) -> str:
    """ "Sex: male", or "All patients"; the effect's own level where it has several."""
    label = dictionary().label(row["group"]) if row["group"] else "All patients"
    name = f"{label}: {row['group_level']}" if row["group_level"] else label
    return f"{name} ({row['level']})" if row["level"] else name


def _beside(row: tables.Row) -> str:
    if row["state"] == "not-abstracted":
        return numbers.estimate(row)
    counts = f"{numbers.plain(row['events'], 0)}/{numbers.plain(row['n'], 0)}"
    return f"{numbers.estimate(row)}; {counts} events"


def subgroup_table(rows: pd.DataFrame, title: str) -> tables.Table:
    """Subgroups down: n, events, hazard ratio with limits, and the test of interaction."""
    body, blank = [], tables.Cell("")
    for row in rows.to_dict("records"):
        counts = [tables.Cell(numbers.plain(row[name], 0), (row["row_id"],))
                  for name in ("n", "events")]  # fmt: skip
        if row["statistic"] == RATIO and (not row["level"] or row["level"] != row["reference"]):
            body.append([tables.Cell(subgroup(row)), *counts, tables.cell(row), blank])
        elif row["statistic"] == "chi2":
            p = numbers.p_value(row["p"]) or numbers.NOT_OK.get(row["state"], "")
            name = tables.Cell(f"{dictionary().label(row['group'])}: interaction")
            body.append([name, *counts, blank, tables.Cell(p, (row["row_id"],))])
    header = ["", "n", "events", "hazard ratio (95 % limits)", "p of interaction"]
    return tables.Table(title, header, body, [multiplicity(rows), *tables.warnings(rows)])


def multiplicity(rows: pd.DataFrame) -> str:
    """How many interaction tests there are, and how many would be small by chance alone."""
    count = int(((rows["statistic"] == "chi2") & (rows["state"] == "ok")).sum())
    tests = "test" if count == 1 else "tests"
    return (
        f"Exploratory: {count} interaction {tests} without adjustment for multiplicity; "
        f"{0.05 * count:.2g} would fall below 0.05 by chance alone."
    )
