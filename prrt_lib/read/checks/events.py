"""Cycles of PRRT, adverse events and vital status: numbers, grades, pauses, who is alive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from prrt_lib.declare.adverse_terms import spelled, terms
from prrt_lib.read.checks.finding_rows import Finding
from prrt_lib.read.records import Patient, Record


def grades(patient: Patient) -> Iterator[Finding]:
    """A grade that CTCAE v5 does not define for the event; unlisted events are not checked."""
    for event in patient.all("adverse_events"):
        known = terms().get(spelled(event.value("term_verbatim") or ""))
        grade = event.value("grade")
        if known and grade and grade not in known.grades:
            itself = ((event, "grade"),)
            yield Finding("grade-not-defined", event, "grade", ((event, "term_verbatim"),), itself)


RELATED = ("possible", "probable", "definite", "related")


def related(patient: Patient) -> Iterator[Finding]:
    """Related to PRRT, and begun before the first one (decision 29)."""
    first = patient.first_prrt()
    for event, days in patient.dated("adverse_events", "onset_date"):
        if first and days[1] < first[0] and event.value("related_prrt") in RELATED:
            itself = ((event, "related_prrt"),)
            where = ((event, "onset_date"),)
            yield Finding("related-before-prrt", event, "related_prrt", where, itself)


ORDERS = (
    ("resolution-before-onset", "onset_date", "resolution_date"),
    ("discharge-before-admission", "hospital_in", "hospital_out"),
)


def order(patient: Patient) -> Iterator[Finding]:
    """An end before its beginning."""
    for event in patient.all("adverse_events"):
        for rule, start, end in ORDERS:
            begun, ended = event.interval(start), event.interval(end)
            if begun and ended and ended[1] < begun[0]:
                yield Finding(rule, event, end, ((event, start),), ((event, end),))


def status(patient: Patient) -> Iterator[Finding]:
    """Alive with a date of death, dead without one, alive without a last contact."""
    follow = patient.one("followup")
    if follow is None:
        return
    alive = follow.value("vital_status")
    died, contact = follow.interval("death_date"), follow.interval("last_contact_date")
    if alive == "alive" and died:
        yield Finding("alive-with-death-date", follow, "vital_status", ((follow, "death_date"),))
    elif alive == "alive" and not contact:
        yield Finding("alive-without-contact", follow, "last_contact_date")
    elif alive == "dead" and not died:
        yield Finding("dead-without-date", follow, "death_date", ((follow, "vital_status"),))


def fatal_events(patient: Patient) -> Iterator[Finding]:
    """A fatal adverse event in a patient who is alive."""
    follow = patient.one("followup")
    if follow is None or follow.value("vital_status") != "alive" or follow.interval("death_date"):
        return
    for event in patient.all("adverse_events"):
        unused = tuple(
            (event, column)
            for column, fatal in (("grade", "5"), ("ser_death", "yes"))
            if event.value(column) == fatal
        )
        if unused:
            related = ((follow, "vital_status"),)
            yield Finding("fatal-event-alive", event, unused[0][1], related, unused)


def smoking(patient: Patient) -> Iterator[Finding]:
    """Never smoked, and pack-years."""
    person = patient.one("patients")
    if person and person.value("smoking_status") == "never" and person.value("pack_years"):
        both = ((person, "smoking_status"), (person, "pack_years"))
        yield Finding("never-smoker-pack-years", person, "smoking_status", (both[1],), both)


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
