"""Study ids: which spellings are the same patient, and how the id is printed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from prrt_lib.declare.asked.findings import finding
from prrt_lib.read.records import Record

TOKEN = re.compile(r"[^\W\d_]+|[0-9]+")
# Words that say "this is an id" without being part of it: "pt 1" is 1.
WORDS = ("pt", "pat", "patient", "id", "subject", "subj", "case", "no", "nr", "number", "study",
         "record")  # fmt: skip
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


FORM = re.compile(r"(?P<centre>[^/]*/)?(?P<letters>[^\W\d_]+-)?(?P<number>[0-9]+)")


def same_patients(
    lists: Sequence[Sequence[Record]],
) -> tuple[list[list[Record]], list[dict[str, str]]]:
    """The lists with ids that lack, or alone have, the one prefix of all patients' ids replaced,
    and one question per sheet where that was done."""
    known = {r.patient for records in lists for r in records if r.table == "patients"}
    others = {r.patient for records in lists for r in records} - known
    meant = _meant(known, others)
    if not meant:
        return [list(records) for records in lists], []
    first: dict[str, Record] = {}
    for record in (r for records in lists for r in records if r.patient in meant):
        seen = first.setdefault(record.origin[1], record)
        if record.origin < seen.origin:
            first[record.origin[1]] = record
    notes = [
        finding("id-prefix-differs", table=record.table, sheet=sheet, cell=f"A{record.origin[2]}")
        for sheet, record in sorted(first.items())
    ]
    renamed = [
        [replace(r, patient=meant[r.patient]) if r.patient in meant else r for r in records]
        for records in lists
    ]
    return renamed, notes


def _meant(known: Iterable[str], others: Iterable[str]) -> Mapping[str, str]:
    """Id without a row among the patients -> the patient's id, where there is one way only.

    All patients of a centre must be written one way and all the others one other way: "P1" may be
    1 where every patient has the prefix P, never where some have Q or none.
    """
    # (centre, letters, number) of an id as it is compared; None for any other form.
    forms = {
        text: tuple(part or "" for part in found.groups()) if found else None
        for text in (*known, *others)
        for found in [FORM.fullmatch(text)]
    }
    result: dict[str, str] = {}
    for centre in {form[0] for form in forms.values() if form}:
        own = [text for text in known if not forms[text] or forms[text][0] == centre]
        strange = [text for text in others if not forms[text] or forms[text][0] == centre]
        if None in [forms[text] for text in (*own, *strange)]:
            continue
        ways = {forms[text][1] for text in own}, {forms[text][1] for text in strange}
        if all(len(way) == 1 for way in ways) and "" in ways[0] | ways[1] and ways[0] != ways[1]:
            numbers = {forms[text][2]: text for text in own}
            result |= {t: numbers[forms[t][2]] for t in strange if forms[t][2] in numbers}
    return result
