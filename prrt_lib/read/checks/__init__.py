"""Contradictions between a patient's cells: what is asked, which values become unused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prrt_lib.declare.asked.findings import finding
from prrt_lib.read.checks import dates, events, persons, scans
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
    events.treated,
    events.numbers,
    events.days,
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
    kept, rows = [], []
    codes = scans.codes(patients)
    for patient in patients:
        found = [one for check in CHECKS for one in check(patient)]
        found += codes.get(patient.id, ())
        rows += [one.row(printed[patient.id]) for one in found]
        gone: dict[int, dict[str, str]] = {}
        for one in found:
            for record, column in one.unused:
                gone.setdefault(id(record), {}).setdefault(column, one.rule)
        for record in (record for records in patient.tables.values() for record in records):
            unused = gone.get(id(record), {})
            for column, rule in unused.items():
                record = record.without(column, rule)
            kept.append(record)
    return kept, [*rows, *persons.same_person(patients, printed), *whole(patients)]


def whole(patients: Sequence[Patient]) -> Iterator[dict[str, str]]:
    """Remarks about the workbook as a whole."""
    scans_ = (record for patient in patients for record in patient.all("imaging"))
    if all(scan.value("scan_date") is None for scan in scans_):
        yield finding("scans-absent", table="imaging", column="scan_date")
    adverse = [record for patient in patients for record in patient.all("adverse_events")]
    reported = [event for event in adverse if event.value("serious_reported")]
    if reported and not any(event.value(name) for event in adverse for name in CRITERIA):
        yield finding("serious-without-criteria", table="adverse_events", column="serious_reported")
