"""Every pair of counts that a reader can compare agrees, or a reason stands beside it."""

from __future__ import annotations

import pandas as pd
import pytest

from prrt_lib.base.paths import PROJECT
from prrt_lib.declare.parameters import from_mapping
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.read.reading import read_workbook
from prrt_lib.run.rerun import rerun
from prrt_lib.topics.report import consistency

WORKBOOKS = {
    "demo": ("data/raw/demo.xlsx", "template", "2026-06-30"),
    "sheets_24": ("tests/data/sheets_24.xlsx", "sheets", "2017-06-30"),
    "pancreatic": ("real/pancreatic.xlsx", "pancreatic", "2020-12-31"),
}
RULES = [words for words, rule in consistency.RULES.items() if not rule.__name__.startswith("_")]


@pytest.mark.parametrize("name", WORKBOOKS)
def test_all_pairs_agree_or_say_why(name, request):
    path, profile, cutoff = WORKBOOKS[name]
    workbook = PROJECT / path
    if name == "pancreatic":
        workbook = request.getfixturevalue("external") / path
        if not workbook.exists():
            pytest.skip("pancreatic.xlsx is not distributed with the project")
    given = from_mapping(
        name, {"workbook": str(workbook), "profile": profile, "cutoff": cutoff}, "t"
    )
    rows = rerun(read_workbook(workbook, profile), given).rows
    found = {item.rule: item for item in consistency.check(rows.drop(columns="notebook"))}
    assert [text for item in found.values() for text in item.wrong] == []
    assert sum(found[rule].looked_at for rule in RULES) > (100 if name == "demo" else 10)


CURVE = {"analysis": "survival", "endpoint": "os_prrt", "population": "gep",
         "label": "Overall survival"}  # fmt: skip
MEDIAN = {**CURVE, "statistic": "median", "estimate": 500.0, "n": 86, "events": 39}


def said(rule, *records: dict) -> list[str]:
    return [text for text in rule(result_rows(records)) if text]


FLOW = {"analysis": "quality", "variable": "flow", "statistic": "count", "population": "gep",
        "level": "GEP primary", "n": 88, "estimate": 88}  # fmt: skip


def test_a_count_that_is_smaller_needs_a_reason_for_the_whole_difference():
    assert said(consistency.counts_agree, FLOW, MEDIAN) == [
        "n gep: 86 (survival os_prrt) and 88 (quality flow) without a stated reason"
    ]
    enough = {**MEDIAN, "warning": "2 left out: date of death not known"}
    assert said(consistency.counts_agree, FLOW, enough) == []
    assert said(consistency.counts_agree, FLOW, {**enough, "warning": "1 left out: no date"})


BY_REPORT = "Grade: 2 without an abstracted index counted by their reported grade"


@pytest.mark.parametrize(("told", "wrong"), [("", 2), (BY_REPORT, 0)])
def test_a_grade_in_table_1_and_in_the_curves(told, wrong):
    table = {"analysis": "characteristics", "statistic": "proportion", "population": "gep",
             "level": "G1", "total": 88}  # fmt: skip
    curve = {**MEDIAN, "group": "grade_group", "group_level": "G1", "n": 43,
             "warning": "1 left out: date of death not known"}  # fmt: skip
    derived = {**table, "variable": "grade", "n": 42, "estimate": 42 / 88}
    grouped = {**table, "variable": "grade_group", "n": 44, "estimate": 0.5, "warning": told}
    rows = [derived, grouped, curve] if told else [derived, curve, {**curve, "endpoint": "ttp"}]
    assert len(said(consistency.counts_agree, *rows)) == wrong


def test_events_of_a_model_and_of_its_curve():
    model = {"analysis": "cox", "model": "univariable", "statistic": "log_hazard_ratio",
             "endpoint": "os_prrt", "population": "gep", "variable": "age", "estimate": 0.1,
             "n": 86, "events": 37}  # fmt: skip
    assert len(said(consistency.counts_agree, MEDIAN, model)) == 1
    left = {**model, "n": 84, "warning": "2 records without a value in age left out"}
    assert said(consistency.counts_agree, MEDIAN, left) == []


def test_fewer_at_risk_at_the_start_than_n():
    start = {**CURVE, "statistic": "survival", "time": 0, "estimate": 1.0, "n": 86, "at_risk": 82}
    end = {**CURVE, "statistic": "at_risk", "time": 900, "estimate": 5}
    assert said(consistency.beginnings, start, end) == [
        "gep os_prrt: n = 86 and 82 at risk at the start"
    ]
    why = "n = 86, at risk at day 0: 82 (4 enter later)"
    assert said(consistency.beginnings, {**start, "warning": why}, end) == []


def test_deaths_beside_events_of_overall_survival():
    words = {"analysis": "survival", "model": "deaths", "population": "gep", "variable": "died"}
    died = {**words, "statistic": "proportion", "level": "died", "n": 44, "total": 86,
            "estimate": 44 / 86}  # fmt: skip
    event = {**words, "statistic": "count", "level": "event of overall survival from first PRRT",
             "n": 39, "total": 44, "estimate": 39}  # fmt: skip
    later = {**event, "level": "after the horizon: censored there", "n": 5, "estimate": 5}
    assert said(consistency.deaths_agree, died, event, later, MEDIAN) == []
    assert said(consistency.deaths_agree, died, event, MEDIAN) == ["gep: deaths do not add up"]
    follow = {**MEDIAN, "model": "follow-up", "events": 48}
    assert said(consistency.deaths_agree, died, event, later, MEDIAN, follow)
    cause = {**words, "variable": "cause_of_death", "statistic": "proportion", "level": "NET"}
    assert said(consistency.deaths_agree, {**cause, "label": "Cause of death"})
    assert not said(consistency.deaths_agree, {**cause, "label": "Cause of death, gep (n = 88)"})


def test_platelets_by_events_and_by_laboratory():
    term = "Platelet count decreased"
    event = {"analysis": "adverse_events", "statistic": "proportion", "population": "safety",
             "level": term, "group_level": "grade 3 or higher", "n": 3, "total": 132,
             "estimate": 3 / 132}  # fmt: skip
    lab = {**event, "analysis": "laboratory", "variable": "platelets", "label": term,
           "level": "grade 3 or higher", "n": 10, "total": 106, "estimate": 10 / 106}  # fmt: skip
    assert said(consistency.events_and_laboratory, event, lab) == [
        "Platelet count decreased: 3 by events, 10 by laboratory"
    ]
    beside = {**lab, "model": "against events", "group_level": ""}
    both = [{**beside, "level": "by events", "n": 3}, {**beside, "level": "by laboratory values"}]
    assert said(consistency.events_and_laboratory, event, lab, *both) == []


def test_a_hazard_ratio_of_two_patients_without_a_curve():
    curve = {**CURVE, "statistic": "median", "state": "not-estimable", "group": "grade_group",
             "group_level": "G3/NEC", "n": 2}  # fmt: skip
    model = {"analysis": "cox", "model": "univariable", "statistic": "log_hazard_ratio",
             "endpoint": "os_prrt", "population": "gep", "variable": "grade_group",
             "level": "G3/NEC", "estimate": 1.02, "n": 2, "events": 2}  # fmt: skip
    assert len(said(consistency.models_beside_curves, curve, model)) == 1
    withheld = {**model, "state": "not-estimable", "estimate": None}
    assert said(consistency.models_beside_curves, curve, withheld) == []


def test_no_rows_have_no_pairs():
    assert all(not item.wrong for item in consistency.check(combine([])))
    assert isinstance(result_rows([]), pd.DataFrame)
