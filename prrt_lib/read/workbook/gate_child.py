"""What is inside a file that claims to be a workbook; runs alone in a limited child process.

Only the standard library: nothing that parses a workbook is imported before the file is known to
be safe. Prints one JSON object: {"refused": [[found, expected, todo], ...], "rows": {...}}.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 20
OVERLAP = 4096
SAVE_AS = "open it in Excel and save it as an Excel workbook (.xlsx)"
PASSWORD = "remove the password: in Excel File, Info, Protect Workbook, Encrypt, clear it, and save"
AGAIN = "copy or export the file anew from where it came from; the transfer may have cut it short"
UNSAFE = "do not open it; ask whoever sent it for a plain workbook saved by Excel itself"
BY_TYPE = {
    "an empty file": AGAIN, "a workbook encrypted with a password": PASSWORD,
    "a text file (CSV)": "open it in Excel as text, check the columns, and save it as .xlsx",
    "a PDF file": "ask for the workbook that it was printed from",
    "a file of unknown binary type": AGAIN,
}  # fmt: skip
EXCEL = "an Excel workbook (.xlsx)"
GROWS = "content that grows beyond the limit when unpacked"

ROW = re.compile(rb"<(?:\w+:)?row\b[^>]{0,2000}?\br=[\"'](\d+)[\"']")
CELL = re.compile(rb"<(?:\w+:)?c\b[^>]{0,200}?\br=[\"']([A-Za-z]+)(\d+)[\"']")
UNNUMBERED = re.compile(rb"<(?:\w+:)?row[\s>/]")
# The same two as the usual programs write them; what could be any other form is looked for first.
PLAIN_ROW = re.compile(rb'<row r="([0-9]+)"')
PLAIN_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})[0-9]+"')
OTHER = (b":c", b":row", b"<row>", b"<row/", *(b"<" + name + blank for name in (b"c", b"row")
                                              for blank in (b"\t", b"\n", b"\r")))  # fmt: skip
CELL_LINKED = re.compile(
    rb"<(?:\w+:)?c\b[^>]{0,200}?\br=[\"']([A-Za-z]+[0-9]+)[\"'][^>]{0,200}>\s{0,20}"
    rb"<(?:\w+:)?f\b[^>]{0,500}>[^<]{0,8000}?\[\d+\]"
)
LINKED = re.compile(rb"<(?:\w+:)?f\b[^>]{0,500}>[^<]{0,8000}?\[\d+\]")
DOCTYPE = re.compile(rb"<\x00?!\x00?(?:D\x00?O\x00?C\x00?T\x00?Y|E\x00?N\x00?T\x00?I)")


class Unfit(Exception):
    """The file is not opened: found, expected, what to do."""


def file_type(head: bytes) -> str:
    """Real type of a file from its first bytes, in words; "" for a zip archive."""
    text = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "an empty file"
    if head.startswith(b"PK\x03\x04"):
        return ""
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        encrypted = "EncryptedPackage".encode("utf-16-le") in head
        return "a workbook encrypted with a password" if encrypted else "an old Excel file (.xls)"
    for start, name in (
        (b"%pdf", "a PDF file"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"<?xml", "an XML file"),
        (b"<!doctype html", "an HTML page"),
        (b"<html", "an HTML page"),
        (b"<table", "an HTML page"),
        (b"pk\x05\x06", "an empty zip archive"),
        (b"{\\rtf", "a rich text file"),
        (b"7z\xbc\xaf", "a 7-Zip archive"),
    ):
        if text.startswith(start):
            return name
    if b"\x00" in head[:1024]:
        return "a file of unknown binary type"
    return "a text file" + (" (CSV)" if re.search(rb"[,;\t]", text) else "")


def names_problem(archive: zipfile.ZipFile) -> tuple[str, str, str] | None:
    """Why the archive's part names are refused, if they are."""
    names = [part.filename for part in archive.infolist()]
    lower = [name.lower() for name in names]
    if len(set(lower)) < len(lower):
        return "two parts of the same name", "each part once", UNSAFE
    if any(
        name.startswith(("/", "\\")) or ":" in name or ".." in re.split(r"[\\/]", name)
        for name in names
    ):
        return "a part name that points outside the file", "plain part names", UNSAFE
    if any(name.endswith("vbaproject.bin") for name in lower):
        return "a workbook with macros (.xlsm)", "a workbook without macros", SAVE_AS
    if "xl/workbook.bin" in lower:
        return "a binary Excel workbook (.xlsb)", EXCEL, SAVE_AS
    if "xl/workbook.xml" not in lower:
        kind = "a zip archive that is no workbook"
        if "mimetype" in lower and "content.xml" in lower:
            kind = "an OpenDocument file (.ods or similar)"
        elif any(name.startswith("word/") for name in lower):
            kind = "a Word document (.docx)"
        elif any(name.startswith("ppt/") for name in lower):
            kind = "a PowerPoint file (.pptx)"
        return kind, EXCEL, SAVE_AS
    if any(part.flag_bits & 1 for part in archive.infolist()):
        return "parts encrypted with a password", EXCEL, PASSWORD
    return None


def chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo, budget: int) -> Iterator[bytes]:
    """Pieces of one part, each with the tail of the one before; reads to the end, so that the
    checksum is verified. Unfit once more than ``budget`` bytes have come out."""
    seen, tail = 0, b""
    with archive.open(part) as stream:
        while piece := stream.read(CHUNK):
            seen += len(piece)
            if seen > budget:
                raise Unfit(GROWS, f"at most {budget >> 20} MB left to unpack", UNSAFE)
            yield tail + piece
            tail = piece[-OVERLAP:]


def column_number(letters: str) -> int:
    """1 for A, 28 for AB."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - 64
    return number


def scan(name: str, pieces: Iterator[bytes], limits: dict, linked: dict[str, str]) -> dict:
    """Highest row and column of a part, by the coordinates of its cells; 0 where it has none.

    ``linked``: part -> title of its sheet, where other workbooks may feed cells; else empty.
    """
    rows = columns = unnumbered = 0
    for piece in pieces:
        if DOCTYPE.search(piece):
            raise Unfit("a document type definition in a part", "plain XML", UNSAFE)
        if name == "[Content_Types].xml" and b"macroEnabled" in piece:
            raise Unfit("a workbook with macros (.xlsm)", "a workbook without macros", SAVE_AS)
        if linked and LINKED.search(piece):
            cells = [cell.decode() for cell in CELL_LINKED.findall(piece)]
            shown = ", ".join(cells[:10]) + (", ..." if len(cells) > 10 else "")
            raise Unfit(
                f"cells fed by another workbook ({linked.get(name, name)}: {shown or 'some'})",
                "values in this workbook",
                "in Excel: Data, Edit Links, Break Link, save",
            )
        numbers, letters = plain_places(piece, limits["rows"]) or places(piece)
        rows = max([rows, *map(int, numbers)])
        columns = max([columns, *(column_number(text.decode()) for text in letters)])
        unnumbered += 0 if rows else len(UNNUMBERED.findall(piece))
        for found, what in ((max(rows, unnumbered), "row"), (columns, "column")):
            if found > (most := limits[f"{what}s"]):
                todo = "delete stray cells beyond the table and save again"
                raise Unfit(f"a cell in {what} {found} ({name})", f"at most {most} {what}s", todo)
    return {"rows": rows or unnumbered, "columns": columns}


def places(piece: bytes) -> tuple[set[bytes], set[bytes]]:
    """(row numbers, letters of columns) of all rows and cells that give their place."""
    found = set(CELL.findall(piece))
    return {row for _, row in found} | set(ROW.findall(piece)), {letters for letters, _ in found}


def plain_places(piece: bytes, limit: int) -> tuple[set[bytes], set[bytes]] | None:
    """The same, three times as fast, where every row and cell is written in the usual way; of the
    cells' own row numbers only those that may lie beyond the limit. None where one is not."""
    whole = piece[: piece.rfind(b"<")]  # a tag cut off at the end comes again with the next piece
    letters, numbers = PLAIN_COLUMN.findall(whole), PLAIN_ROW.findall(whole)
    if (len(letters), len(numbers)) != (whole.count(b"<c "), whole.count(b"<row ")):
        return None
    if any(mark in whole for mark in OTHER):
        return None
    far = re.findall(rb'<c r="[A-Z]{1,3}([0-9]{%d,})"' % len(str(limit)), whole)
    return {*numbers, *far}, set(letters)


