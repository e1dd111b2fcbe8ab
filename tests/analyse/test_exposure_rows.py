"""Exposure on three patients: one with two courses, one tandem, one with nothing recorded."""

import pytest
from small_study import SmallStudy, check, n_of, one

from prrt_lib.topics.exposure import exposure


def cycle(patient, number, day, **more):
    return {"patient_id": patient, "cycle_no": number, "cycle_date": day, **more}


LU, Y, BOTH = "Lu-177", "Y-90", "Lu-177+Y-90"
CYCLES = [
    cycle(
        "A1",
        1,
        "2015-01-01",
        isotope=LU,
        activity_gbq=7.4,
        ssa_at_time="yes",
        ssa_drug="lanreotide",
        dose_modified="no",
        treat_site="Basel",
    ),
    cycle(
        "A1",
        2,
        "2015-02-26",
        isotope=LU,
        activity_gbq=7.0,
        ssa_at_time="no",
        dose_modified="yes",
        dose_modified_reason="renal",
        treat_site="Basel",
    ),
    # 365 days after the previous cycle: a second course, with another isotope.
    cycle("A1", 3, "2016-02-26", isotope=Y, activity_gbq=4.0, dose_modified="no"),
    cycle("A2", 1, "2015-01-01", isotope=BOTH, activity_gbq=3.7, dose_modified="no"),
    cycle("A2", 2, "2015-03-12", isotope=LU, dose_modified="no"),
    cycle("A3", 1, "2015-06-01"),
]


@pytest.fixture(scope="module")
def study():
    return SmallStudy({"patients": [{"patient_id": n} for n in ("A1", "A2", "A3")],
                       "prrt_cycles": CYCLES}, min_group=1)  # fmt: skip


def given(*cycles, **parameters) -> SmallStudy:
    """A study of administrations (patient, number, day, isotope, GBq); None is a blank cell."""
    names = ("patient_id", "cycle_no", "cycle_date", "isotope", "activity_gbq")
    rows = [dict(zip(names, item, strict=True)) for item in cycles]
    return SmallStudy({"prrt_cycles": rows}, **{"min_group": 1, **parameters})


def test_cycles_per_patient_are_1_2_3(study):
    rows = check(exposure.cycles(study))
    assert one(rows, variable="n_cycles", statistic="median")["estimate"] == 2
    assert n_of(rows, variable="n_cycles", level="3") == (1, 3)


def test_a_gap_of_a_year_is_a_second_course_not_a_new_patient(study):
    rows = exposure.cycles(study)
    assert n_of(rows, variable="n_courses", level="2") == (1, 3)
    assert n_of(rows, variable="n_courses", level="1") == (2, 3)


def test_activities_of_two_isotopes_are_never_added(study):
    rows = check(exposure.activity(study))
    sums = rows[(rows["stratum"] == "") & (rows["statistic"] == "max")]
    assert dict(zip(sums["level"], sums["estimate"].round(1), strict=True)) == {
        LU: 14.4,
        Y: 4.0,
        BOTH: 3.7,
    }


def test_a_sum_with_an_unknown_isotope_activity_or_date_is_a_lower_bound_and_out_of_the_median():
    # Whole: A 14.8, F 7.0. At least: B 7.4 (activity of cycle 2), C 7.4 (isotope), D 7.4 (date),
    # E 0 (its only activity). Y-90 of F is whole although its Lu-177 is another isotope.
    study = given(
        ("A", 1, "2015-01-01", LU, 7.4), ("A", 2, "2015-03-01", LU, 7.4),
        ("B", 1, "2015-01-01", LU, 7.4), ("B", 2, "2015-03-01", LU, None),
        ("C", 1, "2015-01-01", LU, 7.4), ("C", 2, "2015-03-01", None, 7.4),
        ("D", 1, "2015-01-01", LU, 7.4), ("D", 2, None, LU, 7.4),
        ("E", 1, "2015-01-01", LU, None),
        ("F", 1, "2015-01-01", LU, 7.0), ("F", 2, "2015-03-01", Y, 3.0),
    )  # fmt: skip
    rows = check(exposure.activity(study))
    whole = one(rows, level=LU, stratum="", statistic="median")
    assert (whole["estimate"], whole["n"], whole["total"]) == (pytest.approx(10.9), 2, 6)
    least = one(rows, level=LU, stratum=exposure.AT_LEAST, statistic="median")
    assert (least["estimate"], least["n"], least["total"]) == (pytest.approx(7.4), 4, 6)
    # All six, bounds included: 0, 7, 7.4, 7.4, 7.4, 14.8.
    assert "4 of 6 sums" in whole["warning"] and "at least 7.4 GBq" in whole["warning"]
    assert n_of(rows, level=Y, stratum="", statistic="median") == (1, 1)


