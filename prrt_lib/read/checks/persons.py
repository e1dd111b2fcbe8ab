"""One person under two study ids: the same or nearly the same dates of birth and diagnosis."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import combinations

from prrt_lib.declare.asked.findings import finding
from prrt_lib.read.checks.finding_rows import address
from prrt_lib.read.records import Patient

# A day on which this many patients were born or diagnosed is a placeholder, no evidence.
COMMON = 20


def near(one: dt.date, other: dt.date) -> bool:
    """Whether one slip of typing leads from one date to the other: day and month exchanged, one
    digit different, or two neighbouring digits exchanged.
    """
    if one == other or (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return True
    a, b = one.strftime("%Y%m%d"), other.strftime("%Y%m%d")
    differ = [place for place, pair in enumerate(zip(a, b, strict=True)) if pair[0] != pair[1]]
    if len(differ) == 1:
        return True
    if len(differ) != 2 or differ[1] != differ[0] + 1:
        return False
    return a[differ[0]] == b[differ[1]] and a[differ[1]] == b[differ[0]]


def same_person(patients: Sequence[Patient], printed: dict[str, str]) -> Iterator[dict[str, str]]:
    """A question about the later of two ids whose birth and diagnosis nearly agree.

    Both dates full, one of them the very same day and the other at most one slip of typing away;
    sex not contradictory. First PRRT on the same day stands in for an unknown diagnosis. Pairs are
    looked for among patients who share a day, so the work grows with the registry, not its square.
    """
    # Full dates of birth, diagnosis and first PRRT, and sex; None where not known.
    facts = {}
    for patient in patients:
        person = patient.one("patients")
        spans = (
            person.interval("birth_date") if person else None,
            patient.interval("tumour", "diagnosis_date"),
            patient.first_prrt(),
        )
        full = [span[0] if span and span[0] == span[1] else None for span in spans]
        facts[patient.id] = (*full, person.value("sex") if person else None)
    known = {one.id: one for one in patients}
    found = set()
    for place in (0, 1, 2):
        days: dict[dt.date, list[str]] = {}
        for name, own in facts.items():
            if own[place]:
                days.setdefault(own[place], []).append(name)
        for names in days.values():
            if len(names) <= COMMON:
                found |= {pair for pair in combinations(sorted(names), 2)
                          if _same(*(facts[name] for name in pair), place)}  # fmt: skip
    for first, second in sorted(found):
        person, other = (known[name].one("patients") for name in (second, first))
        seen = person.seen.get("birth_date")
        yield finding(
            "same-person", table="patients", column="birth_date", record=printed[second],
            sheet=seen.sheet, cell=seen.cell, related_cells=address(other, "birth_date"),
        )  # fmt: skip


def _same(one: tuple, other: tuple, shared: int) -> bool:
    """Whether two patients who share the day at ``shared`` agree in the other date as well."""
    if one[3] and other[3] and one[3] != other[3]:
        return False
    born = bool(one[0] and other[0]) and near(one[0], other[0])
    diagnosed = bool(one[1] and other[1])
    return born and (not diagnosed if shared == 2 else diagnosed and near(one[1], other[1]))
