"""Landmark cohorts, on patients you can see."""

from __future__ import annotations

import pandas as pd
import pytest

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.curves.landmark_analysis import landmark

PATIENTS = pd.DataFrame(
    {
        "study_id": ["a", "b", "c", "d", "e"],
        "exit": [400, 183, 700, 184, 500],
        "event": [1, 0, 0, 1, 1],
        "progression": [100, None, 600, None, None],
    }
)
SCANS = pd.DataFrame(
    {
        "study_id": ["a", "a", "b", "c", "c", "d"],
        "time": [90, 183, 90, 100, 300, 184],
        "value": ["response", "progression", "response", "stable", "response", "response"],
    }
)


def test_patients_whose_follow_up_ends_by_the_landmark_are_out_and_counted():
    cohort = landmark(PATIENTS, "exit", "event", 183)
    assert list(cohort.frame["study_id"]) == ["a", "c", "d", "e"]
    assert list(cohort.frame["exit"]) == [217, 517, 1, 317]
    rows = cohort.rows.set_index("level")["estimate"]
    assert rows["included"] == 4 and rows["ended by the landmark"] == 1
    assert list(PATIENTS["exit"]) == [400, 183, 700, 184, 500]


def test_status_comes_from_scans_up_to_the_landmark_only():
    cohort = landmark(PATIENTS, "exit", "event", 183, SCANS)
    expected = ["progression", "stable", "not imaged", "not imaged"]
    assert list(cohort.frame["landmark_status"]) == expected


def test_progression_before_the_landmark_takes_out_for_progression_endpoints():
    cohort = landmark(PATIENTS, "exit", "event", 183, out_if_before="progression")
    assert list(cohort.frame["study_id"]) == ["c", "d", "e"]
    assert cohort.excluded["event before the landmark"] == 1


def test_entering_after_the_landmark_is_not_under_observation_at_it():
    cohort = landmark(
        PATIENTS.assign(entry=[0, 0, 200, 10, 0]), "exit", "event", 183, entry="entry"
    )
    assert list(cohort.frame["study_id"]) == ["a", "d", "e"]
    assert list(cohort.frame["entry"]) == [0, 0, 0]


def test_a_landmark_nobody_reaches_is_refused():
    with pytest.raises(AnalysisError, match="nobody"):
        landmark(PATIENTS, "exit", "event", 1000)
