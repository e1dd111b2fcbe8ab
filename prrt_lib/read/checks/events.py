"""Adverse events: grades that CTCAE defines, order of their dates."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from prrt_lib.declare import dictionary as declared
from prrt_lib.read.checks.question import Question
from prrt_lib.read.patient import Patient

TERMS = Path(declared.__file__).with_name("ctcae_terms.csv")


@cache
def terms() -> Mapping[str, tuple[str, str, str]]:
    """Spelling -> (CTCAE v5 term, system organ class, its grades) of the project's own table."""
    found = {}
    with TERMS.open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            names = [line["term"], *filter(None, line["also"].split(";"))]
            for name in names:
                found[spelled(name)] = (line["term"], line["soc"], line["grades"])
    return found


def spelled(term: str) -> str:
    """An event as it is compared."""
    return re.sub(r"[^a-z0-9]+", " ", term.casefold()).strip()


def grades(patient: Patient) -> Iterator[Question]:
    """A grade that CTCAE v5 does not define for the event; unlisted events are not checked."""
    for event in patient.all("adverse_events"):
        known = terms().get(spelled(event.value("term_verbatim") or ""))
        grade = event.value("grade")
        if known and grade and grade not in known[2]:
            itself = ((event, "grade"),)
            yield Question("grade-not-defined", event, "grade", ((event, "term_verbatim"),), itself)


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
