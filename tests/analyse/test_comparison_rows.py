"""Differences between groups, and what is missing in whom, on patients one can count by hand."""

import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.topics.characteristics import comparisons, describe, missingness

# Small bowel: 40, 50, 60 years, no smoker of three. Pancreas: 50, 60, 70 years, all three smoke.
PEOPLE = [("A1", "ileum", 40, "never"), ("A2", "ileum", 50, "never"), ("A3", "ileum", 60, "never"),
          ("B1", "pancreas", 50, "current"), ("B2", "pancreas", 60, "current"),
          ("B3", "pancreas", 70, "current")]  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return SmallStudy({
        "patients": [
            {"patient_id": name, "age_at_diagnosis": float(age), "smoking_status": smoking}
            for name, _, age, smoking in PEOPLE
        ] + [{"patient_id": "C1"}],
        "tumour": [{"patient_id": name, "primary_site": site} for name, site, _, _ in PEOPLE],
        "symptoms": [{"patient_id": "A1", "symptom": "flushing"}],
        "followup": [
            {"patient_id": name, "vital_status": "dead", "death_date": f"201{year}-06-01"}
            for year, (name, *_) in enumerate(PEOPLE[:4], start=6)
        ] + [{"patient_id": name, "vital_status": "alive", "last_contact_date": "2019-01-01"}
             for name in ("B2", "B3", "C1")],
        "prrt_cycles": treated("A1", "A2", "A3", "B1", "B2", "B3", "C1"),
    })  # fmt: skip


VARIABLES = ("derived.age_at_diagnosis", "patients.smoking_status")


@pytest.fixture(scope="module")
def rows(study):
    return check(comparisons.comparisons(study, "primary_group", True, "all_treated", VARIABLES))


def test_means_of_50_and_60_with_an_sd_of_10_are_one_standard_deviation_apart(rows):
    row = one(rows, variable="age_at_diagnosis", statistic="standardised_difference")
    assert (row["group_level"], row["reference"]) == ("pancreas", "small bowel")
    assert row["estimate"] == pytest.approx(1.0)


def test_three_of_three_against_none_of_three_has_a_fisher_p_of_two_in_twenty(rows):
    assert one(rows, variable="smoking_status", statistic="p_value")["p"] == pytest.approx(0.1)


def test_nothing_is_compared_unless_it_is_asked_for(study):
    assert comparisons.comparisons(study, "primary_group", False, "all_treated").empty


def test_differences_stand_beside_the_line_of_their_variable(study, rows):
    first = describe.characteristics(study, "primary_group", "all_treated", VARIABLES)
    table = comparisons.table_one(first, rows, "Table 1")
    line = next(line for line in table.body if line[0].text == "Age at diagnosis")
    assert line[-2].text == "1.00 (pancreas)"
    assert table.header[-2:] == ["difference", "p"]
    assert comparisons.table_one(first, rows.iloc[:0], "Table 1").header[-1] == "not known"


def test_missing_values_are_counted_per_variable_and_group(study):
    rows = check(missingness.missingness(study, "primary_group", "all_treated"))
    assert n_of(rows, variable="age_at_diagnosis", group_level="") == (1, 7)
    assert n_of(rows, variable="symptom", group_level="small bowel") == (2, 3)
    assert n_of(rows, variable="sex", group_level="pancreas") == (3, 3)


def test_missing_grades_cannot_predict_where_everybody_lacks_one(study):
    rows = check(missingness.predicts(study, names=("grade_group", "primary_site")))
    assert one(rows, variable="grade_group")["state"] == "not-estimable"
    assert "nobody has a value" in one(rows, variable="grade_group")["warning"]
    assert set(rows["role"]) == {"exploratory"}
