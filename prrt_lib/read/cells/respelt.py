"""One slip of the keyboard in a long word, where only one value can be meant."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

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