def test_an_unknown_isotope_leaves_every_isotope_of_the_patient_a_lower_bound():
    study = given(("A", 1, "2015-01-01", LU, 7.4), ("A", 2, "2015-03-01", Y, 3.0),
                  ("A", 3, "2015-05-01", None, 3.0), ("B", 1, "2015-01-01", None, 7.4))  # fmt: skip
    rows = exposure.activity(study)
    least = rows[(rows["stratum"] == exposure.AT_LEAST) & (rows["statistic"] == "median")]
    assert dict(zip(least["level"], least["estimate"], strict=True)) == {LU: 7.4, Y: 3.0}
    assert "no sum where no isotope is known: 1" in " ".join(rows["warning"])


def test_the_first_course_has_its_own_sum_apart_from_retreatment(study):
    # A1: 7.4 + 7.0 of Lu-177, a year later 4.0 of Y-90.
    rows = exposure.activity(study)
    rows = rows[rows["variable"] == "cumulative_gbq"]
    first = rows[(rows["stratum"] == "first course") & (rows["statistic"] == "max")]
    assert dict(zip(first["level"], first["estimate"].round(1), strict=True)) == {
        LU: 14.4,
        BOTH: 3.7,
    }
    again = one(rows, level=Y, stratum="retreatment", statistic="median")
    assert (again["estimate"], again["n"]) == (4.0, 1)


def test_the_cycles_of_the_first_course_are_counted_by_isotope():
    # A: two of Lu-177, then a second course, left out. B: one of each isotope, the activity of
    # Lu-177 unknown, which leaves its count whole. C: the date of the second is unknown, and so
    # is its course: at least 1.
    study = given(
        ("A", 1, "2015-01-01", LU, 7.4), ("A", 2, "2015-03-01", LU, 7.4),
        ("A", 3, "2016-03-01", LU, 7.4),
        ("B", 1, "2015-01-01", LU, None), ("B", 2, "2015-03-01", Y, 3.0),
        ("C", 1, "2015-01-01", LU, 7.4), ("C", 2, None, LU, 7.4),
    )  # fmt: skip
    rows = check(exposure.activity(study))
    whole = one(rows, variable="cycles_of_isotope", level=LU, stratum="first course",
                statistic="median")  # fmt: skip
    assert (whole["estimate"], whole["n"], whole["total"]) == (1.5, 2, 3)
    assert "1 of 3 sums lack a cycle's isotope or date" in whole["warning"]
    least = one(rows, variable="cycles_of_isotope", level=LU, statistic="median",
                stratum="first course, at least")  # fmt: skip
    assert (least["estimate"], least["n"]) == (1, 1)
    assert n_of(rows, variable="cycles_of_isotope", level=Y, statistic="median") == (1, 1)


def test_cycles_are_counted_where_no_activity_was_abstracted():
    rows = exposure.activity(given(("A", 1, "2015-01-01", LU, None)))
    assert one(rows, variable="cumulative_gbq")["state"] == "not-abstracted"
    assert one(rows, variable="cycles_of_isotope", statistic="median")["estimate"] == 1


