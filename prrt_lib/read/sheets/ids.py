"""Study ids: which spellings are the same patient, and how the id is printed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

TOKEN = re.compile(r"[^\W\d_]+|[0-9]+")
# Words that say "this is an id" without being part of it: "pt 1" is 1.
WORDS = frozenset(
    {
        "pt",
        "pat",
        "patient",
        "id",
        "subject",
        "subj",
        "case",
        "no",
        "nr",
        "number",
        "study",
        "record",
    }
)
# Rows below the patients: "Total 30", "Mean: 2", "n = 30"; SUM-001 may be an id.
SUMMARY = re.compile(
    r".*=|(sub)?(total|totals|sum|mean|median|average|summe|gesamt)(?![\w-])", re.IGNORECASE
)
LONGEST = 24


# An id stands in many rows.
@lru_cache(maxsize=1 << 16)
def key(text: str) -> str:
    """What all spellings of an id share: case, spaces, hyphens and leading zeros do not matter.

    >>> key("NET-001"), key("net 1"), key("001"), key("Pt 1")
    ('net-1', 'net-1', '1', '1')
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    tokens = [word.lstrip("0") or "0" if word.isdigit() else word for word in TOKEN.findall(plain)]
    while len(tokens) > 1 and tokens[0] in WORDS:
        tokens = tokens[1:]
    return "-".join(tokens)


@lru_cache(maxsize=1 << 16)
def looks_like_id(text: str) -> bool:
    """False for captions, totals ("Total 30", "n = 30") and footnotes in the id column."""
    tokens = TOKEN.findall(text)
    summary = SUMMARY.match(text.strip())
    short = len(text) <= LONGEST and len(tokens) <= 5
    return short and not summary and any(c.isdigit() for c in text)


def spellings(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Key -> the spelling to print: the most common one, then the longest, then the first by
    alphabet, so that the order of rows decides nothing."""
    counts: dict[str, Counter[str]] = {}
    for same, text in pairs:
        counts.setdefault(same, Counter())[text] += 1
    return {
        same: min(counter, key=lambda text: (-counter[text], -len(text), text))
        for same, counter in counts.items()
    }
