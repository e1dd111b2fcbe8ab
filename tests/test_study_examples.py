"""The two invented workbooks of 24 patients and the real one of 41, to their known answers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from prrt_lib.declare.parameters import Parameters
from prrt_lib.study.cohort import Cohort, build
from prrt_lib.study.times import times

WORKBOOKS = {
    "sheets": ("examples/sheets_24.xlsx", "2017-06-30"),
    "wide": ("examples/wide_24.xlsx", "2017-06-30"),
    "pancreatic": ("real/pancreatic.xlsx", "2010-12-31"),
}


@cache
def studied(name: str, folder: Path, profiles: Path) -> Cohort:
    from prrt_lib.read.reading import read_workbook

    workbook, cutoff = WORKBOOKS[name]
    if not (folder / workbook).exists():
        pytest.skip(f"{workbook} is not here")
    read = read_workbook([folder / workbook], str(profiles / f"{name}.yaml"))
    return build(read.tables, Parameters(name, cutoff=cutoff), read.findings)


@pytest.fixture
def study(external, project):
    return lambda name: studied(name, external, project / "params" / "profiles")


def asked(built: Cohort, rule: str) -> list[str]:
    return [item["record"] for item in built.findings if item["rule"] == rule]


@pytest.mark.parametrize("endpoint", ["os_dx_delayed", "os_dx_naive", "os_prrt"])
def test_both_layouts_of_the_24_patients_give_the_same_survival(study, endpoint):
    sheets, wide = (times(study(name), endpoint).frame for name in ("sheets", "wide"))
    pd.testing.assert_frame_equal(sheets, wide)
    assert (len(sheets), sheets["event"].sum()) == (24, 8)


@pytest.mark.parametrize("endpoint, events", [("ttp", 12), ("pfs", 16), ("cif_progression", 12)])
def test_both_layouts_give_the_same_progressions(study, endpoint, events):
    both = (times(study(name), endpoint, "carried_to_death") for name in ("sheets", "wide"))
    sheets, wide = (one.frame for one in both)
    happened = [frame[frame["event"] > 0].reset_index(drop=True) for frame in (sheets, wide)]
    pd.testing.assert_frame_equal(*happened)
    assert (happened[0]["event"] == 1).sum() == events


def test_a_death_counts_where_the_layout_shows_that_somebody_looked(study):
    """The wide layout holds fewer follow-up scans: one death lies too long after the last of them
    (decision 30)."""
    sheets, wide = (times(study(name), "pfs") for name in ("sheets", "wide"))
    assert (sheets.frame["event"].sum(), wide.frame["event"].sum()) == (16, 15)
    assert (sheets.counts["died_unwatched"], wide.counts["died_unwatched"]) == (0, 1)


def test_the_24_patients_agree_on_everything_but_their_follow_up_scans(study):
    sheets, wide = study("sheets").patients, study("wide").patients
    differ = {name for name in sheets if not sheets[name].equals(wide[name])}
    of_later_scans = ("last_evaluable_scan", "progression_free_until", "progression_confirmed",
                      "response_12_months")  # fmt: skip
    assert all(name.startswith(of_later_scans) for name in differ)


def test_reported_grade_1_with_derived_grade_2_is_asked_of_the_five_patients(study):
    five = [f"NET-{number}" for number in ("002", "003", "004", "006", "020")]
    assert asked(study("sheets"), "grade-discordant") == five
    assert asked(study("wide"), "grade-discordant") == five


def test_ki67_of_25_per_cent_without_differentiation_leaves_g3_and_nec_open(study):
    built = study("sheets").patients
    assert "undetermined (G3/NEC)" in set(built["grade"])
    assert not set(built["grade"]) & {"G3", "NEC"}


@pytest.mark.parametrize(
    "endpoint, events, median", [("os_prrt", 41, 192), ("pfs", 41, 119), ("ttp", 26, 137)]
)
def test_the_pancreatic_trial_has_its_known_events_and_medians(study, endpoint, events, median):
    frame = times(study("pancreatic"), endpoint).frame
    assert (len(frame), frame["event"].sum()) == (41, events)
    curve = KaplanMeierFitter().fit(frame["exit"], frame["event"])
    assert curve.median_survival_time_ == median


def test_the_pancreatic_trial_says_what_was_not_abstracted(study):
    built = study("pancreatic")
    assert times(built, "cif_progression").counts["competing"] == 15
    assert times(built, "os_dx_delayed").counts["dropped"] == {"date of diagnosis not known": 41}
    for rule in ("scans-absent", "primary-site-not-abstracted", "dead-by-date-only"):
        assert asked(built, rule) == [""]
    assert not built.patients["in_gep"].any()
