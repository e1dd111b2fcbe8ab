"""Figures of adverse events and of blood counts and eGFR over time, from result rows."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd

from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.draw import figure_values, style, tables
from prrt_lib.draw.canvas import Drawing, file_name, keep

ANY, SEVERE = "any grade", "grade 3 or higher"
YEAR = 12 * DAYS_PER_MONTH
SHOWN = ("platelets", "haemoglobin", "neutrophils", "white cells", "lymphocytes")
GREY = "#52616f"
NOTE = (
    "Median (points) and quartiles (bars) of each patient's lowest value in the window, "
    "before PRRT the last.\nDashed: values below the line are of that CTCAE grade at least."
)
NOTHING = "not abstracted"


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
        own = shown[shown["group_level"] == grade]
        colour, hatch, side = (
            (style.PALETTE[0], "", "right") if grade == ANY else (style.PALETTE[1], "////", "left")
        )
        places = [terms.index(term) for term in own["level"]]
        share = 100 * own["estimate"].to_numpy(dtype=float)
        axes.barh(places, share, height=0.68, color=colour, hatch=hatch, edgecolor="white",
                  linewidth=0)  # fmt: skip
        for place, value, row in zip(places, share, own.to_dict("records"), strict=True):
            text = f" {int(row['n'])}/{int(row['total'])} "
            axes.text(value, place, text, va="center", ha=side, fontsize=7.5)
        axes.set_xlim(0, reach)
        axes.set_title(grade.capitalize(), fontsize=9, fontweight="normal", loc="center")
        axes.spines["left"].set_visible(grade != ANY)
        axes.tick_params(axis="x", labelsize=8)
    wings[0].invert_xaxis()
    wings[0].set_yticks(range(len(terms)), terms)
    wings[0].invert_yaxis()
    wings[1].spines["left"].set_visible(True)
    wings[1].tick_params(axis="y", length=0)
    if not terms:
        wings[0].text(0.5, 0.5, NOTHING, transform=wings[0].transAxes, ha="center")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    figure.supxlabel("Patients, % of the safety set", fontsize=9)
    figure.subplots_adjust(top=1 - 0.55 / size[1], bottom=0.62 / size[1])
    return keep(figure, file_name(name), scenario, figure_values.shares(shown, title))


def counts(rows: pd.DataFrame, scenario: str, title: str, name: str) -> Drawing:
    """A panel per count: median and quartiles of each patient's lowest value in every window.

    ``rows`` of the course; dashed lines are where grades 2, 3 and 4 begin.
    """
    style.apply()
    known = rows[rows["variable"].isin(SHOWN) & (rows["state"] == "ok")]
    counted = known.loc[known["statistic"] == "median", "variable"]
    tests = [test for test in SHOWN if (counted == test).any()]
    down = max(1, -(-len(tests) // 2))
    across = 2 if len(tests) > 1 else 1
    figure, panels = plt.subplots(down, across, figsize=(4.9 * across, 3.0 * down), squeeze=False,
                                  gridspec_kw={"hspace": 0.62, "wspace": 0.22})  # fmt: skip
    for axes, test in zip(panels.flat, tests, strict=False):
        own = known[known["variable"] == test]
        middle, low, high = (own[own["statistic"] == s].sort_values("time")
                             for s in ("median", "q25", "q75"))  # fmt: skip
        places = range(len(middle))
        axes.vlines(places, low["estimate"], high["estimate"], color=style.PALETTE[0], linewidth=5,
                    alpha=0.3)  # fmt: skip
        axes.plot(places, middle["estimate"], "o-", color=style.PALETTE[0], linewidth=1.2,
                  markersize=5)  # fmt: skip
        labels = [f"{level.replace(' ', chr(10))}\nn={int(n)}"
                  for level, n in zip(middle["level"], middle["n"], strict=True)]  # fmt: skip
        axes.set_xticks(places, labels, fontsize=7)
        axes.set_ylim(0, 1.08 * float(high["estimate"].max()))
        axes.set_xlim(-0.4, len(middle) - 0.2)
        for limit in own[own["statistic"] == "value"].to_dict("records"):
            height, grade = limit["estimate"], limit["level"].removeprefix("below: grade ")
            axes.axhline(height, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
            axes.text(len(middle) - 0.2, height, f" G{grade}", fontsize=7.5, va="center")
        unit = middle["unit"].iloc[0].replace("^9", "⁹")
        axes.set_title(f"{test.capitalize()}, {unit}", fontsize=9, fontweight="normal")
    for axes in list(panels.flat)[max(1, len(tests)) :]:
        axes.set_visible(False)
    if not tests:
        panels[0][0].text(0.5, 0.5, NOTHING, transform=panels[0][0].transAxes, ha="center")
        panels[0][0].set_axis_off()
    else:
        figure.text(0.06, 0.02 / down, NOTE, fontsize=8, ha="left", va="top")
    figure.suptitle(title, x=0.06, ha="left", fontsize=11, fontweight="bold", y=0.94 + 0.02 * down)
    return keep(figure, file_name(name), scenario, figure_values.over_time(known, title))


def kidney(
    rows: pd.DataFrame, model: pd.DataFrame, scenario: str, title: str, name: str
) -> Drawing:
    """eGFR per year, median with quartiles, and the mean line of the mixed model with its limits.

    ``rows`` of the course, ``model`` of the slope: its rows ``mean`` carry the line.
    """
    style.apply()
    known = rows[(rows["variable"] == "eGFR") & (rows["state"] == "ok")]
    line = model[(model["statistic"] == "mean") & (model["state"] == "ok")].sort_values("time")
    figure, axes = plt.subplots(figsize=(7.2, 4))
    if len(known):
        middle, low, high = (known[known["statistic"] == s].sort_values("time")
                             for s in ("median", "q25", "q75"))  # fmt: skip
        ends = middle["time"].to_numpy() / YEAR
        places = [0.0 if end == 0 else end - 0.5 for end in ends]
        axes.vlines(places, low["estimate"], high["estimate"], color=style.PALETTE[0], linewidth=6,
                    alpha=0.3, label="quartiles")  # fmt: skip
        axes.plot(places, middle["estimate"], "o", color=style.PALETTE[0], label="median")
        for place, top, n in zip(places, high["estimate"], middle["n"], strict=True):
            axes.text(place, top + 1.5, f"n={int(n)}", ha="center", va="bottom", fontsize=7.5)
    if len(line):
        years = line["time"] / YEAR
        axes.fill_between(years, line["low"], line["high"], color=style.PALETTE[1], alpha=0.25,
                          linewidth=0, label="limits of the mean")  # fmt: skip
        axes.plot(years, line["estimate"], color=style.PALETTE[1], linestyle=(0, (5, 2)),
                  label="mean of the mixed model")  # fmt: skip
    if len(known):
        axes.set_ylim(0, 1.12 * axes.get_ylim()[1])
        axes.legend(loc="lower left", fontsize=8)
    else:
        axes.text(0.5, 0.5, NOTHING, transform=axes.transAxes, ha="center")
    axes.set_xlabel("Years from first PRRT")
    axes.set_ylabel("eGFR, mL/min/1.73 m²")
    axes.set_title(title)
    both = pd.concat([known, line], ignore_index=True)
    return keep(figure, file_name(name), scenario, figure_values.over_time(both, title, "years"))
