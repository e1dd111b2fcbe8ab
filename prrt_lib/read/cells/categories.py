"""Words of a cell -> the allowed values; an unknown word is a question, never a guess."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.dictionary import Column
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.vocabulary import letter
from prrt_lib.read.registry import parse

VOCABULARY = Path(__file__).parent / "spellings" / "vocabulary.yaml"
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
    content = load_words(VOCABULARY)
    return {name: _turned(name, words) for name, words in content.items()}


def _turned(name: str, words: Mapping[str, list[str]]) -> dict[str, str]:
    turned: dict[str, str] = {}
    for value, spellings in words.items():
        for text in spellings:
            same = spelled(str(text))
            if turned.setdefault(same, value) != value:
                raise ValueError(f"vocabulary {name}: {text!r} means two things")
    return turned


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


def read_category(
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
        return _held("ok", known, column)
    parsed = parse("category", raw, **({"codebook": dict(codebook)} if codebook else {}))
    if parsed.status != "ok":
        return parsed.status, (), parsed.reason or ""
    return _known(column, str(parsed.value), words)


def _known(column: Column, text: str, words: Mapping[str, tuple[str, ...]]) -> Answer:
    if known := words.get(spelled(text)):
        return _held("ok", known, column)
    if column.multiple:
        parts = [words.get(spelled(part)) for part in SEPARATORS.split(text.casefold())]
        if all(parts):
            values = {value for part in parts for value in part or ()}
            return _held("ok", tuple(v for v in column.allowed if v in values), column)
    if column.open or not column.allowed:
        return "ok", (" ".join(text.split()),), ""
    return "ambiguous", (), "unknown-word"


def _held(status: str, values: tuple[str, ...], column: Column) -> Answer:
    if len(values) > 1 and "none" in values:
        return "ambiguous", (), "none-beside-others"
    if len(values) > 1 and not column.multiple:
        return "ambiguous", (), "several-values"
    return status, tuple(v for v in column.allowed if v in values) or values, ""
