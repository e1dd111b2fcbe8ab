"""One numeral of a cell under the declared number format; an amount as people write it: a number,
a bound or a range, each with its unit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.parsed import Ambiguous, Invalid, Refused
from prrt_lib.read.cells.text import SPELLINGS, folded

WORDS = load_words(SPELLINGS / "number_words.yaml")
POWER = r"(?:e[+-]?[0-9]{1,2}| ?[x×*] ?10\^-?[0-9]{1,2}(?! ?(?:/|per\b|l\b)))"
NUMERAL = rf"(?:[0-9](?:[0-9.,'’]|(?<=[0-9]) (?=[0-9]{{3}}(?![0-9])))*|[.,][0-9]+){POWER}?"
SPLIT = re.compile(rf"(?P<digits>[0-9.,'’ ]*[0-9])\.?(?P<power>{POWER})?")
THOUSANDS = ".,'’ "
PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
THOUSANDS_LIKE = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}|[1-9][0-9]*,[0-9]{3}")


def tidy(value: float) -> float:
    """The value at 12 significant digits, so that 200 x 0.037 is 7.4."""
    return float(f"{value:.12g}")


@cache
def marks(locale: str | None) -> tuple[str, str] | None:
    """Decimal mark and thousands marks of a declared locale; None where unknown."""
    if not locale:
        return None
    table, name = WORDS["locales"], locale.replace("_", "-")
    found = table[name] if name in table else table.get(name.split("-")[0].lower())
    return (found[0], found[1].replace("'", "'’")) if found else None


@lru_cache(maxsize=65536)
def numeral(text: str, locale: str | None = None, alone: bool = True) -> float:
    """The number written as ``text``; raises Refused where it can be read in two ways.

    ``alone``: nothing else stands in the cell, so that "2,5" may be a list of two numbers.
    """
    parts = SPLIT.fullmatch(text)
    if parts is None:
        raise Invalid("not-a-number")
    digits, power = parts["digits"], parts["power"] or ""
    if declared := marks(locale):
        decimal, thousands = declared
        whole, mark, rest = digits.partition(decimal)
        if mark and not rest.isdigit():
            raise Ambiguous("against-locale")
        pointed = _ungrouped(whole, thousands) + (f".{rest}" if mark else "")
    else:
        pointed = _undeclared(digits, alone)
    if not PLAIN.fullmatch(pointed):
        raise Ambiguous("number-format")
    exponent = int(re.split(r"e|\^", power)[-1]) if power else 0
    value = float(f"{pointed}e{exponent}")
    if value == float("inf"):
        raise Invalid("too-large")
    return value


def _ungrouped(whole: str, thousands: str) -> str:
    """A whole number without the one mark between its groups of three digits."""
    if whole.isdigit() or not whole:
        return whole
    used = {ch for ch in whole if not ch.isdigit()}
    mark = used.pop()
    first, *others = whole.split(mark)
    grouped = 0 < len(first) <= 3 and first[0] != "0" and all(len(part) == 3 for part in others)
    if used or mark not in thousands or not grouped:
        raise Ambiguous("against-locale")
    return whole.replace(mark, "")


def _undeclared(digits: str, alone: bool) -> str:
    """Digits with a point, only where no locale could read another number."""
    used = [ch for ch in digits if not ch.isdigit()]
    if not used:
        return digits
    if THOUSANDS_LIKE.fullmatch(digits):
        raise Ambiguous("thousands-or-decimal")
    last = used[-1]
    if " " in used and alone:
        raise Ambiguous("space-without-locale")
    if last in ".," and used.count(last) == 1:
        if last == "," and len(used) == 1 and alone:
            raise Ambiguous("comma-without-locale")
        whole, _, rest = digits.rpartition(last)
        return f"{_ungrouped(whole, THOUSANDS.replace(last, ''))}.{rest}"
    return _ungrouped(digits, THOUSANDS)


@dataclass(frozen=True, slots=True)
class Amount:
    """``status`` of a valued cell, its number or two, the unit as looked up, the deciding rule."""

    status: str
    low: float
    high: float | None
    unit: Any
    reason: str

    def converted(self, convert: Callable[[float], float]) -> Amount:
        """The amount with its number or both its numbers converted, at 12 significant digits."""
        high = None if self.high is None else tidy(convert(self.high))
        return replace(self, low=tidy(convert(self.low)), high=high)

    @property
    def most(self) -> float:
        """The greater of its numbers, at least 0."""
        return max(self.low, self.high or 0.0)


def one_of(name: str) -> str:
    """A pattern for the words of one group, longest first, whole words only."""
    words = sorted(WORDS[name], key=len, reverse=True)
    return "|".join(re.escape(w) + (r"(?![a-z])" if w[-1].isalpha() else "") for w in words)


NOTE = re.compile(rf"(?<=\S) ?[(\[](?:[a-h]|{'|'.join(map(re.escape, WORDS['notes']))})[)\]]$")
# Two digits at least: "2+" is a staining score.
PLUS = re.compile(r"([0-9][0-9.,]*[0-9] ?%?) ?\+(?! ?[0-9])(.*)")
# Two lines or a wide gap between digits: two entries, never one number.
APART = re.compile(r"[0-9][^\S\n]{2,}[0-9]|[0-9]\s*[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]\s*[0-9]")
ABOUT = re.compile(rf"(?:{one_of('about')}) ?")
ABOUT_BEHIND = re.compile(rf"(?P<rest>.*[a-z0-9%]),? ?\(?(?:{one_of('about')})\)?$")
# The sign of a column that says =, < or >.
EQUALS = re.compile(r"= ?(?=[0-9.,])")
UPPER, LOWER = (re.compile(rf"(?:{one_of(name)}) ?") for name in ("upper", "lower"))
SINGLE = re.compile(rf"(?P<low>{NUMERAL}) ?(?P<tail>(?![0-9.,]).*)")
RANGE = re.compile(
    rf"(?P<low>{NUMERAL}) ?(?P<mid>(?![0-9.,]).{{0,30}}?) ?(?:{one_of('to')}) ?"
    rf"(?P<high>{NUMERAL}) ?(?P<tail>(?![0-9.,]).*)"
)
BETWEEN = re.compile(
    rf"(?:{one_of('between')}) (?P<low>{NUMERAL}) ?(?P<mid>(?![0-9.,]).{{0,30}}?) ?"
    rf"(?:{one_of('and')}) ?(?P<high>{NUMERAL}) ?(?P<tail>(?![0-9.,]).*)"
)
AFTER = {
    "censored-low": re.compile(rf"(.*?) ?(?:{one_of('or_less')})"),
    "censored-high": re.compile(rf"(.*?) ?(?:{one_of('or_more')})"),
}
NEGATIVE = re.compile(r"- ?[0-9.]")


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """``text`` folded, without the mark of a note; raises Refused where two entries stand in it."""
    if APART.search(text.strip()):
        raise Ambiguous("several-lines")
    return NOTE.sub("", folded(text).removeprefix("'"))


def read_amount(text: str, locale: str | None, unit_of: Callable[[str], Any]) -> Amount:
    """The amount that fills ``text`` (from :func:`plain`) completely; otherwise raises Refused.

    ``unit_of`` gives the unit for the text beside the number, None where there is none, and raises
    Refused on a text that is no unit.
    """
    if text.endswith(("?", "(?)")):
        raise Ambiguous("doubted")
    text, about = approximate(EQUALS.sub("", text, count=1) if text[:1] == "=" else text)
    if NEGATIVE.match(text):
        raise Invalid("negative")
    status, text = _bound(text)
    reason = "approximate" if about else "as-written"
    if status != "ok":
        if about:
            raise Ambiguous("approximate-bound")
        return _single(status, text, locale, unit_of, "bound")
    for pattern in (BETWEEN, RANGE):
        if found := pattern.fullmatch(text):
            try:
                middle, unit = unit_of(found["mid"]), unit_of(found["tail"])
            except Refused:  # "x10^9/l 4-5" is no range
                continue
            if middle is not None and middle != unit:
                raise Ambiguous("two-units")
            alone = not found["tail"]
            low, high = (numeral(found[name], locale, alone) for name in ("low", "high"))
            if low > high:
                raise Invalid("range-backwards")
            if low == high:
                raise Ambiguous("range-of-one-value")
            return Amount("range", low, high, unit, "range")
    return _single("ok", text, locale, unit_of, reason)


def approximate(text: str) -> tuple[str, bool]:
    """The text without "about" before or behind it, and whether there was one."""
    text, about = _without(ABOUT, text)
    behind = None if about else ABOUT_BEHIND.fullmatch(text)
    return (behind["rest"], True) if behind else (text, about)


def _without(pattern: re.Pattern, text: str) -> tuple[str, bool]:
    found = pattern.match(text)
    return (text[found.end() :], True) if found else (text, False)


def _bound(text: str) -> tuple[str, str]:
    for status, pattern in (("censored-low", UPPER), ("censored-high", LOWER)):
        rest, found = _without(pattern, text)
        if found:
            return status, rest
    plus = PLUS.fullmatch(text)
    if plus:
        return "censored-high", plus[1] + plus[2]
    for status, pattern in AFTER.items():
        found = pattern.fullmatch(text)
        if found:
            return status, found[1]
    return "ok", text


def _single(status: str, text: str, locale: str | None, unit_of: Callable, reason: str) -> Amount:
    found = SINGLE.fullmatch(text)
    if found is None:
        several = len(re.findall(r"[0-9]+", text)) > 1
        raise Ambiguous("several-values") if several else Invalid("not-an-amount")
    tail = found["tail"]
    unit = unit_of(tail)
    low = numeral(found["low"], locale, not tail)
    if status == "censored-low" and low == 0:
        raise Invalid("below-zero")
    return Amount(status, low, None, unit, reason)
