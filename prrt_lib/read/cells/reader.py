"""One cell under its declaration -> the typed values of a record."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prrt_lib.declare.dictionary import DATE_KINDS, INTERVAL_KINDS, Column
from prrt_lib.declare.layout.profiles import Source
from prrt_lib.read.cells.vocabulary import category_values
from prrt_lib.read.parsing import VALUED, Parsed, parse

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


@dataclass(frozen=True, slots=True)
class CellRead:
    """What became of one cell: typed column -> value, once per value the cell holds."""

    status: str
    rule: str
    raw: str
    values: tuple[Mapping[str, Any], ...] = ({},)


def unit_in_header(header: str) -> str:
    """The unit a header names: mCi for "Activity (mCi)", % for "Ki67 %"; "" where none."""
    bare = NUMBER_AT_END.sub("", header)
    found = next(
        (
            hit
            for text in (header, bare)
            for rule in (UNIT_IN_BRACKETS, UNIT_AT_END)
            if (hit := rule.search(text))
        ),
        None,
    )
    return found.group(1).strip() if found else ""


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
            found = self._seen[known] = self._read(value, number_format)
        return found

    def read_cell(self, cell: Any) -> CellRead:
        """:meth:`read` of a cell of a sheet; None where the sheet holds none there."""
        return self.read(None) if cell is None else self.read(cell.value, cell.number_format)

    def _read(self, value: Any, number_format: str) -> CellRead:
        kind = self.source.kind or self.column.kind
        raw = text_of(value)
        if kind == "category":
            status, words, reason = category_values(
                self.column, value, self.source.codebook, self.source.locale
            )
            return CellRead(status, reason, raw, self._categories(words))
        meant = self.source.codebook.get(raw, value)
        if _is_own_word(self.column, meant):
            parsed = Parsed("ok", meant.strip().casefold(), reason="as-declared")
        else:
            if number_format not in self._contexts:
                self._contexts[number_format] = self._context(number_format)
            told = meant if kind in ("number", "integer") else value
            given = self._without_unit(kind, told)
            parsed = parse(kind, given, **self._contexts[number_format])
            if given is not told and parsed.reason == "code-or-value":
                # With its unit a number such as -9 is no code for missing.
                parsed = Parsed("ok", float(given), reason="as-written")
        return self._typed(kind, parsed, raw)

    def _without_unit(self, kind: str, value: Any) -> Any:
        """A plain number typed with the unit its column declares anyway: "120 mg"."""
        unit = (self.source.unit or self.column.unit).casefold()
        if kind not in ("number", "integer") or not unit or not isinstance(value, str):
            return value
        plain = value.strip()
        return plain[: -len(unit)].rstrip() if plain.casefold().endswith(unit) else value

    def _context(self, number_format: str) -> dict[str, Any]:
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
        return {name: value for name, value in given.items() if value}

    def _categories(self, words: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
        name = self.column.value_column
        if one_row_each(self.column) and words:
            return tuple({name: word} for word in words)
        return ({name: "+".join(words) or None},)

    def _typed(self, kind: str, parsed: Parsed, raw: str) -> CellRead:
        if parsed.status not in VALUED:
            kept = {self.column.companions["raw"]: raw} if "raw" in self.column.companions else {}
            return CellRead(parsed.status, parsed.reason, raw, (kept,))
        closed = self.column.allowed and not self.column.open and kind not in NUMERIC_KINDS
        if closed and parsed.value not in self.column.allowed:
            return CellRead("ambiguous", "not-an-allowed-value", raw)
        typed = _date if kind in DATE_KINDS else _quantity if kind in NUMERIC_KINDS else _word
        values = typed(self.column, parsed)
        if "raw" in self.column.companions:
            values[self.column.companions["raw"]] = raw
        return CellRead(parsed.status, parsed.reason, raw, (values,))


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


def _is_own_word(column: Column, value: Any) -> bool:
    """A word that only this column's declaration knows, such as a scan called "baseline"."""
    return (
        column.kind == "response"
        and isinstance(value, str)
        and value.strip().casefold() in [word for word in column.allowed if word.islower()]
    )


def _word(column: Column, parsed: Parsed) -> dict[str, Any]:
    values = {column.value_column: parsed.value}
    if column.kind == "smoking":
        values[column.companions["hi"]] = parsed.high
    return values


def _date(column: Column, parsed: Parsed) -> dict[str, Any]:
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
    if column.range is None:
        return False
    found = values.get(column.value_column)
    low, high = column.range
    if isinstance(found, dt.date):
        low, high = (dt.date.fromisoformat(end) if end else None for end in column.range)
    outside = (low is not None and found is not None and found < low) or (
        high is not None and found is not None and found > high
    )
    return bool(outside)
