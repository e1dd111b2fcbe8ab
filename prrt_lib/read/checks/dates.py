"""Orders of dates that cannot be: birth, diagnosis, first PRRT, death."""

from __future__ import annotations

from collections.abc import Iterator

from prrt_lib.read.checks.finding_rows import Finding
from prrt_lib.read.records import ALIVE, Patient, date_columns

DAYS_PER_YEAR = 365.25
# Nobody is older, and no tumour is known for longer before a therapy that began in the 1990s.
OLDEST, LONGEST = 110, 60
# Dated rows that cannot follow death; vital status has rules of its own.
ROWS = (
    *(place for place in ALIVE if place[0] != "followup"),
    ("imaging", "progression_date_reported"),
)


def birth(patient: Patient) -> Iterator[Finding]:
    """Birth against diagnosis and against the age at diagnosis."""
    person, tumour = patient.one("patients"), patient.one("tumour")
    if person is None:
        return
    born, diagnosis = person.interval("birth_date"), patient.interval("tumour", "diagnosis_date")
    age = person.value("age_at_diagnosis")
    if age is not None and age <= 18:
        yield Finding("age-18-or-younger", person, "age_at_diagnosis")
    if not (born and diagnosis and tumour) or _long_before(patient, diagnosis, LONGEST):
        return
    related = ((tumour, "diagnosis_date"),)
    if born[0] > diagnosis[1]:
        itself = ((person, "birth_date"),)
        yield Finding("birth-after-diagnosis", person, "birth_date", related, itself)
    elif age is not None:
        youngest = (diagnosis[0] - born[1]).days / DAYS_PER_YEAR
        oldest = (diagnosis[1] - born[0]).days / DAYS_PER_YEAR
        if not youngest - 1 <= age <= oldest + 1:
            both = ((person, "age_at_diagnosis"), (person, "birth_date"))
            related = (*related, both[1])
            yield Finding("age-against-dates", person, "age_at_diagnosis", related, both)


def diagnosis(patient: Patient) -> Iterator[Finding]:
    """Diagnosis after the first PRRT."""
    tumour, first = patient.one("tumour"), patient.first_prrt()
    days = patient.interval("tumour", "diagnosis_date")
    if tumour and first and days and days[0] > first[1]:
        related, itself = _first_cycle(patient), ((tumour, "diagnosis_date"),)
        yield Finding("diagnosis-after-prrt", tumour, "diagnosis_date", related, itself)


def death(patient: Patient) -> Iterator[Finding]:
    """Death before diagnosis or PRRT; what is dated after death."""
    follow, died = patient.one("followup"), patient.death()
    if follow is None or died is None:
        return
    tumour, first = patient.one("tumour"), patient.first_prrt()
    diagnosed = patient.interval("tumour", "diagnosis_date")
    itself = ((follow, "death_date"),)
    if first and died[1] < first[0]:
        yield Finding("death-before-prrt", follow, "death_date", _first_cycle(patient), itself)
        return
    if tumour and diagnosed and died[1] < diagnosed[0]:
        related = ((tumour, "diagnosis_date"),)
        yield Finding("death-before-diagnosis", follow, "death_date", related, itself)
        return
    for table, column in ROWS:
        for record, days in patient.dated(table, column):
            if days[0] > died[1]:
                yield Finding("row-after-death", record, column, itself, ((record, column),))
    last = follow.interval("last_contact_date")
    if last and last[0] > died[1]:
        unused = ((follow, "last_contact_date"),)
        yield Finding("contact-after-death", follow, "last_contact_date", itself, unused)


def consent(patient: Patient) -> Iterator[Finding]:
    """Consent after the first PRRT: legal, and delays the start of observation."""
    person, first = patient.one("patients"), patient.first_prrt()
    days = person.interval("consent_date") if person else None
    if person and first and days and days[0] > first[1]:
        yield Finding("consent-after-prrt", person, "consent_date", _first_cycle(patient))


def abstraction(patient: Patient) -> Iterator[Finding]:
    """Dates after the day on which the chart was read."""
    follow, read = patient.one("followup"), patient.interval("followup", "abstraction_date")
    if follow is None or read is None:
        return
    for records in patient.tables.values():
        for record in records:
            for column in date_columns(record.table):
                days = record.interval(column)
                if days and days[0] > read[1]:
                    related = ((follow, "abstraction_date"),)
                    yield Finding("date-after-abstraction", record, column, related)


def lifetime(patient: Patient) -> Iterator[Finding]:
    """A birth or a diagnosis so long before the first PRRT that it cannot be."""
    for table, column, years, rule in (
        ("patients", "birth_date", OLDEST, "birth-too-early"),
        ("tumour", "diagnosis_date", LONGEST, "diagnosis-too-early"),
    ):
        record, days = patient.one(table), patient.interval(table, column)
        if record and days and _long_before(patient, days, years):
            itself = ((record, column),)
            yield Finding(rule, record, column, _first_cycle(patient), itself)


def _long_before(patient: Patient, days: tuple, years: float) -> bool:
    """Whether ``days`` end more than ``years`` before the first PRRT."""
    first = patient.first_prrt()
    return bool(first) and (first[0] - days[1]).days > years * DAYS_PER_YEAR


def contact(patient: Patient) -> Iterator[Finding]:
    """Records that prove the patient alive after the last contact."""
    follow = patient.one("followup")
    days = follow.interval("last_contact_date") if follow else None
    if follow is None or days is None or patient.death():
        return
    later = tuple(
        (record, column)
        for table, column in ALIVE
        for record, seen in patient.dated(table, column)
        if seen[0] > days[1]
    )
    if later:
        yield Finding("record-after-contact", follow, "last_contact_date", later)


def _first_cycle(patient: Patient) -> tuple:
    dated = sorted(patient.dated("prrt_cycles", "cycle_date"), key=lambda pair: pair[1])
    return ((dated[0][0], "cycle_date"),) if dated else ()
