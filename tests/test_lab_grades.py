"""Laboratory grades at every boundary, in SI and US units; limits belong to the milder grade."""

import pandas as pd
import pytest

from prrt_lib.base.errors import AnalysisError
from prrt_lib.study.derive.lab_grades import (
    canonical_unit,
    grades,
    in_canonical_units,
    rules,
    term_of,
)


def graded(test, value, unit=None, lln=None, uln=None, baseline=None, low=None, high=None,
           version=5):  # fmt: skip
    """(lowest, highest) grade of one value; limits and baseline in the value's unit."""
    unit = unit or canonical_unit(test)
    low, high = (value if end is None else end for end in (low, high))
    given = {"value_lo": low, "value_hi": high, "lln": lln, "uln": uln, "baseline": baseline}
    frame = pd.DataFrame({
        name: in_canonical_units(test, pd.Series([number], dtype=float), pd.Series([unit]))
        for name, number in given.items()
    })  # fmt: skip
    row = grades(test, frame, version).iloc[0]
    return row["grade_lo"], row["grade_hi"]


FALLING = [
    ("haemoglobin", "g/dL", 12.0, [(12.0, 0), (11.9, 1), (10.0, 1), (9.9, 2), (8.0, 2), (7.9, 3),
                                   (4.0, 3)]),
    ("haemoglobin", "g/L", 120, [(120, 0), (119, 1), (100, 1), (99, 2), (80, 2), (79, 3)]),
    ("haemoglobin", "mmol/L", 7.5, [(7.5, 0), (7.4, 1), (6.3, 1), (6.2, 2), (5.0, 2), (4.9, 3)]),
    ("white cells", "10^9/L", 4.0, [(4.0, 0), (3.9, 1), (3.0, 1), (2.9, 2), (2.0, 2), (1.9, 3),
                                    (1.0, 3), (0.9, 4)]),
    ("neutrophils", "10^9/L", 1.8, [(1.8, 0), (1.7, 1), (1.5, 1), (1.4, 2), (1.0, 2), (0.9, 3),
                                    (0.5, 3), (0.4, 4)]),
    ("neutrophils", "/uL", 1800, [(1500, 1), (1499, 2), (1000, 2), (999, 3), (500, 3), (499, 4)]),
    ("lymphocytes", "10^3/uL", 1.0, [(1.0, 0), (0.9, 1), (0.8, 1), (0.7, 2), (0.5, 2), (0.4, 3),
                                     (0.2, 3), (0.1, 4)]),
    ("platelets", "10^9/L", 150, [(150, 0), (149, 1), (75, 1), (74, 2), (50, 2), (49, 3), (25, 3),
                                  (24, 4)]),
    ("platelets", "/uL", 150_000, [(75_000, 1), (74_999, 2), (25_000, 3), (24_999, 4)]),
    ("eGFR", "mL/min/1.73m2", 90, [(90, 0), (89, 1), (60, 1), (59, 2), (30, 2), (29, 3), (15, 3),
                                   (14, 4)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("test", "unit", "lln", "value", "grade"),
    [(test, unit, lln, *pair) for test, unit, lln, pairs in FALLING for pair in pairs],
)
def test_falling_values_at_every_boundary(test, unit, lln, value, grade):
    assert graded(test, value, unit, lln=lln) == (grade, grade)


@pytest.mark.parametrize(("value", "grade"), [
    (1.0, 0), (1.01, 1), (1.5, 1), (1.51, 2), (3.0, 2), (3.01, 3), (6.0, 3), (6.01, 4),
])  # fmt: skip
@pytest.mark.parametrize(("unit", "uln"), [("mg/dL", 1.0), ("umol/L", 88.42)])
def test_creatinine_by_multiples_of_the_upper_limit(value, grade, unit, uln):
    assert graded("creatinine", value * uln, unit, uln=uln) == (grade, grade)


@pytest.mark.parametrize(("value", "baseline", "grade"), [
    # Upper limit 1.2 mg/dL. 0.9 is normal, though 1.8 times a baseline of 0.5: grade 2.
    (0.75, 0.5, 0), (0.76, 0.5, 2), (1.5, 0.5, 2), (1.51, 0.5, 3), (1.3, 1.2, 1),
])  # fmt: skip
def test_creatinine_by_multiples_of_its_baseline(value, baseline, grade):
    assert graded("creatinine", value, "mg/dL", uln=1.2, baseline=baseline) == (grade, grade)


def test_a_limit_that_is_not_known_leaves_the_grade_between_two():
    assert graded("platelets", 100) == (0, 1)
    assert graded("platelets", 60) == (2, 2)
    assert graded("creatinine", 1.3, "mg/dL", baseline=1.2) == (0, 4)
    assert graded("creatinine", 4.0, "mg/dL", baseline=1.2) == (3, 4)


def test_a_bound_is_graded_where_both_ends_agree():
    assert graded("platelets", None, low=0, high=20, lln=150) == (4, 4)
    assert graded("platelets", None, low=0, high=30, lln=150) == (3, 4)
    assert graded("neutrophils", None, low=2.5, high=None, lln=1.8) == (0, 0)


def test_a_unit_that_is_missing_or_foreign_gives_no_grade():
    units = pd.Series([None, "mmol/L", "10^9/L"])
    assert in_canonical_units("platelets", pd.Series([10.0] * 3), units).isna().tolist() == [
        True, True, False,
    ]  # fmt: skip
    assert all(map(pd.isna, graded("platelets", 10, "mmol/L", lln=150)))


def test_every_declared_laboratory_test_has_a_rule():
    from prrt_lib.declare.dictionary import dictionary

    assert set(rules()) == set(dictionary().tables["labs"].columns["lab_test"].allowed)


# Values as multiples of ULN (baseline normal) or of the baseline (baseline above ULN), CTCAE v5.
NORMAL = {
    "ALT": [(1.0, 0), (1.01, 1), (3.0, 1), (3.01, 2), (5.0, 2), (5.01, 3), (20.0, 3), (20.01, 4)],
    "AST": [(1.0, 0), (1.01, 1), (3.0, 1), (3.01, 2), (5.0, 2), (5.01, 3), (20.0, 3), (20.01, 4)],
    "ALP": [(1.0, 0), (1.01, 1), (2.5, 1), (2.51, 2), (5.0, 2), (5.01, 3), (20.0, 3), (20.01, 4)],
    "bilirubin": [(1.0, 0), (1.01, 1), (1.5, 1), (1.51, 2), (3.0, 2), (3.01, 3), (10.0, 3),
                  (10.01, 4)],
}  # fmt: skip
RAISED = {
    "ALT": [(1.0, 0), (1.49, 0), (1.5, 1), (3.0, 1), (3.01, 2), (5.01, 3), (20.01, 4)],
    "AST": [(1.49, 0), (1.5, 1), (3.01, 2), (5.0, 2), (5.01, 3), (20.0, 3), (20.01, 4)],
    "ALP": [(1.99, 0), (2.0, 1), (2.5, 1), (2.51, 2), (5.01, 3), (20.01, 4)],
    "bilirubin": [(1.0, 0), (1.01, 1), (1.5, 1), (1.51, 2), (3.01, 3), (10.0, 3), (10.01, 4)],
}
# Version 6 where the baseline was above ULN: steeper for the transaminases.
RAISED_6 = {
    "ALT": [(0.99, 0), (1.0, 1), (1.5, 1), (1.51, 2), (2.0, 2), (2.01, 3), (4.0, 3), (4.01, 4)],
    "AST": [(0.99, 0), (1.0, 1), (1.51, 2), (2.01, 3), (4.01, 4)],
    "bilirubin": [(0.99, 0), (1.0, 1), (1.51, 2), (2.5, 2), (2.51, 3), (10.01, 4)],
}


def cases(table):
    return [(test, *pair) for test, pairs in table.items() for pair in pairs]


@pytest.mark.parametrize(("test", "times", "grade"), cases(NORMAL))
@pytest.mark.parametrize("baseline", [None, 30.0])
def test_liver_tests_by_multiples_of_uln_where_the_baseline_was_normal(
    test, times, grade, baseline
):
    assert graded(test, 40.0 * times, uln=40.0, baseline=baseline) == (grade, grade)


@pytest.mark.parametrize(("test", "times", "grade"), cases(RAISED))
def test_liver_tests_by_multiples_of_a_baseline_above_uln(test, times, grade):
    assert graded(test, 100.0 * times, uln=40.0, baseline=100.0) == (grade, grade)


@pytest.mark.parametrize(("test", "times", "grade"), cases(RAISED_6))
def test_version_6_by_multiples_of_a_baseline_above_uln(test, times, grade):
    assert graded(test, 100.0 * times, uln=40.0, baseline=100.0, version=6) == (grade, grade)


@pytest.mark.parametrize(("value", "baseline", "grade"), [
    (39.0, 20.0, 0), (41.0, 50.0, 0), (51.0, 50.0, 1), (41.0, 20.0, 1), (4000.0, 50.0, 1),
])  # fmt: skip
def test_alp_of_version_6_has_one_grade_above_both_limit_and_baseline(value, baseline, grade):
    assert graded("ALP", value, uln=40.0, baseline=baseline, version=6) == (grade, grade)


def test_alp_of_version_6_without_a_baseline_is_between_two_grades():
    assert graded("ALP", 41.0, uln=40.0, version=6) == (0, 1)
    assert graded("ALP", 39.0, uln=40.0, version=6) == (0, 0)


@pytest.mark.parametrize("version", [5, 6])
@pytest.mark.parametrize(("value", "grade"), [(35, 0), (34, 1), (30, 1), (29, 2), (20, 2), (19, 3),
                                              (5, 3)])  # fmt: skip
def test_albumin_falls_in_both_versions_alike(value, grade, version):
    assert graded("albumin", value, lln=35, version=version) == (grade, grade)
    assert graded("albumin", value / 10, "g/dL", lln=3.5, version=version) == (grade, grade)


@pytest.mark.parametrize(("test", "value", "grades_"), [
    # Version 6 begins at 1.5 whatever the laboratory's limit, and each grade is one step milder.
    ("neutrophils", 1.6, (1, 0)), ("neutrophils", 1.4, (2, 1)), ("neutrophils", 0.9, (3, 2)),
    ("neutrophils", 0.4, (4, 3)), ("neutrophils", 0.09, (4, 4)),
    ("platelets", 20, (4, 3)), ("platelets", 10, (4, 3)), ("platelets", 9.9, (4, 4)),
    ("white cells", 1.9, (3, 3)), ("haemoglobin", 79, (3, 3)),
])  # fmt: skip
def test_limits_of_counts_in_versions_5_and_6(test, value, grades_):
    lln = {"neutrophils": 1.8, "platelets": 150, "white cells": 4.0, "haemoglobin": 120}[test]
    told = tuple(graded(test, value, lln=lln, version=version) for version in (5, 6))
    assert told == tuple((grade, grade) for grade in grades_)


def test_creatinine_of_version_6_counts_multiples_of_a_low_baseline_alone():
    # ULN 100, LLN 50: 1.6 times a baseline of 60 is grade 2 in version 5 and nothing in version 6.
    given = {"uln": 100.0, "lln": 50.0}
    assert graded("creatinine", 96.0, baseline=60.0, **given) == (2, 2)
    assert graded("creatinine", 96.0, baseline=60.0, version=6, **given) == (0, 0)
    assert graded("creatinine", 72.0, baseline=45.0, version=6, **given) == (2, 2)
    assert graded("creatinine", 301.0, baseline=60.0, version=6, **given) == (3, 3)


@pytest.mark.parametrize("test", ["lymphocytes", "eGFR"])
def test_what_could_not_be_verified_of_version_6_is_refused(test):
    with pytest.raises(AnalysisError, match=f"{test}, CTCAE v6: found limits of this version that"):
        graded(test, 1.0, lln=1.0, version=6)


def test_units_of_liver_tests():
    """40 U/L are 0.667 ukat/L; bilirubin of 1.2 mg/dL is 20.5 umol/L."""
    assert graded("ALT", 2.1, "ukat/L", uln=40 / 60) == (2, 2)
    assert graded("bilirubin", 1.9, "mg/dL", uln=1.2) == (2, 2)
    value = in_canonical_units("bilirubin", pd.Series([1.2]), pd.Series(["mg/dL"]))
    assert value.iloc[0] == pytest.approx(20.52, abs=0.01)


def test_terms_of_both_versions():
    assert term_of("platelets") == "Platelet count decreased"
    assert term_of("platelets", 6) == "Thrombocytopenia"
    assert term_of("ALT", 6) == term_of("ALT") == "Alanine aminotransferase increased"
    assert term_of("lymphocytes", 6) == "Lymphocyte count decreased"
