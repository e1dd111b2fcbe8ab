"""Tables and figures of response: change in size, waits, response over time and from landmarks."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.draw import figure_values, style
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.draw.curves import at_risk, footnote
from prrt_lib.draw.figures import HATCHES
from prrt_lib.draw.tables import EMPTY, Cell, Row, Table, cell, first, levels, warnings

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


LOOKS = {"responder": (0, "solid"), "non-responder": (1, (0, (5, 2))),
         "not evaluable": (6, (0, (1.5, 1.5))), "not imaged": (7, (0, (6, 2, 1.5, 2)))}  # fmt: skip
EVERY_MONTHS = 24


def curves(rows: pd.DataFrame, endpoint: str, scenario: str) -> Drawing:
    """One panel per landmark of ``endpoint``; time counts from the landmark."""
    style.apply()
    own = rows[rows["endpoint"] == endpoint]
    panels = levels(own, "setting") or [""]
    figure, grid = plt.subplots(
        2, len(panels), figsize=(1.2 + 4.3 * len(panels), 4.6), sharex="col", squeeze=False,
        gridspec_kw={"height_ratios": [4, 1], "hspace": 0.38, "wspace": 0.42},
    )  # fmt: skip
    for axes, below, panel in zip(*grid, panels, strict=True):
        whole = own[own["setting"] == panel]
        part = whole[whole["statistic"] == "survival"]
        drawn, ends = figure_values.drawn(whole, "survival"), figure_values.ends(whole)
        for level in [name for name in LOOKS if name in set(drawn["group_level"])]:
            curve = figure_values.to_end(drawn[drawn["group_level"] == level], ends.get(level))
            colour, dash = LOOKS[level]
            axes.step(curve["time"] / DAYS_PER_MONTH, 100 * curve["estimate"], where="post",
                      color=style.PALETTE[colour], linestyle=dash, linewidth=1.7,
                      label=f"{level} (n = {int(curve['n'].iloc[0])})")  # fmt: skip
        last = drawn["time"].max() / DAYS_PER_MONTH if len(drawn) else EVERY_MONTHS
        axes.set_xticks(np.arange(0, last + EVERY_MONTHS, EVERY_MONTHS))
        axes.set_xlim(left=0)
        axes.set_ylim(0, 101)
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("Months from the landmark")
        axes.set_ylabel("Event-free, %")
        axes.set_title(panel.replace("_", " "), fontsize=10, fontweight="normal")
        if len(drawn):
            axes.legend(loc="lower left", fontsize=7.5, frameon=True, framealpha=0.85,
                        edgecolor="none")  # fmt: skip
        else:
            axes.text(0.5, 0.5, "nothing can be estimated", transform=axes.transAxes, ha="center")
        names = [name for name in LOOKS if name in set(part["group_level"])]
        at_risk(below, part, names, small=True)
    label = own["label"].iloc[0].split(", from ")[0] if len(own) else endpoint
    title = f"{label}, by response at the landmark"
    figure.suptitle(title, x=0.02, ha="left", fontsize=11, fontweight="bold")
    shown = figure_values.by_panel(own, title, "landmark")
    footnote(figure, shown.table.notes)
    return keep(figure, file_name("response_landmark", endpoint), scenario, shown)


WHAT = {"survival": "without the event, %", "cumulative_incidence": "with the event, %",
        "median": "median, months"}  # fmt: skip


def moments(rows: pd.DataFrame, title: str) -> Table:
    """Per curve: n, then its probabilities at each moment and its median, with limits."""
    shown = rows[rows["statistic"].isin(WHAT)]
    body, sections = [], set()
    for label, part in shown.groupby("label", sort=False):
        sections.add(len(body))
        n = first(part)
        body.append([Cell(label), cell(n, lambda row: numbers.plain(row["n"], 0)), Cell("")])
        body += [
            [Cell(f"   {_moment(row)}"), Cell(""), cell(row)] for row in part.to_dict("records")
        ]
    limited = (shown["conf_level"].notna() & (shown["low"].notna() | shown["high"].notna())).any()
    header = ["", "n", "estimate (95 % limits)" if limited else "estimate, no limits are given"]
    return Table(title, header, body or EMPTY, warnings(rows), frozenset(sections))  # fmt: skip


def _moment(row: Row) -> str:
    at, level = row["time"], row["level"]
    when = "" if numbers.missing(at) else f"{round(at / DAYS_PER_MONTH)} months: "
    bound = f", {level} value that the scans allow" if level in ("lowest", "highest") else ""
    return f"{when}{WHAT[row['statistic']]}{bound}"


def comparison(rows: pd.DataFrame, title: str) -> Table:
    """One block per endpoint and landmark: classes with n, events, median; ratio and log-rank p."""
    body, sections = [], set()
    for label, part in rows.groupby("label", sort=False):
        ratio, test = first(part, statistic="log_hazard_ratio"), first(part, statistic="chi2")
        if ratio is None:
            body.append([Cell(label), Cell("not estimable"), *[Cell("")] * 4])
            continue
        sections.add(len(body))
        body.append([
            Cell(label), Cell(""), Cell(""), Cell(""), cell(ratio),
            cell(test, lambda row: numbers.p_value(row["p"]) or "not estimable"),
        ])  # fmt: skip
        for middle in part[part["statistic"] == "median"].to_dict("records"):
            body.append([
                Cell(f"   {middle['group_level']}"),
                cell(middle, lambda row: numbers.plain(row["n"], 0)),
                cell(middle, lambda row: numbers.plain(row["events"], 0)),
                cell(middle), Cell(""), Cell(""),
            ])  # fmt: skip
    header = ["", "n", "events", "median, months (95 % limits)",
              "responders against non-responders, hazard ratio", "log-rank p"]  # fmt: skip
    return Table(title, header, body, warnings(rows), frozenset(sections))


def dependent(rows: pd.DataFrame, title: str) -> Table:
    """Per endpoint the hazard ratio of response as a time-dependent covariate."""
    body, sections = [], set()
    for label, part in rows.groupby("label", sort=False):
        sections.add(len(body))
        body.append([Cell(label), *[Cell("")] * 4])
        for row in part.to_dict("records"):
            counts = [cell(row, lambda r, name=name: numbers.plain(r[name], 0))
                      for name in ("n", "events")]  # fmt: skip
            p = cell(row, lambda r: numbers.p_value(r["p"]))
            body.append([Cell(f"   {row['model']}"), *counts, cell(row), p])
    header = ["", "n", "events", "responders against others, hazard ratio (95 % limits)", "p"]
    return Table(title, header, body, warnings(rows), frozenset(sections))


def kept(rows: pd.DataFrame, title: str) -> Table:
    """Per endpoint and landmark how many are included, and how many are left out and why."""
    counts = rows[(rows["statistic"] == "count") & (rows["variable"] == "landmark")]
    reasons = levels(counts, "level")
    body = [
        [Cell(label), *(cell(first(part, level=name), numbers.estimate) for name in reasons)]
        for label, part in counts.groupby("label", sort=False)
    ]
    return Table(title, ["", *reasons], body or [[Cell("no patients to follow from a landmark")]])
