"""The headline numbers of a run: its closing lines, and which rows the start page shows."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prrt_lib.base.paths import Places
from prrt_lib.declare.parameters import BRACKETED, BRACKETS, Parameters, months
from prrt_lib.declare.yaml_files import load_words

if TYPE_CHECKING:
    import pandas as pd

PLAN = Path(__file__).with_name("headline.yaml")
# Of an entry of the plan, what names no column of a result row.
OWN = ("name", "page", "results", "last", "if_any", "counts")
MAIN = {"setting": "", "stratum": "", "group": "", "group_level": "", "model": ""}
CLOSING = ("os_dx_delayed", "os_prrt", "ttp", "pfs")

Row = Mapping[str, Any]


def closing_lines(parameters: Parameters, record: dict[str, Any], places: Places) -> list[str]:
    """About ten lines at the end of a run: patients, events, medians, findings by severity.

    Reads result rows as plain text, which is fast.
    """
    population = record.get("about", {}).get("headline") or parameters.population
    lines = []
    for row in texts(places.processed / "flow.csv"):
        if row.get("rule") == "population":
            lines.append(f"  {row['step']:<28} n = {row['n_after']}")
    survival = texts(places.results / "survival.csv")
    for row in survival:
        main = row["population"] == population and not any(row[name] for name in MAIN)
        if row["statistic"] == "median" and row["endpoint"] in CLOSING and main:
            counts = f"{_whole(row['events'])} events of {_whole(row['n'])}"
            lines.append(f"  {row['endpoint']:<16} {counts:<20} {_median(row, survival)}")
    severity = Counter(row["severity"] for row in texts(places.processed / "findings.csv"))
    counted = ", ".join(f"{severity[level]} {level}s" for level in ("error", "warning", "note"))
    return [*lines, f"  findings: {counted}"]


def texts(path: Path) -> list[dict[str, str]]:
    """Lines of a CSV file with every value as text; none where there is no such file."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _median(row: dict[str, str], rows: list[dict[str, str]]) -> str:
    if row["method"] == BRACKETED:
        same = ("endpoint", "population", "statistic", "group")
        ends = [one for name in BRACKETS for one in rows if one["setting"] == name
                and all(one[key] == row[key] for key in same)]  # fmt: skip
        between = " and ".join(_months(one["estimate"]) for one in ends)
        return f"median between {between} months: deaths without a date"
    if row["state"] != "ok":
        return row["state"]
    value, low, high = (_months(row[name]) for name in ("estimate", "low", "high"))
    return f"median {value} months ({low} to {high})"


def _months(days: str) -> str:
    return f"{months(float(days)):.1f}" if days else "not reached"


def _whole(text: str) -> str:
    return str(int(float(text))) if text else "?"


def row_of(item: Mapping[str, Any], found: list[Row], population: str) -> Row | None:
    """The result row that a headline number shows; None where the run has none."""
    wanted = {"population": population, **MAIN}
    wanted |= {name: value for name, value in item.items() if name not in OWN}
    kept = [row for row in found if all(row[name] == value for name, value in wanted.items())]
    return kept[-1 if item.get("last") else 0] if kept else None


def shown(found: pd.DataFrame, population: str) -> set[str]:
    """``row_id`` of every number that the start page shows: its headline numbers, and those that
    its paragraph quotes. ``found`` are the result rows of a run, ``notebook`` telling whose."""
    from prrt_lib.topics.report import paragraphs

    records = found.to_dict("records")
    named = (
        row_of(item, [row for row in records if row["notebook"] == item["results"]], population)
        for item in load_words(PLAN)["headline"]
    )
    return {row["row_id"] for row in named if row} | set(paragraphs.abstract(found).row_ids)