def inspect(path: Path, limits: dict) -> dict:
    """What the archive holds, sheet part by sheet part; raises Unfit."""
    if path.stat().st_size > limits["file_bytes"]:
        raise Unfit(
            f"a file of {path.stat().st_size >> 20} MB",
            f"at most {limits['file_bytes'] >> 20} MB",
            "delete sheets, pictures and formatting that are no data, or split the workbook",
        )
    with path.open("rb") as stream:
        kind = file_type(stream.read(1 << 16))
    if kind:
        raise Unfit(kind, EXCEL, BY_TYPE.get(kind, SAVE_AS))
    with zipfile.ZipFile(path) as archive:
        if problem := names_problem(archive):
            raise Unfit(*problem)
        parts, budget = archive.infolist(), limits["unpacked_bytes"]
        if sum(part.file_size for part in parts) > budget:
            raise Unfit(GROWS, f"at most {budget >> 20} MB", UNSAFE)
        foreign = any(part.filename.lower().startswith("xl/externallinks/") for part in parts)
        linked = titles(archive) if foreign else {}
        sheets = {}
        for part in parts:
            # Every part, wherever it lies: a sheet need not stand in xl/worksheets.
            seen = scan(part.filename, chunks(archive, part, budget), limits, linked)
            if seen["columns"]:
                sheets[part.filename] = seen
            budget -= part.file_size
        return {"sheets": sheets}


def titles(archive: zipfile.ZipFile) -> dict[str, str]:
    """Part of a sheet -> "sheet" and its title, as the workbook's own list has them."""
    found = {"": ""}
    for part, form in (("xl/_rels/workbook.xml.rels", "Id"), ("xl/workbook.xml", "r:id")):
        text = archive.read(part)[: 1 << 20].decode("utf-8", "replace") if part in (
            archive.namelist()) else ""  # fmt: skip
        other = "Target" if form == "Id" else "name"
        for tag in re.findall(r"<[^>]+>", text):
            own = {key: re.search(rf'\b{key}="([^"]*)"', tag) for key in (form, other)}
            if all(own.values()):
                found[f"{other} {own[form][1]}"] = own[other][1]
    return {
        f"xl/{target.removeprefix('/xl/')}": f"sheet {found['name ' + key[7:]]}"
        for key, target in found.items()
        if key.startswith("Target ") and "name " + key[7:] in found
    } or found


def limit_memory(bytes_: int) -> None:
    """Nothing; the process cannot grow beyond ``bytes_`` (where the system can do that)."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (bytes_, bytes_))
    except (ImportError, ValueError, OSError):
        pass


def main(path: str, limits_json: str) -> dict:
    """The verdict on the file at ``path``."""
    limits = json.loads(limits_json)
    limit_memory(limits["memory_bytes"])
    try:
        return {"refused": [], **inspect(Path(path), limits)}
    except Unfit as why:
        return {"refused": [list(why.args)]}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError):
        return {"refused": [["a damaged file, cut short or changed on its way", EXCEL, AGAIN]]}
    except Exception:  # zlib.error and whatever else a hostile archive provokes
        return {"refused": [["a file that cannot be unpacked", EXCEL, AGAIN]]}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2])))
