"""Response in time, on eight patients treated on 2015-01-01: every number worked out by hand."""

import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.base.errors import AnalysisError
from prrt_lib.draw import clinical_tables
from prrt_lib.topics.exposure import swimmer
from prrt_lib.topics.response import (
    imaging,
    landmark,
    response,
    response_figures,
    response_times,
)

FLAGS = ("any_lesion_decrease", "any_lesion_increase", "new_lesions")
WORDS = {"smaller": ("yes", "no", "no"), "same": ("no", "no", "no"), "larger": ("no", "yes", "no")}


def scan(patient, day, what, **more):
    flags = dict(zip(FLAGS, WORDS[what], strict=True)) if what else {}
    return {"patient_id": patient, "scan_date": day, **flags, **more}


# Days from first PRRT: 2015-04-01 is day 90, 2015-06-30 day 180, 2015-08-01 day 212,
# 2015-12-31 day 364. The landmark at 6 months is day 183.
SCANS = [
    scan("A1", "2014-12-01", None, modality="CT"),  # 31 days before first PRRT
    scan("A1", "2015-04-01", "smaller", size_change_pct=-10.0, recist_class="SD"),
    scan("A1", "2015-12-31", "larger", size_change_pct=5.0, recist_class="SD"),
    scan("A2", "2014-12-25", None, modality="CT+PET"),
    scan("A2", "2015-04-01", "smaller", size_change_pct=-40.0, recist_class="PR"),
    scan("B1", "2015-04-01", "same", size_change_pct=0.0, recist_class="SD"),
    scan("B1", "2015-08-01", "smaller"),  # responds after the landmark
    scan("B2", "2015-04-01", "larger"),
    scan("B2", "2015-06-30", "smaller"),  # after progression: no response
    scan("D1", "2015-04-01", "smaller"),  # dies before the landmark
    scan("E1", "2015-08-01", "same"),  # first seen after the landmark
]
DEATHS = {"A1": "2017-01-01", "B1": "2016-01-01", "B2": "2015-10-01", "D1": "2015-05-01"}
IDS = ("A1", "A2", "B1", "B2", "C1", "D1", "E1")


@pytest.fixture(scope="module")
def study():
    follow = [{"patient_id": name, "vital_status": "dead", "death_date": DEATHS[name]}
              if name in DEATHS else
              {"patient_id": name, "vital_status": "alive", "last_contact_date": "2018-01-01"}
              for name in IDS]  # fmt: skip
    return SmallStudy({
        "patients": [{"patient_id": name} for name in IDS], "imaging": SCANS, "followup": follow,
        "prrt_cycles": treated(*IDS),
    }, min_group=2)  # fmt: skip


def test_responders_until_death_are_never_compared_from_first_prrt(study):
    with pytest.raises(AnalysisError, match="landmark"):
        study.times("os_prrt", columns=("best_response",))


def test_states_at_six_months_come_from_scans_until_then(study):
    kept = landmark.at(study, 6)
    found = dict(zip(kept.frame["patient_id"], kept.frame[landmark.STATE], strict=True))
    assert found == {
        "A1": "responder", "A2": "responder", "B1": "non-responder", "B2": "non-responder",
        "C1": "not imaged", "E1": "not imaged",
    }  # fmt: skip
    assert kept.excluded["ended by the landmark"] == 1


def test_a_scan_that_cannot_be_judged_is_not_the_same_as_none_by_the_landmark():
    ids = ("A1", "A2", "B1")
    known = SmallStudy({
        "patients": [{"patient_id": name} for name in ids], "prrt_cycles": treated(*ids),
        "imaging": [scan("A1", "2015-04-01", "smaller"), scan("A2", "2015-04-01", None)],
        "followup": [{"patient_id": name, "vital_status": "alive",
                      "last_contact_date": "2018-01-01"} for name in ids],
    })  # fmt: skip
    frame = landmark.at(known, 6).frame
    assert frame[landmark.STATE].tolist() == ["responder", "not evaluable", "not imaged"]
    # Neither is compared with responders.
    rows = check(landmark.landmark(known, 6))
    assert one(rows, statistic="log_hazard_ratio")["n"] == 1


