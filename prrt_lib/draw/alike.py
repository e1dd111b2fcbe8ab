"""Sentences that differ only in their numbers, told as one."""

from __future__ import annotations

import re
from collections.abc import Iterable

# "PRRT 1" and "Grade 3" are names; what stands in a word is no count either.
NUMBER = re.compile(r"(?<!PRRT )(?<!Grade )(?<!grade )(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\w)")


def kind(text: str) -> str:
    """``text`` with its numbers taken out: what texts have in common that count alike."""
    return NUMBER.sub("#", text)


def summary(texts: Iterable[str]) -> str:
    """One sentence for texts of one kind: "2 to 5 enter late"."""
    texts = list(texts)
    columns = list(zip(*(NUMBER.findall(text) for text in texts), strict=True))
    ranges = iter([_range(column) for column in columns])
    return NUMBER.sub(lambda _: next(ranges), texts[0])


def once_each(texts: Iterable[str]) -> list[str]:
    """Each kind of the parts of ``texts`` (joined by "; ") once, in order, numbers as ranges.

    A part that names a range itself is never merged: "2 to 7 to 2.75 to 8.5" says nothing.
    """
    kinds: dict[str, list[str]] = {}
    for text in texts:
        for part in text.split("; "):
            if part.strip():
                same = kind(part)
                kinds.setdefault(part if "# to #" in same else same, []).append(part)
    return [summary(same) for same in kinds.values()]


def _range(numbers: Iterable[str]) -> str:
    ordered = sorted(set(numbers), key=float)
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"
