"""Another table below the first one, whose rows must not be read under the first one's header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prrt_lib.read.cells.reader import text_of
from prrt_lib.read.sheets.headers import Header, compared
from prrt_lib.read.sheets.ids import SUMMARY, looks_like_id
from prrt_lib.read.workbook.excel import Cell, Sheet

FEWEST = 3


def starts(
    sheet: Sheet, rows: Sequence[int], heads: Sequence[Header], id_column: int
) -> int | None:
    """The first of ``rows`` that is the header of another table; None where there is none.

    A header is a row of texts with the study id's header or with two other headers of the sheet;
    or, after a blank row, three texts or more without a digit above a row that has some. A header
    repeated as it stands goes on with the same table when it follows a row of it, as for printing;
    below a gap or a caption it starts another one.
    """
    known = {head.text for head in heads}
    own = {head.column: head.text for head in heads}
    for place, row in enumerate(rows):
        texts = _texts(sheet.rows[row])
        if not texts:
            continue
        if {column: own.get(column) for column in texts} == texts:
            if place and _apart(sheet, row):
                return row
            continue
        if looks_like_id(texts.get(id_column, "")) or SUMMARY.match(texts.get(id_column, "")):
            continue
        named = texts.get(id_column) == own.get(id_column)
        repeated = sum(text in known for text in texts.values()) >= 2
        if (named or repeated) and len(texts) >= 2 or _like_header(sheet, rows, place, texts):
            return row
    return None


def _apart(sheet: Sheet, row: int) -> bool:
    """Whether a blank row, or a caption of one cell, stands above ``row``."""
    return sum(not cell.blank for cell in sheet.rows.get(row - 1, {}).values()) <= 1


def _texts(cells: Mapping[int, Cell]) -> dict[int, str]:
    """The row's texts as headers are compared; empty where it holds anything else."""
    filled = {column: cell for column, cell in cells.items() if not cell.blank}
    if not all(isinstance(cell.value, str) for cell in filled.values()):
        return {}
    return {column: compared(text_of(cell.value)) for column, cell in filled.items()}


def _like_header(sheet: Sheet, rows: Sequence[int], place: int, texts: Mapping[int, str]) -> bool:
    row = rows[place]
    above = all(cell.blank for cell in sheet.rows.get(row - 1, {}).values())
    words = not any(c.isdigit() for text in texts.values() for c in text)
    below = sheet.rows.get(row + 1, {})
    data = any(not cell.blank and not isinstance(cell.value, str) for cell in below.values())
    return above and words and data and len(texts) >= FEWEST
