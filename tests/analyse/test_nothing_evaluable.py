"""Scans that nobody could evaluate: what they cannot tell is "not estimable"."""

import pandas as pd
import pytest
from small_study import SmallStudy, check, treated

from prrt_lib.topics.response import imaging, landmark, response

IDS = ("A1", "A2", "A3")
SCANS = [
    {"patient_id": name, "scan_date": pd.Timestamp("2015-06-01"), "modality": "CT",
     "response_raw": "NE", "response_word": "NE"}
    for name in IDS
]  # fmt: skip
PAGES = {
    "first": lambda study: response.classes(study, "first_response"),
    "best of the evaluable": lambda study: response.classes(
        study, population="imaging_evaluable", stratum=""
    ),
    "complete": response.complete,
    "any response": lambda study: response.magnitudes(study).query("variable == 'any_response'"),
    "waits": imaging.scan_intervals,
}


def study(scans) -> SmallStudy:
    tables = {"patients": [{"patient_id": name} for name in IDS], "prrt_cycles": treated(*IDS)}
    return SmallStudy({**tables, **({"imaging": scans} if scans else {})})


@pytest.mark.parametrize("name", PAGES)
def test_with_scans_it_is_not_estimable_and_without_any_not_abstracted(name):
    for scans, state in ((SCANS, "not-estimable"), ([], "not-abstracted")):
        rows = check(PAGES[name](study(scans)))
        assert set(rows["state"]) == {state}
        assert rows["estimate"].isna().all()


def test_a_landmark_says_that_no_scan_could_be_read():
    rows = check(landmark.landmark(study(SCANS), 6.0))
    assert set(rows["state"]) == {"not-estimable"}
    assert rows["warning"].str.contains("no evaluable scan").all()
