"""Several workbooks read as one: in an order that does not matter, their sheets told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.declare.profiles import Profile
from prrt_lib.read.workbook.excel import Sheet


def in_order(
    books: Sequence[Path | str], profiles: Sequence[Profile]
) -> tuple[list[Path], list[Profile]]:
    """Workbooks with their profiles, by file name.

    Raises WorkbookError where two workbooks bear the same name: a cell's address could not tell
    them apart. One workbook given twice is refused for the same reason.
    """
    pairs = sorted(zip(map(Path, books), profiles, strict=True), key=lambda pair: pair[0].name)
    names = [path.name.casefold() for path, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        found = f"workbooks of the same name: {', '.join(twice)}"
        where = ", ".join(str(path) for path, _ in pairs)
        raise WorkbookError(Problem(where, found, "a name of its own for each", "rename one"))
    return [path for path, _ in pairs], [profile for _, profile in pairs]


def named(sheet: Sheet, book: Path) -> Sheet:
    """The sheet under the name that tells it from those of other workbooks: "[b.xlsx]Patients"."""
    name = f"[{book.name}]{sheet.name}"
    rows = {
        row: {column: cell._replace(sheet=name) for column, cell in line.items()}
        for row, line in sheet.rows.items()
    }
    return replace(sheet, name=name, rows=rows)


def own_name(sheet: str) -> str:
    """The sheet's name within its workbook."""
    return sheet.partition("]")[2] if sheet.startswith("[") else sheet
