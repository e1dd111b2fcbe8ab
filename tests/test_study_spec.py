"""The study layer on tables that a reader can check by hand; the tables are in tests/spec."""

from __future__ import annotations

import pandas as pd
import pytest
from study_tables import SPEC, cohort, spec, typed

from prrt_lib.study.derive.grade import grade_group, grades
from prrt_lib.study.derive.response_rules import classify
from prrt_lib.study.derive.responses import landmark_states
from prrt_lib.study.endpoints import ENDPOINTS
from prrt_lib.study.times import times
from prrt_lib.study.typed import complete

CUTOFF = {"partial_dates.md": "2014-10-01"}


def rows(frame: pd.DataFrame) -> list[tuple]:
    return [tuple(row) for row in frame.itertuples(index=False)]


def endpoint_tables() -> list[tuple[str, str]]:
    """Every table of expected times in every spec file."""
    return [
        (file.name, name)
        for file in sorted(SPEC.glob("*.md"))
        for name in spec(file.name)
        if name.split(", ")[0] in ENDPOINTS
    ]


@pytest.mark.parametrize("file, name", endpoint_tables())
def test_entry_exit_and_event_are_those_worked_out_by_hand(file, name):
    tables = spec(file)
    built = cohort(tables, cutoff=CUTOFF.get(file, "2020-12-31"))
    endpoint, _, setting = name.partition(", ")
    frame = times(built, endpoint, setting).frame
    assert rows(frame.astype(str)) == rows(tables[name])


def test_every_endpoint_has_a_hand_worked_table():
    assert {name.split(", ")[0] for _, name in endpoint_tables()} == set(ENDPOINTS)


def test_grades_are_those_worked_out_by_hand():
    tables = spec("grade.md")
    tumour = typed("tumour", tables["tumour"])
    found = grades(tumour)
    found["grade_group"] = grade_group(found["grade"], tumour["grade_reported"])
    expected = tables["expected"].drop(columns="patient")
    assert rows(found.where(found.notna(), None)) == rows(expected)


def test_each_scan_says_what_its_flags_and_word_say():
    told = spec("scans.md")["scans"]
    scans = told.rename(
        columns={"decrease": "any_lesion_decrease", "increase": "any_lesion_increase",
                 "new": "new_lesions", "word": "response_word"}
    )  # fmt: skip
    found = classify(scans)
    found["size_only_mixed"] = found["size_only_mixed"].map({True: "yes", False: "no"})
    wanted = told[["class", "progression", "mixed_by_size"]]
    assert rows(found[["response_class", "progression", "size_only_mixed"]]) == rows(wanted)
    assert list(told.loc[found["disagrees"], "scan"]) == ["17", "18", "19"]


@pytest.mark.parametrize(
    "file", ["responses.md", "recist.md", "after_last_cycle.md", "confirmation.md"]
)
def test_what_scans_say_of_each_patient_is_what_was_worked_out_by_hand(file):
    tables = spec(file)
    expected = tables["expected"].rename(columns={"patient": "patient_id"})
    assert rows(cohort(tables).patients[list(expected)]) == rows(expected)


def test_response_at_a_landmark_comes_from_scans_until_then():
    built = cohort(spec("responses.md"))
    states = landmark_states(built.tables["scans"], built.patients)
    found = {name: rows(frame[["days", "state"]]) for name, frame in states.groupby("patient_id")}
    # A: not to be judged, stable, then a response, then progression, which no later one undoes.
    assert found["A"] == [(112, "not evaluable"), (143, "non-responder"), (357, "responder"),
                          (508, "non-responder"), (722, "non-responder")]  # fmt: skip
    assert found["E"] == [(143, "responder"), (326, "non-responder")]
    # D is never imaged; F's only scan cannot be judged; G progresses by a report alone.
    assert "D" not in found
    assert found["F"] == [(143, "not evaluable")] and found["G"] == [(235, "non-responder")]


def test_a_bound_that_includes_its_end_leaves_the_next_grade_open():
    texts = pd.DataFrame({"patient": ["A", "B", "C", "D"], "ki67": ["<3", "<3", ">20", ">20"]})
    tumour = complete({"tumour": typed("tumour", texts)})["tumour"]
    tumour["ki67_raw"] = ["<3", "<= 3 %", "> 20", "at least 20"]
    tumour["differentiation"] = "well"
    assert grades(tumour)["grade"].tolist() == ["G1", "undetermined (G1-G2)", "G3",
                                                "undetermined (G2-G3)"]  # fmt: skip


def test_each_window_holds_the_sample_worked_out_by_hand():
    tables = spec("windows.md")
    tables["biomarkers"] = tables["biomarkers"].assign(uln="100")
    built = cohort(tables)
    filled = built.tables["biomarker_windows"]
    found = filled[["patient_id", "window", "value", "dated"]]
    found = found.assign(
        value=found["value"].astype(int).astype(str), dated=found["dated"].astype(str)
    )
    assert rows(found) == rows(tables["expected"])
    assert built.patients["cga_before"].tolist()[:2] == [1.6, 2.1]
    # D's sample before PRRT 1 has no date: it is shown, and kept out of survival models.
    assert built.patients["cga_before"].isna().tolist() == [False, False, True, True]
