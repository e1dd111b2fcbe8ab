"""Follow-up by centre, deaths, declared handling, expected precision: worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from clocked_study import ClockedStudy, GivenTimes
from small_study import check, n_of, one, treated

from prrt_lib.analyse import follow_up, survival
from prrt_lib.base.errors import ParameterError
from prrt_lib.declare.parameters import from_mapping
from prrt_lib.declare.rows import result_rows, stamp
from prrt_lib.draw import clinical_tables, curves, sentences, tables
from prrt_lib.study.endpoints import ENDPOINTS
from prrt_lib.topics.survival import survival_family


@pytest.fixture
def three():
    """A1 seen for 365 of 730 days at North; A2 died of NET at South; A3 died, nobody wrote why."""
    first = "2015-01-01"
    cycles = [
        {"patient_id": name, "cycle_no": 1, "cycle_date": first, "treat_site": site}
        for name, site in (("A1", "North"), ("A2", "South"), ("A3", "South"))
    ]
    return ClockedStudy({
        "patients": [{"patient_id": name} for name in ("A1", "A2", "A3")],
        "prrt_cycles": cycles,
        "followup": [
            {"patient_id": "A1", "vital_status": "alive", "last_contact_date": "2016-01-01"},
            {"patient_id": "A2", "vital_status": "dead", "death_date": "2015-04-11",
             "cause_of_death": "NET"},
            {"patient_id": "A3", "vital_status": "dead", "death_date": "2015-07-20"},
        ],
    }, cutoff="2016-12-31")  # fmt: skip


def test_completeness_by_centre_adds_up_to_that_of_all(three):
    # A2 died after 100 days and A3 after 200: complete by definition. South: 300/300.
    rows = check(follow_up.completeness(three))
    assert n_of(rows, group_level="North") == (365, 730)
    assert n_of(rows, group_level="South") == (300, 300)
    assert n_of(rows, group="") == (665, 1030)


def test_a_cause_is_a_share_of_the_deaths_with_a_cause(three):
    rows = check(follow_up.deaths(three))
    assert n_of(rows, level="died") == (2, 3)
    assert n_of(rows, level="NET") == (1, 1)
    assert n_of(rows, level="missing") == (1, 2)


def test_what_was_given_after_prrt_is_counted_in_patients_of_all():
    # A1: everolimus twice; A2: an analog only; A3: everolimus before PRRT, then chemotherapy
    # without a date; A4 is treated again after a year; A5: nothing.
    given = [("A1", "everolimus", "2016-01-01"), ("A1", "everolimus", "2017-01-01"),
             ("A2", "somatostatin analog", "2016-01-01"), ("A3", "everolimus", "2014-01-01"),
             ("A3", "chemotherapy", None)]  # fmt: skip
    again = {"patient_id": "A4", "cycle_no": 2, "cycle_date": "2016-01-01"}
    study = ClockedStudy({
        "prrt_cycles": [*treated("A1", "A2", "A3", "A4", "A5"), again],
        "subsequent_therapies": [dict(zip(("patient_id", "therapy", "therapy_date"), row,
                                          strict=True)) for row in given],
    }, cutoff="2018-01-01")  # fmt: skip
    rows = check(survival_family.subsequent(study))
    counts = {row["level"]: (row["n"], row["total"]) for row in rows.to_dict("records")}
    assert counts == {
        "any": (3, 5), "any new anticancer therapy": (2, 5), "everolimus": (1, 5),
        "somatostatin analog": (1, 5), "chemotherapy": (1, 5), "second course of PRRT": (1, 5),
    }  # fmt: skip
    why = "1 records without a date counted; 1 dated on or before first PRRT left out"
    assert set(rows["warning"]) == {why}


def test_deaths_are_told_apart_by_what_they_are_in_overall_survival():
    # Five die: three within 84 months, one after them, one before enrolment, who is left out.
    days = {"A1": "2015-06-01", "A2": "2016-06-01", "A3": "2021-12-31", "A4": "2022-02-01",
            "A5": "2015-03-01"}  # fmt: skip
    study = ClockedStudy({
        "patients": [{"patient_id": name} for name in ("A1", "A2", "A3", "A4")]
        + [{"patient_id": "A5", "consent_date": "2015-05-01"}, {"patient_id": "A6"}],
        "prrt_cycles": treated(*days, "A6"),
        "followup": [{"patient_id": name, "vital_status": "dead", "death_date": day}
                     for name, day in days.items()]
        + [{"patient_id": "A6", "vital_status": "alive", "last_contact_date": "2018-01-01"}],
    }, cutoff="2023-01-01")  # fmt: skip
    rows = check(follow_up.deaths(study))
    assert n_of(rows, level="died") == (5, 6)
    assert n_of(rows, level=follow_up.EVENT) == (3, 5)
    assert n_of(rows, level="after the horizon: censored there") == (1, 5)
    assert n_of(rows, level="not placed in time: left out") == (1, 5)
    assert set(rows["label"]) == {
        "Deaths, all treated (n = 6)",
        "Cause of death, all treated (n = 6)",
        "Deaths without a date",
        "Alive with a date of death",
    }
    # Follow-up ends alive for A4, at the horizon, and for A6: deaths are no ends of follow-up.
    followed = one(survival.follow_up(study), statistic="median")
    assert (followed["events"], followed["n"]) == (2, 5)
    told = sentences.medians(survival.follow_up(study)).texts[0]
    assert "follow-up ended alive in 2 of 5 patients, deaths censored" in told


def test_who_is_censored_at_entry_stays_in_n():
    # Six patients without a scan: PFS censors them on day 0. One enters late, so that the curve
    # has a conditional start, which must not take them out of n.
    ids = [f"A{number}" for number in range(6)]
    study = ClockedStudy({
        "patients": [{"patient_id": name} for name in ids[:5]]
        + [{"patient_id": "A5", "consent_date": "2015-03-01"}],
        "prrt_cycles": treated(*ids),
        "followup": [{"patient_id": name, "vital_status": "alive",
                      "last_contact_date": "2016-01-01"} for name in ids],
    })  # fmt: skip
    rows = survival.curve(study, "os_prrt")
    assert set(rows["n"]) == {6}
    assert not rows["warning"].str.contains("dropped").any()


def test_a_single_patient_is_counted_and_not_given_alive_at_nowhere():
    study = ClockedStudy({
        "patients": [{"patient_id": "A1"}],
        "tumour": [{"patient_id": "A1", "diagnosis_date": "2014-01-01"}],
        "prrt_cycles": treated("A1"),
        "followup": [{"patient_id": "A1", "vital_status": "alive",
                      "last_contact_date": "2016-01-01"}],
    })  # fmt: skip
    told = sentences.medians(survival.curve(study, "os_dx_delayed")).texts[0]
    assert "nan" not in told and "not estimable (0 events in 1 patient)" in told


def test_every_endpoint_says_how_it_treats_each_intercurrent_event(three):
    rows = check(survival_family.handling(three))
    assert set(rows["endpoint"]) == set(ENDPOINTS)
    assert one(rows, endpoint="ttp", variable="death")["level"].startswith("censored at death")
    assert one(rows, endpoint="os_prrt", variable="death")["level"].startswith("event")
    shown = clinical_tables.facts(rows, "Intercurrent events", "label").frame()
    assert len(shown) == len(ENDPOINTS)


def test_a_fourth_of_the_patients_doubles_the_standard_error():
    # S = 0.8, SE = 0.05, n = 200; at n = 50: SE = 0.1. Log-log limits by hand:
    # log(-log 0.8) = -1.49994; 0.1 / (0.8 x 0.223144) = 0.560182; x 1.959964 = 1.097936.
    rows = result_rows([{"statistic": "survival", "time": 365.0, "estimate": 0.8,
                         "std_error": 0.05, "n": 200, "events": 40, "conf_level": 0.95,
                         "low": 0.7, "high": 0.9, "endpoint": "os_prrt"}])  # fmt: skip
    row = survival_family.expected_precision(rows, 50).iloc[0]
    assert row["std_error"] == pytest.approx(0.1)
    assert row["events"] == pytest.approx(10)
    assert row["low"] == pytest.approx(np.exp(-np.exp(-1.499940 + 1.097936)), abs=1e-5)
    assert row["high"] == pytest.approx(np.exp(-np.exp(-1.499940 - 1.097936)), abs=1e-5)


def test_limits_on_the_log_scale_are_those_of_the_parameter():
    """Ten patients, one dies on day 100: S = 0.9, Greenwood SE = 0.9 sqrt(1 / 90) = 0.094868."""
    frame = pd.DataFrame({"entry": 0, "exit": [100, *[400] * 9], "event": [1, *[0] * 9]})
    for scale, low, high in (
        ("log", 0.9 * np.exp(-1.959964 * 0.105409), 1.0),
        ("plain", 0.9 - 1.959964 * 0.094868, 1.0),
        # log(-log 0.9) = -2.250367; 0.094868 / (0.9 x 0.105361) x 1.959964 = 1.960870.
        ("log-log", np.exp(-np.exp(-2.250367 + 1.960870)), np.exp(-np.exp(-2.250367 - 1.960870))),
    ):
        rows = survival.curve(GivenTimes(frame, conf_type=scale), "os_prrt")
        row = rows[(rows["time"] == 365) & (rows["statistic"] == "survival")].iloc[0]
        assert (row["low"], row["high"]) == pytest.approx((low, high), abs=1e-5), scale
        assert row["method"] == f"Kaplan-Meier, delayed entry, {scale}"


def test_a_scale_that_no_limits_have_is_refused():
    lines = {"workbook": "w", "profile": "p", "cutoff": "2020-12-31"}
    assert from_mapping("s", {**lines, "conf_type": "log"}, "s.yaml").conf_type == "log"
    assert from_mapping("s", lines, "s.yaml").conf_type == "log-log"
    with pytest.raises(ParameterError, match="conf_type: found 'loglog'; expected log-log, log, p"):
        from_mapping("s", {**lines, "conf_type": "loglog"}, "s.yaml")
    with pytest.raises(ParameterError, match="ctcae_version: found 4; expected 5 or 6"):
        from_mapping("s", {**lines, "ctcae_version": "4"}, "s.yaml")


def test_a_rate_of_one_has_no_expected_width():
    rows = result_rows([{"statistic": "survival", "time": 365.0, "estimate": 1.0, "std_error": 0.0,
                         "n": 10, "events": 0, "conf_level": 0.95, "low": 1.0,
                         "high": 1.0}])  # fmt: skip
    planned = survival_family.expected_precision(rows)
    assert planned["low"].isna().all()
    shown = clinical_tables.expected(planned, "planned", {365: "1 year"})
    assert shown.body[0][1].text == "100.0"


def test_the_lag_to_prrt_has_its_hazard_ratio_beside_the_tau():
    # Those referred late mostly live longer, but not all: the hazard ratio can be estimated.
    dates = [("2010-01-01", "2019-06-01"), ("2011-01-01", "2018-12-01"),
             ("2012-01-01", "2019-09-01"), ("2013-01-01", "2018-03-01"),
             ("2009-01-01", "2016-08-01"), ("2014-01-01", "2019-02-01")]  # fmt: skip
    ids = [f"A{number}" for number in range(len(dates))]
    study = ClockedStudy({
        "patients": [{"patient_id": name} for name in ids],
        "tumour": [{"patient_id": name, "diagnosis_date": day, "diagnosis_lo": day,
                    "diagnosis_hi": day} for name, (day, _) in zip(ids, dates, strict=True)],
        "prrt_cycles": treated(*ids),
        "followup": [{"patient_id": name, "vital_status": "dead", "death_date": death}
                     for name, (_, death) in zip(ids, dates, strict=True)],
    })  # fmt: skip
    rows = check(survival.entry_independence(study))
    assert set(rows["statistic"]) == {"correlation", "log_hazard_ratio"}
    lag = one(rows, statistic="log_hazard_ratio")
    assert lag["level"] == "per 12 months" and lag["state"] == "ok"
    assert "hazard ratio" in repr(sentences.entry_independence(rows))


def row_of(setting: str, estimate: float) -> pd.DataFrame:
    rows = result_rows([{"statistic": "survival", "time": 365.0, "estimate": estimate,
                         "low": 0.1, "high": 0.9, "endpoint": "ttp", "label": "TTP"}])  # fmt: skip
    return stamp(rows, setting=setting)


def test_a_rate_outside_its_shortest_and_longest_run_is_said():
    ends = pd.concat([row_of("shortest", 0.50), row_of("longest", 0.60)])
    inside = sentences.partial_dates(row_of("", 0.55), ends)
    assert inside.texts[0].startswith("Every median and rate lies between")
    outside = sentences.partial_dates(row_of("", 0.65), ends)
    assert "1 year: the main run (65.0" in outside.texts[0]


def test_progression_is_drawn_beside_its_complement(monkeypatch, tmp_path):
    monkeypatch.setenv("PRRT_OUT", str(tmp_path))
    until = result_rows([{"statistic": "survival", "time": t, "estimate": s, "low": s, "high": s}
                         for t, s in ((0.0, 1.0), (365.0, 0.6))])  # fmt: skip
    incidence = result_rows([{"statistic": "cumulative_incidence", "time": t, "estimate": f,
                              "level": "1"} for t, f in ((0.0, 0.0), (365.0, 0.3))])  # fmt: skip
    axes = curves.progression_beside(until, incidence, "small").axes[0]
    drawn = [line.get_ydata().tolist() for line in axes.get_lines()]
    assert drawn == [[pytest.approx(0), pytest.approx(40)], [pytest.approx(0), pytest.approx(30)]]


def test_a_level_of_a_group_is_named_with_its_group():
    rows = result_rows([{"statistic": "median", "state": "not-reached", "n": 3, "events": 0,
                         "endpoint": "ttp", "label": "TTP", "population": "gep",
                         "group": "ssa_cycle1", "group_level": "no"}])  # fmt: skip
    name = tables.survival(rows, "groups", {}).body[0][0].text
    assert name == "TTP · Somatostatin analog at cycle 1: no (gep)"
    told = sentences.tests(rows.assign(statistic="chi2", group="isotope_cycle1"))
    assert told.texts[0].startswith("TTP by Isotope at cycle 1: ")


@pytest.mark.parametrize("endpoint", ["ttp", "cif_progression"])
def test_without_any_scan_progression_is_not_abstracted_and_no_rate_is_given(three, endpoint):
    rows = survival.curve(three, endpoint, population="all_treated")
    assert set(rows["state"]) == {"not-abstracted"}
    assert rows["estimate"].isna().all()
    assert rows["n"].eq(0).all() and rows["total"].eq(3).all()


def test_settings_that_move_nothing_are_one_sentence():
    main = result_rows([{"statistic": "median", "estimate": 10.0}, {"statistic": "survival",
                        "time": 365, "estimate": 0.5, "low": 0.4, "high": 0.6}],
                       endpoint="pfs", label="PFS, given alive at day 3")  # fmt: skip
    same, other = (stamp(main, setting=name) for name in ("pairs_once", "carried_to_death"))
    other = stamp(other, high=other["high"].mask(other["statistic"] == "survival", 0.7))
    both = pd.concat([same, other], ignore_index=True)
    moved = survival_family.moved(main, both)
    assert moved.tolist() == [False, False, True, True]
    assert sentences.unmoved(both, moved).texts == ("Pairs once moves no number of: PFS.",)


def test_the_horizon_is_told_as_the_scenario_has_it():
    for months, words in ((24, "two years"), (84, "seven years"), (30, "30 months")):
        study = GivenTimes(pd.DataFrame({"exit": [1], "event": [1]}), horizon_months=months)
        rows = survival_family.declared(study)
        told = set(rows.loc[rows["variable"] == "horizon", "level"])
        assert told == {
            f"{words} after first PRRT (horizon_months) or the data cut-off, whichever comes first"
        }
