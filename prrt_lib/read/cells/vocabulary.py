"""Words and their values: what every kind of word does first, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.measured import shown
from prrt_lib.read.cells.notes import bare, respelt, unlabelled
from prrt_lib.read.cells.parsed import EMPTY, Context, Parsed, ambiguous, invalid, missing, ok
from prrt_lib.read.cells.text import SPELLINGS, absent, folded, is_date, sentinel, turned

DOUBT = re.compile(r"^(.*?)\s*\(?\?+\)?$")
QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
DATE_PARTS = re.compile(r"[dy]|m{1,4}(?=[-/. ]|$)")
EDGE = " .,;:!\"'"


@cache
def _loaded(name: str) -> Mapping[str, Any]:
    return load_words(SPELLINGS / name)


@cache
def spellings(kind: str) -> Mapping[str, str]:
    """Folded spelling -> value; raises ValueError when one spelling stands for two values."""
    return turned(kind, _loaded("words.yaml")[kind], folded)


def letter(kind: str, text: str | None, locale: str | None) -> Parsed | None:
    """What a single letter means in the declared language; None where that decides nothing."""
    language = (locale or "").replace("_", "-").split("-")[0].lower()
    meaning = _loaded("letters.yaml").get(kind, {}).get(language, {}).get(text or "")
    if meaning is None:
        return None
    return ok(meaning, "letter-of-locale") if meaning else ambiguous("letter-of-two-meanings")


def settled(raw: Any, context: Context = EMPTY) -> Parsed | None:
    """The refusal that every kind of word shares: nothing there, an Excel error, a date."""
    # A number that its format shows as a date: Excel turned a typed word into it.
    shown_as = "" if isinstance(raw, (bool, str)) else context.number_format or ""
    if is_date(raw) or DATE_PARTS.search(QUOTED.sub("", shown_as).lower()):
        return invalid("excel-made-a-date")
    return absent(raw)


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


# "PR (partial response)", "SD - stable", "no, never": two wordings of one answer.
TWICE = re.compile(r"(.+?)(?: ?\((.+)\)| - (.+)|[,;:=] (.+))")


@dataclass(frozen=True)
class Opening:
    """How one kind of word begins: what a boolean is, which numbers are values, its long words."""

    kind: str
    boolean: Parsed | Callable[[bool, Context], Parsed] = field(
        default_factory=lambda: invalid("boolean")
    )
    # Whole number -> value, and the two reasons; without them a number is an unexplained code.
    numbers: Mapping[str, str] = field(default_factory=dict)
    number_reasons: tuple[str, str] = ("", "")
    words: frozenset[str] = frozenset()
    # Where a note needs no bracket, comma or dash before it: "grade 3 thrombocytopenia", but
    # "2 liver mets" is no grade.
    unmarked: re.Pattern = re.compile(r"$^")
    # Spellings of values that elsewhere mean that nothing is known.
    values: frozenset[str] = frozenset()

    def __call__(self, read: Callable[[str], Parsed]) -> Callable[[Any, Context], Parsed]:
        """A reader of cells out of ``read``, which reads folded text."""

        def answered(raw: Any, context: Context) -> Parsed:
            if isinstance(raw, bool):
                return self.boolean(raw, context) if callable(self.boolean) else self.boolean
            refused = settled(raw, context)
            meaning, number = coded(raw, context), number_of(raw)
            if refused and meaning is None and as_text(raw) not in self.values:
                return refused
            if meaning is not None:
                return absent(meaning) or answered(meaning, EMPTY)
            if context.codebook and number is not None:
                return invalid("not-in-codebook")
            if single := letter(self.kind, as_text(raw), context.locale):
                return single
            if number is None:
                return self._text(as_text(raw), read)
            if not isinstance(raw, str) and shown(context.number_format).percent:
                return ambiguous("number-format")
            if (value := self.numbers.get(f"{number:g}")) is not None:
                return ok(value, self.number_reasons[0])
            otherwise = self.number_reasons[1]
            return missing_number(raw) or (
                invalid(otherwise) if otherwise else ambiguous("code-without-codebook")
            )

        answered.__doc__ = read.__doc__
        return answered

    def _text(self, text: str, read: Callable[[str], Parsed]) -> Parsed:
        """What ``read`` makes of the text, else of the text without its notes or its slip."""
        found = read(text)
        if found.reason != "unknown-word":
            return found
        twice = self._twice(unlabelled(text, self.kind), read)
        if twice:
            return twice
        shorter = bare(text, self.kind, not self.unmarked.match(text))
        found = read(shorter) if shorter != text else found
        if found.reason != "unknown-word":
            return found
        if twice := self._twice(shorter, read):
            return twice
        # The one word that was meant; none where two meanings are near.
        meant = [one for one in map(read, respelt(shorter, self.words)) if one.status == "ok"]
        if len({(one.value, one.high) for one in meant}) == 1:
            return replace(meant[0], reason="misspelt")
        return unknown(text)

    def _twice(self, text: str, read: Callable[[str], Parsed]) -> Parsed | None:
        parts = TWICE.fullmatch(text)
        if parts is None:
            return None
        one = read(parts[1])
        two = read(next(part for part in parts.groups()[1:] if part))
        if one.status != "ok" or two.status != "ok":
            return None
        same = (one.value, one.high) == (two.value, two.high)
        return replace(one, reason="said-twice") if same else ambiguous("contradicts-itself")
