"""Workbooks spoilt on purpose: bytes, parts, XML, and what hostile or hurried people send."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable

from small_workbooks import ROWS, book

CANARY = "Kanarienvogel"
SHEETS = [f"xl/worksheets/sheet{number}.xml" for number in (1, 2, 3, 4)]
Parts = dict[str, bytes]


def original() -> Parts:
    """The parts of a small workbook whose free words are all the canary."""
    made = book(ROWS)
    sheet = made["Patients"]
    sheet["B2"], sheet["G2"], sheet["I2"] = CANARY, f"{CANARY} tail", f"flushing; {CANARY}"
    made["Scans"]["C2"], made["Events"]["B2"] = f"{CANARY} scan", f"{CANARY} nausea"
    made["Cycles"]["C3"] = f"{CANARY} 2012"
    out = io.BytesIO()
    made.save(out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Parts, stored: bool = False) -> bytes:
    """The parts as one file."""
    out = io.BytesIO()
    kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _changed(parts: Parts, name: str, change: Callable[[bytes], bytes]) -> bytes:
    return packed({**parts, name: change(parts[name])})


def flipped_bytes(parts: Parts, draw: random.Random) -> bytes:
    content = bytearray(packed(parts))
    for _ in range(draw.choice((1, 3, 30))):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return bytes(content)


def truncated(parts: Parts, draw: random.Random) -> bytes:
    content = packed(parts)
    return content[: draw.randrange(len(content))]


def flipped_in_a_part(parts: Parts, draw: random.Random) -> bytes:
    content = bytearray(parts[name := draw.choice(sorted(parts))])
    for _ in range(draw.choice((1, 2, 20))):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return packed({**parts, name: bytes(content)})


def span_removed_or_doubled(parts: Parts, draw: random.Random) -> bytes:
    name = draw.choice(sorted(parts))
    text = parts[name]
    left = draw.randrange(len(text))
    right = min(len(text), left + draw.choice((1, 10, 200)))
    middle = b"" if draw.random() < 0.5 else text[left:right] * 2
    return packed({**parts, name: text[:left] + middle + text[right:]})


def tag_removed_or_doubled(parts: Parts, draw: random.Random) -> bytes:
    name = draw.choice(sorted(parts))
    tags = list(re.finditer(rb"<[^>]*>", parts[name]))
    tag = draw.choice(tags)
    new = b"" if draw.random() < 0.5 else tag.group() * 2
    return _changed(parts, name, lambda text: text[: tag.start()] + new + text[tag.end() :])


def part_renamed_or_dropped(parts: Parts, draw: random.Random) -> bytes:
    name = draw.choice(sorted(parts))
    kept = dict(parts)
    content = kept.pop(name)
    new = draw.choice(("", name.upper(), f"../{name}", f"/{name}", f"xl/odd/{name}", "a:b.xml"))
    return packed({**kept, **({new: content} if new else {})})


def attribute_replaced(parts: Parts, draw: random.Random) -> bytes:
    name = draw.choice([*SHEETS, *sorted(parts)])
    found = draw.choice(list(re.finditer(rb'(\w+)="([^"]*)"', parts[name])))
    values = (b"", b"-1", b"0", b"99999999999", b"abc", b"1e400", b"NaN", b"A0", b"XFD1048576",
              b"s", b"n", b"str", b"b", b"d", b"e", b"inlineStr", b"true")  # fmt: skip
    start, end = found.span(2)
    return _changed(parts, name, lambda text: text[:start] + draw.choice(values) + text[end:])


def value_replaced(parts: Parts, draw: random.Random) -> bytes:
    name = draw.choice(SHEETS)
    found = draw.choice(list(re.finditer(rb"<v>([^<]*)</v>", parts[name])))
    values = (b"", b" ", b"-1", b"1e308", b"-1e308", b"1e400", b"NaN", b"inf", b"0x10", b"9" * 400,
              CANARY.encode(), b"2958466", b"60", b"0.5", b"1_000", "१२".encode())  # fmt: skip
    start, end = found.span(1)
    return _changed(parts, name, lambda text: text[:start] + draw.choice(values) + text[end:])


def sheet_features(parts: Parts, draw: random.Random) -> bytes:
    old, new = draw.choice((
        (b'<dimension ref="', b'<dimension ref="A1" x="'),
        (b"<row ", b'<row hidden="1" '),
        (b"<sheetData>", b'<cols><col min="1" max="99999999" hidden="1"/></cols><sheetData>'),
        (b"<sheetData>", b'<cols><col min="1" max="9" hidden="1"/></cols><sheetData>'),
        (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:M3"/></mergeCells>'),
        (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="1:M"/></mergeCells>'),
        (b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        (b"</sheetData>", b'<row r="9"><c r="A9" t="inlineStr"><is><t>Total</t></is></c></row>'
                          b"</sheetData>"),
        (b"</sheetData>", b'<row r="9"><c><v>1</v></c><c><v>2</v></c></row></sheetData>'),
        (b"<v>", b"<f>[1]Sheet1!A1</f><v>"),
        (b"<v>", b"<f>1+1</f><x>"),
        (b"<v>", b"<f>1+1</f><v>"),
        (b"<row ", b"<row><c/></row><row "),
    ))  # fmt: skip
    return _changed(parts, draw.choice(SHEETS), lambda text: text.replace(old, new, 1))


def header_doubled(parts: Parts, draw: random.Random) -> bytes:
    name = draw.choice(SHEETS)
    cells = list(re.finditer(rb'<c r="[A-Z]+1"[^>]*>(.*?)</c>', parts[name]))
    one, other = draw.sample(cells, 2)
    start, end = one.span(1)
    return _changed(parts, name, lambda text: text[:start] + other.group(1) + text[end:])


def hostile(parts: Parts, draw: random.Random) -> bytes:
    more: Parts = draw.choice((
        {"xl/vbaProject.bin": b"\0"}, {"xl/extra.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"},
        {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"},
        {"xl/bomb.xml": b"<x>" + b" " * (40 << 20) + b"</x>"},
        {"xl/workbook.bin": b"\0" * 10}, {"XL/WORKBOOK.XML": b"<x/>"},
        {"xl/sharedStrings.xml": b"<sst>" + b"<si>" * 5000}, {"xl/styles.xml": b"<a>" * 20000},
        {SHEETS[0]: b"<worksheet><sheetData>" + b"<row>" * 20000},
        {SHEETS[0]: "<worksheet/>".encode("utf-16")}, {SHEETS[1]: b"\xff\xfe<"},
    ))  # fmt: skip
    return packed({**parts, **more}, stored=draw.random() < 0.3)


def another_type(parts: Parts, draw: random.Random) -> bytes:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    return draw.choice((
        b"", b"\n", f"ID,Sex\n1,{CANARY}\n".encode(), f"{CANARY}\n".encode(), ole + b"\0" * 512,
        ole + "EncryptedPackage".encode("utf-16-le"), b"<html><table></table>", b"%PDF-1.4",
        b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, draw.randbytes(draw.randrange(3000)),
        packed({"word/document.xml": b"<x/>"}), packed({"mimetype": b"x", "content.xml": b"<x/>"}),
    ))  # fmt: skip


MUTATIONS: tuple[Callable[[Parts, random.Random], bytes], ...] = (
    flipped_bytes, truncated, flipped_in_a_part, span_removed_or_doubled, tag_removed_or_doubled,
    part_renamed_or_dropped, attribute_replaced, value_replaced, sheet_features, header_doubled,
    hostile, another_type,
)  # fmt: skip


def mutated(parts: Parts, seed: int) -> tuple[str, bytes]:
    """Name of the mutation and the spoilt file of this seed."""
    mutation = MUTATIONS[seed % len(MUTATIONS)]
    return mutation.__name__, mutation(parts, random.Random(seed))
