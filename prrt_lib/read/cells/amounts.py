"""An amount as people write it: a number, a bound or a range, each with its unit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from prrt_lib.read.cells.numbers import NUMERAL, WORDS, Refused, impossible, numeral, question
from prrt_lib.read.cells.text import folded


@dataclass(frozen=True, slots=True)
class Amount:
    """``status`` of a valued cell, its number or two, the unit as looked up, the deciding rule."""

    status: str
    low: float
    high: float | None
    unit: Any
    reason: str


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
DIGITS = re.compile(r"[0-9]+")


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """``text`` folded, without the mark of a note; raises Refused where two entries stand in it."""
    if APART.search(text.strip()):
        raise question("several-lines")
    return NOTE.sub("", folded(text).removeprefix("'"))


def read_amount(text: str, locale: str | None, unit_of: Callable[[str], Any]) -> Amount:
    """The amount that fills ``text`` (from :func:`plain`) completely; otherwise raises Refused.

    ``unit_of`` gives the unit for the text beside the number, None where there is none, and raises
    Refused on a text that is no unit.
    """
    if text.endswith(("?", "(?)")):
        raise question("doubted")
    text, about = approximate(EQUALS.sub("", text, count=1) if text[:1] == "=" else text)
    if NEGATIVE.match(text):
        raise impossible("negative")
    status, text = _bound(text)
    reason = "approximate" if about else "as-written"
    if status != "ok":
        if about:
            raise question("approximate-bound")
        return _single(status, text, locale, unit_of, "bound")
    for pattern in (BETWEEN, RANGE):
        found = pattern.fullmatch(text)
        if found and _fits(found, unit_of):
            return _range(found, locale, unit_of)
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
        raise _unread(text)
    tail = found["tail"]
    unit = unit_of(tail)
    low = numeral(found["low"], locale, not tail)
    if status == "censored-low" and low == 0:
        raise impossible("below-zero")
    return Amount(status, low, None, unit, reason)


def _fits(found: re.Match, unit_of: Callable) -> bool:
    """Whether both texts beside the numbers are units: "x10^9/l 4-5" is no range."""
    try:
        unit_of(found["mid"])
        unit_of(found["tail"])
    except Refused:
        return False
    return True


def _range(found: re.Match, locale: str | None, unit_of: Callable) -> Amount:
    middle, unit = unit_of(found["mid"]), unit_of(found["tail"])
    if middle is not None and middle != unit:
        raise question("two-units")
    low, high = (numeral(found[name], locale, not found["tail"]) for name in ("low", "high"))
    if low > high:
        raise impossible("range-backwards")
    if low == high:
        raise question("range-of-one-value")
    return Amount("range", low, high, unit, "range")


def _unread(text: str) -> Exception:
    if len(DIGITS.findall(text)) > 1:
        return question("several-values")
    return impossible("not-an-amount")
