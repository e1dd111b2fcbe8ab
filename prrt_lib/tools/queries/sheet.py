"""findings.xlsx: one row per question with a link to its cell, and the answers that come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.declare.asked.answers import Answer
from prrt_lib.declare.asked.findings import rules
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.template import CREATED
from prrt_lib.declare.quoting import plain, safe
from prrt_lib.read import parse
from prrt_lib.read.cells.reader import text_of
from prrt_lib.read.workbook.excel import Cell, Sheet, open_workbook
from prrt_lib.read.workbook.gate import admit

QUESTIONS, CLOSED, HOW = "Questions", "Closed", "How to answer"
# Excel takes this many links on a sheet; the rest are written as plain addresses.
MOST_LINKS = 65_000
WHOLE = "(whole workbook)"
Heads = Mapping[str, tuple[str, int]]
# Header -> what stands below it and the column's width; those of ANSWERS are for the abstractor.
ASKED = {
    "Study id": ("record", 14), "Item": ("item", 26), "Sheet": ("sheet", 16), "Cell": ("cell", 8),
    "Severity": ("severity", 10), "What was found": ("message", 52),
    "How to resolve": ("how_to_resolve", 48), "First seen": ("first_seen", 12),
    "Age (data cuts)": ("cuts", 8), "State": ("state", 11),
}  # fmt: skip
ANSWERS = {
    "Answer": ("answer", 30), "Confirmed as written": ("confirmed", 13),
    "Corrected value": ("corrected", 16), "Initials": ("initials", 9), "Date": ("date", 12),
    "Comment": ("comment", 30),
}  # fmt: skip
HEADS = {**ASKED, **ANSWERS, "Finding": ("finding_id", 14), "Key": ("key", 14)}
HEADERS = tuple(HEADS)
CLOSED_HEADS = {
    "Study id": ("record", 14), "Item": ("item", 26), "Sheet": ("sheet", 16), "Cell": ("cell", 8),
    "What was found": ("message", 60), "First seen": ("first_seen", 12),
    "Closed at": ("last_seen", 12), "Age (data cuts)": ("cuts", 8), "Answer": ("answer", 30),
    "Initials": ("initials", 9), "Date": ("date", 12), "Finding": ("finding_id", 14),
}  # fmt: skip
LINES = (
    "How to answer",
    "One row per question, together by patient. The link in the column Cell opens the cell.",
    "Best: correct the cell in the workbook itself. The question closes when it is read again.",
    "The cell is right as it stands: choose yes under Confirmed as written.",
    "The workbook cannot be changed: write the right value under Corrected value, with initials "
    "and date. It is then used in place of the cell, and every use of it names you and the date.",
    "A corrected value without initials or date is not used. Clear it to take it back.",
    "Anything else: write it under Answer or Comment. Write no names and no hospital numbers.",
    "Leave the columns Finding and Key as they are; rows may be sorted and filtered.",
    "Send the file back; it is taken in with: python -m prrt_lib answers PARAMS.yaml findings.xlsx",
)
NEEDED = (*ANSWERS, "Key")


@dataclass(frozen=True)
class Asked:
    """A question as it is put to an abstractor."""

    answer: Answer
    severity: str
    message: str
    how_to_resolve: str


def write_queries(
    path: Path, asked: Sequence[Asked], closed: Sequence[Answer], link: Callable[[str, str], str]
) -> None:
    """The workbook at ``path``: the same questions give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    with xlsxwriter.Workbook(str(half), {"strings_to_formulas": False}) as book:
        book.set_properties({"title": "Questions about the workbook", "created": CREATED})
        style = _Styles(book)
        _questions(book.add_worksheet(QUESTIONS), asked, style, link)
        _closed(book.add_worksheet(CLOSED), closed, style)
        how = book.add_worksheet(HOW)
        how.set_column(0, 0, 110, style.text())
        for row, line in enumerate(LINES):
            how.write_string(row, 0, line, style.head() if row == 0 else style.text())
    half.replace(path)


