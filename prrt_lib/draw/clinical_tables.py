"""Tables of the clinical pages: quantiles by level, shares with limits, shares by denominator."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.draw.tables import (
    EMPTY,
    RATES,
    Cell,
    Row,
    Table,
    cell,
    first,
    grid,
    levels,
    number,
    p_said,
    warnings,
)

NOTHING = "not estimable"
SPREAD = {"median": "median", "q25": "lower quartile", "q75": "upper quartile", "mean": "mean",
          "sd": "standard deviation", "min": "smallest", "max": "largest"}  # fmt: skip
POPULATIONS = {
    "gep": "GEP primary",
    "all_treated": "All treated",
    "imaging_evaluable": "Imaging-evaluable",
    "safety": "Safety set",
}


def share_with_limits(row: Row) -> str:
    """ "77/117 (65.8 %; 56.5 to 74.3)", or the word that says why there is none."""
    text = numbers.estimate(row)
    within = numbers.limits(row)
    return f"{text[:-1]}; {within})" if row["state"] == "ok" and within else text


def count(row: Row) -> str:
    """n alone, or the word that says why there is none."""
    return numbers.plain(row["n"], 0) if row["state"] == "ok" else numbers.estimate(row)


def quantiles(rows: pd.DataFrame, title: str) -> Table:
    """One line per variable, level and stratum: n, median with quartiles, range."""
    body, sections = [], set()
    for name in levels(rows, "label"):
        of_label = rows[rows["label"] == name]
        alone = (of_label["state"] == "not-abstracted").all()
        sections.add(len(body))
        said = cell(of_label.iloc[0].to_dict()) if alone else Cell("")
        body.append([Cell(name), said, Cell(""), Cell("")])
        if not alone:
            body += _quantile_lines(of_label)
    header = ["", "n of N", "median (quartiles)", "range"]
    return Table(title, header, body or EMPTY, warnings(rows), frozenset(sections))


def _quantile_lines(rows: pd.DataFrame) -> list[list[Cell]]:
    """A line per level and stratum of one label."""
    lines = []
    for key, own in rows.groupby(["level", "stratum"], sort=False):
        shown = {
            name: first(own, statistic=name) for name in ("median", "q25", "q75", "min", "max")
        }
        middle = shown["median"]
        if middle is None:
            continue
        name = ", ".join(filter(None, dict.fromkeys((*key, numbers.unit(middle)))))
        known = Cell(f"{int(middle['n'])}/{int(middle['total'])}", (middle["row_id"],))
        quartiles = _joined(shown, "{median} ({q25} to {q75})", ("median", "q25", "q75"))
        ends = _joined(shown, "{min} to {max}", ("min", "max"))
        lines.append([Cell(f"   {name}"), known, quartiles, ends])
    return lines


def _joined(shown: dict, form: str, names: tuple[str, ...]) -> Cell:
    ids = tuple(shown[name]["row_id"] for name in names if shown[name])
    if not ids:
        return Cell("")
    texts = {name: number(shown[name]) if shown[name] else NOTHING for name in names}
    nothing = all(text == NOTHING for text in texts.values())
    return Cell(NOTHING if nothing else form.format(**texts), ids)


def by_denominator(rows: pd.DataFrame, title: str) -> Table:
    """Levels down; across, each population and stratum with its shares and exact limits."""
    keys = list(dict.fromkeys(zip(rows["population"], rows["stratum"], strict=True)))
    body = []
    for level in levels(rows, "level"):
        found = [first(rows, level=level, population=key[0], stratum=key[1]) for key in keys]
        body.append([Cell(level or "All"), *(cell(row, share_with_limits) for row in found)])
    heads = (", ".join(filter(None, (POPULATIONS.get(name, name), part))) for name, part in keys)
    return Table(title, ["", *heads], body, warnings(rows))


def overview(rows: pd.DataFrame, title: str) -> Table:
    """Kinds of adverse event down: patients with CI, events, and both with what is not known."""
    body = []
    for level in levels(rows, "level"):
        part = rows[rows["level"] == level]
        label = part["label"].iloc[0] or level
        line = [Cell(label)]
        for stratum in ("", "upper bound"):
            own = part[part["stratum"] == stratum]
            line += [cell(first(own, statistic="proportion"), share_with_limits),
                     cell(first(own, statistic="count"), count)]  # fmt: skip
        body.append(line)
    header = ["", "patients (95% CI)", "events", "at most: patients", "at most: events"]
    return Table(title, header, body, warnings(rows))


def listed(
    rows: pd.DataFrame, title: str, header: tuple[str, str] = ("", "estimate"),
    names: tuple[str, ...] = ("label", "level", "stratum"),
) -> Table:  # fmt: skip
    """One line per row: what its ``names`` columns say, and the estimate with limits and p."""
    body = []
    for row in rows.to_dict("records"):
        words = {**row, "label": row["label"] or dictionary().label(row["variable"])}
        name = ", ".join(text for text in dict.fromkeys(words[item] for item in names) if text)
        body.append([Cell(name), cell(row, with_p)])
    return Table(title, list(header), body or EMPTY, warnings(rows))


def with_p(row: Row) -> str:
    """Estimate with limits, and p where the row has one; a median or mean is named, with its n."""
    share = row["statistic"] == "proportion"
    text = share_with_limits(row) if share else numbers.estimate(row)
    if row["statistic"] in SPREAD and row["state"] == "ok":
        counted = "" if numbers.missing(row["n"]) else f"; n = {numbers.plain(row['n'], 0)}"
        text = f"{SPREAD[row['statistic']]} {text} {numbers.unit(row)}".rstrip() + counted
    tested = row["state"] == "ok" and not numbers.missing(row["p"])
    return f"{text}, p {p_said(row['p'])}" if tested else text


def yearly(rows: pd.DataFrame, title: str, years: Mapping[float, str]) -> Table:
    """One line per endpoint: its cumulative incidence at ``years``, with limits."""
    counted = rows[rows["statistic"].isin(RATES)]
    body = []
    for label in levels(counted, "label"):
        own = counted[counted["label"] == label]
        bare = first(own[own["time"].isna()])
        shown = [cell(bare or first(own, time=time)) for time in years]
        body.append([Cell(label), *shown])
    header = ["", *(f"{label}, % (95 % limits)" for label in years.values())]
    return Table(title, header, body, warnings(counted))


CAUSES = {"1": "progression", "2": "death without progression"}


def facts(rows: pd.DataFrame, title: str, down: str) -> Table:
    """Words that rows declare (their ``level``), ``down`` by what they are of, a column each."""
    return grid(rows, title, down, "variable", lambda row: row["level"].replace("_", " "))


def expected(rows: pd.DataFrame, title: str, years: Mapping[float, str]) -> Table:
    """Rates with limits and their width in percentage points, one line per curve."""
    body = []
    for key, part in rows.groupby(["label", "level"], sort=False):
        own = [first(part, time=time) for time in years]
        name = f"{key[0]}: {CAUSES.get(key[1], key[1])}" if key[1] else key[0]
        body.append([Cell(name), *(cell(row, _with_width) for row in own)])
    header = ["endpoint", *(f"{label}, % (limits; width)" for label in years.values())]
    notes = list(dict.fromkeys(rows["method"]))
    short = f"no curve lasts long enough for a rate at {next(iter(years.values()))} or later"
    return Table(title, header, body or [[Cell(short)]], notes)


def _with_width(row: Row) -> str:
    text = numbers.estimate(row)
    wide = row["high"] - row["low"]
    return text if numbers.missing(wide) else f"{text[:-1]}; {100 * wide:.1f})"


def beside(pairs: pd.DataFrame, title: str, other: str) -> Table:
    """Each estimate of ``pairs`` (label, row_id, ours, theirs); how far ``other`` is from it."""
    body = [
        [Cell(pair.label), Cell(f"{pair.ours:.9f}", (pair.row_id,)),
         Cell(f"{abs(pair.ours - pair.theirs):.0e}")]
        for pair in pairs.itertuples()
    ]  # fmt: skip
    nothing = [[Cell("nothing to compare")]]
    return Table(title, ["", "this study", f"difference to {other}"], body or nothing)


def completeness(rows: pd.DataFrame, title: str) -> Table:
    """Observed of possible person-time, all patients first, then each centre."""
    body = [
        [Cell(row["group_level"] or ("All" if not row["group"] else "By centre")), cell(row)]
        for row in rows.to_dict("records")
    ]
    notes = list(dict.fromkeys(filter(None, rows["method"])))
    return Table(title, ["", "days observed of days possible"], body, notes)
