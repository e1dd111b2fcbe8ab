"""How much of the possible follow-up was observed, overall and by centre, from result rows."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd

from prrt_lib.draw import figure_values, style
from prrt_lib.draw.canvas import Drawing, file_name, keep

DAYS_PER_YEAR = 365.25


def completeness(rows: pd.DataFrame, scenario: str, title: str, name: str) -> Drawing:
    """A bar per centre below one for all: observed of possible person-time, in years beside it."""
    style.apply()
    known = rows[(rows["statistic"] == "proportion") & (rows["state"] == "ok")]
    figure, axes = plt.subplots(figsize=(7.2, 1.4 + 0.34 * max(1, len(known))))
    share = 100 * known["estimate"].to_numpy(dtype=float)
    hatches = ["" if group == "" else "//" for group in known["group"]]
    axes.barh(range(len(known)), share, height=0.66, edgecolor="white", hatch=hatches,
              color=[style.PALETTE[0 if hatch == "" else 6] for hatch in hatches])  # fmt: skip
    for place, (value, row) in enumerate(zip(share, known.to_dict("records"), strict=True)):
        years = [row[part] / DAYS_PER_YEAR for part in ("n", "total")]
        told = f" {value:.0f} % ({years[0]:.1f} of {years[1]:.1f} years)"
        axes.text(value, place, told, va="center", fontsize=8)
    axes.set_yticks(range(len(known)), [level or "All" for level in known["group_level"]])
    axes.invert_yaxis()
    axes.set_xlim(0, 145)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("Person-time observed, % of that possible")
    axes.set_title(title)
    if not len(known):
        axes.text(0.5, 0.5, "not abstracted", transform=axes.transAxes, ha="center")
    return keep(figure, file_name(name), scenario, figure_values.shares(known, title))
