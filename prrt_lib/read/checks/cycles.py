"""PRRT cycles: numbers, days and intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from prrt_lib.read.checks.finding_rows import Finding
from prrt_lib.read.records import Patient, Record

SHORT_DAYS, LONG_DAYS = 28, 182


def treated(patient: Patient) -> Iterator[Finding]:
    """A patient without a dated PRRT."""
    person = patient.one("patients")
    if person and not patient.first_prrt():
        yield Finding("patient-without-prrt", person, "patient_id")


def numbers(patient: Patient) -> Iterator[Finding]:
    """Cycle numbers that stand twice, or that run against the dates."""
    cycles = [
        record for record in patient.all("prrt_cycles") if record.value("cycle_no") is not None
    ]
    counts = Counter(record.value("cycle_no") for record in cycles)
    for number in sorted(number for number, count in counts.items() if count > 1):
        same = [(record, "cycle_no") for record in cycles if record.value("cycle_no") == number]
        yield Finding("cycle-number-twice", *same[0], tuple(same[1:]), tuple(same))
    once = sorted(
        (r for r in cycles if counts[r.value("cycle_no")] == 1 and r.interval("cycle_date")),
        key=lambda record: record.value("cycle_no"),
    )
    for earlier, later in pairwise(once):
        if later.interval("cycle_date")[1] < earlier.interval("cycle_date")[0]:
            related = ((later, "cycle_date"), (earlier, "cycle_date"))
            unused = ((later, "cycle_no"), (earlier, "cycle_no"))
            yield Finding("cycles-out-of-order", later, "cycle_no", related, unused)


def days(patient: Patient) -> Iterator[Finding]:
    """Cycles on the same day, and unusually short or long pauses."""
    full = [
        record for record, (low, high) in patient.dated("prrt_cycles", "cycle_date") if low == high
    ]
    by_day: dict = {}
    for record in sorted(full, key=_rank):
        first = by_day.setdefault(record.value("cycle_date"), record)
        if first is not record:
            related, itself = ((first, "cycle_date"),), ((record, "cycle_date"),)
            yield Finding("cycles-same-day", record, "cycle_date", related, itself)
    for earlier, later in pairwise(by_day[day] for day in sorted(by_day)):
        pause = (later.value("cycle_date") - earlier.value("cycle_date")).days
        if pause < SHORT_DAYS or pause > LONG_DAYS:
            rule = "cycle-interval-short" if pause < SHORT_DAYS else "cycle-interval-long"
            yield Finding(rule, later, "cycle_date", ((earlier, "cycle_date"),))


def _rank(record: Record) -> tuple:
    """By number, unnumbered ones last; then by all values, so that row order decides nothing."""
    number = record.value("cycle_no")
    return (number is None, number or 0.0, str(sorted(record.values.items(), key=str)))
