"""Three workbooks that nobody here designed read as their descriptions say."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from prrt_lib.read.reading import Reading, read_workbook

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def sheets() -> Reading:
    return read_workbook(DATA / "sheets_24.xlsx", "sheets")


@pytest.fixture(scope="module")
def wide() -> Reading:
    return read_workbook(DATA / "wide_24.xlsx", "wide")


@pytest.fixture(scope="module")
def pancreatic(external) -> Reading:
    path = external / "real" / "pancreatic.xlsx"
    if not path.is_file():
        pytest.skip("pancreatic.xlsx is not distributed with the project")
    return read_workbook(path, "pancreatic")


def counts(reading: Reading) -> dict[str, int]:
    return reading.findings["rule"].value_counts().sort_index().to_dict()


@pytest.mark.parametrize("table", ["patients", "tumour", "prrt_cycles", "followup"])
def test_both_shapes_of_the_24_patients_give_the_same_table(sheets, wide, table):
    raws = [name for name in sheets.tables[table] if name.endswith("_raw")]
    one, other = (reading.tables[table].drop(columns=raws) for reading in (sheets, wide))
    pd.testing.assert_frame_equal(one, other)


def test_both_shapes_hold_the_same_biomarkers(sheets, wide):
    raws = ["value_raw"]
    one, other = (r.tables["biomarkers"].drop(columns=raws) for r in (sheets, wide))
    pd.testing.assert_frame_equal(one, other)
    assert len(one) == 24 * 3 * 2


def test_60_cycles_and_mci_become_gbq(sheets):
    cycles = sheets.tables["prrt_cycles"]
    assert len(cycles) == 60
    # NET-001: 200 and 190 mCi, 0.037 GBq each.
    assert cycles.query("patient_id == 'NET-001'")["activity_gbq"].tolist() == pytest.approx(
        [7.4, 7.03]
    )
    assert set(cycles["isotope"]) == {"Lu-177", "Y-90"}


def test_reported_progression_of_the_wide_sheet_is_the_pd_scan_of_the_other(sheets, wide):
    scans = sheets.tables["imaging"].query("response_word == 'PD'")
    scan = scans.set_index("patient_id")["scan_date"].sort_index()
    reported = wide.tables["imaging"].dropna(subset=["progression_date_reported"])
    dates = reported.set_index("patient_id")["progression_date_reported"].sort_index()
    assert scan.tolist() == dates.tolist() and scan.index.tolist() == dates.index.tolist()
    assert len(scan) == 12


def test_what_is_deliberately_odd_is_asked_and_nothing_else(sheets, wide):
    assert counts(sheets) == {
        "grade-not-defined": 4, "serious-without-criteria": 1, "spread-value": 1,
    }  # fmt: skip
    assert counts(wide) == {
        "grade-not-defined": 4, "progression-without-scan": 12, "serious-without-criteria": 1,
    }  # fmt: skip


def test_fatigue_of_grade_4_is_kept_without_its_grade(sheets):
    events = sheets.tables["adverse_events"]
    fatigue = events.query("term_verbatim == 'Fatigue'")
    assert len(events) == 16 and len(fatigue) == 4
    assert fatigue["grade"].isna().all()


def test_alcohol_yes_has_a_level_of_its_own(sheets):
    assert set(sheets.tables["patients"]["alcohol_use"]) == {"none", "yes, unspecified"}


def test_the_trial_of_dates_reads_with_nothing_invented(pancreatic):
    tables = pancreatic.tables
    assert {name: len(frame) for name, frame in tables.items() if len(frame)} == {
        "patients": 41, "tumour": 41, "prrt_cycles": 41, "imaging": 26, "followup": 41,
    }  # fmt: skip
    assert tables["followup"]["death_date"].notna().all()
    assert tables["tumour"]["stage_category"].value_counts().to_dict() == {"M": 33, "LA": 8}
    assert tables["tumour"]["diagnosis_date"].isna().all()
    assert tables["imaging"]["scan_date"].isna().all()
    assert counts(pancreatic) == {"progression-without-scan": 26, "scans-absent": 1}


def test_the_trial_of_dates_has_the_known_survival(pancreatic):
    cycles = pancreatic.tables["prrt_cycles"].set_index("patient_id")["cycle_date"]
    death = pancreatic.tables["followup"].set_index("patient_id")["death_date"]
    # R survival: 41 of 41 died, median 192 days.
    assert (death - cycles).dt.days.median() == 192
