"""Shares by variable and group as a map of grey steps, n/N in each field, from result rows."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.draw import figure_values, style
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.draw.tables import levels

DARK = 0.55


def share_map(rows: pd.DataFrame, scenario: str, title: str, name: str) -> Drawing:
    """Variables down, groups across; the darker a field, the larger the share."""
    style.apply()
    names, groups = levels(rows, "variable"), levels(rows)
    figure, axes = plt.subplots(figsize=(2.6 + 0.95 * len(groups), 1.2 + 0.27 * len(names)))
    values = rows.set_index(["variable", "group_level"])
    shares = values["estimate"].unstack().reindex(index=names, columns=groups).to_numpy(float)
    axes.imshow(shares, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    for (line, place), share in np.ndenumerate(shares):
        key = (names[line], groups[place])
        if key not in values.index:
            continue
        row = values.loc[key]
        text = f"{int(row['n'])}/{int(row['total'])}"
        colour = "white" if share > DARK else "black"
        axes.text(place, line, text, ha="center", va="center", fontsize=7.5, color=colour)
    axes.set_yticks(range(len(names)), [_label(values, variable, groups[0]) for variable in names])
    axes.set_xticks(range(len(groups)), [group or "All" for group in groups])
    axes.tick_params(axis="x", top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.set_title(title)
    return keep(figure, file_name(name), scenario, figure_values.shares(rows, title))


def _label(values: pd.DataFrame, variable: str, group: str) -> str:
    told = values.loc[(variable, group), "label"] if (variable, group) in values.index else ""
    return told or dictionary().label(variable)