def test_the_clock_restarts_at_the_landmark(study):
    # A1 died on day 731: 548 days after day 183.
    frame = landmark.at(study, 6).frame.set_index("patient_id")
    assert (frame.loc["A1", "exit"], frame.loc["A1", "event"]) == (548, 1)
    assert frame.loc["C1", "event"] == 0 and "entry" not in frame


def test_progressed_patients_stay_for_survival_and_leave_for_progression_free_survival(study):
    kept = landmark.at(study, 6, "pfs")
    assert "B2" not in set(kept.frame["patient_id"])
    assert "B2" in set(landmark.at(study, 6, "os_prrt").frame["patient_id"])


def test_rows_say_who_is_in_and_who_is_left_out(study):
    rows = check(landmark.landmark(study, 6))
    assert n_of(rows, statistic="count", level="included") == (6, 7)
    assert n_of(rows, statistic="count", level="ended by the landmark") == (1, 7)
    assert set(rows["role"]) == {"exploratory"}
    middle = one(rows, statistic="median", group_level="non-responder")
    # B2 dies on day 273, B1 on day 365: 90 and 182 days after the landmark, midway 136.
    assert middle["estimate"] == 136


def test_nobody_left_is_a_row_without_a_number(study):
    rows = check(landmark.landmark(study, 60))
    assert set(rows["state"]) == {"not-estimable"} and rows["estimate"].isna().all()


def test_first_responses_and_their_ends(study):
    days = response_times.response_days(study).set_index("patient_id")
    assert days.loc["A1"].tolist() == [90, 0, 364, 1]
    assert days.loc["A2"].tolist() == [90, 0, 90, 0]
    assert days.loc["B1"].tolist() == [212, 0, 365, 1]
    assert days.loc["D1"].tolist() == [90, 0, 120, 1]
    assert days["response"].isna()[["B2", "C1", "E1"]].all()


def test_progression_lies_between_the_last_scan_without_it_and_the_first_with_it(study):
    found = response_times.progression_intervals(study).set_index("patient_id")
    assert found.loc["A1"].tolist() == [90, 364]
    assert found.loc["B2"].tolist() == [0, 90]
    # B1 died without progression, last seen without it on day 212.
    assert found.loc["B1", "lower"] == 212 and found["upper"].isna()["B1"]


def test_each_measure_of_response_has_its_own_denominator(study):
    rows = check(response.magnitudes(study))
    # Evaluable: all but C1. B2 responds only after progression.
    assert n_of(rows, variable="any_response", level="yes") == (4, 6)
    assert n_of(rows, variable="any_shrinkage", level="yes") == (2, 3)
    assert n_of(rows, variable="shrinkage_30", level="yes") == (1, 3)


def test_response_three_and_twelve_months_after_the_last_cycle(study):
    # Windows 2015-02-16 to 2015-05-17 and 2015-10-02 to 2016-04-01. B2 dies the day before the
    # second, having progressed; of the seven nobody is still waited for.
    rows = check(response.after_last_cycle(study))
    three = rows[rows["variable"] == "response_3_months"].set_index("level")["n"]
    assert three[three > 0].to_dict() == {
        "response of any magnitude": 3, "stable": 1, "progression": 1, "no evaluable scan": 2
    }  # fmt: skip
    twelve = rows[rows["variable"] == "response_12_months"]
    counted = twelve.set_index("level")["n"]
    assert counted[counted > 0].to_dict() == {
        "progression": 1, "died before": 2, "no evaluable scan": 4
    }  # fmt: skip
    assert n_of(twelve, level="not yet reached") == (0, 7)
    assert (twelve["total"] == 7).all()


def test_who_cannot_have_reached_the_moment_is_counted_apart():
    known = SmallStudy({
        "patients": [{"patient_id": name} for name in ("A1", "A2")],
        "prrt_cycles": treated("A1", "A2"), "imaging": [scan("A1", "2015-04-01", "smaller")],
    }, cutoff="2015-12-31")  # fmt: skip
    rows = check(response.after_last_cycle(known))
    three = rows[rows["variable"] == "response_3_months"]
    assert n_of(three, level="response of any magnitude") == (1, 1)
    assert n_of(three, level="not yet reached") == (1, 2)
    twelve = rows[rows["variable"] == "response_12_months"]
    assert set(twelve["state"]) == {"not-estimable", "ok"}
    assert n_of(twelve, level="not yet reached") == (2, 2)


