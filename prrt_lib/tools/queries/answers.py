"""A returned findings.xlsx -> what was written beside each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.declare.answers import Answer
from prrt_lib.declare.quoting import plain
from prrt_lib.read import parse
from prrt_lib.read.cells.reader import text_of
from prrt_lib.read.workbook.excel import Cell, Sheet, open_workbook
from prrt_lib.read.workbook.gate import admit
from prrt_lib.tools.queries.sheet import ANSWERS, QUESTIONS

NEEDED = (*ANSWERS, "Key")


def read_answers(path: Path, known: Sequence[Answer]) -> list[Answer]:
    """``known`` with what the workbook at ``path`` says, in the same order.

    Questions that the workbook does not hold keep what was known; a cell that was cleared takes
    its answer back. Raises WorkbookError listing every row that cannot be taken: a question that
    was never asked or stands twice, another word than yes, a date that is none.
    """
    admit(Path(path))
    sheet = open_workbook(Path(path), [QUESTIONS]).sheets.get(QUESTIONS)
    columns = _columns(path, sheet)
    problems: list[Problem] = []
    written: dict[str, dict[str, str]] = {}
    keys = {answer.key for answer in known}
    for row in sorted(row for row in sheet.rows if row > 1):
        cells = {header: sheet.cell(row, column) for header, column in columns.items()}
        if all(cell.blank for cell in cells.values()):
            continue
        key = _text(cells["Key"])
        if key not in keys or key in written:
            problems.append(_unknown(cells["Key"], twice=key in written))
            continue
        written[key] = _answer(cells, problems)
    if problems:
        raise WorkbookError(problems)
    return [_joined(answer, written.get(answer.key)) for answer in known]


def _joined(answer: Answer, words: Mapping[str, str] | None) -> Answer:
    if words is None:
        return answer
    new = replace(answer, **words)
    return new if answer.state == "closed" else replace(new, state=new.answered_state)


def _columns(path: Path, sheet: Sheet | None) -> dict[str, int]:
    heads = {} if sheet is None else {
        str(cell.value).strip(): column for column, cell in sheet.rows.get(1, {}).items()
    }  # fmt: skip
    missing = [header for header in NEEDED if header not in heads]
    if missing:
        raise WorkbookError(
            Problem(
                f"{path}, sheet {QUESTIONS}, row 1",
                f"no column {', '.join(missing)}",
                "the workbook that `python -m prrt_lib queries` wrote",
                "answer in that workbook and keep its header row",
            )
        )
    return {header: heads[header] for header in NEEDED}


def _answer(cells: Mapping[str, Cell], problems: list[Problem]) -> dict[str, str]:
    corrected = cells["Corrected value"].value
    number = isinstance(corrected, (int, float)) and not isinstance(corrected, bool)
    return {
        "answer": _text(cells["Answer"]),
        "confirmed": _yes(cells["Confirmed as written"], problems),
        "corrected": repr(float(corrected)) if number else _text(cells["Corrected value"]),
        "number": "yes" if number else "",
        "initials": _text(cells["Initials"]),
        "date": _date(cells["Date"], problems),
        "comment": _text(cells["Comment"]),
    }


def _text(cell: Cell) -> str:
    return plain(text_of(cell.value).strip())


def _yes(cell: Cell, problems: list[Problem]) -> str:
    parsed = parse("yes_no", cell.value)
    if parsed.status == "missing":
        return ""
    if parsed.status != "ok":
        problems.append(_problem(cell, "another word", "yes, or nothing", "choose from the list"))
        return ""
    return "yes" if parsed.value == "yes" else ""


def _date(cell: Cell, problems: list[Problem]) -> str:
    parsed = parse("date", cell.value, number_format=cell.number_format)
    if parsed.status in ("ok", "missing"):
        return parsed.value or ""
    problems.append(_problem(cell, "no full date", "the day of the answer", "write 2026-07-15"))
    return ""


def _unknown(cell: Cell, twice: bool) -> Problem:
    found = "a question that stands twice" if twice else "a question that was never asked"
    todo = "keep the column Key as it was; write the questions again if the answers file was lost"
    return _problem(cell, found, "each question of this scenario once", todo)


def _problem(cell: Cell, found: str, expected: str, todo: Any) -> Problem:
    return Problem(f"sheet {cell.sheet}, cell {cell.address}", found, expected, todo)
