"""Best change in size of each patient as a waterfall, and the waits between scans."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.draw import figure_values, style
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.draw.figures import HATCHES

# RECIST 1.1 thresholds of a partial response and of progression, in per cent.
THRESHOLDS = (-30, 20)
TOP = 100


def waterfall(frame: pd.DataFrame, scenario: str, title: str, name: str) -> Drawing:
    """One bar per patient with a measured change, largest growth first (patient level).

    ``frame``: best_change in per cent, best_response. Bars beyond +100 % are cut and say so.
    """
    style.apply()
    known = frame.dropna(subset=["best_change"]).sort_values("best_change", ascending=False)
    figure, axes = plt.subplots(figsize=(8.2, 4))
    classes = list(dict.fromkeys(known["best_response"].fillna("not evaluable")))
    values = known["best_change"].to_numpy(dtype=float)
    for what in classes:
        own = (known["best_response"].fillna("not evaluable") == what).to_numpy()
        places = np.flatnonzero(own)
        axes.bar(places, np.minimum(values[own], TOP), width=0.86, edgecolor="white", linewidth=0.2,
                 color=style.colour(what, classes), hatch=HATCHES[style.place(what, classes)],
                 label=f"{what} (n = {len(places)})")  # fmt: skip
    axes.plot(np.flatnonzero(values == 0), np.zeros(int((values == 0).sum())), "_", color="black",
              markersize=5, markeredgewidth=2)  # fmt: skip
    for place in np.flatnonzero(values > TOP):
        axes.text(place, TOP, f"+{values[place]:.0f}", ha="center", va="bottom", fontsize=7)
    for height in THRESHOLDS:
        axes.axhline(height, color="#52616f", linewidth=0.8, linestyle=(0, (4, 3)))
    axes.axhline(0, color="black", linewidth=0.8)
    if len(known):
        axes.legend(title="Best response", loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    else:
        axes.text(0.5, 0.5, "no change in size abstracted", transform=axes.transAxes, ha="center")
    axes.set_xticks([])
    axes.set_xlabel(f"Patients with a measured change: {len(known)} of {len(frame)}")
    axes.set_ylabel("Best change in size, %")
    axes.set_title(title)
    columns = {"best_response": "best response", "best_change": "best change in size, %"}
    values = figure_values.of_patients(known, title, columns, "", "best_change")
    return keep(figure, file_name(name), scenario, values)


def waits(frame: pd.DataFrame, scenario: str, title: str, name: str, most_days: int) -> Drawing:
    """Weeks before each evaluable scan against months from first PRRT (patient level).

    Points above the line waited longer than ``most_days`` allows.
    """
    style.apply()
    figure, axes = plt.subplots(figsize=(7.2, 4))
    limit = most_days / 7
    for long, look in ((False, style.PALETTE[0]), (True, style.PALETTE[1])):
        own = frame[(frame["weeks"] > limit) == long]
        label = f"{'more' if long else 'not more'} than {most_days} days (n = {len(own)})"
        axes.plot(own["days"] / DAYS_PER_MONTH, own["weeks"], "^" if long else "o", color=look,
                  markersize=5 if long else 3, alpha=0.7, label=label)  # fmt: skip
    axes.axhline(limit, color="#52616f", linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.set_xlabel("Months from first PRRT")
    axes.set_ylabel("Weeks since the previous evaluable scan")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    if frame.empty:
        axes.text(0.5, 0.5, "no evaluable scan", transform=axes.transAxes, ha="center")
    axes.set_title(title)
    shown = frame.assign(months=frame["days"] / DAYS_PER_MONTH)
    columns = {"months": "months from first PRRT", "weeks": "weeks since the previous scan"}
    values = figure_values.of_patients(shown, title, columns, "", "weeks")
    return keep(figure, file_name(name), scenario, values)
