"""Tables of response over time: probabilities at moments, landmarks and who is left out there."""

from __future__ import annotations

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.draw.tables import Cell, Row, Table, cell, first, levels, warnings

RATES = ("survival", "cumulative_incidence")
WHAT = {"survival": "without the event, %", "cumulative_incidence": "with the event, %",
        "median": "median, months"}  # fmt: skip
BOUNDS = {"lowest": "lowest", "highest": "highest"}


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
    return Table(title, header, body or [[Cell("nothing to show"), Cell(""), Cell("")]],
                 warnings(rows), frozenset(sections))  # fmt: skip


def _moment(row: Row) -> str:
    at = row["time"]
    when = "" if numbers.missing(at) else f"{round(at / DAYS_PER_MONTH)} months: "
    bound = f", {BOUNDS[row['level']]} value that the scans allow" if row["level"] in BOUNDS else ""
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
