"""Exposure on three patients: one with two courses, one tandem, one with nothing recorded."""

import pytest
from small_study import SmallStudy, check, n_of, one

from prrt_lib.analyse import exposure


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
                       "prrt_cycles": CYCLES})  # fmt: skip


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
    sums = rows[(rows["variable"] == "cumulative_gbq") & (rows["statistic"] == "max")]
    assert dict(zip(sums["level"], sums["estimate"].round(1), strict=True)) == {
        LU: 14.4,
        Y: 4.0,
        BOTH: 3.7,
        exposure.UNKNOWN_ISOTOPE: pytest.approx(float("nan"), nan_ok=True),
    }


def test_a_patient_with_an_unknown_activity_has_no_cumulative_one(study):
    # A1 and A2 had Lu-177; the activity of A2's is unknown.
    row = one(exposure.activity(study), variable="cumulative_gbq", level=LU, statistic="median")
    assert (row["n"], row["total"]) == (1, 2)


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
    rows = check(exposure.ssa_by_cycle(study))
    assert n_of(rows, variable="ssa_at_time", level="yes", group_level="1") == (1, 1)
    assert n_of(rows, variable="ssa_at_time", level="yes", group_level="2") == (0, 1)
    assert n_of(rows, variable="ssa_at_time", level="missing", group_level="1") == (2, 3)


def test_centres_are_shares_of_administrations(study):
    rows = check(exposure.agents(study))
    assert n_of(rows, variable="treat_site", level="Basel") == (2, 2)
    assert one(rows, variable="route")["state"] == "not-abstracted"
