"""Numbers that a wrong unit made, in tables one can see: a question each, and the value stays."""

from __future__ import annotations

import pandas as pd
import pytest
from study_tables import asked, cohort, texts, treated

from prrt_lib.study.plausible import slipped

OUTSIDE = ["activity-outside-isotope"]


def activities(isotope: str, *values: str) -> dict:
    lines = [
        f"A {n} 2012-0{n}-01 {isotope or chr(46)} {value}"
        for n, value in enumerate(values, start=1)
    ]
    return {"prrt_cycles": texts("patient cycle_no cycle_date isotope activity_gbq", *lines)}


@pytest.mark.parametrize(("isotope", "value", "rules"), [
    ("Lu-177", "7.4", []), ("Lu-177", "3.7", []), ("Lu-177", "7400", OUTSIDE),
    ("Lu-177", "200", OUTSIDE), ("Lu-177", "0.2", OUTSIDE),
    ("Lu-177", "0.0074", OUTSIDE), ("Y-90", "4.4", []),
    ("Y-90", "0.12", OUTSIDE), ("Ac-225", "0.008", []),
    ("Ac-225", "8", OUTSIDE), ("Lu-177+Y-90", "9.2", []),
])  # fmt: skip
def test_an_activity_is_held_against_its_isotope(isotope, value, rules):
    built = cohort(activities(isotope, value))
    told = [item["rule"] for item in built.findings]
    assert [rule for rule in told if rule in (*OUTSIDE, "unit-slip")] == rules
    assert built.tables["prrt_cycles"]["activity_gbq"].tolist() == [float(value)]


def test_a_factor_from_the_middle_of_the_column_is_asked_about_once():
    # 1.9 is 3.9 times below the middle: no slip.
    assert asked(cohort(activities("Lu-177", "7.4", "7.4", "7.3", "7.5", "1.9")), "unit-slip") == []
    odd = cohort(activities("", "0.2", "7.4", "7.4", "7.3", "7.5"))
    assert asked(odd, "unit-slip") == ["A"]


@pytest.mark.parametrize(("value", "slip"), [
    (7.4, False), (0.74, True), (74, True), (0.2, True), (273.8, True), (7400, True),
    (0.0074, True),    (3.7, False), (14.8, False), (30, False), (740, True),
])  # fmt: skip
def test_slips_are_powers_of_ten_and_37_within_15_per_cent(value, slip):
    values = pd.Series([7.4, 7.4, 7.4, 7.4, 7.4, float(value)])
    assert slipped(values, pd.Series("a", index=values.index)).tolist() == [False] * 5 + [slip]


def test_four_values_have_no_middle():
    values = pd.Series([7.4, 7.4, 7.4, 7400.0])
    assert not slipped(values, pd.Series("a", index=values.index)).any()


def test_a_marker_is_held_against_its_limit_and_a_limit_against_the_others():
    pairs = [(120, 93), (50000, 93), (90, 93), (0.2, 93), (120, 93000), (100, 95)]
    lines = [f"A CgA 2012-01-0{n} {value} ng/mL {uln} ng/mL"
             for n, (value, uln) in enumerate(pairs, start=1)]  # fmt: skip
    head = "patient analyte sample_date value value_unit uln uln_unit"
    samples = texts(head.replace("value_unit", "unit"), *lines)
    built = cohort({"prrt_cycles": treated("A"), "biomarkers": samples})
    slips = [item for item in built.findings if item["rule"] == "unit-slip"]
    assert [item["column"] for item in slips] == ["uln"]
    against = [item for item in built.findings if item["rule"] == "value-against-limit"]
    # 0.2 of 93; the one beside the limit of 93000 is that limit's question.
    assert len(against) == 1 and against[0]["column"] == "value"


@pytest.mark.parametrize(("test", "value", "unit", "asks"), [
    ("haemoglobin", "13.1", "g/dL", False), ("haemoglobin", "13.1", "g/L", True),
    ("haemoglobin", "131", "g/L", False), ("haemoglobin", "131", "g/dL", True),
    ("platelets", "18", "10^9/L", False), ("platelets", "210000", "10^9/L", True),
    ("platelets", "210000", "/uL", False), ("creatinine", "88", "umol/L", False),
    ("creatinine", "0.9", "umol/L", True), ("creatinine", "88", "mg/dL", True),
    ("neutrophils", "0.2", "10^9/L", False), ("eGFR", "600", "mL/min/1.73m2", True),
])  # fmt: skip
def test_a_laboratory_value_is_one_that_a_body_can_have(test, value, unit, asks):
    labs = texts("patient lab_test lab_date lab_value lab_value_unit",
                 f"A {test} 2012-03-01 {value} {unit}")  # fmt: skip
    built = cohort({"prrt_cycles": treated("A"), "labs": labs})
    assert asked(built, "value-of-no-body") == (["A"] if asks else [])


@pytest.mark.parametrize(("words", "asks"), [
    ("quit_1998", False), ("stopped_2021", True), ("20_per_day", False), ("ex_2020", False),
])  # fmt: skip
def test_a_year_after_the_cut_off_in_words_is_asked_about(words, asks):
    people = texts("patient smoking_status_raw", f"A {words}")
    people["smoking_status_raw"] = people["smoking_status_raw"].str.replace("_", " ")
    built = cohort({"prrt_cycles": treated("A"), "patients": people}, cutoff="2020-12-31")
    assert asked(built, "words-after-cutoff") == (["A"] if asks else [])


def test_a_limit_of_normal_a_factor_from_the_others_is_asked_about():
    limits = (45, 45, 44, 46, 450)
    labs = texts("patient lab_test lab_date lab_value lab_value_unit lab_uln lab_uln_unit",
                 *(f"P{limit} platelets 2012-03-01 200 10^9/L {limit}0 10^9/L"
                   for limit in dict.fromkeys(limits)),
                 "Q platelets 2012-03-01 200 10^9/L 450 10^9/L")  # fmt: skip
    ids = dict.fromkeys(labs["patient"])
    built = cohort({"prrt_cycles": treated(*ids), "labs": labs})
    assert asked(built, "unit-slip") == ["P450"]
    assert built.tables["labs"]["lab_uln"].max() == 4500
