"""Biomarkers and laboratory results: labels, dates and contradicting copies."""

from __future__ import annotations

from collections.abc import Iterator

from prrt_lib.read.checks.question import Question
from prrt_lib.read.patient import Patient
from prrt_lib.read.records import Record

SAME = {
    "biomarkers": ("value", "analyte", "sample_date", "assay", "matrix"),
    "labs": ("lab_value", "lab_test", "lab_date"),
}
AFTER = ("post_PRRT1", "post_PRRT2")


def labels(patient: Patient) -> Iterator[Question]:
    """Undated samples, and labels that the date contradicts (decision 18)."""
    first = patient.first_prrt()
    for sample in patient.all("biomarkers"):
        days, label = sample.interval("sample_date"), sample.value("timepoint_label")
        if days is None:
            seen = sample.seen.get("sample_date")
            if seen is None or seen.status == "missing":
                yield Question("sample-undated", sample, "sample_date")
        elif first and label:
            late = label in ("pre_PRRT1", "diagnosis") and days[0] > first[1]
            early = label in AFTER and days[1] <= first[0]
            if late or early:
                related = ((sample, "sample_date"),)
                yield Question("label-against-date", sample, "timepoint_label", related)


def copies(patient: Patient) -> Iterator[Question]:
    """The same marker on the same day with different values."""
    for table, (value, *same) in SAME.items():
        groups: dict[tuple, list[Record]] = {}
        for record in patient.all(table):
            if record.value(value) is not None and record.interval(same[1]):
                groups.setdefault(tuple(record.value(name) for name in same), []).append(record)
        for members in groups.values():
            if len({record.value(value) for record in members}) > 1:
                places = tuple((record, value) for record in members)
                yield Question("conflicting-records", *places[0], places[1:], places)
