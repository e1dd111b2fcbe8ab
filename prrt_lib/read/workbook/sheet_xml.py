"""The cells of one sheet, streamed: addresses as they stand, whatever the dimension tag says.

Rows as the usual programs write them are taken apart as text: the XML parser costs five times
more. What is not of that plain form, down to a single cell, is left to the parser, which also
decides what a cell says the first time its text is seen. So both ways cannot differ.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import IO, Any
from xml.parsers import expat

from openpyxl.utils.cell import (
    column_index_from_string,
    get_column_letter,
    range_boundaries,
)
from openpyxl.utils.datetime import (
    CALENDAR_MAC_1904,
    CALENDAR_WINDOWS_1900,
    from_excel,
    from_ISO8601,
)

from prrt_lib.read.workbook.archive import TRUE, Style, unescaped

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


class Remembered(dict):
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
        if plain:
            whole, _, left = rest.rpartition(END.encode())
            try:
                rows = whole.decode().split(END) if whole else []
            except UnicodeDecodeError:
                plain = False
            else:
                for row in rows:
                    yield row, True
                rest, plain = left, len(left) <= LONGEST_ROW
        if not plain:
            yield rest, False
            rest = b""
        at = 0
        chunk = stream.read(CHUNK)
        if not chunk:
            break
        rest += chunk
    yield rest, False


def row_of(
    piece: str, columns: Remembered, cells: Remembered
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


LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
ONE_DAY = dt.timedelta(days=1)
BASE = {1900: CALENDAR_WINDOWS_1900, 1904: CALENDAR_MAC_1904}


@dataclass
class SheetContent:
    """What a sheet's XML holds: (row, column) -> value and number of its style."""

    cells: dict[int, dict[int, tuple[Any, int]]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    uncalculated: set[str] = field(default_factory=set)


class CellTexts:
    """What the texts of a workbook's cells mean, each asked once for all its sheets."""

    def __init__(self, strings: list[str], styles: list[Style], epoch: int):
        self.strings, self.styles, self.epoch = strings, styles, epoch
        self.columns, self.cells = Remembered(_plain_column), Remembered(self._cell)

    def value(self, kind: str, text: str, style: int) -> Any:
        """The value of a cell of that type, typed as Excel shows it."""
        if kind == "s":
            return self.strings[int(text)]
        if kind == "b":
            return text in TRUE
        if kind == "d":
            return from_ISO8601(text)
        if kind != "n":
            return unescaped(text) if kind in ("str", "inlineStr") else text
        plain = not any(mark in text for mark in ".eE")
        number = int(text) if plain else float(text)
        shown = self.styles[style] if style < len(self.styles) else Style()
        if not shown.is_date:
            return number
        try:
            value = from_excel(number, BASE[self.epoch], timedelta=shown.is_elapsed)
        except (OverflowError, ValueError):
            return "#VALUE!"
        return value / ONE_DAY if isinstance(value, dt.timedelta) else value

    def _cell(self, text: str) -> Held:
        """What stands behind a plain cell's address; () for nothing, None for a bare formula."""
        try:
            kind, said, style = plain_cell(text)
        except NotPlain:
            return self._alone(text)
        value = self.value(kind, said, style)
        return () if value is None else (value, style)

    def _alone(self, text: str) -> Held:
        """The same of a cell of another form, by a parser of its own."""
        alone = _Reader(self)
        try:
            _parser(alone).Parse('<c r="A1"' + text, True)
        except expat.ExpatError:
            raise NotPlain from None
        if (alone.row, alone.column) != (0, 1):
            raise NotPlain
        return None if alone.content.uncalculated else alone.line.get(1, ())


def _plain_column(text: str) -> int:
    if not LETTERS.fullmatch(text) or (column := _column(text)) > LAST_COLUMN:
        raise NotPlain
    return column


@cache
def _column(letters: str) -> int:
    column = column_index_from_string(letters) if letters else 0
    if column > LAST_COLUMN:
        raise ValueError("a column beyond the sheet")
    return column


def read_sheet(stream: IO[bytes], texts: CellTexts) -> SheetContent:
    """The sheet's cells with values typed as Excel shows them; raises expat.ExpatError."""
    reader = _Reader(texts)
    parser = _parser(reader)
    for piece, may_be_plain in pieces(stream):
        if not may_be_plain:
            parser.Parse(piece, False)
        elif not reader.took(piece):
            parser.Parse((piece + END).encode(), False)
    parser.Parse(b"", True)
    return reader.content


def _parser(reader: _Reader) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    return parser


class _Reader:
    """Collects cells while the parser walks through the sheet."""

    def __init__(self, texts: CellTexts):
        self.content, self.texts = SheetContent(), texts
        self.row = self.column = 0
        self.line: dict[int, tuple[Any, int]] = {}
        self.attributes: Mapping[str, str] = {}
        self.text: list[str] = []
        self.listening = self.formula = self.valued = False
        self.phonetic = 0

    def took(self, piece: str) -> bool:
        """Whether the piece is a plain row, which is then among the cells."""
        try:
            row, line, bare = row_of(piece, self.texts.columns, self.texts.cells)
        except NotPlain:
            return False
        if row > LAST_ROW:
            return False
        self.row = row
        if known := self.content.cells.get(row):
            line = known | line
        self.content.cells[row] = line
        for column in bare:
            self.content.uncalculated.add(f"{get_column_letter(column)}{row}")
        return True

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self.attributes, self.text = attributes, []
            self.formula = self.valued = False
            self.column = _column(attributes.get("r", "").rstrip("0123456789")) or self.column + 1
        elif name == "v" or (name == "t" and not self.phonetic):
            self.listening = self.valued = True
        elif name == "f":
            self.formula = True
        elif name == "row":
            self.row = int(attributes.get("r", self.row + 1))
            if not 0 < self.row <= LAST_ROW:
                raise ValueError("a row beyond the sheet")
            self.column = 0
            self.line = self.content.cells.setdefault(self.row, {})
            if attributes.get("hidden") in TRUE:
                self.content.hidden_rows.add(self.row)
        elif name == "rPh":
            self.phonetic += 1
        elif name == "col" and attributes.get("hidden") in TRUE:
            low, high = int(attributes.get("min", 0)), int(attributes.get("max", 0))
            self.content.hidden_columns |= set(range(max(low, 1), min(high, LAST_COLUMN) + 1))
        elif name == "mergeCell":
            left, top, right, bottom = range_boundaries(attributes["ref"])
            self.content.merged.append((top, left, bottom, right))

    def characters(self, text: str) -> None:
        if self.listening:
            self.text.append(text)

    def end(self, name: str) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name in ("v", "t"):
            self.listening = False
        elif name == "rPh":
            self.phonetic -= 1
        elif name == "c":
            text, kind = "".join(self.text), self.attributes.get("t", "n")
            if text:
                style = int(self.attributes.get("s", 0))
                value = self.texts.value(kind, text, style)
                if value is not None:
                    self.line[self.column] = (value, style)
            # An empty text is a value that Excel keeps; an empty number is none.
            elif self.formula and not (kind == "str" and self.valued):
                self.content.uncalculated.add(f"{get_column_letter(self.column)}{self.row}")
