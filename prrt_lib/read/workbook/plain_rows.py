"""Rows as the usual programs write them, taken apart as text: the XML parser costs five times more.

What is not of that plain form, down to a single cell, is left to the parser, which also decides
what a cell says the first time its text is seen. So both ways of reading cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO, Any

from prrt_lib.read.workbook.archive import TRUE

Held = tuple[Any, int] | tuple[()] | None
CHUNK = 1 << 20
# Without the end of a row in so many bytes, the sheet is not written in the usual way.
LONGEST_ROW = 4 << 20
KEPT_CELLS = 100_000
END = "</row>"
DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)
ROW = re.compile(
    r'\s*<row r="([1-9][0-9]{0,6})"((?: (?!r=)[\w:]+="[^"<>&\x00-\x1f]*")*) ?>\s*', re.ASCII
)
HIDDEN = re.compile(rf' hidden="(?:{"|".join(TRUE)})"')
LETTERS = re.compile("[A-Z]{1,3}")
TEXT = r"[^<>&\x00-\x1f\ufffe\uffff]"
FORMULA = rf"<f(?: {TEXT}*)?(?:/>|(?<!/)>{TEXT}*</f>)"
CELL = re.compile(
    r'(?: s="([0-9]{1,6})")?(?: t="([a-zA-Z]+)")?>'
    rf"(?:(?:{FORMULA})?<v>({TEXT}+)</v>"
    rf'|<is><t(?: xml:space="preserve")?>({TEXT}+)</t></is>)</c>\s*',
    re.ASCII,
)


class NotPlain(Exception):
    """Something that only the XML parser understands."""


class Kept(dict):
    """Text -> what it means, asked once; raises NotPlain where the asked one does."""

    def __init__(self, ask: Callable[[str], Any]):
        super().__init__()
        self.ask = ask

    def __missing__(self, text: str) -> Any:
        if len(self) >= KEPT_CELLS:
            self.clear()
        found = self[text] = self.ask(text)
        return found


def pieces(stream: IO[bytes]) -> Iterator[tuple[str | bytes, bool]]:
    """The sheet in pieces, each with whether it may be a plain row; such a piece is text, and
    lacks its end tag."""
    rest = stream.read(CHUNK)
    plain = not DECLARED.match(rest)
    at = 2  # behind the "<?" that opens the file
    while rest:
        # A comment or a CDATA section may hold what only looks like a row.
        plain = plain and not (b"<!" in rest or b"<?" in rest[at:])
        rows, rest = _whole_rows(rest) if plain else (None, rest)
        for row in rows or ():
            yield row, True
        plain = rows is not None and len(rest) <= LONGEST_ROW
        if not plain:
            yield rest, False
            rest = b""
        at = 0
        chunk = stream.read(CHUNK)
        if not chunk:
            break
        rest += chunk
    yield rest, False


def _whole_rows(data: bytes) -> tuple[list[str] | None, bytes]:
    """(all rows that end in the data, what is left); None where the data are no UTF-8."""
    whole, _, rest = data.rpartition(END.encode())
    try:
        return whole.decode().split(END) if whole else [], rest
    except UnicodeDecodeError:
        return None, data


def row_of(
    piece: str, columns: Kept, cells: Kept
) -> tuple[int, dict[int, tuple[Any, int]], list[int]]:
    """(number, column -> value and style, columns of formulas without value) of a plain row.

    Raises NotPlain where the row is hidden or not written in the usual way.
    """
    first, *texts = piece.split('<c r="')
    found = ROW.fullmatch(first)
    if not found or ("hidden" in found[2] and HIDDEN.search(found[2])):
        raise NotPlain
    line: dict[int, tuple[Any, int]] = {}
    bare: list[int] = []
    after = found[1] + '"'
    for text in texts:
        letters, _, rest = text.partition(after)
        column, held = columns[letters], cells[rest]
        if held:
            line[column] = held
        elif held is None:
            bare.append(column)
    return int(found[1]), line, bare


def plain_cell(text: str) -> tuple[str, str, int]:
    """(type, text, style) of a cell behind its address; raises NotPlain for all but the usual."""
    found = CELL.fullmatch(text)
    if not found:
        raise NotPlain
    style, kind, value, inside = found.groups()
    if (inside is None) == (kind == "inlineStr"):
        raise NotPlain
    return kind or "n", value or inside, int(style or 0)
