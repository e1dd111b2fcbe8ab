"""The headline numbers of the start page, each with its result row."""

from __future__ import annotations

import csv
import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.base.paths import Places
from prrt_lib.declare import numbers
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.draw import tables
from prrt_lib.topics.report import paragraphs

PLAN = Path(__file__).with_name("start.yaml")
OWN = ("name", "page", "results", "last", "if_any", "counts")
MAIN = {"setting": "", "stratum": "", "group": "", "group_level": "", "model": ""}
# Endings of warnings about deaths without a date and progression that few were looked at for.
DOUBTS = ("deaths without a date", "patients have an evaluable scan")
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
    made = "".join(
        tile(
            item,
            {**row, **tables.between(row, files[item["results"]])},
            beyond(row, files[item["results"]]),
        )
        for item, row in found
        if row and not (item.get("if_any") and not row["n"] > 0)
    )
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


def shown(found: pd.DataFrame, population: str) -> set[str]:
    """``row_id`` of every number that the start page shows: its headline numbers, and those that
    its paragraph quotes. ``found`` are the result rows of a run, ``notebook`` telling whose."""
    records = found.to_dict("records")
    named = (
        row_of(item, [row for row in records if row["notebook"] == item["results"]], population)
        for item in load_words(PLAN)["headline"]
    )
    return {row["row_id"] for row in named if row} | set(paragraphs.abstract(found).row_ids)


def beyond(row: Row, found: list[Row]) -> str:
    """ "too few at risk" where a median lies beyond the last day with enough at risk."""
    same = ("endpoint", "population", *MAIN)
    ends = [one for one in found if one["statistic"] == "at_risk"
            and all(one[name] == row[name] for name in same)]  # fmt: skip
    late = row["statistic"] == "median" and row["state"] == "ok" and ends
    last = float(ends[0]["time"] or "-inf") if late else 0.0
    return "too few at risk at that time" if late and row["estimate"] > last else ""


def tile(item: Mapping[str, Any], row: Row, late: str = "") -> str:
    """One headline number: what it is, the number, its limits and counts."""
    value, note = said(row, item.get("counts", "patients"))
    note = "; ".join(filter(None, (note, late)))
    name = f"{item['name']}: {row['level']}" if item.get("last") else item["name"]
    ids = " ".join((row["row_id"], *row.get("between_ids", ())))
    return (
        f'<div class="prrt-tile"><dt><a href="{item["page"]}.html">{html.escape(name)}</a></dt>'
        f'<dd data-rows="{ids}"><b>{html.escape(value)}</b> '
        f"<span>{html.escape(note)}</span></dd></div>"
    )


def said(row: Row, counts: str = "patients") -> tuple[str, str]:
    """The number of a row, and what goes with it in small type; ``counts``: what a count counts."""
    if row["state"] != "ok":
        unit = f" {numbers.unit(row)}" if row.get("between") else ""
        return numbers.estimate(row) + unit, "; ".join(filter(None, (_doubt(row), _counts(row))))
    if row["statistic"] == "count":
        return numbers.plain(row["estimate"], 0), counts
    within = numbers.limits(row)
    limited = f"95 % limits {within}" if within else ""
    if row["statistic"] == "proportion":
        share = f"{numbers.plain(row['n'], 0)} of {numbers.plain(row['total'], 0)}"
        return numbers.percent(row["estimate"]), "; ".join(filter(None, (share, limited)))
    value = f"{numbers.scaled(row, row['estimate'])} {numbers.unit(row)}"
    return value, "; ".join(filter(None, ("median", limited, _counts(row), _doubt(row))))


def _doubt(row: Row) -> str:
    """The first of the row's warnings that a reader of the card has to know."""
    parts = row["warning"].split("; ")
    return next((part for part in parts if part.endswith(DOUBTS)), "")


def _counts(row: Row) -> str:
    events, n = numbers.plain(row["events"], 0), numbers.plain(row["n"], 0)
    return f"{events} events in {n} patients" if events and n else ""
