"""What notebooks are offered: the study on disk, what was read from it, and its fingerprints."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from study_tables import spec, typed

from prrt_lib.base.errors import AnalysisError, InputError
from prrt_lib.base.paths import places
from prrt_lib.declare import reads, results
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.rows import result_rows
from prrt_lib.study import open_study
from prrt_lib.study.build import write_cohort


@pytest.fixture
def built(tmp_path, monkeypatch):
    """The survival and progression specs, written as the scenario "small"."""
    monkeypatch.setenv("PRRT_OUT", str(tmp_path))
    reads.clear()
    write("small")
    return open_study("small")


def write(scenario: str, file: str = "progression.md", **parameters):
    names = spec(file)
    tables = {
        name: typed(name, frame) for name, frame in names.items() if name in dictionary().tables
    }
    given = Parameters(scenario, **{"cutoff": "2020-12-31", "workbook": "w", "profile": "p",
                                    **parameters})  # fmt: skip
    lineage = pd.DataFrame(
        [["imaging", "E", 9, "progression_date_reported", "Scans", "D11", "x", "ok", ""]],
        columns=["table", "record", "row", "column", "sheet", "cell", "raw", "status", "rule"],
    )
    return write_cohort(tables, pd.DataFrame(), lineage, given, places(scenario))


def test_a_study_gives_what_was_asked_for_and_notes_it(built):
    assert built.patients("age_at_first_prrt", population="all_treated").shape == (13, 2)
    assert built.table("imaging", "scan_date")["scan_date"].max() <= pd.Timestamp("2020-12-31")
    assert built.abstracted("imaging", "response_raw") == 18
    assert built.abstracted("biomarkers", "value") == 0
    assert built.times("ttp", population="all_treated").counts["used"] == 12
    assert built.parameters.role("ttp") == "secondary"
    noted = built.reads()
    assert {"imaging.scan_date", "derived.progression", "biomarkers.value_lo"} <= set(
        noted["columns"]
    )
    assert noted["parameters"] == ["cutoff", "max_scan_gap_days", "primary", "secondary"]
    assert "derived.grade" not in noted["columns"]


def test_without_any_primary_site_all_treated_come_first_under_a_banner(built):
    assert built.headline == "all_treated"
    assert "primary site not abstracted" in built.headline_banner


def test_findings_carry_the_address_of_their_cell(built):
    row = built.findings.set_index("rule").loc["progression-without-scan"]
    assert (row["sheet"], row["cell"], row["record"]) == ("Scans", "D11", "E")


def test_unknown_columns_and_scenarios_are_refused_with_a_hint(built):
    with pytest.raises(AnalysisError, match="did you mean 'age_at_first_prrt'"):
        built.patients("age_at_first_prt")
    with pytest.raises(AnalysisError, match="did you mean 'imaging.scan_date'"):
        built.table("imaging", "scan_dat")
    with pytest.raises(InputError, match="make SCENARIO=nowhere"):
        open_study("nowhere")


def test_building_twice_gives_the_same_bytes(built, tmp_path):
    folder = places("small").processed
    first = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    write("small")
    assert first == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert not [path for path in first if path.name.endswith(".part")]


def test_a_later_cutoff_changes_the_prints_of_what_it_touches_and_no_others(built):
    path = places("small").processed / "columns.json"
    before = json.loads(path.read_text())
    write("small", cutoff="2021-12-31")
    changed = {
        name for name, print_ in json.loads(path.read_text()).items() if before[name] != print_
    }
    assert {"derived.progression", "imaging.scan_date"} <= changed
    assert not {"derived.first_prrt", "prrt_cycles.cycle_date", "derived.grade"} & changed


def test_saving_results_writes_down_what_was_read(built, monkeypatch):
    monkeypatch.setenv(results.BATCH, "small")
    built.patients("grade_group", population="all_treated")
    rows = result_rows([{"analysis": "x", "statistic": "count", "estimate": 1}])
    results.save([rows], "survival", "small")
    results.load("small", "survival")
    noted = json.loads((places("small").processed / "reads" / "survival.json").read_text())
    assert "derived.grade_group" in noted["columns"]
    assert reads.snapshot()["results"] == ["survival"]


def test_responses_until_a_landmark_are_offered_with_their_days(built):
    states = built.landmark_states("all_treated").set_index("patient_id")
    assert states.loc["E", "state"].tolist() == ["non-responder", "non-responder"]
    assert states.loc["C"].tolist() == [100, "responder"]
    assert "scans.response_class" in built.reads()["columns"]


def test_a_changed_cutoff_in_memory_is_the_scenario_built_with_it_and_writes_nothing(built):
    # Parquet forgets the kind of a column without values, so both are asked as notebooks ask.
    write("earlier", cutoff="2018-06-30", horizon_months=36.0)
    earlier = open_study("earlier")
    before = {path: path.read_bytes() for path in places("small").root.rglob("*.*")}
    session = open_study("small", cutoff="2018-06-30", horizon_months=36)
    for endpoint in ("os_prrt", "ttp", "cif_progression"):
        pd.testing.assert_frame_equal(session.times(endpoint).frame, earlier.times(endpoint).frame)
    pd.testing.assert_frame_equal(session.table("imaging", "scan_date"),
                                  earlier.table("imaging", "scan_date"))  # fmt: skip
    pd.testing.assert_frame_equal(session.flow, earlier.flow, check_dtype=False)
    assert session.findings["rule"].tolist() == earlier.findings["rule"].tolist()
    assert session.parameters.cutoff == "2018-06-30"
    assert session.words == "cutoff 2018-06-30; horizon_months 36.0"
    assert "changed in memory: cutoff 2018-06-30" in repr(session)
    assert before == {path: path.read_bytes() for path in places("small").root.rglob("*.*")}
    # The session has fewer patients and shorter times than what was built.
    assert len(session.times("os_prrt").frame) <= len(built.times("os_prrt").frame)
    assert session.times("os_prrt").frame["exit"].max() <= 1096


def test_no_change_gives_what_was_built(built):
    session = open_study("small", min_at_risk=5)
    pd.testing.assert_frame_equal(session.times("pfs").frame, built.times("pfs").frame)
    pd.testing.assert_frame_equal(session.findings, built.findings)


@pytest.mark.parametrize(("change", "message"), [
    ({"cutof": "2018-06-30"}, "did you mean 'cutoff'"),
    ({"cutoff": "June 2018"}, "an ISO date"),
    ({"horizon_months": ">60"}, "horizon_months: found '>60'; expected a number"),
    ({"workbook": "other.xlsx"}, "only reading the workbook anew can change it"),
    ({"cutoff": "1990-01-01"}, "the cut-off 1990-01-01 is before every first PRRT"),
])  # fmt: skip
def test_what_a_scenario_file_could_not_say_is_refused(built, change, message):
    with pytest.raises(InputError, match=message):
        open_study("small", **change).patients()
