"""A cell's number format, and any raw cell of a numeric column as an amount with its unit.

Each kind then decides on limits.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.numbers import Amount, plain, read_amount
from prrt_lib.read.cells.parsed import Ambiguous, Context, Invalid, Missing, Parsed, Refused
from prrt_lib.read.cells.text import SPELLINGS, absent, folded, is_date, normal, sentinel, turned

PIECE = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|(\[[^\]]*\])|(.)', re.DOTALL)
PLACEHOLDER = re.compile(r"[0#?]")
DATE_LETTER = re.compile(r"[dmyhsjt]", re.IGNORECASE)
CONDITION = re.compile(r"\[[<>=]")
ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Format:
    """``before`` and ``after`` are the literals around the number as the reader sees them."""

    before: str = ""
    after: str = ""
    percent: bool = False
    is_date: bool = False
    doubtful: bool = False


NOTHING = Format()


@lru_cache(maxsize=4096)
def shown(number_format: str | None, negative: bool = False) -> Format:
    """The meaning that a number format adds to a positive or a negative number.

    A section of its own for negative numbers that shows neither minus nor brackets nor a colour
    leaves the reader a positive one: doubtful.
    """
    if not number_format or number_format.strip().lower() in ("general", "standard", "@"):
        return NOTHING
    section, own = _section(number_format, negative)
    before, after, code = _literals(section)
    signed = not own or any(mark in section for mark in "-([")
    if ELAPSED.search(code):
        return Format(is_date=True)
    bare = re.sub(r"\[[^\]]*\]", "", code)
    if not PLACEHOLDER.search(bare):
        return Format(is_date=bool(DATE_LETTER.search(bare)), doubtful=True)
    return Format(
        before.strip("-( ") if negative else before.strip(),
        after.strip(") ") if negative else after.strip(),
        "%" in bare,
        bool(re.search(r"[dmyhs]", bare, re.IGNORECASE)),
        bool(CONDITION.search(number_format)) or not signed,
    )


def _section(number_format: str, negative: bool = False) -> tuple[str, bool]:
    """The section for positive or negative numbers, and whether negative ones have their own.

    A semicolon in quotes separates nothing.
    """
    sections = [""]
    for piece in PIECE.finditer(number_format):
        if piece[4] == ";":
            sections.append("")
        else:
            sections[-1] += piece[0]
    own = negative and len(sections) > 1
    return sections[1 if own else 0], own


def _literals(section: str) -> tuple[str, str, str]:
    before, after, code = "", "", ""
    for piece in PIECE.finditer(section):
        literal = piece[1] if piece[1] is not None else piece[2]
        exponent = piece[4] == "+" and code[-1:] in ("e", "E")
        if literal is None and piece[4] and piece[4] in "<>~$€£+" and not exponent:
            literal = piece[4]
        if literal is None:
            code += piece[3] or piece[4] or ""
        elif PLACEHOLDER.search(re.sub(r"\[[^\]]*\]", "", code)):
            after += literal
        else:
            before += literal
    return before, after, code


def month_or_year(number_format: str | None) -> str | None:
    """ "month" or "year" where a date format shows no finer part; None otherwise."""
    if not number_format:
        return None
    _, _, code = _literals(_section(number_format)[0])
    letters = re.sub(r"\[[^\]]*\]|am/pm|[^dmyhsjt]", "", code.lower())
    if not letters or set(letters) - set("myj"):
        return None
    return "month" if "m" in letters else "year"


# Litre and gram prefixes that differ from another unit in case alone: G/L is giga, g/L gram.
CASE_DECIDES = re.compile(
    r"(?<![A-Za-z])(?:G|T)\s?/\s?[lL]\b|(?<![A-Za-z])M(?:U|IU|mol|g)\s?/|\bM\b"
)


@cache
def units(group: str) -> Mapping[str, str]:
    """Squeezed spelling -> canonical unit, of one group of units.yaml."""
    words = load_words(SPELLINGS / "units.yaml")[group]
    return turned(group, {unit: [unit, *others] for unit, others in words.items()}, squeezed)


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
    found = units(group).get(squeezed(text))
    if found is None:
        raise Ambiguous("unknown-unit")
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
        raise Ambiguous("no-unit")
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


def measured(
    raw: Any, context: Context, unit_of: Callable[[str], Any], signed: bool = False
) -> Amount:
    """The amount of a cell that is not absent; raises Refused where it is none."""
    if isinstance(raw, str):
        text = PLUS.sub("", plain(raw))
        rest = text[1:].strip()
        if not text.startswith("-") or not (signed or rest.isdecimal()):
            return read_amount(text, context.locale, unit_of)
        amount = read_amount(rest, context.locale, unit_of)
        if amount.status != "ok" or amount.reason != "as-written":
            raise Invalid("negative")
        return _negative(amount, signed, text.endswith("%"), context.column_unit)
    if isinstance(raw, bool) or is_date(raw):
        raise Invalid("date-in-number-column" if is_date(raw) else "boolean")
    if not isinstance(raw, (int, float)):
        raise Invalid("not-a-number")
    try:
        value = float(raw)
    except OverflowError:
        raise Invalid("too-large") from None
    if value in (float("inf"), float("-inf")):
        raise Invalid("infinite")
    facts = shown(context.number_format, value < 0) if context.number_format else NOTHING
    if facts.is_date:
        raise Invalid("date-in-number-column")
    amount = Amount("ok", abs(value), None, None, "as-written")
    if facts is not NOTHING:
        amount = _displayed(amount.low, facts, unit_of)
    if value >= 0:
        return amount
    if amount.status != "ok":
        raise Ambiguous("number-format")
    return _negative(amount, signed, facts.percent, context.column_unit)


def _displayed(size: float, facts: Format, unit_of: Callable[[str], Any]) -> Amount:
    """The amount that a number is under its format, which may show a bound, a unit, a percent."""
    status = BOUNDS.get(facts.before)
    if facts.doubtful or status is None:
        raise Ambiguous("number-format")
    about = status == "ok" and facts.before not in ("", "+")
    unit = unit_of("%" if facts.percent else plain(facts.after))
    low = size * 100 if facts.percent else size
    return Amount(status, low, None, unit, "approximate" if about else "number-format")


def _negative(amount: Amount, signed: bool, percent: bool, unit: str | None) -> Amount:
    """The amount below zero where the kind has such. ``percent``: the cell shows its own sign;
    ``unit``: the column's. A small one with neither may be a code for missing."""
    value, bare = -amount.low, not percent and amount.unit is None
    if signed and value in SMALL_CODES:
        if bare and unit != "%":
            raise Ambiguous("code-or-value")
    elif bare and sentinel(value):
        raise Missing("sentinel")
    if not signed:
        raise Invalid("negative")
    return Amount("ok", value, None, amount.unit, amount.reason)


def refuse_codes(amount: Amount) -> None:
    """Raises Refused where a bare number is a code for missing that the kind never holds."""
    if amount.status == "ok" and amount.unit is None and amount.low in HIGH_CODES:
        raise Missing("sentinel")
