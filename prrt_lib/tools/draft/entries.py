"""The blocks of a drafted profile and their lines: a header, and what its cells leave to decide."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prrt_lib.declare.dictionary import Column
from prrt_lib.read.cells.reader import text_of, unit_in_header
from prrt_lib.read.cells.text import absent
from prrt_lib.tools.draft.content import (
    WORDED,
    known_words,
    read_as,
    says_whether,
    unread_words,
    vital_words,
)
from prrt_lib.tools.draft.headers import time_point

UNIT_NEEDED = ("activity", "lab_value", "mitoses")
CODED = ("category", "sex", "smoking", "response", "relatedness", "isotope")
MOST_CODES = 12
PER_FIELD = re.compile(r"\b(?:per|pro|par|je) (\d+) ?(hpf|mm2|mm²)", re.IGNORECASE)
LAST_NUMBER = re.compile(r"\d+(?=\D*$)")


@dataclass
class DraftBlock:
    """One records block of a draft."""

    table: str
    group: str = ""
    constant: str = ""
    only: str = ""
    visits: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    # (column, header) -> the cells of all columns of the sheet that share the entry.
    cells: dict[tuple[str, str], list] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The block as lines of YAML."""
        yield f"      - table: {self.table}"
        if self.group:
            yield f"        group: {text(self.group)}"
        if self.only:
            yield f"        only: {self.only}"
        if self.visits and "last_contact_date" in self.columns:
            yield "        latest: TODO last_contact_date if the rows are visits, else remove"
        if self.constant:
            # A question where nothing tells when the sample was taken.
            dated = {"timepoint_label", "sample_date"} & set(self.columns)
            known = dated or "timepoint_label" in self.constant
            point = "" if known else ", timepoint_label: TODO which time point"
            yield f"        constants: {{{self.constant.replace('=', ': ')}{point}}}"
            yield "        needs: [value]"
        of_cycles = {"cycle_date", "cycle_no", "activity_gbq"} & set(self.columns)
        if self.table == "prrt_cycles" and not of_cycles:
            yield "        spread: TODO true if abstracted once per patient"
        if self.columns:
            yield "        columns:"
            yield from (f"          {name}: {line}" for name, line in self.columns.items())


def text(words: str) -> str:
    """Text as YAML: quoted unless it is plain words."""
    plain = re.fullmatch(r"[A-Za-z][\w .-]*[\w.]|[A-Za-z]", words)
    reserved = words.lower() in ("yes", "no", "true", "false", "null", "y", "n")
    return words if plain and not reserved else json.dumps(words, ensure_ascii=False)


def listed(words: Iterable[str]) -> str:
    """Texts as a YAML list on one line."""
    return f"[{', '.join(map(text, words))}]"


def entry(
    column: Column, header: str, cells: list, below: str, known: Mapping[str, str] | None = None
) -> str:
    """The entry of ``column``: its header; a unit or the meaning of codes where cells need it.

    ``below`` is the text in a row of units under the header, "" where there is none; ``known``
    what a codebook sheet of the workbook says, which a person confirms.
    """
    bare = header.removeprefix("TODO ")
    unit, codes = "", {}
    numbers = [c for c in cells if isinstance(c, (int, float)) and not isinstance(c, bool)]
    if column.kind in UNIT_NEEDED and not unit_in_header(bare) and (numbers or below):
        unit = below or per_field(bare) or "TODO which unit"
    elif column.kind == "percent_or_range" and below and not unit_in_header(bare):
        unit = below
    points = column.name == "timepoint_label"
    # The codes of a column that holds nothing but a few whole numbers.
    coded = {text_of(cell).strip() for cell in cells}
    if len(coded) > MOST_CODES or not all(re.fullmatch(r"-?\d{1,3}", code) for code in coded):
        coded = set()
    if known and column.kind in WORDED:
        header, codes = f"TODO {bare}", {code: read_as(column, m) for code, m in known.items()}
    elif column.name == "vital_status" and says_whether(cells) and not coded:
        header, codes = f"TODO {bare}", vital_words(cells)
    elif column.kind in CODED and coded:
        codes = dict.fromkeys(sorted(coded, key=int), "TODO")
    elif words := unread_words(column, cells):
        found = {word: points and time_point(word) or "TODO" for word in words}
        codes = {**known_words(column, cells), **found}
        header = f"TODO {bare}" if points else header
    return _line(header, unit, codes)


def chosen(column: Column, header: str, choices: Mapping[str, str]) -> str:
    """The entry of a column whose codes reading knows: no codebook where it understands all."""
    known = set(known_words(column, list(choices.values())))
    known |= {word for word in choices.values() if absent(word) is not None}
    if column.kind not in WORDED or column.open or set(choices.values()) <= known:
        return text(header)
    return _line(header, "", {c: w if w in known else f"TODO {w}" for c, w in choices.items()})


def per_field(header: str) -> str:
    """The unit that a header of mitoses spells out: /10 HPF for "Mitoses per 10 HPF"; or ""."""
    found = PER_FIELD.search(header)
    return f"/{found.group(1)} {found.group(2)}" if found else ""


def _line(header: str, unit: str, codes: Mapping[str, str]) -> str:
    if not unit and not codes:
        return text(header)
    parts = [f"header: {text(header)}"]
    if unit:
        parts.append(f"unit: {text(unit)}")
    if codes:
        pairs = ", ".join(
            f"{json.dumps(code, ensure_ascii=False)}: {text(m)}" for code, m in codes.items()
        )
        parts.append(f"codebook: {{{pairs}}}")
    return f"{{{', '.join(parts)}}}"


def numbered(headers: Iterable[str], place: str) -> dict[str, str]:
    """Header -> the same with {place} for its last number, where several differ only in it."""
    stems = {header: LAST_NUMBER.sub(f"{{{place}}}", header) for header in headers}
    many = Counter(stems.values())
    return {header: stem for header, stem in stems.items() if stem != header and many[stem] > 1}
