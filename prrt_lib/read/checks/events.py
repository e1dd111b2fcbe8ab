"""Adverse events: grades that CTCAE defines, order of their dates."""

from __future__ import annotations

from collections.abc import Iterator

from prrt_lib.declare.adverse_terms import spelled, terms
from prrt_lib.read.checks.question import Question
from prrt_lib.read.patient import Patient


def grades(patient: Patient) -> Iterator[Question]:
    """A grade that CTCAE v5 does not define for the event; unlisted events are not checked."""
    for event in patient.all("adverse_events"):
        known = terms().get(spelled(event.value("term_verbatim") or ""))
        grade = event.value("grade")
        if known and grade and grade not in known.grades:
            itself = ((event, "grade"),)
            yield Question("grade-not-defined", event, "grade", ((event, "term_verbatim"),), itself)


RELATED = ("possible", "probable", "definite", "related")


def related(patient: Patient) -> Iterator[Question]:
    """Related to PRRT, and begun before the first one (decision 29)."""
    first = patient.first_prrt()
    for event, days in patient.dated("adverse_events", "onset_date"):
        if first and days[1] < first[0] and event.value("related_prrt") in RELATED:
            itself = ((event, "related_prrt"),)
            where = ((event, "onset_date"),)
            yield Question("related-before-prrt", event, "related_prrt", where, itself)


ORDERS = (
    ("resolution-before-onset", "onset_date", "resolution_date"),
    ("discharge-before-admission", "hospital_in", "hospital_out"),
)


def order(patient: Patient) -> Iterator[Question]:
    """An end before its beginning."""
    for event in patient.all("adverse_events"):
        for rule, start, end in ORDERS:
            begun, ended = event.interval(start), event.interval(end)
            if begun and ended and ended[1] < begun[0]:
                yield Question(rule, event, end, ((event, start),), ((event, end),))
