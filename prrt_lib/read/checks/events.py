"""Adverse events and vital status: grades, order of dates, who is alive and who is dead."""

from __future__ import annotations

from collections.abc import Iterator

from prrt_lib.declare.adverse_terms import spelled, terms
from prrt_lib.read.checks.finding_rows import Finding
from prrt_lib.read.records import Patient


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
