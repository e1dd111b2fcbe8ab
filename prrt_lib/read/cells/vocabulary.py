"""Words and their values: what every kind of word does first, once, and the words of a category."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.dictionary import Column
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.notes import bare, respelt, unlabelled
from prrt_lib.read.cells.number_formats import shown
from prrt_lib.read.cells.text import absent, folded, is_date, sentinel
from prrt_lib.read.parsing import EMPTY, Context, Parsed, ambiguous, invalid, missing, ok, parse

FOLDER = Path(__file__).parent / "spellings"
WORDS, CATEGORIES, LETTERS = (
    FOLDER / name for name in ("words.yaml", "categories.yaml", "letters.yaml")
)
DOUBT = re.compile(r"^(.*?)\s*\(?\?+\)?$")
QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
DATE_PARTS = re.compile(r"[dy]|m{1,4}(?=[-/. ]|$)")
EDGE = " .,;:!\"'"


@cache
def spellings(kind: str) -> Mapping[str, str]:
    """Folded spelling -> value; raises ValueError when one spelling stands for two values."""
    return _turned(kind, load_words(WORDS)[kind], folded)


def _turned(
    name: str, words: Mapping[str, list[str]], compared: Callable[[str], str]
) -> dict[str, str]:
    table: dict[str, str] = {}
    for value, spellings_ in words.items():
        for text in spellings_:
            same = compared(str(text))
            if table.setdefault(same, value) != value:
                raise ValueError(f"{name}: {text!r} stands for {table[same]} and {value}")
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


Reader = Callable[[Any, Context], Parsed]
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

    def __call__(self, read: Callable[[str], Parsed]) -> Reader:
        """A reader of cells out of ``read``, which reads folded text."""

        def answered(raw: Any, context: Context) -> Parsed:
            if isinstance(raw, bool):
                return self.boolean(raw, context) if callable(self.boolean) else self.boolean
            refused = settled(raw, context)
            known = as_text(raw) in self.values or coded(raw, context) is not None
            if refused and not known:
                return refused
            through = through_codebook(raw, context, lambda text: answered(text, EMPTY))
            if through:
                return through
            single = letter(self.kind, as_text(raw), context.locale)
            if single:
                return single
            number = number_of(raw)
            if number is None:
                return self._text(as_text(raw), read)
            if not isinstance(raw, str) and shown(context.number_format).percent:
                return ambiguous("number-format")
            return self._code(raw, number)

        answered.__doc__ = read.__doc__
        return answered

    def _code(self, raw: Any, number: float) -> Parsed:
        value = self.numbers.get(f"{number:g}")
        if value is not None:
            return ok(value, self.number_reasons[0])
        if self.number_reasons[1]:
            return missing_number(raw) or invalid(self.number_reasons[1])
        return missing_number(raw) or ambiguous("code-without-codebook")

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
        return self._twice(shorter, read) or self._respelt(shorter, read) or unknown(text)

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

    def _respelt(self, text: str, read: Callable[[str], Parsed]) -> Parsed | None:
        """The value of the one word that was meant; None where two meanings are near."""
        found = [read(meant) for meant in respelt(text, self.words)]
        found = [one for one in found if one.status == "ok"]
        values = {(one.value, one.high) for one in found}
        return replace(found[0], reason="misspelt") if found and len(values) == 1 else None


SEPARATORS = re.compile(r"[+;,/&\n]|\band\b")
FOOTNOTE = re.compile(r"[\s*†‡.:]+$")
Answer = tuple[str, tuple[str, ...], str]


def spelled(text: str) -> str:
    """A word as it is compared: width, case, blanks, hyphens, footnote marks do not matter."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub(r"[\s_\u2010-\u2015-]+", " ", plain).strip()
    return FOOTNOTE.sub("", plain) or plain


@cache
def vocabularies() -> Mapping[str, Mapping[str, str]]:
    """Vocabulary -> spelling -> allowed value; ValueError where a spelling means two things."""
    content = load_words(CATEGORIES)
    return {name: _turned(name, words, spelled) for name, words in content.items()}


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
) -> Answer:
    """(status, values, reason) of a cell of a category column.

    ``values`` has one member, or several where the column may hold several. A cell that holds
    several words is read only when every one of them is known.
    """
    words = _words(column.allowed, column.synonyms)
    single = letter(column.synonyms, spelled(raw), locale) if isinstance(raw, str) else None
    if single and not codebook:
        return single.status, (str(single.value),) if single.value else (), single.reason or ""
    if isinstance(raw, str) and not codebook and (known := words.get(spelled(raw))):
        return _held(known, column)
    parsed = parse("category", raw, **({"codebook": dict(codebook)} if codebook else {}))
    if parsed.status != "ok":
        return parsed.status, (), parsed.reason or ""
    return _known(column, str(parsed.value), words)


def _known(column: Column, text: str, words: Mapping[str, tuple[str, ...]]) -> Answer:
    if known := words.get(spelled(text)):
        return _held(known, column)
    if column.multiple:
        parts = [words.get(spelled(part)) for part in SEPARATORS.split(text.casefold())]
        if all(parts):
            values = {value for part in parts for value in part or ()}
            return _held(tuple(v for v in column.allowed if v in values), column)
    if column.open or not column.allowed:
        return "ok", (" ".join(text.split()),), ""
    return "ambiguous", (), "unknown-word"


def _held(values: tuple[str, ...], column: Column) -> Answer:
    if len(values) > 1 and "none" in values:
        return "ambiguous", (), "none-beside-others"
    if len(values) > 1 and not column.multiple:
        return "ambiguous", (), "several-values"
    return "ok", tuple(v for v in column.allowed if v in values) or values, ""
