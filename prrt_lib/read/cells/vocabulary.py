"""Words and their values: each folded spelling stands for one value of one kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.absent import absent, is_date, sentinel
from prrt_lib.read.cells.text import folded
from prrt_lib.read.context import EMPTY, Context
from prrt_lib.read.parsed import Parsed, ambiguous, invalid, missing, ok

SOURCE = Path(__file__).parent / "spellings" / "words.yaml"
LETTERS = Path(__file__).parent / "spellings" / "letters.yaml"
DOUBT = re.compile(r"^(.*?)\s*\(?\?+\)?$")
QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
DATE_PARTS = re.compile(r"[dy]|m{1,4}(?=[-/. ]|$)")
EDGE = " .,;:!\"'"


@cache
def spellings(kind: str) -> Mapping[str, str]:
    """Folded spelling -> value; raises ValueError when one spelling stands for two values."""
    table: dict[str, str] = {}
    for value, words in load_words(SOURCE)[kind].items():
        for word in words:
            key = folded(str(word))
            if table.setdefault(key, value) != value:
                raise ValueError(f"{kind}: {word!r} stands for {table[key]} and {value}")
    return table


@cache
def _letters() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return load_words(LETTERS)


def letter(kind: str, text: str | None, locale: str | None) -> Parsed | None:
    """What a single letter means in the declared language; None where that decides nothing."""
    language = (locale or "").replace("_", "-").split("-")[0].lower()
    meaning = _letters().get(kind, {}).get(language, {}).get(text or "")
    if meaning is None:
        return None
    return ok(meaning, "letter-of-locale") if meaning else ambiguous("letter-of-two-meanings")


def settled(raw: Any, context: Context = EMPTY) -> Parsed | None:
    """The refusal that every kind of word shares: nothing there, an Excel error, a date."""
    if is_date(raw) or shown_as_date(raw, context):
        return invalid("excel-made-a-date")
    return absent(raw)


def shown_as_date(raw: Any, context: Context) -> bool:
    """A number that its format shows as a date: Excel turned a typed word into it."""
    if isinstance(raw, (bool, str)) or not context.number_format:
        return False
    return bool(DATE_PARTS.search(QUOTED.sub("", context.number_format).lower()))


def as_text(raw: Any) -> str | None:
    """Folded text of a cell; whole numbers without their decimals; None for a bool."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() else repr(raw)
    return folded(str(raw)).strip(EDGE) if isinstance(raw, str) else str(raw)


def coded(raw: Any, context: Context) -> str | None:
    """The codebook's meaning of a cell, None where the codebook does not know it."""
    if not context.codebook:
        return None
    text = "true" if raw is True else "false" if raw is False else as_text(raw)
    for code, meaning in context.codebook.items():
        if as_text(code) == text:
            return str(meaning)
    return None


def number_of(raw: Any) -> float | None:
    """A cell's number when it is one: 2, 2.0, "2", "2.0"; bool is none."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    try:
        return float(folded(raw)) if isinstance(raw, str) else float(raw)
    except (ValueError, OverflowError):
        return None


def missing_number(raw: Any) -> Parsed | None:
    """-99, 999 and 9999 in a column of words are codes for missing."""
    number = number_of(raw)
    if number is not None and (sentinel(number) or number in (99.0, 999.0, 9999.0)):
        return missing("sentinel")
    return None


def looked_up(kind: str, text: str) -> Parsed | None:
    """The value a whole text stands for; a trailing question mark is kept as doubt."""
    table = spellings(kind)
    if text in table:
        return ok(table[text], "known-word")
    doubted = DOUBT.match(text)
    if doubted and doubted[1] and doubted[1].strip(EDGE) in table:
        return ambiguous("doubted")
    return None


def unknown(text: str) -> Parsed:
    """The refusal of a word that is not declared."""
    return ambiguous("unknown-word") if text else missing()


def through_codebook(raw: Any, context: Context, read) -> Parsed | None:
    """What ``read`` makes of the codebook's meaning; a code that it lacks is refused."""
    if not context.codebook:
        return None
    meaning = coded(raw, context)
    if meaning is not None:
        return absent(meaning) or read(meaning)
    number = number_of(raw)
    return invalid("not-in-codebook") if number is not None else None
