"""Rows taken apart as text say what the XML parser says of them, or are left to it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from mutated_workbooks import mutated, original
from test_read_workbook import every_kind_of_cell

from prrt_lib.base.errors import WorkbookError
from prrt_lib.base.paths import PROJECT
from prrt_lib.read.workbook import sheet_xml
from prrt_lib.read.workbook.archive import Style
from prrt_lib.read.workbook.excel import open_workbook

DATA = Path(__file__).parent / "data"
STYLES = [Style(), Style("yyyy-mm-dd", is_date=True), Style("0%")]
ROW = '<row r="2"><c r="A2" s="1"><v>42444</v></c><c r="C2" t="s"><v>1</v></c></row>'
WORKBOOKS = [DATA / "sheets_24.xlsx", DATA / "wide_24.xlsx", PROJECT / "data/raw/demo.xlsx"]


def refuse(*_):
    raise sheet_xml.NotPlain


def read(text: str | bytes, monkeypatch=None, row_of=None):
    """What a sheet holds; by the XML parser alone where ``row_of`` refuses every row."""
    content = text.encode() if isinstance(text, str) else text
    if row_of:
        monkeypatch.setattr(sheet_xml, "row_of", row_of)
    texts = sheet_xml.CellTexts(["zero", "one"], STYLES, 1900)
    try:
        found = sheet_xml.read_sheet(io.BytesIO(content), texts)
    except Exception as error:
        return type(error).__name__
    return [repr(found.cells), *map(repr, (found.hidden_rows, found.hidden_columns, found.merged,
                                           found.uncalculated))]  # fmt: skip


def sheet(rows: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    # The first row goes to the parser together with the sheet's head.
    first = '<row r="1"><c r="A1"><v>9</v></c></row>'
    return f"{head}<worksheet><sheetData>{first}{rows}</sheetData><mergeCells/></worksheet>"


ODD = {
    "plain": ROW,
    "nothing": "",
    "spaces between": ROW.replace("><", ">\n  <"),
    "attributes of a row": ROW.replace('r="2"', 'r="2" spans="1:3" ht="12.8" hidden="false"', 1),
    "hidden": ROW.replace('r="2"', 'r="2" hidden="1"', 1),
    "hidden, in words": ROW.replace('r="2"', 'r="2" hidden="true"', 1),
    "row twice": ROW + ROW.replace("42444", "5").replace('"C2"', '"D2"'),
    "cell twice": ROW.replace('"C2"', '"A2"'),
    "no number of the row": "<row>" + ROW.partition(">")[2] * 2,
    "no number after a plain row": ROW + "<row>" + ROW.partition(">")[2],
    "row zero": ROW.replace('r="2"', 'r="0"', 1),
    "row beyond": ROW.replace('r="2"', 'r="1048577"', 1).replace('2"', '1048577"'),
    "row given twice": ROW.replace('r="2"', 'r="2" r="3"', 1),
    "address of another row": ROW.replace('"C2"', '"C3"'),
    "address that ends alike": ROW.replace('"C2"', '"C12"'),
    "no address": ROW.replace(' r="C2"', ""),
    "small letters": ROW.replace('"C2"', '"c2"'),
    "letters beyond": ROW.replace('"C2"', '"XFE2"'),
    "style first": ROW.replace('r="A2" s="1"', 's="1" r="A2"'),
    "single quotes": ROW.replace('"A2"', "'A2'"),
    "empty cells": ROW.replace("<v>1</v>", "") + '<row r="3"><c r="B3" s="2"/></row><row r="4"/>',
    "formulas": '<row r="5"><c r="A5"><f>A1&amp;B1</f><v>3</v></c><c r="B5"><f t="shared" si="0"/>'
    '<v>4</v></c><c r="C5"><f>1+1</f></c><c r="D5" t="str"><f>""</f><v></v></c></row>',
    "escaped text": '<row r="6"><c r="A6" t="inlineStr"><is><t>a &lt; b</t></is></c></row>',
    "rich text": '<row r="6"><c r="A6" t="inlineStr"><is><r><t>a</t></r><r><t> b</t></r>'
    "<rPh><t>x</t></rPh></is></c></row>",
    "text with blanks": '<row r="6"><c r="A6" t="inlineStr"><is><t xml:space="preserve"> a </t>'
    '</is></c><c r="B6" t="str"><v>_x0041_</v></c></row>',
    "no cell of its own": ROW.replace("</row>", "<extLst><c r='Z9'/></extLst></row>"),
    "comment": f"<!--{ROW}-->" + ROW.replace("2", "3"),
    "after a comment": "<!-- said -->" + ROW,
    "CDATA": ROW.replace("<v>1</v>", "<v><![CDATA[1]]></v>"),
    "instruction": f"<?said {ROW}?>",
    "instruction after a row": f"{ROW}<?said {ROW.replace('2', '3')}?>",
    "types": '<row r="7"><c r="A7" t="b"><v>1</v></c><c r="B7" t="e"><v>#N/A</v></c>'
    '<c r="C7" t="d"><v>2016-03-15</v></c><c r="D7" t="n"><v>1E-3</v></c><c r="E7" s="9">'
    "<v>7</v></c></row>",
    "no such string": ROW.replace("<v>1</v>", "<v>77</v>"),
    "no number": ROW.replace("42444", "4x4"),
    "a cell within a cell": ROW.replace("<v>1</v>", "<c><v>1</v></c>"),
    "not closed": ROW.replace("</c></row>", "</row>"),
    "formula not closed": ROW.replace("<v>1</v>", "<f a='1'/>1</f><v>1</v>"),
    "foreign letters": '<row r="8"><c r="A8" t="inlineStr"><is><t>µ Größe</t></is></c></row>',
}


@pytest.mark.parametrize("name", ODD)
def test_a_row_of_any_form_reads_as_the_xml_parser_reads_it(name, monkeypatch):
    text = sheet(ODD[name])
    assert read(text) == read(text, monkeypatch, refuse)


@pytest.mark.parametrize("head", ["", "\ufeff", '<?xml version="1.0" encoding="us-ascii"?>'])
def test_a_sheet_with_another_head_reads_the_same(head, monkeypatch):
    text = sheet(ROW, head)
    assert "2016" in (found := read(text))[0] and found == read(text, monkeypatch, refuse)


@pytest.mark.parametrize("code", ["iso-8859-1", "utf-16"])
def test_a_sheet_in_another_code_reads_the_same(code, monkeypatch):
    head = f'<?xml version="1.0" encoding = "{code}"?>'
    text = sheet(ODD["foreign letters"], head).encode(code)
    assert "Größe" in (found := read(text))[0] and found == read(text, monkeypatch, refuse)


def test_bytes_that_are_no_text_are_refused_either_way(monkeypatch):
    text = sheet(ODD["foreign letters"]).encode("latin-1")
    assert read(text) == read(text, monkeypatch, refuse) == "ExpatError"


def test_the_same_at_every_place_where_a_sheet_may_be_cut(monkeypatch):
    text = sheet(ODD["plain"] + ODD["formulas"] + ODD["comment"] + ODD["types"])
    whole = read(text)
    for size in range(1, len(text), 7):
        monkeypatch.setattr(sheet_xml, "CHUNK", size)
        assert read(text) == whole
    assert whole == read(text, monkeypatch, refuse)


def test_usual_rows_are_taken_as_text(monkeypatch):
    """Else the comparisons above compare the parser with itself."""
    taken = []
    known = sheet_xml.row_of
    monkeypatch.setattr(sheet_xml, "row_of", lambda *a: taken.append(known(*a)[0]) or known(*a))
    assert len(open_workbook(WORKBOOKS[0]).sheets) > 3
    rows = sum(len(found.rows) for found in open_workbook(WORKBOOKS[0]).sheets.values())
    assert len(taken) > rows  # opened twice; the first row of a sheet comes with its head


@pytest.mark.parametrize("path", WORKBOOKS, ids=lambda path: path.stem)
def test_whole_workbooks_read_as_the_xml_parser_reads_them(path, monkeypatch):
    plain = open_workbook(path)
    monkeypatch.setattr(sheet_xml, "row_of", refuse)
    assert open_workbook(path) == plain


def test_spoilt_workbooks_read_as_the_xml_parser_reads_them(tmp_path, monkeypatch):
    path, known = tmp_path / "spoilt.xlsx", sheet_xml.row_of
    parts = original()
    for seed in range(60):
        path.write_bytes(mutated(parts, seed)[1])
        ends = []
        for way in (known, refuse):
            monkeypatch.setattr(sheet_xml, "row_of", way)
            try:
                ends.append(repr(open_workbook(path)))
            except WorkbookError as error:
                ends.append(str(error))
        assert ends[0] == ends[1], seed


@pytest.mark.parametrize("epoch", [1900, 1904])
def test_every_kind_of_cell_reads_the_same(tmp_path, monkeypatch, epoch):
    path = every_kind_of_cell(tmp_path / "kinds.xlsx")
    plain = open_workbook(path)
    monkeypatch.setattr(sheet_xml, "row_of", refuse)
    assert open_workbook(path) == plain
