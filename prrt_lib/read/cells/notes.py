"""A cell's text without what leaves its value as it is: labels, brackets around all, notes; and
with one slip of the keyboard mended where only one value can be meant."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache, lru_cache

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.text import SPELLINGS, folded

WORDS = load_words(SPELLINGS / "notes.yaml")
BRACKETED = re.compile(r"(?P<value>.+?) ?(?:\((?P<round>[^()]+)\)|\[(?P<square>[^\[\]]+)\])")
MARKED = re.compile(r"(?P<value>.+?)(?: ?[,;:] ?| - | -(?=[a-z]))(?P<note>[a-z].*)")
PLAIN = re.compile(r"(?P<value>.*[a-z%0-9)]) (?P<note>(?:[a-z]|[0-9]{2,3}[a-z])[a-z0-9./-]*)")
# Numbers that belong to a note: a cycle's, the cells counted, the year of the specimen.
NUMBERED = re.compile(
    r"\b(?:(?:cycle|zyklus|prrt|infusion|course) ?|c)[1-9]\b|\b[1-9]\. (?:zyklus|cycle)\b|"
    r"(?<![a-z0-9])# ?[1-9]\b|\bn ?= ?[0-9]{2,5}\b|"
    r"\b[0-9]{2,5} (?=(?:tumou?r )?cells\b)|\bas (?:planned|prescribed|scheduled)\b"
)
YEAR = re.compile(r"(?<=[a-z] )(?:19|20)[0-9]{2}\b")
YEAR_ALONE = re.compile(r"(?:19|20)[0-9]{2}")
SHARE = re.compile(r"(?:^|(?<= ))(?:[0-9]{1,3} ?%|[1-3]/[2-4])(?= |$)")
REFERENCE = re.compile(r"[0-9]{1,2}|[a-h]")
CLOSING = re.compile(r"(?<=[a-z%])[,;]$")
DATE_IN_BRACKETS = re.compile(r"^\(([^()]*[0-9])\)$")
AROUND_ALL = re.compile(
    r'"([^"]+)"|\'([^\']+)\'|\(([^()]*[a-z%][^()]*)\)|\[([^\[\]]*[a-z%][^\[\]]*)\]'
)


GLUE = frozenset(WORDS["glue"])


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(folded(word) for word in (*WORDS["every"], *WORDS[kind]))


@cache
def _label(kind: str) -> re.Pattern:
    labels = sorted(map(folded, WORDS["labels"].get(kind, ())), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, labels))}) ?[:=] ?(?=.)" if labels else r"$^")


@lru_cache(maxsize=65536)
def bare(text: str, kind: str, marked: bool = True) -> str:
    """Folded ``text`` without quotes or brackets around all of it, its label and harmless notes.

    ``marked``: a note needs a bracket, a comma or a dash before it; otherwise its words may follow
    the value directly, as behind an amount. What is no harmless note stays, for the kind to refuse.
    """
    if around := AROUND_ALL.fullmatch(text):
        text = next(part for part in around.groups() if part).strip()
    text = unlabelled(CLOSING.sub("", text), kind)
    if kind == "date":
        text = DATE_IN_BRACKETS.sub(r"\1", text)
    for _ in range(2):
        shorter = _without_last(text, kind, marked)
        if shorter == text:
            break
        text = shorter
    return text


def unlabelled(text: str, kind: str) -> str:
    """``text`` without a label before it that repeats what the column asks."""
    found = _label(kind).match(text)
    return text[found.end() :] if found else text


def _without_last(text: str, kind: str, marked: bool) -> str:
    found = BRACKETED.fullmatch(text)
    if found:
        note = (found["round"] or found["square"]).strip()
        reference = found["square"] and REFERENCE.fullmatch(note)
        certain = reference and (kind == "date" or not found["value"][-1].isdigit())
        if kind in WORDS["labels"] or found["value"].endswith("%"):
            certain = certain or YEAR_ALONE.fullmatch(note)
        return found["value"].strip() if certain or harmless(note, kind) else text
    found = MARKED.fullmatch(text)
    if found and harmless(found["note"], kind):
        return found["value"].strip()
    return text if marked else _without_last_words(text, kind)


def _without_last_words(text: str, kind: str) -> str:
    """``text`` up to the last word that is no word of a note."""
    value, note = text, ""
    while found := PLAIN.fullmatch(value):
        if not _known(found["note"], kind):
            break
        value, note = found["value"], f"{found['note']} {note}"
    return value if harmless(note, kind) else text


def harmless(note: str, kind: str) -> bool:
    """Whether every word of a note is declared to leave the value as it is."""
    left = NUMBERED.sub(" ", note)
    if kind != "date":
        left = YEAR.sub(" ", left)
    if kind == "activity":
        left = SHARE.sub(" ", left)
    words = [word for word in re.split(r"[ ,;:]+", left) if word]
    said = left != note or any(word not in GLUE for word in words)
    return said and all(_known(word, kind) for word in words)


def _known(word: str, kind: str) -> bool:
    return word in GLUE or word in _words(kind) or word.strip(".") in _words(kind)


# A shorter word one letter away is often another word: not and now, ever and never. Beside another
# known word, as in "fomer smoker", less is enough, but a wrong letter is not: marker, marked.
SHORTEST, SHORTEST_BESIDE = 7, 5
WORD = re.compile(r"[a-z]+")


def respelt(text: str, known: frozenset[str]) -> list[str]:
    """``text`` with its one unknown long word replaced by each known word one slip away.

    A slip: one letter too much, too few or wrong, or two neighbours swapped; never the first
    letter, because un-, in- and ex- turn a meaning round. Empty where nothing, or more than one
    word, is unknown.
    """
    words = WORD.findall(text)
    unknown = [word for word in words if word not in known]
    beside = any(len(word) >= SHORTEST_BESIDE for word in words if word in known)
    shortest = SHORTEST_BESIDE if beside else SHORTEST
    if len(unknown) != 1 or len(unknown[0]) < shortest or text.count(unknown[0]) > 1:
        return []
    return [text.replace(unknown[0], meant) for meant in near(unknown[0], known)]


@lru_cache(maxsize=16384)
def near(word: str, known: frozenset[str]) -> tuple[str, ...]:
    """The known words one slip from ``word``."""
    return tuple(sorted(other for other in known if one_slip(word, other)))


def one_slip(word: str, other: str) -> bool:
    """Whether the long words differ by one slip behind their common first letter."""
    if word[:1] != other[:1] or abs(len(word) - len(other)) > 1 or len(other) < SHORTEST_BESIDE:
        return False
    same = 0
    while same < min(len(word), len(other)) and word[same] == other[same]:
        same += 1
    ours, theirs = word[same:], other[same:]
    if len(word) > len(other):  # a letter behind the whole word is no slip inside it
        return bool(theirs) and ours[1:] == theirs
    if len(word) < len(other):
        return ours == theirs[1:]
    swapped = ours[1:2] + ours[:1] + ours[2:]
    wrong = len(word) >= SHORTEST and ours[1:] == theirs[1:]
    return bool(ours) and (wrong or swapped == theirs)


def words_of(phrases: Collection[str]) -> frozenset[str]:
    """All words of letters in ``phrases``."""
    return frozenset(word for phrase in phrases for word in WORD.findall(phrase))
