"""The cells of a workbook as Excel knows them: address, format, formula, visibility."""

from __future__ import annotations

import gc
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl.utils.cell import get_column_letter

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.read.workbook.archive import Archive, Style
from prrt_lib.read.workbook.sheet_xml import CellTexts, SheetContent, read_sheet


class Cell(NamedTuple):
    """One cell as the workbook holds it."""

    sheet: str
    row: int
    column: int
    value: Any = None
    number_format: str = "General"
    hidden: bool = False
    struck: bool = False
    comment: bool = False
    fill: str = ""

    @property
    def address(self) -> str:
        return f"{letters(self.column)}{self.row}"

    @property
    def blank(self) -> bool:
        return self.value is None or (isinstance(self.value, str) and not self.value.strip())


@dataclass(frozen=True)
class Sheet:
    """One sheet: its filled cells, and what is hidden, merged or without a value."""

    name: str
    rows: Mapping[int, Mapping[int, Cell]]
    hidden_rows: tuple[int, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    uncalculated: frozenset[str] = frozenset()

    def cell(self, row: int, column: int) -> Cell:
        """The cell there; a blank one where the sheet holds none."""
        found = self.rows.get(row, {}).get(column)
        return found or Cell(self.name, row, column)


@dataclass(frozen=True)
class Workbook:
    """The sheets that were asked for, and the year its serial dates start from."""

    path: Path
    epoch: int
    sheet_names: tuple[str, ...]
    sheets: Mapping[str, Sheet] = field(default_factory=dict)


def letters(column: int) -> str:
    """A for 1, AB for 28; "" for none."""
    return get_column_letter(column) if column else ""


def same_name(name: str) -> str:
    """A sheet's name as it is compared."""
    return " ".join(str(name).split()).casefold()


class SheetByName:
    """The sheets of an admitted workbook, each read when it is asked for.

    Sheet names are compared without regard to case and outer spaces.
    """

    def __init__(self, path: Path, file: zipfile.ZipFile):
        self.path = path
        self._archive = Archive(file)
        with _whole(path):
            self.epoch = self._archive.epoch
            self.sheet_names = tuple(sheet.title for sheet in self._archive.sheets)
            self.visible = tuple(s.title for s in self._archive.sheets if s.visible)

    @cached_property
    def _texts(self) -> CellTexts:
        return CellTexts(self._archive.strings, self._archive.styles, self.epoch)

    def __contains__(self, name: str) -> bool:
        return same_name(name) in map(same_name, self.sheet_names)

    def __getitem__(self, name: str) -> Sheet:
        """The sheet of that name; raises WorkbookError where its parts are broken."""
        archive = self._archive
        with _whole(self.path), without_collecting():
            part = next(s for s in archive.sheets if same_name(s.title) == same_name(name))
            with archive.file.open(part.part) as stream:
                content = read_sheet(stream, self._texts)
            rows = _cells(part.title, content, archive.styles, archive.commented(part.part))
            return Sheet(
                name=part.title,
                rows=rows,
                hidden_rows=tuple(sorted(content.hidden_rows & set(rows))),
                merged=tuple(content.merged),
                uncalculated=frozenset(content.uncalculated),
            )


@contextmanager
def without_collecting() -> Iterator[None]:
    """Millions of small records without a cycle among them: looking for cycles only costs time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@contextmanager
def sheets_of(path: Path) -> Iterator[SheetByName]:
    """The open workbook, for reading one sheet after the other."""
    with _whole(path):
        file = zipfile.ZipFile(path)
    with file:
        yield SheetByName(Path(path), file)


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Turns whatever a broken part provokes into one WorkbookError."""
    try:
        yield
    except (MemoryError, WorkbookError):
        raise
    except Exception:
        todo = "open it in Excel, let Excel repair it, and save it as an Excel workbook (.xlsx)"
        found = "parts that do not form a workbook"
        raise WorkbookError(Problem(str(path), found, "an Excel workbook", todo)) from None


def open_workbook(path: Path, wanted: Iterable[str] | None = None) -> Workbook:
    """The named sheets of an admitted workbook (all visible ones when none is named)."""
    with sheets_of(path) as book:
        chosen = book.visible
        if wanted is not None:
            asked = set(map(same_name, wanted))
            chosen = [name for name in book.sheet_names if same_name(name) in asked]
        sheets = {name: book[name] for name in chosen}
        return Workbook(book.path, book.epoch, book.sheet_names, sheets)


def _cells(
    title: str, content: SheetContent, styles: list[Style], commented: frozenset[str]
) -> dict[int, dict[int, Cell]]:
    rows: dict[int, dict[int, Cell]] = {}
    new, marked = tuple.__new__, content.hidden_columns or commented
    shown = [(style.number_format, style.struck, style.fill) for style in styles]
    # Rows change hands one by one: a large sheet fits in memory only once.
    for row in list(content.cells):
        line = content.cells.pop(row)
        hidden = row in content.hidden_rows
        cells = {}
        for column, (value, number) in line.items():
            code, struck, fill = shown[number] if number < len(shown) else shown[0]
            # The tuple itself: a call of Cell(...) takes half as long again.
            told = (title, row, column, value, code, hidden, struck, False, fill)
            cells[column] = new(Cell, told)
        if marked:
            cells = {
                c: cell._replace(
                    hidden=hidden or c in content.hidden_columns, comment=cell.address in commented
                )
                for c, cell in cells.items()
            }
        if cells:
            rows[row] = cells
    return rows
