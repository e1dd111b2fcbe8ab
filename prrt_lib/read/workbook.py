"""The cells of a workbook as Excel knows them: address, format, formula, visibility."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from prrt_lib.base.errors import Problem, WorkbookError

FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
ADDRESS = re.compile(rb"\br=[\"']([A-Z]+\d+)[\"']")
NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as the workbook holds it."""

    sheet: str
    row: int
    column: int
    value: Any = None
    number_format: str = "General"
    hidden: bool = False
    struck: bool = False
    comment: bool = False

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
    """A for 1, AB for 28."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def open_workbook(path: Path, wanted: Iterable[str] | None = None) -> Workbook:
    """The named sheets of an admitted workbook (all visible ones when none is named).

    Sheet names are compared without regard to case and outer spaces.
    """
    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except MemoryError:
        raise
    except Exception as error:
        todo = "open it in Excel and save it as an Excel workbook (.xlsx)"
        found = f"parts that do not form a workbook ({type(error).__name__})"
        raise WorkbookError(Problem(str(path), found, "an Excel workbook", todo)) from None
    visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    asked = {plain(name) for name in (visible if wanted is None else wanted)}
    names = [sheet.title for sheet in book.worksheets if plain(sheet.title) in asked]
    missing = _uncalculated(path, names)
    return Workbook(
        path=Path(path),
        epoch=1904 if book.epoch == CALENDAR_MAC_1904 else 1900,
        sheet_names=tuple(sheet.title for sheet in book.worksheets),
        sheets={name: _sheet(book[name], missing.get(name, frozenset())) for name in names},
    )


def plain(name: str) -> str:
    """A sheet's name as it is compared."""
    return " ".join(str(name).split()).casefold()


def _sheet(source: Any, uncalculated: frozenset[str]) -> Sheet:
    hidden_rows = {n for n, d in source.row_dimensions.items() if d.hidden}
    hidden_columns: set[int] = set()
    for dimension in source.column_dimensions.values():
        if dimension.hidden:
            hidden_columns |= set(range(dimension.min or 0, (dimension.max or 0) + 1))
    rows: dict[int, dict[int, Cell]] = {}
    for line in source.iter_rows():
        for cell in line:
            if cell.value is None:
                continue
            hidden = cell.row in hidden_rows or cell.column in hidden_columns
            rows.setdefault(cell.row, {})[cell.column] = Cell(
                source.title,
                cell.row,
                cell.column,
                _value(cell.value),
                cell.number_format,
                hidden,
                bool(cell.font and cell.font.strike),
                cell.comment is not None,
            )
    merged = tuple((r.min_row, r.min_col, r.max_row, r.max_col) for r in source.merged_cells.ranges)
    used = tuple(sorted(hidden_rows & set(rows)))
    return Sheet(source.title, rows, used, merged, uncalculated)


def _value(value: Any) -> Any:
    """Only types that cells are parsed from; elapsed times become days."""
    return value / dt.timedelta(days=1) if isinstance(value, dt.timedelta) else value


def _uncalculated(path: Path, names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Sheet -> addresses of formulas that were saved without their result."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        parts = _parts(archive)
        for name in names:
            if name in parts:
                content = archive.read(parts[name])
                cells = [m for m in FORMULA.findall(content) if not re.search(rb"\bt=.str", m)]
                addresses = (ADDRESS.search(attributes) for attributes in cells)
                found[name] = frozenset(a.group(1).decode() for a in addresses if a)
    return found


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name -> part of the archive."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {item.get("Id"): item.get("Target", "") for item in relations}
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    parts = {}
    for sheet in book.iterfind("m:sheets/m:sheet", NS):
        target = targets.get(sheet.get(RELATION), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in archive.namelist():
            parts[sheet.get("name", "")] = part
    return parts
