"""One cell under its declaration -> the typed values of a record."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from prrt_lib.declare.dictionary import DATE_KINDS, INTERVAL_KINDS, Column
from prrt_lib.declare.layout.profiles import Source
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.parsed import VALUED, Parsed
from prrt_lib.read.cells.text import SPELLINGS, spelled, turned
from prrt_lib.read.cells.vocabulary import letter
from prrt_lib.read.parsing import parse

NUMERIC_KINDS = (*INTERVAL_KINDS, "integer")
# Quantities that cannot be negative: a bound "<2" has the lower end 0.
NOT_NEGATIVE = ("activity", "percent_or_range", "mitoses", "lab_value", "age")
# The number of a repeated group after the unit: "Activity (mCi) {cycle_no}".
NUMBER_AT_END = re.compile(r"\s*#?\s*(\{\w+\}|\d+)\s*$")
UNIT_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]+)[)\]]\s*$")
UNIT_AT_END = re.compile(
    r"(%|/\s*\d+\s*hpf|/\s*2\s*mm2|gbq|mbq|mci|[nup\u00b5]g/m?l|[np]mol/l|u/l|mg/dl)\s*$",
    re.IGNORECASE,
)


SEPARATORS = re.compile(r"[+;,/&\n]|\band\b")


@cache
def vocabularies() -> Mapping[str, Mapping[str, str]]:
    """Vocabulary -> spelling -> allowed value; ValueError where a spelling means two things."""
    content = load_words(SPELLINGS / "categories.yaml")
    return {name: turned(name, words, spelled) for name, words in content.items()}


@cache
def _words(allowed: tuple[str, ...], synonyms: str) -> Mapping[str, tuple[str, ...]]:
    """Spelling -> allowed value or values, for one column's declaration."""
    words = {spelled(value): (value,) for value in allowed}
    for spelling, meaning in (vocabularies()[synonyms] if synonyms else {}).items():
        for choice in meaning.split(" | "):
            values = (choice,) if choice in allowed else tuple(choice.split("+"))
            if set(values) <= set(allowed):
                words.setdefault(spelling, values)
                break
    return words


def category_values(
    column: Column, raw: Any, codebook: Mapping[str, str], locale: str = ""
) -> tuple[str, tuple[str, ...], str]:
    """(status, values, reason) of a cell of a category column.

    ``values`` has one member, or several where the column may hold several. A cell that holds
    several words is read only when every one of them is known.
    """
    words, known = _words(column.allowed, column.synonyms), None
    if isinstance(raw, str) and not codebook:
        if single := letter(column.synonyms, spelled(raw), locale):
            return single.status, (str(single.value),) if single.value else (), single.reason
        known = words.get(spelled(raw))
    if known is None:
        parsed = parse("category", raw, codebook=codebook)
        if parsed.status != "ok":
            return parsed.status, (), parsed.reason
        text = str(parsed.value)
        known = words.get(spelled(text))
        if known is None and column.multiple:
            parts = [words.get(spelled(part)) for part in SEPARATORS.split(text.casefold())]
            if all(parts):
                known = tuple({value for part in parts for value in part})
        if known is None and (column.open or not column.allowed):
            return "ok", (" ".join(text.split()),), ""
        if known is None:
            return "ambiguous", (), "unknown-word"
    if len(known) > 1 and "none" in known:
        return "ambiguous", (), "none-beside-others"
    if len(known) > 1 and not column.multiple:
        return "ambiguous", (), "several-values"
    return "ok", tuple(v for v in column.allowed if v in known) or known, ""


@dataclass(frozen=True, slots=True)
class CellRead:
    """What became of one cell: typed column -> value, once per value the cell holds."""

    status: str
    rule: str
    raw: str
    values: tuple[Mapping[str, Any], ...] = ({},)


def unit_in_header(header: str) -> str:
    """The unit a header names: mCi for "Activity (mCi)", % for "Ki67 %"; "" where none."""
    for text in (header, NUMBER_AT_END.sub("", header)):
        for rule in (UNIT_IN_BRACKETS, UNIT_AT_END):
            if found := rule.search(text):
                return found[1].strip()
    return ""


