"""Scans and samples: reported progression, class words, labels, contradicting copies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from prrt_lib.read.cells.measured import SMALL_CODES
from prrt_lib.read.checks.finding_rows import Finding
from prrt_lib.read.records import Patient, Record

PROGRESSING = ("PD", "mixed")
SHRINKING = ("CR", "PR", "any response")


def shows_progression(scan: Record) -> bool:
    """Whether a scan says progression; the lesion flags win over the class word (decision 19)."""
    flags = [scan.value("any_lesion_increase"), scan.value("new_lesions")]
    if any(flag is not None for flag in flags):
        return "yes" in flags
    return scan.value("response_raw") in PROGRESSING


def progression(patient: Patient) -> Iterator[Finding]:
    """Reported progression without a scan, or on another day than the scan (decision 5)."""
    first = patient.first_prrt()
    scans = [
        (days[0], scan)
        for scan, days in patient.dated("imaging", "scan_date")
        if first and days[0] > first[1] and shows_progression(scan)
    ]
    earliest = min(scans, key=lambda pair: pair[0], default=None)
    before = [
        scan
        for scan, days in patient.dated("imaging", "scan_date")
        if first and days[1] <= first[0] and shows_progression(scan)
    ]
    if before and earliest is None:
        yield Finding("progression-only-before-prrt", before[-1], "scan_date")
    for record, days in patient.dated("imaging", "progression_date_reported"):
        column = "progression_date_reported"
        if first and days[1] <= first[0]:
            continue
        if earliest is None:
            yield Finding("progression-without-scan", record, column)
        elif not days[0] <= earliest[0] <= days[1]:
            related = ((earliest[1], "scan_date"),)
            yield Finding("progression-differs-from-scan", record, column, related)


def sizes(patient: Patient) -> Iterator[Finding]:
    """A measured change in size that the RECIST class denies (Eisenhauer 2009).

    A response is a decrease of 30 % or more, stable disease less than that and an increase below
    20 %. Progression counts from the smallest size, so that only a decrease of 30 % without a new
    lesion speaks against it.
    """
    for scan in patient.all("imaging"):
        change = scan.value("size_change_pct")
        word = scan.value("recist_class")
        if change is None or word is None:
            continue
        wrong = (
            (word in ("CR", "PR") and change > -30)
            or (word == "SD" and not -30 < change < 20)
            or (word == "PD" and change <= -30 and scan.value("new_lesions") != "yes")
        )
        if wrong:
            related = ((scan, "size_change_pct"),)
            yield Finding("size-against-class", scan, "recist_class", related)


DISTANT = re.compile(r"m1[abc]?(?![0-9])", re.IGNORECASE)


def stages(patient: Patient) -> Iterator[Finding]:
    """Stage IV or M1 at diagnosis, and no distant metastases at diagnosis."""
    tumour = patient.one("tumour")
    if tumour is None or tumour.value("metastases_at_dx") != "no":
        return
    told = {
        "stage_reported": str(tumour.value("stage_reported") or "").startswith("IV"),
        "tnm_raw": bool(DISTANT.search(str(tumour.value("tnm_raw") or ""))),
    }
    related = tuple((tumour, name) for name, distant in told.items() if distant)
    if related:
        yield Finding("stage-against-metastases", tumour, "metastases_at_dx", related)


def classes(patient: Patient) -> Iterator[Finding]:
    """A class of response that the lesion flags contradict."""
    for scan in patient.all("imaging"):
        word = scan.value("response_raw")
        worse = [scan.value("any_lesion_increase"), scan.value("new_lesions")]
        wrong = (word == "PD" and worse == ["no", "no"]) or (word in SHRINKING and "yes" in worse)
        if wrong:
            flags = ("any_lesion_increase", "new_lesions")
            related = tuple((scan, name) for name in flags if name in scan.seen)
            yield Finding("response-against-flags", scan, "response_raw", related)


def codes(patients: Sequence[Patient]) -> Mapping[str, list[Finding]]:
    """Patient -> changes of -1, -8, -9 or -88 % that may mean "missing": one of these numbers
    repeated, and no other decrease in the whole workbook."""
    column = "size_change_pct"
    smaller = [
        (patient, scan)
        for patient in patients
        for scan in patient.all("imaging")
        if (scan.value(column) or 0) < 0 and "%" not in scan.seen[column].raw
    ]
    values = [scan.value(column) for _, scan in smaller]
    if len(values) < 2 or len(set(values)) > 1 or values[0] not in SMALL_CODES:
        return {}
    found: dict[str, list[Finding]] = {}
    for patient, scan in smaller:
        question = Finding("change-may-be-a-code", scan, column, (), ((scan, column),))
        found.setdefault(patient.id, []).append(question)
    return found


SAME = {
    "biomarkers": ("value", "analyte", "sample_date", "assay", "matrix"),
    "labs": ("lab_value", "lab_test", "lab_date"),
}
AFTER = ("post_PRRT1", "post_PRRT2")


def labels(patient: Patient) -> Iterator[Finding]:
    """Undated samples, and labels that the date contradicts (decision 18)."""
    first = patient.first_prrt()
    for sample in patient.all("biomarkers"):
        days, label = sample.interval("sample_date"), sample.value("timepoint_label")
        if days is None:
            seen = sample.seen.get("sample_date")
            if seen is None or seen.status == "missing":
                yield Finding("sample-undated", sample, "sample_date")
        elif first and label:
            late = label in ("pre_PRRT1", "diagnosis") and days[0] > first[1]
            early = label in AFTER and days[1] <= first[0]
            if late or early:
                related = ((sample, "sample_date"),)
                yield Finding("label-against-date", sample, "timepoint_label", related)


def copies(patient: Patient) -> Iterator[Finding]:
    """The same marker on the same day with different values."""
    for table, (value, *same) in SAME.items():
        groups: dict[tuple, list[Record]] = {}
        for record in patient.all(table):
            if record.value(value) is not None and record.interval(same[1]):
                groups.setdefault(tuple(record.value(name) for name in same), []).append(record)
        for members in groups.values():
            if len({record.value(value) for record in members}) > 1:
                places = tuple((record, value) for record in members)
                yield Finding("conflicting-records", *places[0], places[1:], places)
