"""The ten lines at the end of a run. Reads result rows as plain text: fast."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import Places
from prrt_lib.declare.parameters import BRACKETED, BRACKETS, Parameters, months

HEADLINE = ("os_dx_delayed", "os_prrt", "ttp", "pfs")


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _main(row: dict[str, str], population: str) -> bool:
    empty = ("setting", "stratum", "group", "group_level", "model")
    return row["population"] == population and not any(row[name] for name in empty)


def _median(row: dict[str, str], rows: list[dict[str, str]]) -> str:
    if row["method"] == BRACKETED:
        same = ("endpoint", "population", "statistic", "group")
        ends = [one for name in BRACKETS for one in rows if one["setting"] == name
                and all(one[key] == row[key] for key in same)]  # fmt: skip
        texts = [_months(one["estimate"]) for one in ends]
        return f"median between {' and '.join(texts)} months: deaths without a date"
    if row["state"] != "ok":
        return row["state"]
    value, low, high = (_months(row[name]) for name in ("estimate", "low", "high"))
    return f"median {value} months ({low} to {high})"


def _months(days: str) -> str:
    return f"{months(float(days)):.1f}" if days else "not reached"


def headline(parameters: Parameters, record: dict[str, Any], places: Places) -> list[str]:
    """About ten lines: patients, events, medians, findings by severity."""
    population = record.get("about", {}).get("headline") or parameters.population
    lines = []
    for row in _rows(places.processed / "flow.csv"):
        if row.get("rule") == "population":
            lines.append(f"  {row['step']:<28} n = {row['n_after']}")
    survival = _rows(places.results / "survival.csv")
    for row in survival:
        if row["statistic"] == "median" and row["endpoint"] in HEADLINE and _main(row, population):
            counts = f"{_whole(row['events'])} events of {_whole(row['n'])}"
            lines.append(f"  {row['endpoint']:<16} {counts:<20} {_median(row, survival)}")
    severity = Counter(row["severity"] for row in _rows(places.processed / "findings.csv"))
    counted = ", ".join(f"{severity[level]} {level}s" for level in ("error", "warning", "note"))
    return [*lines, f"  findings: {counted}"]


def _whole(text: str) -> str:
    return str(int(float(text))) if text else "?"
