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
        lines += [f"  {count:5d}  {rule}" for rule, count in found["rule"].value_counts().items()]
    return "\n".join(lines)
