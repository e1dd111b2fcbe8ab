"""Patients who enter late are at risk from their entry on in every analysis, never before."""

import pandas as pd
import pytest
from clocked_study import ClockedStudy, GivenTimes
from small_study import check, one, treated

from prrt_lib.analyse import survival
from prrt_lib.topics.response import response_times

# Progression (1) or death (2) in days; the third patient enters on day 3.
LATE = pd.DataFrame({"entry": [0, 0, 3, 0], "exit": [2, 5, 6, 4], "event": [1, 0, 1, 2],
                     "arm": ["a", "a", "b", "b"]})  # fmt: skip


def test_groups_of_a_competing_endpoint_are_compared_with_entry_under_the_right_name():
    # Day 2: two of arm a and one of arm b at risk, one progresses in a: 2/3 expected there,
    # variance 2/9. Day 6: b alone. chi2 = (1/3)^2 / (2/9) = 1/2; without the entry it were 1.
    row = one(survival.compare(GivenTimes(LATE), "cif_progression", "arm"), statistic="chi2")
    assert row["estimate"] == pytest.approx(0.5)
    assert row["method"] == "cause-specific log-rank, death censored, delayed entry"
    assert "Gray's test does not cover the 1 who enter late" in row["warning"]


def test_without_late_entry_it_is_grays_test():
    row = one(survival.compare(GivenTimes(LATE.assign(entry=0)), "cif_progression", "arm"),
              statistic="chi2")  # fmt: skip
    assert row["method"].startswith("Gray's test")


@pytest.fixture
def responders():
    """A1 to A3 respond on day 100, and A4, who is enrolled on day 200; A5 enrols on day 50."""
    ids = [f"A{number}" for number in range(1, 6)]
    enrolled = {"A4": "2015-07-20", "A5": "2015-02-20"}
    scans = [{"patient_id": name, "scan_date": "2015-04-11", "any_lesion_decrease": "yes",
              "any_lesion_increase": "no", "new_lesions": "no"} for name in ids]  # fmt: skip
    return ClockedStudy({
        "patients": [{"patient_id": name, "consent_date": enrolled.get(name, "2015-01-01")}
                     for name in ids],
        "prrt_cycles": treated(*ids),
        "imaging": scans,
        "followup": [{"patient_id": name, "vital_status": "alive",
                      "last_contact_date": "2017-01-01"} for name in ids],
    })  # fmt: skip


def test_a_response_before_the_start_of_observation_is_left_out_and_said(responders):
    rows = check(response_times.timing(responders))
    first = rows[rows["endpoint"] == "time_to_response"].iloc[0]
    assert first["n"] == 4
    assert first["warning"] == (
        "1 enter late, when their observation starts; 1 left out: event before their observation "
        "starts"
    )


def test_times_between_scans_leave_out_who_enters_late(responders):
    assert len(response_times.progression_intervals(responders)) == 3
