"""Tables for the manuscript: Word, Excel and LaTeX files of the same neutral tables."""

from __future__ import annotations

import datetime as dt
import os
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from prrt_lib.declare import reads
from prrt_lib.declare.quoting import safe
from prrt_lib.declare.results import target
from prrt_lib.draw.tables import Table

# A fixed date, so that the same tables are the same bytes.
MADE = dt.datetime(2000, 1, 1)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
NARROW_SPACE = " "


def save(tables: Sequence[Table], rows: pd.DataFrame, scenario: str, stamp: str) -> list[str]:
    """Names of the files written beside the report: tables.docx, tables.xlsx, tables.tex.

    ``stamp`` stands on the first page and in every file's properties.
    """
    folder = target(scenario).reports
    folder.mkdir(parents=True, exist_ok=True)
    made = {"docx": word, "xlsx": excel, "tex": latex}
    for kind, write in made.items():
        half = folder / f".tables.{kind}.part"
        write(tables, rows, half, stamp)
        os.replace(half, folder / f"tables.{kind}")
        reads.record("reports", f"tables.{kind}")
    return [f"tables.{kind}" for kind in made]


def word(tables: Sequence[Table], rows: pd.DataFrame, path: Path, stamp: str) -> None:
    """A Word file: one real table each, header row repeated on every page, notes below."""
    from docx import Document
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    document = Document()
    document.styles["Normal"].font.size = Pt(9)
    document.core_properties.author = ""
    document.core_properties.comments = stamp
    document.core_properties.created = document.core_properties.modified = MADE
    document.add_paragraph(stamp).runs[0].bold = True
    for number, table in enumerate(tables, start=1):
        document.add_paragraph(f"Table {number}. {table.title}", style="Heading 2")
        grid = document.add_table(rows=1, cols=len(table.header), style="Light List")
        for place, text in zip(grid.rows[0].cells, table.header, strict=True):
            place.text = text
        repeated = OxmlElement("w:tblHeader")
        grid.rows[0]._tr.get_or_add_trPr().append(repeated)
        for line in table.body:
            for place, cell in zip(grid.add_row().cells, line, strict=True):
                place.text = cell.text
        for note in table.notes:
            document.add_paragraph(note).runs[0].italic = True
    document.save(path)
    # The parts with a fixed time, so that equal content is equal bytes.
    with zipfile.ZipFile(path) as old:
        parts = [(name, old.read(name)) for name in old.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts:
            new.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content)


def excel(tables: Sequence[Table], rows: pd.DataFrame, path: Path, stamp: str) -> None:
    """An Excel file: a sheet per table, and the result rows behind them with numbers as numbers."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": MADE, "comments": stamp, "author": ""})
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for number, table in enumerate(tables, start=1):
        sheet = book.add_worksheet(f"Table {number}")
        sheet.write_string(0, 0, safe(table.title), bold)
        sheet.write_string(1, 0, stamp)
        sheet.set_column(0, 0, 38)
        sheet.set_column(1, max(1, len(table.header) - 1), 22)
        for column, text in enumerate(table.header):
            sheet.write_string(3, column, safe(text), bold)
        for line, cells in enumerate(table.body, start=4):
            for column, cell in enumerate(cells):
                plain = cell.text.replace(NARROW_SPACE, "")
                if cell.row_ids and NUMBER.fullmatch(plain):
                    sheet.write_number(line, column, float(plain), wrap)
                else:
                    sheet.write_string(line, column, safe(cell.text), wrap)
        for line, note in enumerate(table.notes, start=5 + len(table.body)):
            sheet.write_string(line, 0, safe(note))
        sheet.freeze_panes(4, 1)
    shown = {
        own for table in tables for line in table.body for cell in line for own in cell.row_ids
    }
    kept = rows[rows["row_id"].isin(shown)]
    sheet = book.add_worksheet("Result rows")
    sheet.freeze_panes(1, 1)
    for column, name in enumerate(kept.columns):
        sheet.write_string(0, column, name, bold)
        for line, value in enumerate(kept[name].tolist(), start=1):
            if not isinstance(value, float):
                sheet.write_string(line, column, safe(value))
            elif value != value:
                sheet.write_blank(line, column, None)
            else:
                sheet.write_number(line, column, value)
    book.close()


def latex(tables: Sequence[Table], rows: pd.DataFrame, path: Path, stamp: str) -> None:
    """A LaTeX file of all tables, through great_tables."""
    from great_tables import GT

    parts = [f"% {stamp}"]
    for table in tables:
        frame = table.frame()
        names = {f"column{number}": name for number, name in enumerate(frame.columns)}
        frame.columns = list(names)
        made = GT(frame).cols_label(names).tab_header(title=table.title)
        for note in table.notes:
            made = made.tab_source_note(note)
        parts.append(made.as_latex())
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
