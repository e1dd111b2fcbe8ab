"""The headline numbers of the start page, each with its result row."""

from __future__ import annotations

import csv
import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import Places
from prrt_lib.declare import numbers

OWN = ("name", "page", "results", "last")
MAIN = {"setting": "", "stratum": "", "group": "", "group_level": "", "model": ""}
NUMERIC = ("estimate", "low", "high", "n", "total", "events", "at_risk")

Row = dict[str, Any]


def tiles(plan: list[dict], places: Places, population: str, fresh: Mapping[str, dict]) -> str:
    """The headline numbers as a list; "" where the run has none of them."""
    files = {item["results"]: rows(places.results / f"{item['results']}.csv") for item in plan}
    found = (
        (item, row_of(item, files[item["results"]], population))
        for item in plan
        if item["results"] in fresh
    )
    made = "".join(tile(item, row) for item, row in found if row)
    return f'<dl class="prrt-tiles">{made}</dl>' if made else ""


def rows(path: Path) -> list[Row]:
    """Result rows of one notebook with their numbers as numbers; none without the file."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as handle:
        return [{**row, **_numbers(row)} for row in csv.DictReader(handle)]


def _numbers(row: Mapping[str, str]) -> dict[str, float]:
    return {name: float(row[name]) if row[name] else float("nan") for name in NUMERIC}


def row_of(item: Mapping[str, Any], found: list[Row], population: str) -> Row | None:
    """The result row that a headline number shows; None where the run has none."""
    wanted = {"population": population, **MAIN}
    wanted |= {name: value for name, value in item.items() if name not in OWN}
    kept = [row for row in found if all(row[name] == value for name, value in wanted.items())]
    return kept[-1 if item.get("last") else 0] if kept else None


def tile(item: Mapping[str, Any], row: Row) -> str:
    """One headline number: what it is, the number, its limits and counts."""
    value, note = said(row)
    name = f"{item['name']}: {row['level']}" if item.get("last") else item["name"]
    return (
        f'<div class="prrt-tile"><dt><a href="{item["page"]}.html">{html.escape(name)}</a></dt>'
        f'<dd data-rows="{row["row_id"]}"><b>{html.escape(value)}</b> '
        f"<span>{html.escape(note)}</span></dd></div>"
    )


def said(row: Row) -> tuple[str, str]:
    """The number of a row, and what goes with it in small type."""
    if row["state"] != "ok":
        return numbers.estimate(row), _counts(row)
    if row["statistic"] == "count":
        return numbers.plain(row["estimate"], 0), "patients"
    within = numbers.limits(row)
    limited = f"95 % limits {within}" if within else ""
    if row["statistic"] == "proportion":
        share = f"{numbers.plain(row['n'], 0)} of {numbers.plain(row['total'], 0)}"
        return numbers.percent(row["estimate"]), "; ".join(filter(None, (share, limited)))
    value = f"{numbers.scaled(row, row['estimate'])} {numbers.unit(row)}"
    return value, "; ".join(filter(None, ("median", limited, _counts(row))))


def _counts(row: Row) -> str:
    events, n = numbers.plain(row["events"], 0), numbers.plain(row["n"], 0)
    return f"{events} events in {n} patients" if events and n else ""