def test_undated_administrations_are_counted_by_every_table_and_have_no_interval():
    study = given(("A", 1, "2015-01-01", LU, 7.4), ("A", 2, None, LU, 7.4),
                  ("A", 3, "2015-04-23", LU, 7.4))  # fmt: skip
    assert one(exposure.cycles(study), variable="n_cycles", statistic="median")["estimate"] == 3
    rows = check(exposure.each(study))
    counts = rows[rows["variable"] == "administrations"]
    assert dict(zip(counts["group_level"], counts["n"], strict=True)) == {
        "": 3, "1": 1, "2": 1, "3": 1}  # fmt: skip
    row = one(exposure.intervals(study), level="all", statistic="median")
    assert (row["n"], row["total"], row["state"]) == (0, 2, "not-estimable")


def test_a_group_of_fewer_than_five_patients_has_no_median():
    cycles = [(f"P{n}", 1, "2015-01-01", LU, 7.4) for n in range(5)]
    # Five have a second cycle; the activity of one is not known.
    cycles += [(f"P{n}", 2, "2015-03-01", LU, 7.4 if n else None) for n in range(5)]
    rows = exposure.each(given(*cycles, min_group=5))
    second = one(rows, variable="activity_gbq", group_level="2", statistic="median")
    assert second["state"] == "not-estimable" and "fewer than 5 patients" in second["warning"]
    assert (
        one(rows, variable="activity_gbq", group_level="1", statistic="median")["estimate"] == 7.4
    )


def test_a_first_course_is_held_against_the_declared_schedule():
    # Of 2 x 7.4 GBq: A reaches 2 cycles and 14.8 (100 %), its third is a retreatment; B stops at
    # 1 (50 %); C has an undated second cycle, which reaches or not; D was given Y-90.
    study = given(
        ("A", 1, "2015-01-01", LU, 7.4), ("A", 2, "2015-03-01", LU, 7.4),
        ("A", 3, "2017-03-01", LU, 7.4), ("B", 1, "2015-01-01", LU, 7.4),
        ("C", 1, "2015-01-01", LU, 7.4), ("C", 2, None, LU, 7.4),
        ("D", 1, "2020-12-01", Y, 3.0), planned_cycles=2,
    )  # fmt: skip
    rows = check(exposure.planned(study))
    assert n_of(rows, variable="planned_cycles", level="yes") == (1, 3)
    assert n_of(rows, variable="planned_cycles", level="missing") == (1, 4)
    assert "1 first courses with fewer than 2 cycles may be going on" in rows["warning"].iloc[0]
    of_plan = {"variable": "delivered_of_planned", "statistic": "median"}
    row = one(rows, stratum="", **of_plan)
    assert (row["estimate"], row["n"], row["total"]) == (pytest.approx(75.0), 2, 3)
    assert one(rows, stratum="at least", **of_plan)["estimate"] == pytest.approx(50.0)


def test_intervals_are_8_and_10_weeks_and_the_gap_between_courses_is_left_out(study):
    rows = check(exposure.intervals(study))
    row = one(rows, level="all", statistic="median")
    assert (row["estimate"], row["n"]) == (9.0, 2)
    assert one(rows, level="all", statistic="max")["estimate"] == 10.0
    assert "1 gaps of 183 days" in row["warning"]


def test_modified_cycles_and_patients_have_their_own_denominators(study):
    rows = check(exposure.modifications(study))
    assert n_of(rows, variable="dose_modified", level="cycles") == (1, 5)
    assert n_of(rows, variable="dose_modified", level="patients with at least one") == (1, 2)
    assert n_of(rows, variable="dose_modified_reason", level="renal") == (1, 1)


def test_analog_is_shown_at_each_cycle(study):
    rows = check(exposure.each(study))
    assert n_of(rows, variable="ssa_at_time", level="yes", group_level="1") == (1, 1)
    assert n_of(rows, variable="ssa_at_time", level="yes", group_level="2") == (0, 1)
    assert n_of(rows, variable="ssa_at_time", level="missing", group_level="1") == (2, 3)


def test_centres_are_shares_of_administrations(study):
    rows = check(exposure.each(study))
    assert n_of(rows, variable="treat_site", level="Basel", group="") == (2, 2)
    assert n_of(rows, variable="treat_site", level="Basel", group_level="2") == (1, 1)
    for name in ("route", "amino_acid", "radiosensitiser", "absorbed_dose"):
        assert one(rows, variable=name)["state"] == "not-abstracted"
