"""Tables of the plan: what endpoints declare, and how precise their rates would be."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.present.tables import Cell, Row, Table, cell, first, grid

CAUSES = {"1": "progression", "2": "death without progression"}


def facts(rows: pd.DataFrame, title: str, down: str, across: str = "variable") -> Table:
    """Words that rows declare (their ``level``), laid out by two of their key columns."""
    return grid(rows, title, down, across, lambda row: row["level"].replace("_", " "))


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


def completeness(rows: pd.DataFrame, title: str) -> Table:
    """Observed of possible person-time, all patients first, then each centre."""
    body = [
        [Cell(row["group_level"] or ("All" if not row["group"] else "By centre")), cell(row)]
        for row in rows.to_dict("records")
    ]
    return Table(
        title,
        ["", "days observed of days possible"],
        body,
        list(dict.fromkeys(text for text in rows["method"] if text)),
    )
