"""One numeral of a cell, under the number format that the column declares."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.parsed import Parsed, ambiguous, invalid

WORDS = load_words(Path(__file__).parent / "spellings" / "number_words.yaml")
POWER = r"(?:e[+-]?[0-9]{1,2}| ?[x×*] ?10\^-?[0-9]{1,2}(?! ?(?:/|per\b|l\b)))"
NUMERAL = rf"(?:[0-9](?:[0-9.,'’]|(?<=[0-9]) (?=[0-9]{{3}}(?![0-9])))*|[.,][0-9]+){POWER}?"
SPLIT = re.compile(rf"(?P<digits>[0-9.,'’ ]*[0-9])\.?(?P<power>{POWER})?")
PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
THOUSANDS_LIKE = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}|[1-9][0-9]*,[0-9]{3}")


class Refused(Exception):
    """Carries the refusal of a cell out of the depth of a grammar."""

    def __init__(self, parsed: Parsed) -> None:
        super().__init__(parsed.reason)
        self.parsed = parsed


def question(reason: str) -> Refused:
    """More than one reading: what the caller raises."""
    return Refused(ambiguous(reason))


def impossible(reason: str) -> Refused:
    """No reading: what the caller raises."""
    return Refused(invalid(reason))


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
        raise impossible("not-a-number")
    digits, power = parts["digits"], parts["power"] or ""
    declared = marks(locale)
    plain = _declared(digits, *declared) if declared else _undeclared(digits, alone)
    if not PLAIN.fullmatch(plain):
        raise question("number-format")
    value = float(f"{plain}e{_exponent(power)}")
    if value == float("inf"):
        raise impossible("too-large")
    return value


def _exponent(power: str) -> int:
    return int(re.split(r"e|\^", power)[-1]) if power else 0


def _declared(digits: str, decimal: str, thousands: str) -> str:
    """Digits with a point as decimal mark, read as the declared locale writes numbers."""
    whole, mark, rest = digits.partition(decimal)
    if mark and not rest.isdigit():
        raise question("against-locale")
    return _ungrouped(whole, thousands) + (f".{rest}" if mark else "")


def _ungrouped(whole: str, thousands: str) -> str:
    if whole.isdigit() or not whole:
        return whole
    marks_used = {ch for ch in whole if not ch.isdigit()}
    mark = marks_used.pop()
    if marks_used or mark not in thousands or not _groups(whole, mark):
        raise question("against-locale")
    return whole.replace(mark, "")


def _groups(whole: str, mark: str) -> bool:
    first, *others = whole.split(mark)
    return 0 < len(first) <= 3 and first[0] != "0" and all(len(part) == 3 for part in others)


def _undeclared(digits: str, alone: bool) -> str:
    """Digits with a point, only where no locale could read another number."""
    used = [ch for ch in digits if not ch.isdigit()]
    if not used:
        return digits
    if THOUSANDS_LIKE.fullmatch(digits):
        raise question("thousands-or-decimal")
    last = used[-1]
    if " " in used and alone:
        raise question("space-without-locale")
    if last in ".," and used.count(last) == 1:
        if last == "," and len(used) == 1 and alone:
            raise question("comma-without-locale")
        whole, _, rest = digits.rpartition(last)
        return f"{_ungrouped_any(whole, last)}.{rest}"
    return _ungrouped_any(digits, "")


def _ungrouped_any(whole: str, decimal: str) -> str:
    thousands = "".join(ch for ch in ".,'’ " if ch != decimal)
    return _ungrouped(whole, thousands)
