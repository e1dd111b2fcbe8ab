"""Survival and cumulative-incidence curves with limits and numbers at risk, from result rows."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import DAYS_PER_MONTH, days
from prrt_lib.draw import figure_values, style, tables
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.draw.figure_values import DAYS_IN

AXIS = {
    "survival": "Probability of being event-free, %",
    "cumulative_incidence": "Cumulative incidence, %",
}
EVERY_MONTHS = 12
TITLE_WIDTH = 62
# An incidence whose limits stay below RARE per cent is drawn on an axis of its own.
WHOLE, RARE = 100, 40


def survival_curve(
    rows: pd.DataFrame, scenario: str, title: str = "", time_unit: str = "months"
) -> Drawing:
    """Step curves of survival rows, one per group level, with limits and numbers at risk.

    ``time_unit`` of the axis: days, months or years.
    """
    return _curve(rows, scenario, "survival", title, time_unit)


def incidence_curve(
    rows: pd.DataFrame, scenario: str, title: str = "", time_unit: str = "months"
) -> Drawing:
    """Step curves of cumulative-incidence rows."""
    return _curve(rows, scenario, "cumulative_incidence", title, time_unit)


def _curve(
    rows: pd.DataFrame, scenario: str, statistic: str, title: str, time_unit: str
) -> Drawing:
    style.apply()
    rows = tables.bracketed(rows)
    counted = rows[rows["statistic"] == statistic]
    drawn, ends = figure_values.drawn(rows, statistic), figure_values.ends(rows)
    levels = list(dict.fromkeys(drawn["group_level"]))
    key = rows.iloc[0]
    name = file_name(key["analysis"], key["endpoint"], key["setting"],
                     f"by_{key['group']}" if key["group"] else "")  # fmt: skip
    height = 4.4 + 0.24 * max(1, len(levels))
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(7.2, height), sharex=True,
        gridspec_kw={"height_ratios": [4.2, 0.35 + 0.26 * max(1, len(levels))], "hspace": 0.32},
    )  # fmt: skip
    for level in levels:
        own = figure_values.to_end(drawn[drawn["group_level"] == level], ends.get(level))
        months, colour = own["time"].to_numpy() / DAYS_PER_MONTH, style.colour(level, levels)
        n = numbers.plain(own["n"].iloc[0], 0)
        above.step(months, 100 * own["estimate"], where="post", color=colour,
                   label=f"{level or 'All'} (n = {n})", linestyle=style.dash(level, levels),
                   linewidth=1.6)  # fmt: skip
        limits = own[["low", "high"]].to_numpy(dtype=float)
        if np.isfinite(limits).any():
            above.fill_between(months, 100 * limits[:, 0], 100 * limits[:, 1], step="post",
                               color=colour, alpha=0.13, linewidth=0)  # fmt: skip
    title = title or key["label"] or key["endpoint"]
    _axes(above, drawn, statistic, title, time_unit)
    for level in [name for name in tables.levels(counted) if name not in levels and name]:
        few = (counted.loc[counted["group_level"] == level, "state"] == "ok").any()
        above.plot([], [], " ", label=f"{level}: {'too few at risk' if few else 'not estimable'}")
    if key["group"] and above.get_legend_handles_labels()[1]:
        above.legend(title=dictionary().label(key["group"]), loc="best")
    if not len(drawn):
        above.text(0.5, 0.5, "nothing can be estimated", transform=above.transAxes, ha="center")
    at_risk(below, counted, levels)
    footnote(figure, figure_values.notes(rows))
    return keep(figure, name, scenario, figure_values.by_group(rows, drawn, title, time_unit))


def footnote(figure: Figure, told: Sequence[str], top: float = 0.05) -> None:
    """Sentences under the figure, as its table of values has them too."""
    text = "\n".join(textwrap.fill(sentence, 110) for sentence in told)
    figure.text(0.02, top, text, ha="left", va="top", fontsize=7.5)


def _axes(
    axes: Axes, rows: pd.DataFrame, statistic: str, title: str, time_unit: str = "months"
) -> None:
    # The axis ends at 100 %, or where the rare events of an incidence can be seen.
    highest = 100 * rows[["estimate", "high"]].max().max() if len(rows) else WHOLE
    rare = statistic == "cumulative_incidence" and highest <= RARE
    top = 10 * math.ceil(max(highest, 1) / 9.8) if rare else WHOLE
    axes.set_ylim(0, 1.01 * top)
    cut = "" if top == WHOLE else f" (axis ends at {top} %)"
    axes.set_ylabel(AXIS[statistic] + cut)
    axes.set_title(textwrap.fill(title, TITLE_WIDTH))
    last = rows["time"].max() / DAYS_PER_MONTH if len(rows) else EVERY_MONTHS
    step = EVERY_MONTHS * max(1, round(last / (12 * EVERY_MONTHS)))
    ticks = np.arange(0, last + step, step)
    axes.set_xticks(ticks, [f"{days(tick) / DAYS_IN[time_unit]:.0f}" for tick in ticks])
    axes.set_xlim(left=0)
    axes.tick_params(labelbottom=True)
    axes.set_xlabel(time_unit.capitalize())


def at_risk(
    axes: Axes, rows: pd.DataFrame, levels: Sequence[str], small: bool = False
) -> None:  # fmt: skip
    """Numbers at risk at each tick: the rows that stand at that very day, none made up."""
    axes.set_ylim(max(1, len(levels)) - 0.4, -0.6)
    size = {"fontsize": 8} if small else {}
    axes.set_yticks(range(len(levels)), [level or "All" for level in levels], **size)
    axes.set_title("Number at risk", fontsize=8 if small else 9, fontweight="normal", pad=2)
    axes.tick_params(length=0, labelbottom=False)
    axes.tick_params(axis="y", pad=12 if small else 14)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for line, level in enumerate(levels):
        own = rows[rows["group_level"] == level]
        counts = dict(zip(own["time"], own["at_risk"], strict=True))
        for month in axes.get_xticks():
            count = numbers.plain(counts.get(days(month), float("nan")), 0)
            axes.text(month, line, count, ha="center", va="center", fontsize=8 if small else 8.5)


def progression_beside(until: pd.DataFrame, incidence: pd.DataFrame, scenario: str) -> Drawing:
    """1 - Kaplan-Meier of time to progression beside the cumulative incidence, on one axis.

    Their distance is what treating deaths as censorings would add to the probability.
    """
    style.apply()
    figure, axes = plt.subplots(figsize=(7.2, 4.4))
    until, incidence = tables.bracketed(until), tables.bracketed(incidence)
    kept, counted = (figure_values.drawn(part, name) for part, name in
                     ((until, "survival"), (incidence, "cumulative_incidence")))  # fmt: skip
    names = {"1": "Cumulative incidence of progression", "2": "Death without progression"}
    lines = [("1 - Kaplan-Meier of TTP, deaths censored: no probability",
              kept.assign(estimate=1 - kept["estimate"], low=1 - kept["high"],
                          high=1 - kept["low"]))]  # fmt: skip
    lines += [(name, counted[counted["level"] == level]) for level, name in names.items()]
    for number, (name, rows) in enumerate(line for line in lines if len(line[1])):
        rows = rows.sort_values("time")
        axes.step(rows["time"] / DAYS_PER_MONTH, 100 * rows["estimate"], where="post", label=name,
                  color=style.PALETTE[number], linestyle=style.DASHES[number])  # fmt: skip
    drawn = pd.concat([rows for _, rows in lines])
    title = "Progression: two estimators side by side"
    _axes(axes, drawn, "cumulative_incidence", title)
    axes.set_ylabel("Progression, %")
    if len(drawn):
        axes.legend(loc="best")
    else:
        axes.text(0.5, 0.5, "nothing can be estimated", transform=axes.transAxes, ha="center")
    both = [until.assign(group_level="TTP"), incidence.assign(group_level="cumulative incidence")]
    told = figure_values.notes(pd.concat(both, ignore_index=True))
    footnote(figure, told, top=-0.02)
    values = figure_values.annotated(figure_values.by_line(lines, title), told)
    return keep(figure, "survival_ttp_beside_cif", scenario, values)