def test_a_first_progression_is_confirmed_by_the_next_scan_or_not(study):
    # A1 dies 367 days after progression; B2 is smaller on the next scan, 90 days later.
    rows = check(response.confirmation(study))
    counts = rows[rows["statistic"] == "count"].set_index("level")["n"].to_dict()
    assert counts == {"confirmed": 0, "not confirmed (possible pseudoprogression)": 1,
                      "new treatment before the next scan": 0, "died before another scan": 0,
                      "no later scan": 1}  # fmt: skip
    assert n_of(rows, statistic="proportion") == (1, 1)


def test_the_scan_before_prrt_and_its_modalities(study):
    rows = check(imaging.baseline(study))
    assert n_of(rows, variable="baseline_scan", level="a scan before first PRRT") == (2, 7)
    assert n_of(rows, variable="baseline_modality", level="CT") == (2, 2)
    assert n_of(rows, variable="baseline_modality", level="PET") == (1, 2)
    # 31 and 7 days before: the middle is 19.
    assert one(rows, variable="days_before_prrt", statistic="median")["estimate"] == 19


def test_waits_count_from_first_prrt_and_then_from_scan_to_scan(study):
    waits = imaging.gaps(study)
    assert waits.loc[waits["patient_id"] == "B1", "weeks"].tolist() == [90 / 7, 122 / 7]


def test_lanes_end_at_death_or_last_contact_and_hold_what_happened(study):
    course = swimmer.patient_rows(study)
    assert course.lanes["patient_id"].tolist()[-1] == "D1"
    ends = course.lanes.set_index("patient_id")["ended"]
    assert (ends["A1"], ends["C1"]) == ("died", "alive at last contact")
    of_a1 = course.marks[course.marks["patient_id"] == "A1"]["what"].value_counts()
    assert of_a1["progression date"] == 1 and of_a1["PRRT"] == 1


def test_a_wait_is_shown_with_its_statistic_its_n_and_its_spread(study):
    # Waits to a first evaluable scan and between scans, in weeks; A1: 90 and 274 days, A2: 90, ...
    waits = imaging.scan_intervals(study)
    table = clinical_tables.quantiles(waits[waits["unit"] == "weeks"], "Weeks between scans")
    line = next(line for line in table.body if "scan 1" in line[0].text)
    # First scans on day 90 (A1, A2, B1, B2, D1) and 212 (E1): median 90 days = 12.9 weeks.
    assert [cell.text for cell in line[1:]] == ["6/6", "12.9 (12.9 to 12.9)", "12.9 to 30.3"]
    alone = one(waits, statistic="median", level="first PRRT to scan 1")
    assert clinical_tables.with_p(alone) == "median 12.9 weeks; n = 6"


def test_first_scans_before_the_last_cycle_of_the_first_course_are_counted():
    """A1 and A2 are scanned in April and treated last in May; A2's May is a course a year later."""
    more = [{"patient_id": "A1", "cycle_no": 2, "cycle_date": "2015-05-01"},
            {"patient_id": "A2", "cycle_no": 2, "cycle_date": "2016-05-01"}]  # fmt: skip
    small = SmallStudy({
        "patients": [{"patient_id": name} for name in ("A1", "A2")],
        "imaging": [scan(name, "2015-04-01", "same") for name in ("A1", "A2")],
        "prrt_cycles": [*treated("A1", "A2"), *more],
    })  # fmt: skip
    rows = check(imaging.scan_intervals(small))
    assert n_of(rows, variable="scan_before_last_cycle") == (1, 2)


def test_interval_censored_rows_are_not_headed_by_limits_they_do_not_have(study):
    rows = response_times.interval_censored(study)
    assert rows["conf_level"].isna().all()
    assert response_figures.moments(rows, "t").header[-1] == "estimate, no limits are given"
    timed = response_figures.moments(response_times.timing(study), "t")
    assert timed.header[-1] == "estimate (95 % limits)"
