"""No parser sees a file before the gate has: real type, bombs, macros, foreign links."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from small_workbooks import book

from prrt_lib.base.errors import WorkbookError
from prrt_lib.read.workbook.gate import Limits, admit


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.xlsx"
    book().save(path)
    return path


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(WorkbookError) as error:
        admit(path, limits)
    return str(error.value)


def rewritten(source: Path, changes: dict[str, bytes | None], more: dict[str, bytes] | None = None):
    """A copy of a workbook with parts replaced, and parts added under any name."""
    target = source.with_name("changed.xlsx")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = changes.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return target


def sheet_xml(cells: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode()


FIRST = "xl/worksheets/sheet1.xml"


def test_a_plain_workbook_is_admitted_with_its_true_size(good):
    assert admit(good)[FIRST] == {"rows": 3, "columns": 13}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "an empty file"),
        (b"Study ID,Sex\n1,F\n", "a text file (CSV)"),
        (b"just words", "a text file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old Excel file (.xls)"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "a workbook encrypted with a password",
        ),
        (b"<html><table></table></html>", "an HTML page"),
        (b"%PDF-1.7 ...", "a PDF file"),
        (b"PK\x03\x04 not really", "a damaged file"),
        (bytes(range(256)), "a file of unknown binary type"),
    ],
)
def test_the_real_type_of_a_file_is_named(tmp_path, content, name):
    path = tmp_path / "table.xlsx"
    path.write_bytes(content)
    assert f"found {name}" in refusal(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "found no such file" in refusal(tmp_path / "absent.xlsx")
    assert "found a folder" in refusal(tmp_path)


def test_an_opendocument_file_is_named(tmp_path):
    path = tmp_path / "table.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<office/>")
    assert "OpenDocument" in refusal(path)


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/evil.xml", "xl\\..\\..\\evil.xml"])
def test_part_names_that_point_outside_are_refused(good, name):
    assert "points outside" in refusal(rewritten(good, {}, {name: b"<x/>"}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_refused(good):
    assert "two parts of the same name" in refusal(rewritten(good, {}, {FIRST: b"<x/>"}))


def test_macros_are_refused(good):
    assert "macros" in refusal(rewritten(good, {}, {"xl/vbaProject.bin": b"\0"}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_definition_is_refused(good, encoding):
    text = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><x/>'
    changed = rewritten(good, {}, {"xl/extra.xml": text.encode(encoding)})
    assert "document type definition" in refusal(changed)


def test_links_that_feed_cells_are_refused_and_idle_ones_are_not(good):
    link = {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}
    fed = sheet_xml('<row r="1"><c r="A1"><f>[1]Sheet1!A1</f><v>2</v></c></row>')
    told = refusal(rewritten(good, {FIRST: fed}, link))
    assert "fed by another workbook (sheet " in told and ": A1)" in told
    assert admit(rewritten(good, {}, link))


def test_a_stray_cell_at_the_end_of_the_sheet_is_refused(good):
    far = sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    message = refusal(rewritten(good, {FIRST: far}))
    assert "row 1048576" in message and "at most 200000 rows" in message


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1"><c r="A200001"><v>1</v></c></row>',
        "<row r='200001'/>",
        '<row spans="1:1" r="200001"/>',
        '<x:row r="200001"><x:c r="A1"/></x:row>',
        '<row r="1"><c s="1" r="SG1"><v>1</v></c></row>',
        '<row r="1"><c\nr="SG1"><v>1</v></c></row>',
        "<row r=\"1\"><c r='SG1'/></row>",
        '<row r="1"><x:c r="SG1"/></row>',
        '<row r="1"><c r="sg1"/></row>',
        '<row><c r="A200001"/></row>',
    ],
)
@pytest.mark.parametrize("before", ["", '<row r="1"><c r="A1"><v>1</v></c></row>' * 40_000])
def test_a_cell_beyond_the_limits_is_found_however_it_is_written(good, far, before):
    message = refusal(rewritten(good, {FIRST: sheet_xml(before + far)}))
    assert "a cell in row 200001" in message or "a cell in column 501" in message


def test_rows_without_numbers_are_counted(good):
    rows = sheet_xml("<row/>" * 200_001)
    assert "at most 200000 rows" in refusal(rewritten(good, {FIRST: rows}))


def test_a_sheet_in_an_unusual_part_is_measured_too(good):
    far = sheet_xml('<row r="1"><c r="XFD1"><v>1</v></c></row>')
    assert "column 16384" in refusal(rewritten(good, {}, {"xl/odd/place.xml": far}))


def test_a_wrong_dimension_tag_changes_nothing(good):
    with zipfile.ZipFile(good) as archive:
        text = archive.read(FIRST).replace(b'ref="A1:M3"', b'ref="A1"')
    assert admit(rewritten(good, {FIRST: text}))[FIRST]["rows"] == 3


def test_a_bomb_is_refused_quickly(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(60):
                part.write(b" " * (1 << 20))
    begun = time.monotonic()
    assert "when unpacked" in refusal(path, Limits(unpacked_bytes=50 << 20))
    assert time.monotonic() - begun < 5


def test_a_bomb_that_lies_about_its_size_is_refused(good):
    changed = rewritten(good, {}, {"xl/extra.xml": b"<x>" + b" " * (3 << 20) + b"</x>"})
    content = bytearray(changed.read_bytes())
    # The declared size in the directory at the end says 10 bytes.
    place = content.rindex(b"xl/extra.xml") - 46
    struct.pack_into("<I", content, place + 24, 10)
    changed.write_bytes(content)
    refusal(changed, Limits(unpacked_bytes=2 << 20))


def test_a_damaged_checksum_is_found_at_the_end(good):
    content = bytearray(good.read_bytes())
    place = content.rindex(FIRST.encode()) - 46
    struct.pack_into("<I", content, place + 16, 12345)
    good.write_bytes(content)
    assert "damaged" in refusal(good)


def test_a_large_file_and_a_slow_look_are_refused(good):
    assert "at most 0 MB" in refusal(good, Limits(file_bytes=10))
    assert "still not read after" in refusal(good, Limits(seconds=0.0001))


def test_the_child_process_cannot_take_more_memory_than_allowed():
    code = "limit_memory(200 << 20); held = bytearray(400 << 20)"
    command = [
        sys.executable,
        "-c",
        f"from prrt_lib.read.workbook.gate_child import limit_memory; {code}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "MemoryError" in done.stderr


def test_the_file_is_left_as_it_was(good):
    before = shutil.copy(good, good.with_name("before.xlsx"))
    admit(good)
    assert Path(before).read_bytes() == good.read_bytes()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(("content", "todo"), [
    (OLE + "EncryptedPackage".encode("utf-16-le"), "remove the password"),
    (b"PK\x03\x04 cut short", "copy or export the file anew"),
    (b"", "copy or export the file anew"),
    (b"%PDF-1.7 ...", "ask for the workbook that it was printed from"),
])  # fmt: skip
def test_what_to_do_is_what_helps_with_this_file(tmp_path, content, todo):
    path = tmp_path / "table.xlsx"
    path.write_bytes(content)
    told = refusal(path)
    assert todo in told and "BadZipFile" not in told


@pytest.mark.parametrize("name", ["../evil.xml", "bomb"])
def test_a_hostile_file_is_not_to_be_opened_in_excel(good, name):
    made = rewritten(good, {}, {name: b" " * (3 << 20)})
    told = refusal(made, Limits(unpacked_bytes=2 << 20))
    assert "do not open it" in told and "open it in Excel" not in told


def test_a_large_file_is_to_be_made_smaller_and_not_only_saved_again(good):
    told = refusal(good, Limits(file_bytes=good.stat().st_size - 1))
    assert "delete sheets, pictures and formatting that are no data, or split" in told
    assert "open it in Excel" not in told and "copy or export" not in told
    assert admit(good, Limits(file_bytes=good.stat().st_size))
