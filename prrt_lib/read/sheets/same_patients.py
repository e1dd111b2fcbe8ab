"""Ids that differ only in letters before the number: "P-001" on one sheet, 1 on another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from prrt_lib.declare.findings import finding
from prrt_lib.read.records import Record

FORM = re.compile(r"(?P<centre>[^/]*/)?(?P<letters>[^\W\d_]+-)?(?P<number>[0-9]+)")
Form = tuple[str, str, str]


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
    forms = {text: _form(text) for text in (*known, *others)}
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


def _form(text: str) -> Form | None:
    """(centre, letters, number) of an id as it is compared; None for any other form."""
    found = FORM.fullmatch(text)
    return tuple(part or "" for part in found.groups()) if found else None
