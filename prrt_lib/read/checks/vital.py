"""Vital status against the date of death and against fatal events."""

from __future__ import annotations

from collections.abc import Iterator

from prrt_lib.read.checks.question import Question
from prrt_lib.read.patient import Patient


def status(patient: Patient) -> Iterator[Question]:
    """Alive with a date of death, dead without one, alive without a last contact."""
    follow = patient.one("followup")
    if follow is None:
        return
    alive = follow.value("vital_status")
    died, contact = follow.interval("death_date"), follow.interval("last_contact_date")
    if alive == "alive" and died:
        yield Question("alive-with-death-date", follow, "vital_status", ((follow, "death_date"),))
    elif alive == "alive" and not contact:
        yield Question("alive-without-contact", follow, "last_contact_date")
    elif alive == "dead" and not died:
        yield Question("dead-without-date", follow, "death_date", ((follow, "vital_status"),))


def fatal_events(patient: Patient) -> Iterator[Question]:
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
            yield Question(
                "fatal-event-alive", event, unused[0][1], ((follow, "vital_status"),), unused
            )


def smoking(patient: Patient) -> Iterator[Question]:
    """Never smoked, and pack-years."""
    person = patient.one("patients")
    if person and person.value("smoking_status") == "never" and person.value("pack_years"):
        both = ((person, "smoking_status"), (person, "pack_years"))
        yield Question("never-smoker-pack-years", person, "smoking_status", (both[1],), both)
