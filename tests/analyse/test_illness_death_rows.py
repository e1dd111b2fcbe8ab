"""Who is watched for a progression between scans, on patients treated on 2015-01-01: by hand."""

import numpy as np
import pandas as pd
import pytest
from clocked_study import ClockedStudy
from small_study import check, treated

from prrt_lib.analyse import survival
from prrt_lib.declare.parameters import YEARS
from prrt_lib.declare.rows import combine
from prrt_lib.draw import tables
from prrt_lib.topics.survival import illness_death

FLAGS = ("any_lesion_decrease", "any_lesion_increase", "new_lesions")
WORDS = {"same": ("no", "no", "no"), "larger": ("no", "yes", "no"), "unread": (None, None, None)}


def scan(patient, day, what):
    date = pd.Timestamp("2015-01-01") + pd.Timedelta(day, "D")
    flags = dict(zip(FLAGS, WORDS[what], strict=True))
    return {"patient_id": patient, "scan_date": date, "modality": "CT", **flags}


def followed(patient, day, died):
    date = pd.Timestamp("2015-01-01") + pd.Timedelta(day, "D")
    name, status = ("death_date", "dead") if died else ("last_contact_date", "alive")
    return {"patient_id": patient, "vital_status": status, name: date}


def study_of(scans, ends, consent=()):
    names = list(ends)
    late = dict(consent)
    return ClockedStudy({
        "patients": [{"patient_id": name, "consent_date": late.get(name)} for name in names],
        "prrt_cycles": treated(*names), "imaging": [scan(*one) for one in scans],
        "followup": [followed(name, *end) for name, end in ends.items()],
    }, cutoff="2023-01-01")  # fmt: skip


def test_each_patient_is_watched_to_death_or_last_contact():
    study = study_of(
        [("A1", 90, "same"), ("A1", 212, "larger"), ("A3", 90, "same"),
         ("A4", 90, "same"), ("A4", 212, "same"), ("A5", 90, "same"), ("A5", 212, "unread"),
         ("A6", 212, "same"), ("A7", 2500, "same"), ("A7", 2600, "larger")],
        {"A1": (365, 1), "A2": (365, 0), "A3": (1096, 1), "A4": (365, 0), "A5": (300, 0),
         "A6": (180, 0), "A7": (2700, 1)},
        consent=[("A4", "2015-05-01")],
    )  # fmt: skip
    found = illness_death.states(study).set_index("patient_id")
    none = np.nan
    expected = {
        "A1": (0, 90, 212, 365, 1),
        "A2": (0, 0, none, 365, 0),  # never imaged
        "A3": (0, 90, none, 1096, 1),  # dies long after the last scan: no rule leaves it out
        "A4": (120, 212, none, 365, 0),  # enrolled on day 120
        "A5": (0, 90, none, 300, 0),  # the later scan cannot be judged
        "A6": (0, 212, none, 212, 0),  # imaged after the last contact
        "A7": (0, 2500, none, 2557, 0),  # progression and death after the horizon
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(found.loc[name].astype(float), values, err_msg=name)


def test_too_few_events_are_said_and_not_estimated():
    study = study_of([("A1", 90, "larger"), ("A2", 90, "same")], {"A1": (365, 1), "A2": (365, 1)})
    rows = check(illness_death.illness_death(study))
    assert set(rows["state"]) == {"not-estimable"} and set(rows["model"]) == {"illness-death"}
    assert rows["warning"].str.contains("1 progressions and 2 deaths, expected at least 5").all()
    assert set(rows.loc[rows["statistic"] != "median", "time"]) == set(YEARS)


def test_the_rows_stand_beside_those_of_the_main_rule():
    """Ten with a scan on day 100 that shows progression, dead on day 300; five dead on day 50."""
    grown, early = ([f"{kind}{number}" for number in range(count)] for kind, count in
                    (("A", 10), ("B", 5)))  # fmt: skip
    ends = {name: (300, 1) for name in grown} | {name: (50, 1) for name in early}
    study = study_of([(name, 100, "larger") for name in grown], ends)
    rows = check(illness_death.illness_death(study))
    middle = rows[rows["statistic"] == "median"].iloc[0]
    assert (middle["endpoint"], middle["n"], middle["events"]) == ("pfs", 15, 15)
    assert middle["role"] == "exploratory" and middle["estimate"] < 100
    assert "censored at that scan" not in middle["warning"]
    # Nobody is scanned after day 100.
    assert set(rows.loc[rows["statistic"] != "median", "state"]) == {"not-estimable"}
    both = combine([survival.summary(survival.curve(study, "pfs")), rows])
    names = [line[0].text for line in tables.survival(both, "t", YEARS).body]
    assert names == [f"{label} (all_treated)" for label in (
        "Progression-free survival", "Progression-free survival, illness-death model",
        "Cumulative incidence of progression, illness-death model")]  # fmt: skip


@pytest.mark.parametrize("ends", [{"A1": (365, 1)}, {"A1": (0, 0)}])
def test_without_any_scan_progression_was_not_looked_for(ends):
    rows = check(illness_death.illness_death(study_of([("A1", -30, "same")], ends)))
    assert set(rows["state"]) == {"not-abstracted"} and rows["estimate"].isna().all()
