"""The questions a workbook raises, without running any analysis."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from prrt_lib.declare.answers import beside, load
from prrt_lib.declare.findings import SEVERITIES
from prrt_lib.read.reading import Reading, read_workbook


def check(workbook: str | Path, profile: str) -> tuple[pd.DataFrame, str]:
    """(findings, summary for the terminal) of a workbook read through a profile.

    Raises WorkbookError or ProfileError with every error at once.
    """
    reading = read_workbook(workbook, profile, answers=load(beside(workbook)))
    return reading.findings, summary(reading)


def summary(reading: Reading) -> str:
    """What was read and what is asked, by severity and rule; names no patient."""
    about = reading.about
    rows = ", ".join(f"{sheet} {count}" for sheet, count in about["rows"].items())
    lines = [
        f"{', '.join(about['workbook'])} through profile {', '.join(about['profile'])}",
        f"rows with a study id: {rows}",
        f"patients: {about['patients']}; held out: {len(about['held_out'])} ids, "
        f"{about['held_out_rows']} rows without a readable id; "
        f"exact copies: {about['duplicate_rows']} rows",
    ]
    for severity in SEVERITIES[1:]:
        found = reading.findings[reading.findings["severity"] == severity]
        lines.append(f"{severity}s: {len(found)}")
        lines += _places(found)
    return "\n".join(lines)


def _places(found: pd.DataFrame) -> list[str]:
    """How often each rule asks about each column, where first, and what to do about it."""
    places = found.groupby(["rule", "table", "column", "sheet"], sort=False)
    counted = [(len(rows), *name, rows.iloc[0]) for name, rows in places]
    lines, told = [], set()
    for count, rule, table, column, sheet, first in sorted(counted, key=lambda c: (c[1], -c[0])):
        if rule not in told:
            lines.append(f"  {rule}: {first['how_to_resolve']}")
            told.add(rule)
        place = ".".join(filter(None, (table, column)))
        where = f"sheet {sheet}, {'from ' if count > 1 else ''}{first['cell']}" if sheet else ""
        lines.append(f"    {count:5d}  {', '.join(filter(None, (place, where)))}".rstrip())
    return lines
