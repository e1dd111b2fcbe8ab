"""A lane per patient from first PRRT on: cycles, scans, progression, death, ongoing follow-up."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from prrt_lib.draw import figure_values, style
from prrt_lib.draw.canvas import Drawing, file_name, keep

LANE = 0.135
EVERY_MONTHS = 12
# More lanes than this make a picture that no program opens.
MOST_LANES = 400
# Marker, colour, size and filling of each mark: full, open and half tell scans apart in grey.
MARKS = {
    "PRRT": ("|", "black", 7.5, "full"),
    "response of any magnitude": ("o", style.PALETTE[0], 4.6, "full"),
    "no evidence of disease": ("*", style.PALETTE[0], 6.0, "full"),
    "stable": ("o", style.PALETTE[0], 4.6, "none"),
    "mixed": ("D", style.PALETTE[0], 4.6, "left"),
    "progression": ("v", style.PALETTE[1], 5.4, "full"),
    "new therapy": ("P", style.PALETTE[2], 5.6, "none"),
    "progression date": ("x", "#8a2500", 6.0, "full"),
}
NAMES = {"PRRT": "PRRT cycle", "response of any magnitude": "scan: any response",
         "no evidence of disease": "scan: no evidence of disease", "stable": "scan: stable",
         "mixed": "scan: mixed", "progression": "scan: progression",
         "progression date": "date of progression", "new therapy": "new therapy"}  # fmt: skip
ENDS = {"died": ("X", "black", 5.6, "full"), "alive at last contact": (">", "black", 5.0, "full"),
        "not known": ("|", "#52616f", 6.0, "full")}  # fmt: skip


def swimmer(
    lanes: pd.DataFrame, marks: pd.DataFrame, scenario: str, title: str, name: str
) -> Drawing:
    """Lanes in the order given (patient level: for the analyst's machine only).

    Of more than MOST_LANES patients every second, third, ... is drawn, and the title says so.
    """
    style.apply()
    heading, lanes = _thinned(lanes, title)
    marks = marks[marks["patient_id"].isin(lanes["patient_id"])]
    count = len(lanes)
    figure, axes = plt.subplots(figsize=(8.2, 1.6 + LANE * max(count, 12)))
    places = {patient: place for place, patient in enumerate(lanes["patient_id"])}
    axes.hlines(range(count), 0, lanes["months"], color="#c9d2da", linewidth=4.0, zorder=1)
    for what, look in MARKS.items():
        own = marks[marks["what"] == what]
        _points(axes, own["months"], own["patient_id"].map(places), look, NAMES[what])
    for ended, look in ENDS.items():
        own = lanes[lanes["ended"] == ended]
        label = ended if ended != "not known" else "end of follow-up, status not known"
        _points(axes, own["months"], own["patient_id"].map(places), look, label)
    _groups(axes, lanes)
    last = lanes["months"].max() if count else EVERY_MONTHS
    axes.set_xticks(range(0, int(last) + EVERY_MONTHS, EVERY_MONTHS))
    axes.set_xlim(-1, last + 2)
    axes.set_ylim(max(count, 1) - 0.2, -0.8)
    axes.set_xlabel("Months from first PRRT")
    axes.set_title(heading)
    if count:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1), fontsize=8, handletextpad=0.4)
    return keep(figure, file_name(name), scenario, figure_values.lanes(lanes, marks, title))


def _thinned(lanes: pd.DataFrame, title: str) -> tuple[str, pd.DataFrame]:
    """The title with n, and at most MOST_LANES lanes, evenly taken."""
    step = -(-len(lanes) // MOST_LANES) or 1
    told = f"; one in {step} is drawn" if step > 1 else ""
    return f"{title} (n = {len(lanes)}{told})", lanes.iloc[::step].reset_index(drop=True)


def _points(axes: Axes, x: pd.Series, y: pd.Series, look: tuple, label: str) -> None:
    if not len(x):
        return
    shape, colour, size, filled = look
    edge = {} if shape in "|x" else {"markeredgewidth": 0.7, "markerfacecoloralt": "white"}
    if filled == "none":
        edge |= {"fillstyle": "full", "markerfacecolor": "white", "markeredgecolor": colour}
    elif shape not in "|x":
        edge |= {"fillstyle": filled}
    axes.plot(x, y, shape, color=colour, markersize=size, label=label, zorder=3, **edge)


def _groups(axes: Axes, lanes: pd.DataFrame) -> None:
    """A name at the middle of each group's lanes, a line between groups."""
    sizes = lanes["group"].value_counts(sort=False)
    ticks, names, start = [], [], 0
    for group in dict.fromkeys(lanes["group"]):
        ticks.append(start + (sizes[group] - 1) / 2)
        names.append(f"{group}\nn = {sizes[group]}" if group else "")
        start += sizes[group]
        if start < len(lanes):
            axes.axhline(start - 0.5, color="#52616f", linewidth=0.6, zorder=2)
    axes.set_yticks(ticks, names)
    axes.tick_params(axis="y", length=0)
