"""The questions a workbook raises, without running any analysis."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from prrt_lib.base.errors import ParameterError, Problem
from prrt_lib.declare.asked.answers import beside, load
from prrt_lib.declare.asked.findings import SEVERITIES
from prrt_lib.declare.parameters import from_mapping
from prrt_lib.declare.parameters import load as scenario_of
from prrt_lib.read.reading import Reading, read_workbook
from prrt_lib.run.stages import inputs
from prrt_lib.study.build import all_findings
from prrt_lib.study.cohort import build


def check(
    workbook: str | Path, profile: str = "", cutoff: str = ""
) -> tuple[pd.DataFrame, str]:  # fmt: skip
    """(findings, summary for the terminal) of a workbook read through a profile.

    ``workbook`` may be a scenario's file (.yaml), which names workbooks, profile and cut-off. With
    a ``cutoff`` the list is that of a run; without one, what depends on it is not asked.
    Raises WorkbookError, ProfileError or ParameterError with every error at once.
    """
    books, profiles, parameters = [workbook], [profile], None
    if Path(workbook).suffix in (".yaml", ".yml"):
        parameters = scenario_of(Path(workbook))
        pairs = inputs(parameters).books
        books, profiles = [book for book, _ in pairs], [str(path) for _, path in pairs]
    elif not profile:
        raise ParameterError(
            Problem("check", "no profile", "--profile NAME beside a workbook", "name the profile")
        )
    elif cutoff:
        told = {"workbook": str(workbook), "profile": profile, "cutoff": cutoff}
        parameters = from_mapping("check", told, "check")
    reading = read_workbook(books, profiles, answers=load(beside(books[0])))
    found = reading.findings
    if parameters is not None:
        found = all_findings(found, build(reading.tables, parameters, found), reading.lineage)
    return found, summary(reading, found, parameters.cutoff if parameters else "")


def summary(reading: Reading, asked: pd.DataFrame, cutoff: str = "") -> str:
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
        found = asked[asked["severity"] == severity]
        lines.append(f"{severity}s: {len(found)}")
        lines += _places(found)
    if not cutoff:
        lines.append("without a cut-off: give --cutoff or a scenario's file for the list of a run")
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
