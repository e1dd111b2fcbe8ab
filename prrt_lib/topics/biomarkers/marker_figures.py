"""Figures and tables of markers: change per patient, courses, contrasts, hazard ratios."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.patheffects import Normal, Stroke

from prrt_lib.declare import numbers
from prrt_lib.draw import figure_values, style
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.draw.tables import Cell, Table, cell, first, warnings

NOTHING = "nothing to show"
# A white edge keeps the median apart from the patients' lines in grey prints.
OUTLINE = [Stroke(linewidth=4.5, foreground="white"), Normal()]


def waterfall(changes: pd.DataFrame, scenario: str, title: str, name: str) -> Drawing:
    """One bar per patient and ``pair``: the ``log2_change``, largest rise first.

    Internal: every bar is a patient. Rises and falls differ in colour and in hatching.
    """
    style.apply()
    kept = changes.dropna(subset=["log2_change"])
    pairs = list(dict.fromkeys(changes["pair"])) or [""]
    figure, panels = plt.subplots(
        1, len(pairs), figsize=(7.6, 3.6), sharey=True, squeeze=False,
        gridspec_kw={"wspace": 0.08},
    )  # fmt: skip
    for axes, pair in zip(panels[0], pairs, strict=True):
        own = kept.loc[kept["pair"] == pair, "log2_change"].to_numpy(dtype=float)
        heights = np.sort(own)[::-1]
        places = np.arange(len(heights))
        for part, colour, hatch in (
            (heights > 0, style.PALETTE[1], "////"), (heights <= 0, style.PALETTE[0], ""),
        ):  # fmt: skip
            if part.any() and len(heights) <= 400:
                axes.bar(places[part], heights[part], color=colour, hatch=hatch, edgecolor="white",
                         linewidth=0, width=0.9)  # fmt: skip
            elif part.any():
                axes.fill_between(places[part], 0, heights[part], color=colour, step="mid",
                                  linewidth=0)  # fmt: skip
        axes.axhline(0, color="#1b2733", linewidth=0.8)
        axes.axhline(-1, color="#52616f", linewidth=0.7, linestyle=(0, (4, 3)))
        fell = int((heights <= -1).sum())
        words = f"n = {len(heights)}; halved or lower: {fell}" if len(heights) else NOTHING
        axes.set_xlabel(words, fontsize=8.5)
        axes.set_title(pair, fontsize=9, fontweight="normal")
        axes.set_xticks([])
    panels[0][0].set_ylabel("Change, log to base two")
    figure.suptitle(title, x=0.02, ha="left", fontsize=11, fontweight="bold", y=1.0)
    columns = {"pair": "pair", "log2_change": "change, log to base two"}
    ordered = kept.sort_values("log2_change", ascending=False)
    values = figure_values.of_patients(ordered, title, columns, "pair", "log2_change")
    return keep(figure, file_name(name), scenario, values)


def spaghetti(
    values: pd.DataFrame, scenario: str, title: str, name: str, y_label: str,
    points: Sequence[str],
) -> Drawing:  # fmt: skip
    """One line per patient over the time ``points``, log axis, with the median of each point.

    ``values``: patient_id, time_point, value. Internal: every line is a patient.
    """
    style.apply()
    kept = values[values["time_point"].isin(points)]
    place = {point: number for number, point in enumerate(points)}
    kept = kept.assign(place=kept["time_point"].map(place)).sort_values(["patient_id", "place"])
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    if len(kept):
        pairs = kept[["place", "value"]].to_numpy(dtype=float)
        breaks = np.flatnonzero(kept["patient_id"].ne(kept["patient_id"].shift()).to_numpy())[1:]
        lines = np.split(pairs, breaks)
        strength = float(np.clip(25 / max(1, len(lines)), 0.008, 0.45))
        axes.add_collection(LineCollection(lines, colors=style.PALETTE[0], alpha=strength,
                                           linewidths=0.8))  # fmt: skip
        middle = kept.groupby("place")["value"].median()
        axes.plot(middle.index, middle, "o-", color=style.PALETTE[1], linewidth=2, label="median",
                  path_effects=OUTLINE)  # fmt: skip
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter(plt.FuncFormatter(lambda value, _: f"{value:g}"))
        axes.autoscale_view()
        axes.legend(loc="best")
    else:
        axes.text(0.5, 0.5, NOTHING, transform=axes.transAxes, ha="center")
    counts = kept["time_point"].value_counts()
    axes.set_xticks(range(len(points)), [f"{p}\nn = {counts.get(p, 0)}" for p in points])
    axes.set_xlim(-0.3, len(points) - 0.7)
    axes.set_ylabel(y_label)
    axes.set_title(title)
    line = kept["patient_id"].ne(kept["patient_id"].shift()).cumsum()
    columns = {"line": "line", "time_point": "time point", "value": y_label}
    values = figure_values.of_patients(kept.assign(line=line), title, columns, "time_point",
                                       "value")  # fmt: skip
    return keep(figure, file_name(name), scenario, values)


PER = "per doubling"


def contrasts(rows: pd.DataFrame, title: str) -> Table:
    """One line per marker and time point: the coefficient of the mixed model."""
    rows = rows[(rows["statistic"] == "coefficient")]
    rows = rows[(rows["reference"] != "") | (rows["state"] != "ok")]
    body = [
        [Cell(", ".join(text for text in (row["label"], row["level"]) if text)), cell(row)]
        for row in rows.to_dict("records")
    ]
    return Table(title, ["", "difference (95% CI)"], body, warnings(rows))


def cuts(rows: pd.DataFrame, title: str) -> Table:
    """One line per marker, endpoint and cut: patients above and not, hazard ratio, log-rank p."""
    own = rows[rows["model"].str.startswith("cut at")]
    body = []
    for (label, model), part in own.groupby(["label", "model"], sort=False):
        ratios = part[part["statistic"] == "log_hazard_ratio"]
        contrast = ratios[(ratios["level"] != ratios["reference"]) | (ratios["state"] != "ok")]
        sizes = ratios[ratios["state"] == "ok"]
        counts = [f"{row['level']}: {numbers.plain(row['events'], 0)} events of "
                  f"{numbers.plain(row['n'], 0)}" for row in sizes.to_dict("records")]  # fmt: skip
        test = first(part, statistic="chi2")
        body.append([
            Cell(f"{label}, {model}"), Cell("; ".join(counts), tuple(sizes["row_id"])),
            cell(first(contrast)), cell(test, lambda row: numbers.p_value(row["p"])),
        ])  # fmt: skip
    return Table(title, ["", "patients", "hazard ratio", "log-rank p"], body, warnings(own))


def doublings(rows: pd.DataFrame, title: str) -> Table:
    """One line per marker, endpoint and time point of the sample: hazard ratio and p."""
    own = rows[(rows["model"] == PER) | rows["model"].str.startswith("after PRRT")]
    body = [
        [Cell(f"{row['label']}, {'before PRRT 1' if row['model'] == PER else row['model']}"),
         cell(row, lambda row: numbers.plain(row["n"], 0)), cell(row),
         cell(row, lambda row: numbers.p_value(row["p"]))]
        for row in own.to_dict("records")
    ]  # fmt: skip
    return Table(title, ["", "n", "hazard ratio", "p"], body, warnings(own))


def curves(rows: pd.DataFrame, endpoint: str, variable: str) -> pd.DataFrame:
    """The survival rows above and not above the declared cut, for the figure."""
    own = rows[(rows["endpoint"] == endpoint) & rows["model"].str.startswith("cut at")]
    own = own[own["group"] == variable]
    kept = own[own["statistic"].isin(["survival", "median", "at_risk"])]
    return (kept if len(kept) else own).reset_index(drop=True)
