"""Table 1 on patients one can count by hand."""

import numpy as np
import pandas as pd
import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.analyse import quantiles
from prrt_lib.declare import numbers
from prrt_lib.declare.rows import result_rows
from prrt_lib.draw import tables
from prrt_lib.topics.characteristics import describe

PATIENTS = [
    {"patient_id": "A1", "sex": "female", "age_at_diagnosis": 40.0, "smoking_status": "never"},
    {"patient_id": "A2", "sex": "male", "age_at_diagnosis": 50.0},
    {"patient_id": "A3", "sex": "male", "age_at_diagnosis": 70.0},
    {"patient_id": "A4"},
]
TUMOUR = [
    {
        "patient_id": "A1",
        "primary_site": "ileum",
        "ki67": 2.0,
        "ki67_lo": 2.0,
        "ki67_hi": 2.0,
        "ki67_op": "=",
        "grade_reported": "2",
    },
    {
        "patient_id": "A2",
        "primary_site": "pancreas",
        "ki67": 10.0,
        "ki67_lo": 10.0,
        "ki67_hi": 10.0,
        "ki67_op": "=",
        "grade_reported": "2",
    },
    {
        "patient_id": "A3",
        "primary_site": "pancreas",
        "ki67_lo": 0.0,
        "ki67_hi": 1.0,
        "ki67_op": "<",
    },
    {"patient_id": "A4"},
]
SYMPTOMS = [
    {"patient_id": "A1", "symptom": "flushing"},
    {"patient_id": "A1", "symptom": "diarrhoea"},
    {"patient_id": "A2", "symptom": "none"},
    {"patient_id": "A3", "symptom": "flushing"},
]


@pytest.fixture(scope="module")
def study():
    tables = {"patients": PATIENTS, "tumour": TUMOUR, "symptoms": SYMPTOMS}
    return SmallStudy({**tables, "prrt_cycles": treated("A1", "A2", "A3", "A4")}, min_group=2)


@pytest.fixture(scope="module")
def rows(study):
    return check(describe.characteristics(study, by="primary_group", population="all_treated"))


def test_a_share_is_of_those_with_a_value_and_the_rest_are_counted(rows):
    assert n_of(rows, variable="sex", level="male", group_level="") == (2, 3)
    assert n_of(rows, variable="sex", level="missing", group_level="") == (1, 4)


def test_groups_are_the_levels_that_occur_and_those_whose_level_is_not_known(rows):
    found = list(dict.fromkeys(rows["group_level"]))
    assert found == ["", "small bowel", "pancreas", "not known"]
    assert n_of(rows, variable="sex", level="male", group_level="pancreas") == (2, 2)


def test_groups_add_up_to_everybody(rows):
    shares = rows[(rows["variable"] == "sex") & (rows["level"] == "male")]
    assert shares.loc[shares["group_level"] != "", "n"].sum() == 2


def test_the_median_age_of_40_50_70_is_50_with_quartiles_45_and_60(rows):
    values = {
        name: one(rows, variable="age_at_diagnosis", statistic=name, group_level="")["estimate"]
        for name in ("median", "q25", "q75", "min", "max")
    }
    assert values == {"median": 50, "q25": 45, "q75": 60, "min": 40, "max": 70}


def test_a_group_without_a_value_has_no_percentage(rows):
    row = one(rows, variable="sex", level="male", group_level="not known")
    assert (
        row["state"] == "not-estimable" and row["total"] == 0 and row["estimate"] != row["estimate"]
    )


def test_a_patient_with_two_symptoms_counts_in_both_and_once_in_the_denominator(rows):
    assert n_of(rows, variable="symptom", level="flushing", group_level="") == (2, 3)
    assert n_of(rows, variable="symptom", level="diarrhoea", group_level="") == (1, 3)
    assert n_of(rows, variable="symptom", level="none", group_level="") == (1, 3)
    assert n_of(rows, variable="symptom", level="missing", group_level="") == (1, 4)


def test_a_variable_that_nobody_has_is_one_row_and_no_number(rows):
    row = one(rows, variable="alcohol_use")
    assert (row["state"], row["n"], row["total"]) == ("not-abstracted", 0, 4)


def test_the_median_counts_a_bounded_value_by_rank_where_its_place_is_certain(rows):
    # 2, 10 and "<1": the middle one is 2 wherever below 1 the bounded value lies.
    row = one(rows, variable="ki67_index", statistic="median", group_level="")
    assert (row["estimate"], row["n"]) == (2.0, 3)


