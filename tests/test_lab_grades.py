"""Laboratory grades at every boundary, in SI and US units; limits belong to the milder grade."""

import pandas as pd
import pytest

from prrt_lib.study.lab_grades import canonical_unit, grades, in_canonical_units, rules


def graded(test, value, unit=None, lln=None, uln=None, baseline=None, low=None, high=None):
    """(lowest, highest) grade of one value; limits and baseline in the value's unit."""
    unit = unit or canonical_unit(test)
    low, high = (value if end is None else end for end in (low, high))
    given = {"value_lo": low, "value_hi": high, "lln": lln, "uln": uln, "baseline": baseline}
    frame = pd.DataFrame({
        name: in_canonical_units(test, pd.Series([number], dtype=float), pd.Series([unit]))
        for name, number in given.items()
    })  # fmt: skip
    row = grades(test, frame).iloc[0]
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
