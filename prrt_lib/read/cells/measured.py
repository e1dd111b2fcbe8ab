"""Any raw cell of a numeric column as an amount with its unit; its kind then decides on limits."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.number_formats import NOTHING, shown
from prrt_lib.read.cells.numbers import Amount, Refused, impossible, plain, question, read_amount
from prrt_lib.read.cells.text import absent, folded, is_date, normal, sentinel
from prrt_lib.read.parsing import Context, Parsed, missing

UNITS = Path(__file__).parent / "spellings" / "units.yaml"
# Litre and gram prefixes that differ from another unit in case alone: G/L is giga, g/L gram.
CASE_DECIDES = re.compile(
    r"(?<![A-Za-z])(?:G|T)\s?/\s?[lL]\b|(?<![A-Za-z])M(?:U|IU|mol|g)\s?/|\bM\b"
)


@cache
def spellings(group: str) -> Mapping[str, str]:
    """Squeezed spelling -> canonical unit, of one group of units.yaml."""
    table: dict[str, str] = {}
    for unit, others in load_words(UNITS)[group].items():
        for text in (unit, *others):
            key = squeezed(str(text))
            if table.setdefault(key, unit) != unit:
                raise ValueError(f"units.yaml: {text!r} means two units")
    return table


@lru_cache(maxsize=4096)
def squeezed(text: str) -> str:
    """A unit without blanks, case, closing points and brackets around it."""
    text = folded(text).replace("μ", "u").replace("µ", "u").replace("×", "x").replace("⁄", "/")
    text = re.sub(r" per | pro |^per ", "/", text)
    text = re.sub(r"\s+", "", text).rstrip(".")
    inner = re.fullmatch(r"[(\[]([^()\[\]]*)[)\]]", text)
    return inner[1] if inner else text


def known_unit(text: str, group: str) -> str | None:
    """Canonical unit of ``text``, None for no text; raises Refused on an unknown unit."""
    if not text:
        return None
    found = spellings(group).get(squeezed(text))
    if found is None:
        raise question("unknown-unit")
    return found


def declared(column_unit: str | None, group: str) -> str | None:
    """The unit of the header or profile, None where none is declared."""
    if column_unit is None or not normal(column_unit):
        return None
    return known_unit(column_unit, group)


def decided(cell: str | None, column_unit: str | None, group: str) -> str:
    """The unit of the cell, else of the column; raises Refused where neither has one."""
    chosen = cell or declared(column_unit, group)
    if chosen is None:
        raise question("no-unit")
    return chosen


# Codes for "missing" that a value could also be: each kind says which of them it never holds.
HIGH_CODES = (999.0, 9999.0)
PLUS = re.compile(r"^\+ ?(?=[0-9.])")
# Negative codes that a change in percent could also be.
SMALL_CODES = (-1.0, -8.0, -9.0, -88.0)
BOUNDS = {
    "": "ok", "+": "ok", "~": "ok", "≈": "ok", "ca.": "ok", "approx.": "ok",
    "<": "censored-low", "≤": "censored-low", "<=": "censored-low", "up to": "censored-low",
    ">": "censored-high", "≥": "censored-high", ">=": "censored-high",
}  # fmt: skip


def reader(read: Callable[[Any, Context], Parsed]) -> Callable[[Any, Context], Parsed]:
    """``read`` with the refusals that it raises given back as its answer."""

    @functools.wraps(read)
    def answered(raw: Any, context: Context) -> Parsed:
        try:
            return absent(raw) or read(raw, context)
        except Refused as refusal:
            return refusal.parsed

    return answered


def measured(raw: Any, context: Context, unit_of: Callable[[str], Any], signed: bool = False):
    """The Amount of a cell that is not absent; raises Refused where it is none."""
    if isinstance(raw, str):
        return _text(raw, context, unit_of, signed)
    if isinstance(raw, bool) or is_date(raw):
        raise impossible("date-in-number-column" if is_date(raw) else "boolean")
    if not isinstance(raw, (int, float)):
        raise impossible("not-a-number")
    return _number(raw, context, unit_of, signed)


def _text(raw: str, context: Context, unit_of: Callable, signed: bool) -> Amount:
    text = PLUS.sub("", plain(raw))
    minus = text.startswith("-")
    if minus and (signed or text[1:].strip().isdecimal()):
        amount = read_amount(text[1:].strip(), context.locale, unit_of)
        if amount.status != "ok" or amount.reason != "as-written":
            raise impossible("negative")
        percent = text.endswith("%")
        return _signed(amount, -amount.low, signed, percent, context.column_unit)
    return read_amount(text, context.locale, unit_of)


def _signed(amount: Amount, value: float, signed: bool, percent: bool, unit: str | None) -> Amount:
    """The negative ``value`` where the kind has such. ``percent``: the cell shows its own sign;
    ``unit``: the column's. A small one with neither may be a code for missing."""
    bare = not percent and amount.unit is None
    if signed and value in SMALL_CODES:
        if bare and unit != "%":
            raise question("code-or-value")
    elif bare and sentinel(value):
        raise Refused(missing("sentinel"))
    if not signed:
        raise impossible("negative")
    return Amount("ok", value, None, amount.unit, amount.reason)


def _number(raw: float, context: Context, unit_of: Callable, signed: bool) -> Amount:
    try:
        value = float(raw)
    except OverflowError:
        raise impossible("too-large") from None
    if value in (float("inf"), float("-inf")):
        raise impossible("infinite")
    facts = shown(context.number_format, value < 0) if context.number_format else NOTHING
    if facts.is_date:
        raise impossible("date-in-number-column")
    size = Amount("ok", abs(value), None, None, "as-written")
    amount = _displayed(size, facts, unit_of) if facts is not NOTHING else size
    if value >= 0:
        return amount
    if amount.status != "ok":
        raise question("number-format")
    return _signed(amount, -amount.low, signed, facts.percent, context.column_unit)


def _displayed(amount: Amount, facts: Any, unit_of: Callable) -> Amount:
    status = BOUNDS.get(facts.before)
    if facts.doubtful or status is None:
        raise question("number-format")
    unit = unit_of("%" if facts.percent else plain(facts.after))
    low = amount.low * 100 if facts.percent else amount.low
    about = status == "ok" and facts.before not in ("", "+")
    reason = "approximate" if about else "number-format"
    return Amount(status, low, None, unit, reason)


def refuse_codes(amount: Amount, codes: tuple[float, ...] = HIGH_CODES) -> None:
    """Raises Refused where a bare number is a code for missing that the kind never holds."""
    if amount.status == "ok" and amount.unit is None and amount.low in codes:
        raise Refused(missing("sentinel"))
