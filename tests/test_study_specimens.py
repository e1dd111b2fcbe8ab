"""What pathology reads from a specimen is known from the specimen's date on (decision 10)."""

from __future__ import annotations

from study_tables import cohort, texts, treated

from prrt_lib.study.times import times

# First PRRT of everybody is on 2012-01-01. A: biopsy at diagnosis. B: biopsy of a metastasis after
# the second cycle. C: no date of the specimen. D: on the day of first PRRT. E: late, without index.
TUMOUR = texts(
    "patient diagnosis_date specimen_date differentiation ki67",
    "A 2010-01-01 2010-01-01 well 2",
    "B 2010-01-01 2012-06-01 well 30",
    "C 2010-01-01 . well 5",
    "D 2010-01-01 2012-01-01 well 5",
    "E 2010-01-01 2012-06-01 . .",
)


def built():
    alive = texts("patient vital_status last_contact_date",
                  *(f"{name} alive 2014-01-01" for name in "ABCDE"))  # fmt: skip
    return cohort({"tumour": TUMOUR, "prrt_cycles": treated(*"ABCDE"), "followup": alive})


def test_a_grade_of_a_specimen_taken_after_entry_is_no_covariate_and_is_counted():
    found = times(built(), "os_prrt", columns=("grade_group", "ki67_index", "primary_group"))
    assert found.frame["grade_group"].fillna("").tolist() == ["G1", "", "G2", "G2", ""]
    assert found.frame["ki67_index"].isna().tolist() == [False, True, False, False, True]
    assert found.counts["late_specimen"] == 1
    assert any("1 with a specimen taken after entry" in text for text in found.warnings)


def test_from_diagnosis_the_specimen_has_to_be_of_that_day_or_before():
    found = times(built(), "os_dx_naive", columns=("grade_group",))
    assert found.frame["grade_group"].fillna("").tolist() == ["G1", "", "G2", "", ""]
    assert found.counts["late_specimen"] == 2


def test_what_is_not_of_the_specimen_needs_no_date_of_it():
    found = times(built(), "os_prrt", columns=("primary_group",))
    assert found.counts["late_specimen"] == 0 and not found.warnings
