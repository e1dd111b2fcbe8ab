"""One line of a drafted profile: the header, and what its cells show must be decided."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from prrt_lib.declare.dictionary import Column
from prrt_lib.read.cells import unit_in_header
from prrt_lib.read.headers import Header
from prrt_lib.read.workbook import Sheet

UNIT_NEEDED = ("activity", "lab_value", "mitoses")
CODED = ("category", "sex", "smoking", "alcohol")
MOST_CODES = 12
PARTS = {"year": "header", "jahr": "header", "month": "month", "monat": "month", "day": "day",
         "tag": "day"}  # fmt: skip
LAST_NUMBER = re.compile(r"\d+(?=\D*$)")


def text(words: str) -> str:
    """Text as YAML: quoted unless it is plain words."""
    plain = re.fullmatch(r"[A-Za-z][\w .-]*[\w.]|[A-Za-z]", words)
    reserved = words.lower() in ("yes", "no", "true", "false", "null")
    return words if plain and not reserved else json.dumps(words, ensure_ascii=False)


def entry(column: Column, header: str, cells: list, below: str) -> str:
    """The entry of ``column``: its header; a unit or the meaning of codes where cells need it.

    ``below`` is the text in a row of units under the header, "" where there is none.
    """
    bare = header.removeprefix("TODO ")
    numbers = [c for c in cells if isinstance(c, (int, float)) and not isinstance(c, bool)]
    if column.kind in UNIT_NEEDED and numbers and not unit_in_header(bare):
        unit = below or "TODO which unit"
        return f"{{header: {text(header)}, unit: {text(unit)}}}"
    if column.kind in CODED and (codes := _codes(cells)):
        meanings = ", ".join(f'"{code}": TODO' for code in codes)
        return f"{{header: {text(header)}, codebook: {{{meanings}}}}}"
    return text(header)


def _codes(cells: list) -> list[str]:
    """The codes of a column that holds nothing but a few whole numbers."""
    shown = {str(c).strip() for c in cells}
    codes = [c.removesuffix(".0") for c in shown]
    coded = codes and len(codes) <= MOST_CODES and all(re.fullmatch(r"-?\d{1,3}", c) for c in codes)
    return sorted(codes, key=int) if coded else []


def says_whether(cells: list) -> bool:
    """Whether cells answer yes or no and so are no dates."""
    words = {str(c).strip().casefold().removesuffix(".0") for c in cells}
    return bool(words) and words <= {"0", "1", "y", "n", "yes", "no", "ja", "nein", "j", "2"}


def below(sheet: Sheet, row: int, column: int) -> list:
    """The filled values below a header."""
    return [
        line[column].value
        for number, line in sorted(sheet.rows.items())
        if number > row and column in line and not line[column].blank
    ]


def units_row(sheet: Sheet, row: int, id_column: int) -> int:
    """The row right below the header where it holds texts and no study id; else 0."""
    cells = [cell for cell in sheet.rows.get(row + 1, {}).values() if not cell.blank]
    texts = all(isinstance(cell.value, str) for cell in cells)
    return row + 1 if cells and texts and all(c.column != id_column for c in cells) else 0


def numbered(headers: Iterable[str], place: str) -> dict[str, str]:
    """Header -> the same with {place} for its last number, where several differ only in it."""
    stems = {header: LAST_NUMBER.sub(f"{{{place}}}", header) for header in headers}
    many = Counter(stems.values())
    return {header: stem for header, stem in stems.items() if stem != header and many[stem] > 1}


def three_columns(members: Iterable[Header], shown: Mapping[int, str], caption: str) -> str:
    """The entry of a date whose year, month and day stand below one caption; "" if they do not."""
    parts = {PARTS[m.text]: shown[m.column] for m in members if m.text in PARTS}
    if not caption or len(parts) < 3:
        return ""
    given = ", ".join(f"{key}: {text(parts[key])}" for key in ("header", "month", "day"))
    return f"{{{given}, group: {text(caption)}}}"
