"""The questions of a scenario as a workbook for abstractors, and its way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path

from prrt_lib.base.paths import PROJECT, Places, write_text
from prrt_lib.declare.asked import answers as ledger
from prrt_lib.declare.asked.answers import Answer
from prrt_lib.declare.asked.findings import SEVERITIES
from prrt_lib.declare.parameters import Parameters
from prrt_lib.read import questions
from prrt_lib.run import stages
from prrt_lib.tools.queries.sheet import Asked, write_queries

NAME = "findings.xlsx"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Asking:
    """The questions of a scenario now: with what is known of each, and those that have gone."""

    asked: list[Asked]
    all: list[Answer]
    file: Path


def queries(parameters: Parameters, out: Path = PROJECT, say: Say = print) -> Path:
    """Path of findings.xlsx, written beside findings.csv; the answers file knows every question.

    Questions that no longer arise are closed, the others one data cut older.
    """
    now = asking(parameters, out, say)
    target = Places(parameters.scenario, Path(out).resolve()).processed / NAME
    write_text(now.file, ledger.text_of(now.all))
    closed = [answer for answer in now.all if answer.state == "closed"]
    links = _links(parameters, target)
    write_queries(target, now.asked, closed, links)
    states = ("open", "answered", "confirmed", "closed")
    words = ", ".join(f"{sum(a.state == state for a in now.all)} {state}" for state in states)
    say(f"{len(now.asked)} questions ({words}): {target}")
    return target


def asking(parameters: Parameters, out: Path = PROJECT, say: Say = print) -> Asking:
    """Every question of reading and of the study layer at the scenario's data cut."""
    from prrt_lib.study.build import all_findings
    from prrt_lib.study.cohort import build

    files = stages.inputs(parameters)
    read = stages.reading(files, Path(out).resolve(), say)
    cohort = build(read.tables, parameters, read.findings)
    findings = all_findings(read.findings, cohort, read.lineage)
    file = ledger.beside(files.workbook)
    known = ledger.load(file)
    now = questions.matched(questions.asked(findings, read.lineage), known)
    everything = questions.at_cut(now, known, parameters.cutoff)
    aged = {answer.key: answer for answer in everything}
    asked = [
        Asked(aged[answer.key], row["severity"], row["message"], row["how_to_resolve"])
        for answer, row in zip(now, findings.to_dict("records"), strict=True)
    ]

    def place(one: Asked) -> tuple:
        """Questions about one patient together, the workbook's own first."""
        known = one.answer
        return (known.record, SEVERITIES.index(one.severity), known.rule, known.sheet, known.key)

    return Asking(sorted(asked, key=place), everything, file)


def _links(parameters: Parameters, target: Path) -> Callable[[str, str], str]:
    """(sheet, cell) -> link to that cell of the workbook, relative to the written file."""
    books = [stages.resolve(path) for path in (parameters.workbook, *parameters.more_workbooks)]
    by_name = {path.name: relpath(path, target.parent).replace("\\", "/") for path in books}
    first = next(iter(by_name.values()))

    def link(sheet: str, cell: str) -> str:
        # Sheets of several workbooks are named with their file: "[b.xlsx]Patients".
        name, _, plain = sheet[1:].partition("]") if sheet.startswith("[") else ("", "", sheet)
        file = by_name.get(name, first)
        # A spreadsheet program names the only sheet of a CSV file after the file.
        plain = Path(file).stem[:31] if file.endswith(".csv") else plain
        quoted = plain.replace("'", "''")
        return f"external:{file}#'{quoted}'!{cell}" if sheet and cell else ""

    return link


def take_answers(parameters: Parameters, workbook: Path, say: Say = print) -> Sequence[Answer]:
    """All questions with what ``workbook`` answers, stored beside the scenario's workbook.

    Raises WorkbookError with every row that cannot be taken; then nothing is stored.
    """
    from prrt_lib.tools.queries.sheet import read_answers

    file = ledger.beside(stages.resolve(parameters.workbook))
    known = ledger.load(file)
    taken = read_answers(workbook, known)
    write_text(file, ledger.text_of(taken))
    changed = sum(old != new for old, new in zip(known, taken, strict=True))
    refused = sum(bool(a.corrected and a.refusal) for a in taken)
    say(f"{changed} questions with new answers: {file}")
    if refused:
        say(f"{refused} corrected values lack initials or date, or are confirmed as well: not used")
    return taken
