"""Figures of adverse events, from result rows."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from prrt_lib.draw import figure_values, style, tables
from prrt_lib.draw.canvas import Drawing, file_name, keep

ANY, SEVERE = "any grade", "grade 3 or higher"


def butterfly(rows: pd.DataFrame, scenario: str, title: str, name: str) -> Drawing:
    """Terms down; patients with any grade to the left, with grade 3 or higher to the right.

    Both wings on one scale of percent, n/N at the end of each bar.
    """
    style.apply()
    shown = rows[rows["group_level"].isin([ANY, SEVERE]) & (rows["state"] == "ok")]
    terms = tables.levels(shown, "level")
    size = (7.6, 1.4 + 0.3 * max(2, len(terms)))
    figure, wings = plt.subplots(1, 2, figsize=size, sharey=True, gridspec_kw={"wspace": 0.04})
    widest = 100 * float(shown["estimate"].max()) if len(shown) else 0.0
    reach = 1.32 * widest if widest > 0 else 1.0
    for axes, grade in zip(wings, (ANY, SEVERE), strict=True):
        _wing(axes, shown[shown["group_level"] == grade], terms, grade, reach)
    wings[0].invert_xaxis()
    wings[0].set_yticks(range(len(terms)), terms)
    wings[0].invert_yaxis()
    wings[1].spines["left"].set_visible(True)
    wings[1].tick_params(axis="y", length=0)
    if not terms:
        wings[0].text(0.5, 0.5, "not abstracted", transform=wings[0].transAxes, ha="center")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    figure.supxlabel("Patients, % of the safety set", fontsize=9)
    figure.subplots_adjust(top=1 - 0.55 / size[1], bottom=0.62 / size[1])
    return keep(figure, file_name(name), scenario, figure_values.shares(shown, title))


def _wing(axes: Axes, rows: pd.DataFrame, terms: list[str], grade: str, reach: float) -> None:
    colour = style.PALETTE[0 if grade == ANY else 1]
    hatch = "" if grade == ANY else "////"
    places = [terms.index(term) for term in rows["level"]]
    share = 100 * rows["estimate"].to_numpy(dtype=float)
    axes.barh(places, share, height=0.68, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
    side = "right" if grade == ANY else "left"
    for place, value, row in zip(places, share, rows.to_dict("records"), strict=True):
        text = f" {int(row['n'])}/{int(row['total'])} "
        axes.text(value, place, text, va="center", ha=side, fontsize=7.5)
    axes.set_xlim(0, reach)
    axes.set_title(grade.capitalize(), fontsize=9, fontweight="normal", loc="center")
    axes.spines["left"].set_visible(grade != ANY)
    axes.tick_params(axis="x", labelsize=8)
