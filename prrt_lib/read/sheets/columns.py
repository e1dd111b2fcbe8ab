"""What the cells of a claimed column prove together: uncalculated formulas, orders of dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from prrt_lib.base.errors import Problem
from prrt_lib.declare.asked.findings import finding
from prrt_lib.declare.dictionary import DATE_KINDS, dictionary
from prrt_lib.read.sheets.ids import SUMMARY
from prrt_lib.read.sheets.layout import Layout
from prrt_lib.read.workbook.excel import Cell, Sheet, letters

NUMERIC_DATE = re.compile(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{2}|\d{4})\s*")
SHOWN = 12
# Sheet, layout: what a sheet's claimed columns are.
Claimed = dict[int, tuple[str, str]]


def claimed(layout: Layout) -> Claimed:
    """Column -> (table, dictionary column) of every column that is read; the id is ("", "")."""
    columns: Claimed = {layout.id_column: ("", "")} if layout.id_column else {}
    for instance in layout.instances:
        for name, place in instance.places.items():
            for column in (place.column, *place.parts):
                columns.setdefault(column, (instance.block.table, name))
    return columns


def problems(sheet: Sheet, layout: Layout) -> Iterator[Problem]:
    """What makes a column impossible to understand: decision 24's errors."""
    names = {letters(column) for column in claimed(layout)}
    missing = []
    for address in sheet.uncalculated:
        column, digits = re.fullmatch(r"([A-Z]+)(\d+)", address).groups()
        row, cell = int(digits), sheet.cell(int(digits), layout.id_column)
        # Totals and averages below the patients are no values of a patient.
        summary = cell.address not in sheet.uncalculated and (
            cell.blank or bool(SUMMARY.match(str(cell.value).strip()))
        )
        told = address == cell.address or not summary
        if column in names and row >= layout.first_row and told:
            missing.append((row, column))
    if missing:
        where = _some([f"{column}{row}" for row, column in sorted(missing)])
        yield Problem(
            f"sheet {sheet.name}, cells {where}",
            "formulas saved without their values, as by a program that does not calculate",
            "values",
            "open the workbook in Excel, let it calculate, and save",
        )
    for column, cells in _date_cells(sheet, layout):
        proofs = {"DMY": [], "MDY": []}
        for cell in cells:
            first, second = _parts(cell)
            if first > 12 >= second:
                proofs["DMY"].append(cell.address)
            elif second > 12 >= first:
                proofs["MDY"].append(cell.address)
        if all(proofs.values()):
            found = "; ".join(f"{order}: {_some(cells)}" for order, cells in proofs.items())
            yield Problem(
                f"sheet {sheet.name}, column {letters(column)}",
                f"dates in both orders ({found})",
                "one order of day and month",
                "correct the cells, or enter true dates",
            )


def findings(sheet: Sheet, layout: Layout) -> Iterator[dict[str, str]]:
    """What is worth asking about a sheet's columns and formatting."""
    columns = claimed(layout)
    for column, cells in _date_cells(sheet, layout):
        true = [c for c in _below(sheet, layout, column) if isinstance(c.value, dt.date)]
        # Excel leaves 13/02/2016 as text where it turns 03/02/2016 into a true date.
        left = any(max(_parts(cell)) > 12 for cell in cells)
        if left and any(cell.value.day <= 12 for cell in true):
            table, name = columns[column]
            yield finding(
                "text-beside-true-dates",
                table=table,
                column=name,
                sheet=sheet.name,
                cell=cells[0].address,
                related_cells=_some([c.address for c in true]),
            )
    if sheet.hidden_rows:
        rows = _some([f"{row}:{row}" for row in sheet.hidden_rows])
        yield finding(
            "hidden-rows", sheet=sheet.name, cell=f"A{sheet.hidden_rows[0]}", related_cells=rows
        )
    hidden = {
        c
        for line in sheet.rows.values()
        for c, cell in line.items()
        if cell.hidden and cell.row not in sheet.hidden_rows and c in columns
    }
    if hidden:
        names = [letters(column) for column in sorted(hidden)]
        yield finding(
            "hidden-columns",
            sheet=sheet.name,
            cell=f"{names[0]}1",
            related_cells=_some([f"{name}:{name}" for name in names]),
        )
    yield from _formatting(sheet, layout)


def _formatting(sheet: Sheet, layout: Layout) -> Iterator[dict[str, str]]:
    columns = claimed(layout)
    coloured: dict[int, list[str]] = {}
    fills: dict[int, set[str]] = {}
    for row, line in sorted(sheet.rows.items()):
        for column, cell in sorted(line.items()) if row >= layout.first_row else ():
            if column not in columns:
                continue
            fills.setdefault(column, set()).add(cell.fill)
            if cell.fill:
                coloured.setdefault(column, []).append(cell.address)
            if cell.struck or cell.comment:
                table, name = columns[column]
                where = {"table": table, "column": name, "sheet": sheet.name, "cell": cell.address}
                if cell.struck:
                    yield finding("cell-struck-through", **where)
                if cell.comment:
                    yield finding("cell-comment", **where)
    # A column of one colour is decoration; cells that differ from their column may mean something.
    cells = [place for c, places in coloured.items() if len(fills[c]) > 1 for place in places]
    if cells:
        yield finding(
            "cells-coloured", sheet=sheet.name, cell=cells[0], related_cells=_some(cells[1:])
        )


def _date_cells(sheet: Sheet, layout: Layout) -> Iterator[tuple[int, list[Cell]]]:
    """(column, cells with numeric text dates) of every date column."""
    tables = dictionary().tables
    for column, (table, name) in sorted(claimed(layout).items()):
        if table and tables[table].columns[name].kind in DATE_KINDS:
            yield column, [
                cell
                for cell in _below(sheet, layout, column)
                if isinstance(cell.value, str) and NUMERIC_DATE.fullmatch(cell.value)
            ]  # fmt: skip


def _below(sheet: Sheet, layout: Layout, column: int) -> list[Cell]:
    """The cells of a column below its header."""
    return [line[column] for row, line in sorted(sheet.rows.items())
            if row >= layout.first_row and column in line]  # fmt: skip


def _parts(cell: Cell) -> tuple[int, int]:
    first, second, _ = NUMERIC_DATE.fullmatch(cell.value).groups()
    return int(first), int(second)


def _some(addresses: list[str]) -> str:
    """A list of addresses that stays readable."""
    more = f" and {len(addresses) - SHOWN} more" if len(addresses) > SHOWN else ""
    return ", ".join(addresses[:SHOWN]) + more