def test_a_quartile_that_depends_on_a_bounded_value_is_the_interval_that_holds_it(rows):
    # Between 0 and 1 the bounded value moves the lower quartile of 2, 10 from 1 to 1.5.
    row = one(rows, variable="ki67_index", statistic="q25", group_level="")
    assert (row["state"], row["low"], row["high"]) == ("not-estimable", 1.0, 1.5)
    assert one(rows, variable="ki67_index", statistic="q75", group_level="")["estimate"] == 6.0


def test_a_median_that_depends_on_a_bounded_value_is_an_interval_in_text_and_table(rows):
    # 10 and "<1" in the pancreas: the median lies between 5 and 5.5.
    row = one(rows, variable="ki67_index", statistic="median", group_level="pancreas")
    assert (row["state"], row["low"], row["high"], row["n"]) == ("not-estimable", 5.0, 5.5, 2)
    assert numbers.estimate(row) == "[5.00 to 5.50]"
    table = tables.characteristics(rows, "Table 1")
    line = next(line for line in table.body if line[0].text.startswith("Proliferative"))
    shown = line[table.header.index("pancreas")].text
    assert shown == "[5.00 to 5.50] ([2.50 to 3.25] to [7.50 to 7.75]) %; n = 2"
    said = [note for note in table.notes if "known only by bounds" in note]
    assert len(said) == 2 and all("brackets hold the interval" in note for note in said)


def test_an_open_end_of_the_interval_is_said_in_words():
    # 5 and two values of ">20": the median lies above 20.
    values, low, high = (pd.Series(column) for column in
                         ([5, np.nan, np.nan], [5, 20, 20], [5, np.nan, np.nan]))  # fmt: skip
    row = result_rows(quantiles.bounded_quantity(values, low, high, "ki67_index")).iloc[0]
    assert numbers.estimate(row) == "[at least 20]"


def test_reported_and_derived_grade_differ_in_one_of_two(study):
    # A1: reported 2, Ki-67 2 % is G1. A2: reported 2, Ki-67 10 % is G2. A3: none reported.
    rows = check(describe.discordance(study, population="all_treated"))
    assert n_of(rows, variable="grade_discordance") == (1, 2)
    assert one(rows, level="2", group_level="G1")["n"] == 1


def test_the_headline_is_the_gastroenteropancreatic_population(study):
    rows = describe.characteristics(study, variables=("patients.sex",))
    assert set(rows["population"]) == {"gep"}
    assert n_of(rows, level="female") == (1, 3)


def test_the_grade_of_curves_stands_beside_the_grade_and_says_whose_it_is_by_report():
    # A1: Ki-67 of 2 %, G1. A2: well differentiated without an index, reported grade 2.
    study = SmallStudy({
        "patients": [{"patient_id": "A1"}, {"patient_id": "A2"}],
        "tumour": [{"patient_id": "A1", "ki67": 2.0, "ki67_lo": 2.0, "ki67_hi": 2.0,
                    "ki67_op": "=", "differentiation": "well"},
                   {"patient_id": "A2", "differentiation": "well", "grade_reported": "2"}],
        "prrt_cycles": treated("A1", "A2"),
    })  # fmt: skip
    rows = check(describe.characteristics(study, population="all_treated"))
    assert n_of(rows, variable="grade", level="G1") == (1, 2)
    assert n_of(rows, variable="grade", level="undetermined") == (1, 2)
    assert n_of(rows, variable="grade_group", level="G2") == (1, 2)
    own = rows[rows["variable"] == "grade_group"]
    assert set(own["warning"]) == {
        "Grade of curves and models: 1 without an abstracted index counted by their reported grade"
    }


# What else was recorded

IDS = tuple(f"P{number}" for number in range(1, 8))
SCANS = [  # First PRRT is on 2015-01-01; 365 days before it is 2014-01-01.
    ("P1", "2014-11-01", "SD"),  # recorded as progressive, which wins
    ("P2", "2014-06-01", "PD"),
    ("P2", "2014-11-01", "SD"),  # the last one: not progressive
    ("P3", "2015-01-01", "PD"),  # on the day of first PRRT
    ("P4", "2013-12-31", "PD"),  # a day too old
    ("P5", "2014-01-01", "PD"),
    ("P6", "2014-10-01", "PD"),
    ("P6", "2014-12-01", "NE"),  # not evaluable: the one before counts
    ("P7", "2015-02-01", "PD"),  # after first PRRT
]


