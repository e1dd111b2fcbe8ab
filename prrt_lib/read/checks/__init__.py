"""Contradictions between a patient's cells: what is asked, which values become unused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prrt_lib.declare.findings import finding
from prrt_lib.read.checks import cycles, dates, events, persons, scans
from prrt_lib.read.checks.question import Question, row
from prrt_lib.read.records import Patient, Record

CHECKS = (
    dates.birth,
    dates.diagnosis,
    dates.death,
    dates.consent,
    dates.abstraction,
    dates.lifetime,
    dates.contact,
    events.status,
    events.fatal_events,
    events.smoking,
    cycles.treated,
    cycles.numbers,
    cycles.days,
    scans.progression,
    scans.classes,
    scans.sizes,
    scans.stages,
    scans.labels,
    scans.copies,
    events.grades,
    events.order,
    events.related,
)
CRITERIA = ("ser_death", "ser_life", "ser_hosp", "ser_disab", "ser_congenital", "ser_ime")


def checked(
    patients: Sequence[Patient], printed: Mapping[str, str]
) -> tuple[list[Record], list[dict[str, str]]]:
    """(records without the values that contradictions make unused, findings).

    All checks see the values as written; none sees what another one has made unused.
    """
    records, rows = [], []
    codes = scans.codes(patients)
    for patient in patients:
        questions = [question for check in CHECKS for question in check(patient)]
        questions += codes.get(patient.id, ())
        rows += [row(question, printed[patient.id]) for question in questions]
        records += _unused(patient, questions)
    return records, [*rows, *persons.same_person(patients, printed), *whole(patients)]


def _unused(patient: Patient, questions: Sequence[Question]) -> Iterator[Record]:
    gone: dict[int, dict[str, str]] = {}
    for question in questions:
        for record, column in question.unused:
            gone.setdefault(id(record), {}).setdefault(column, question.rule)
    for records in patient.tables.values():
        for record in records:
            # The last name: `record` itself stays as it was for the next look-up.
            kept = record
            for column, rule in gone.get(id(record), {}).items():
                kept = kept.without(column, rule)
            yield kept


def whole(patients: Sequence[Patient]) -> Iterator[dict[str, str]]:
    """Remarks about the workbook as a whole."""
    scans_ = (record for patient in patients for record in patient.all("imaging"))
    if all(scan.value("scan_date") is None for scan in scans_):
        yield finding("scans-absent", table="imaging", column="scan_date")
    adverse = [record for patient in patients for record in patient.all("adverse_events")]
    reported = [event for event in adverse if event.value("serious_reported")]
    if reported and not any(event.value(name) for event in adverse for name in CRITERIA):
        yield finding("serious-without-criteria", table="adverse_events", column="serious_reported")
