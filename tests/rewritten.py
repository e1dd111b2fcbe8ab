"""The same workbook written otherwise: rows moved, dates and units spelt differently."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_from_string

Value = tuple[Any, str]  # value, number format
Lines = list[dict[str, Value]]  # header rows and data rows; column letters -> cell


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet, its merged captions, and how many rows its header takes."""

    name: str
    lines: Lines
    spans: tuple[tuple[int, int], ...]
    head: int

    @property
    def width(self) -> int:
        return max(openpyxl.utils.column_index_from_string(c) for line in self.lines for c in line)


def grids(path: Path, skip: tuple[str, ...] = ("About", "Codebook")) -> list[Grid]:
    """The sheets of a workbook as openpyxl reads them."""
    found = []
    for sheet in openpyxl.load_workbook(path).worksheets:
        if sheet.title in skip:
            continue
        lines = [
            {c.column_letter: (c.value, c.number_format) for c in line if c.value is not None}
            for line in sheet.iter_rows()
        ]
        spans = tuple(sorted((r.min_col, r.max_col) for r in sheet.merged_cells.ranges))
        found.append(Grid(sheet.title, lines, spans, 2 if spans else 1))
    return found


def write(sheets: list[Grid], path: Path, epoch: int = 1900) -> Path:
    """Writes the grids with another writer than the one that wrote the originals."""
    with xlsxwriter.Workbook(str(path), {"date_1904": epoch == 1904}) as book:
        formats: dict[str, Any] = {}
        for grid in sheets:
            sheet = book.add_worksheet(grid.name)
            for left, right in grid.spans:
                sheet.merge_range(0, left - 1, 0, right - 1, "")
            for row, line in enumerate(grid.lines, start=1):
                for letters, (value, code) in line.items():
                    form = formats.setdefault(code, book.add_format({"num_format": code}))
                    _cell(sheet, f"{letters}{row}", value, form)
    return path


def _cell(sheet: Any, place: str, value: Any, form: Any) -> None:
    if isinstance(value, dt.datetime):
        sheet.write_datetime(place, value, form)
    elif isinstance(value, str):
        sheet.write_string(place, value, form)
    elif isinstance(value, bool):
        sheet.write_boolean(place, value, form)
    else:
        sheet.write_number(place, value, form)


def with_lines(grid: Grid, lines: Lines) -> Grid:
    """The grid with these lines below its header."""
    return Grid(grid.name, [*grid.lines[: grid.head], *lines], grid.spans, grid.head)


def shuffled(sheets: list[Grid], seed: int) -> list[Grid]:
    """Sheets, rows and columns in another order; columns of a merged caption stay together."""
    draw = random.Random(seed)
    moved = []
    for grid in sheets:
        rows = draw.sample(grid.lines[grid.head :], len(grid.lines) - grid.head)
        grid = with_lines(grid, rows)
        moved.append(_columns_moved(grid, draw))
    return draw.sample(moved, len(moved))


def _columns_moved(grid: Grid, draw: random.Random) -> Grid:
    grouped = {c for left, right in grid.spans for c in range(left, right + 1)}
    blocks = [list(range(left, right + 1)) for left, right in grid.spans]
    blocks += [[c] for c in range(1, grid.width + 1) if c not in grouped]
    order: list[int] = []
    spans, captions = [], {}
    for block in draw.sample(blocks, len(blocks)):
        left = len(order) + 1
        caption = grid.lines[0].get(get_column_letter(block[0])) if len(block) > 1 else None
        if len(block) > 1:
            spans.append((left, left + len(block) - 1))
            captions[get_column_letter(left)] = caption
        order += draw.sample(block, len(block))
    new = {get_column_letter(old): get_column_letter(at) for at, old in enumerate(order, start=1)}
    lines = [{new[letters]: cell for letters, cell in line.items()} for line in grid.lines]
    if grid.spans:
        lines[0] = captions
    return Grid(grid.name, lines, tuple(spans), grid.head)


def respelt(
    sheets: list[Grid], cells: Mapping[tuple[str, str], Any], spell: Callable[[Any], Value]
) -> list[Grid]:
    """The grids in which each named (sheet, cell) is written as ``spell`` writes its value."""
    places: dict[str, dict[int, dict[str, Any]]] = {}
    for (sheet, place), value in cells.items():
        letters, row = coordinate_from_string(place)
        places.setdefault(sheet, {}).setdefault(row, {})[letters] = value
    result = []
    for grid in sheets:
        here = places.get(grid.name, {})
        lines = [
            {**line, **{at: spell(value) for at, value in here.get(row, {}).items()}}
            for row, line in enumerate(grid.lines, start=1)
        ]
        result.append(Grid(grid.name, lines, grid.spans, grid.head))
    return result