@pytest.fixture(scope="module")
def more():
    """Seven patients; a hormonal syndrome in four, controlled in one of the two that tell it."""
    people = [{"patient_id": name} for name in IDS]
    people[0] |= {
        "progressive_before_prrt": "yes",
        "functioning": "yes",
        "pack_years": 10.0,
        "pack_years_lo": 10.0,
        "pack_years_hi": 10.0,
        "syndrome_controlled": "yes",
    }
    people[1] |= {"functioning": "yes", "syndrome_controlled": "no", "smoking_pack_years": 30.0}
    people[2] |= {"functioning": "no", "karnofsky": 90.0}
    tumour = [
        {"patient_id": "P1", "krenning": 4.0, "stage_reported": "IV", "ajcc_edition": 7.0},
        {"patient_id": "P2", "krenning": 3.0, "stage_reported": "IV", "ajcc_edition": 8.0},
        {"patient_id": "P3", "krenning": 4.0, "stage_reported": "III"},
    ]
    imaging = [
        {"patient_id": name, "scan_date": date, "response_word": word} for name, date, word in SCANS
    ]
    study = SmallStudy(
        {"patients": people, "tumour": tumour, "imaging": imaging, "prrt_cycles": treated(*IDS)},
        min_group=1,
    )
    return study, check(describe.also_recorded(study, population="all_treated"))  # fmt: skip


def test_disease_was_progressive_as_recorded_else_by_the_last_evaluable_scan_of_the_year(more):
    study, rows = more
    told = study.patients("progressive_at_start", population="all_treated")
    assert told["progressive_at_start"].tolist() == ["yes", "no", "yes", None, "yes", "yes", None]
    assert n_of(rows, variable="progressive_at_start", level="yes") == (4, 5)
    assert n_of(rows, variable="progressive_at_start", level="missing") == (2, 7)
    said = one(rows, variable="progressive_at_start", level="yes")["warning"]
    assert "1 as recorded, 4 by the last evaluable scan" in said


def test_what_else_was_recorded_has_a_row_and_what_was_not_says_so(more):
    _, rows = more
    assert n_of(rows, variable="functioning", level="yes") == (2, 3)
    assert n_of(rows, variable="syndrome_controlled", level="yes") == (1, 2)
    assert n_of(rows, variable="krenning", level="4") == (2, 3)
    assert one(rows, variable="karnofsky", statistic="median")["estimate"] == 90
    # 10 pack-years, and 30 read from the smoking history: the median is 20.
    assert one(rows, variable="pack_years", statistic="median")["estimate"] == 20
    for name in ("race", "ethnicity", "drinks_per_week", "carcinoid_syndrome", "sstr_imaging"):
        row = one(rows, variable=name)
        assert (row["state"], row["n"], row["total"]) == ("not-abstracted", 0, 7)
    assert not (rows["group"] != "").any()


def test_stages_of_several_editions_are_not_pooled_without_saying_so(more):
    study, rows = more
    stage = check(describe.characteristics(study, variables=("derived.stage",),
                                           population="all_treated"))  # fmt: skip
    said = one(stage, variable="stage", level="III")["warning"]
    assert "TNM of edition 7 in 1, 8 in 1, not named in 1" in said
    assert n_of(rows, variable="ajcc_edition", level="7") == (1, 2)


def test_stages_of_one_edition_need_no_word():
    tumour = [{"patient_id": "A", "stage_reported": "IV", "ajcc_edition": 8.0},
              {"patient_id": "B", "stage_reported": "III", "ajcc_edition": 8.0}]  # fmt: skip
    study = SmallStudy({"tumour": tumour, "prrt_cycles": treated("A", "B")})
    rows = describe.characteristics(study, variables=("derived.stage",), population="all_treated")
    assert not rows["warning"].any()


def test_a_quantity_of_fewer_than_five_patients_has_counts_alone():
    """Decision 36: four values have no median, nor what their bounds leave of one."""
    four, low = pd.Series([1.0, 2.0, 3.0, None]), pd.Series([np.nan, np.nan, np.nan, 5.0])
    told = quantiles.bounded_quantity(four, low, low * np.nan, "mitoses_value")
    few = result_rows(quantiles.where_enough(told, 5))
    middle = few[few["statistic"] != "count"]
    assert set(middle["state"]) == {"not-estimable"} and middle[["low", "high"]].isna().all(None)
    assert set(middle["warning"]) == {"no median of fewer than 5 patients"}
    assert quantiles.where_enough(told, 4)[0] == told[0]