class _Styles:
    """Formats by band (patients alternate), new patient (a line above) and use."""

    def __init__(self, book: xlsxwriter.Workbook):
        self.book = book
        self.made: dict[tuple, xlsxwriter.format.Format] = {}

    def text(self, **given) -> xlsxwriter.format.Format:
        key = tuple(sorted(given.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format({"valign": "top", "text_wrap": True, **given})
        return self.made[key]

    def head(self, mine: bool = False):
        return self.text(bold=True, bg_color="#F4E3B2" if mine else "#D9D9D9", bottom=1)

    def cell(self, band: int, first: bool, mine: bool = False, **given):
        colour = "#FFFBEA" if mine else ("#FFFFFF", "#F2F2F2")[band]
        edge = {"top": 1} if first else {"top": 4, "top_color": "#BFBFBF"}
        return self.text(bg_color=colour, **edge, **given)


def _questions(sheet, asked: Sequence[Asked], style: _Styles, link: Callable) -> None:
    _heads(sheet, HEADS, style)
    sheet.set_row(0, 45)
    sheet.autofilter(0, 0, max(len(asked), 1), len(HEADERS) - 1)
    row = 0
    for band, (_, group) in enumerate(groupby(asked, key=lambda one: one.answer.record)):
        for place, one in enumerate(group):
            row += 1
            _question(sheet, row, one, (band % 2, place == 0), style, link)
    sheet.data_validation(1, HEADERS.index("Confirmed as written"), max(row, 1),
                          HEADERS.index("Confirmed as written"),
                          {"validate": "list", "source": ["yes"]})  # fmt: skip
    sheet.set_column(HEADERS.index("Key"), HEADERS.index("Key"), 14, None, {"hidden": True})
    sheet.print_area(0, 0, max(row, 1), HEADERS.index("Comment"))


def _question(sheet, row: int, one: Asked, look: tuple, style: _Styles, link: Callable) -> None:
    answer = one.answer
    texts = _texts(one, HEADS)
    # Points that the tallest wrapped text needs, at about 1.05 characters a unit of width.
    lines = [
        sum(-(-max(len(part), 1) // int(width * 1.05)) for part in text.split("\n"))
        for text, (_, width) in zip(texts, {**ASKED, **ANSWERS}.values(), strict=False)
    ]
    sheet.set_row(row, min(15.0 * max(lines), 400.0))
    for at, (header, text) in enumerate(zip(HEADERS, texts, strict=True)):
        how = style.cell(*look, mine=header in ANSWERS)
        target = link(answer.sheet, answer.cell) if header == "Cell" and row <= MOST_LINKS else ""
        if target:
            blue = style.cell(*look, font_color="#0563C1", underline=1)
            sheet.write_url(row, at, target, blue, text)
        elif header == "Age (data cuts)" or (header == "Corrected value" and answer.number):
            sheet.write_number(row, at, float(text), how)
        else:
            sheet.write_string(row, at, safe(text), how)


def _texts(one: Asked, heads: Heads) -> list[str]:
    """What stands in a row below ``heads``."""
    answer = one.answer
    table = dictionary().tables.get(answer.table)
    column = table.columns.get(answer.column) if table else None
    # The column a question is about, or the table where it is about a record.
    item = f"{table.label}: {column.label}" if column else table.label if table else ""
    known = {**vars(one), **vars(answer), "item": item, "record": answer.record or WHOLE}
    return [known[name] for name, _ in heads.values()]


def _closed(sheet, closed: Sequence[Answer], style: _Styles) -> None:
    _heads(sheet, CLOSED_HEADS, style)
    for row, answer in enumerate(closed, start=1):
        rule = rules().get(answer.rule)
        one = Asked(answer, "", rule.message if rule else answer.rule, "")
        for at, text in enumerate(_texts(one, CLOSED_HEADS)):
            sheet.write_string(row, at, safe(text), style.text())


def _heads(sheet, heads: Heads, style: _Styles) -> None:
    """The header row; on paper landscape, all columns on one page, the header on each."""
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for at, (text, (_, width)) in enumerate(heads.items()):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, text, style.head(mine=text in ANSWERS))


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
            word = "stands twice" if key in written else "was never asked"
            todo = ("keep the column Key as it was; write the questions again if the answers file "
                    "was lost")  # fmt: skip
            problems.append(_problem(cells["Key"], f"a question that {word}",
                                     "each question of this scenario once", todo))  # fmt: skip
            continue
        written[key] = _answer(cells, problems)
    if problems:
        raise WorkbookError(problems)
    taken = []
    for answer in known:
        if words := written.get(answer.key):
            answer = replace(answer, **words)
            if answer.state != "closed":
                answer = replace(answer, state=answer.answered_state)
        taken.append(answer)
    return taken


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
    confirmed, signed = cells["Confirmed as written"], cells["Date"]
    word = parse("yes_no", confirmed.value)
    if word.status not in ("ok", "missing"):
        problems.append(
            _problem(confirmed, "another word", "yes, or nothing", "choose from the list")
        )
    day = parse("date", signed.value, number_format=signed.number_format)
    if day.status not in ("ok", "missing"):
        problems.append(
            _problem(signed, "no full date", "the day of the answer", "write 2026-07-15")
        )
    return {
        "answer": _text(cells["Answer"]),
        "confirmed": "yes" if (word.status, word.value) == ("ok", "yes") else "",
        "corrected": repr(float(corrected)) if number else _text(cells["Corrected value"]),
        "number": "yes" if number else "",
        "initials": _text(cells["Initials"]),
        "date": day.value or "" if day.status in ("ok", "missing") else "",
        "comment": _text(cells["Comment"]),
    }


def _text(cell: Cell) -> str:
    return plain(text_of(cell.value).strip())


def _problem(cell: Cell, found: str, expected: str, todo: Any) -> Problem:
    return Problem(f"sheet {cell.sheet}, cell {cell.address}", found, expected, todo)