@dataclass
class CellReader:
    """Reads the cells of one column; equal cells are parsed once."""

    column: Column
    source: Source
    epoch: int
    _seen: dict[tuple, CellRead] = field(default_factory=dict)
    _contexts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def read(self, value: Any, number_format: str = "General") -> CellRead:
        """The typed values of a cell, or a refusal with its reason."""
        known = (type(value), value, number_format)
        found = self._seen.get(known)
        if found is None:
            kind = self.source.kind or self.column.kind
            one = self._category if kind == "category" else self._parsed
            found = self._seen[known] = one(value, number_format)
        return found

    def read_cell(self, cell: Any) -> CellRead:
        """:meth:`read` of a cell of a sheet; None where the sheet holds none there."""
        return self.read(None) if cell is None else self.read(cell.value, cell.number_format)

    def _category(self, value: Any, _: str) -> CellRead:
        codebook, locale = self.source.codebook, self.source.locale
        status, words, reason = category_values(self.column, value, codebook, locale)
        name = self.column.value_column
        values = ({name: "+".join(words) or None},)
        if one_row_each(self.column) and words:
            values = tuple({name: word} for word in words)
        return CellRead(status, reason, text_of(value), values)

    def _parsed(self, value: Any, number_format: str) -> CellRead:
        column, raw = self.column, text_of(value)
        kind = self.source.kind or column.kind
        meant = self.source.codebook.get(raw, value)
        word = meant.strip().casefold() if isinstance(meant, str) else ""
        if column.kind == "response" and word.islower() and word in column.allowed:
            # A word that only this column's declaration knows, such as a scan called "baseline".
            parsed = Parsed("ok", word, reason="as-declared")
        else:
            given = told = meant if kind in ("number", "integer") else value
            unit = (self.source.unit or column.unit).casefold()
            if kind in ("number", "integer") and unit and isinstance(told, str):
                # A plain number typed with the unit its column declares anyway: "120 mg".
                plain = told.strip()
                if plain.casefold().endswith(unit):
                    given = plain[: -len(unit)].rstrip()
            parsed = parse(kind, given, **self._context(number_format))
            if given is not told and parsed.reason == "code-or-value":
                # With its unit a number such as -9 is no code for missing.
                parsed = Parsed("ok", float(given), reason="as-written")
        kept = {column.companions["raw"]: raw} if "raw" in column.companions else {}
        if parsed.status not in VALUED:
            return CellRead(parsed.status, parsed.reason, raw, (kept,))
        closed = column.allowed and not column.open and kind not in NUMERIC_KINDS
        if closed and parsed.value not in column.allowed:
            return CellRead("ambiguous", "not-an-allowed-value", raw)
        if kind in DATE_KINDS:
            values = _interval(column, parsed)
        elif kind in NUMERIC_KINDS:
            values = _quantity(column, parsed)
        else:
            values = {column.value_column: parsed.value}
            if column.kind == "smoking":
                values[column.companions["hi"]] = parsed.high
        return CellRead(parsed.status, parsed.reason, raw, ({**values, **kept},))

    def _context(self, number_format: str) -> dict[str, Any]:
        """The declared facts of the column, for cells of one number format."""
        if number_format not in self._contexts:
            source = self.source
            given = {
                "date_order": source.date_order,
                "locale": source.locale,
                "codebook": dict(source.codebook),
                "epoch": int(source.epoch or self.epoch),
                "role": self.column.role,
                "column_unit": source.unit or unit_in_header(source.header),
                "number_format": number_format,
                "zero_unknown": source.zero_unknown == "true",
            }
            self._contexts[number_format] = {name: fact for name, fact in given.items() if fact}
        return self._contexts[number_format]


def text_of(value: Any) -> str:
    """A raw cell as text: ISO for dates, no decimals for whole numbers."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def one_row_each(column: Column) -> bool:
    """Whether several values of a cell become records of their own (symptoms), not one text."""
    return column.multiple and column.table in ("symptoms", "prior_therapies", "metastases")


def _interval(column: Column, parsed: Parsed) -> dict[str, Any]:
    """The interval and its middle day: lo + floor((hi - lo) / 2), decision 8."""
    low = dt.date.fromisoformat(parsed.value)
    high = dt.date.fromisoformat(parsed.high) if parsed.high else low
    parts = column.companions
    return {
        column.value_column: middle(low, high),
        parts["prec"]: parsed.precision or "day",
        parts["lo"]: low,
        parts["hi"]: high,
    }


def middle(low: dt.date, high: dt.date) -> dt.date:
    """The day in the middle of an interval, the earlier one of two."""
    return low + (high - low) // 2


def _quantity(column: Column, parsed: Parsed) -> dict[str, Any]:
    value, parts = parsed.value, column.companions
    floor = 0.0 if column.kind in NOT_NEGATIVE else None
    ceiling = 100.0 if column.kind == "percent_or_range" else None
    op, low, high = {
        "censored-low": ("<", floor, value),
        "censored-high": (">", value, ceiling),
        "range": ("range", value, parsed.high),
    }.get(parsed.status, ("=", value, value))
    values = {column.value_column: value if op == "=" else None}
    ends = {"lo": low, "hi": high, "op": op, "unit": parsed.unit or column.unit or None}
    return {**values, **{parts[part]: end for part, end in ends.items() if part in parts}}


def implausible(column: Column, values: Mapping[str, Any]) -> bool:
    """Whether a record's value of ``column`` lies outside the column's plausible range."""
    found = values.get(column.value_column)
    if column.range is None or found is None:
        return False
    low, high = column.range
    if isinstance(found, dt.date):
        low, high = (dt.date.fromisoformat(end) if end else None for end in column.range)
    return (low is not None and found < low) or (high is not None and found > high)
