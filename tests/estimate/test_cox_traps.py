"""Data on which survival software is silent or wrong, each with what has to happen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.regression.subdistribution import fine_gray


def patients(**columns) -> pd.DataFrame:
    """Twelve patients, exits 1 to 12, events on even days."""
    base = {
        "exit": np.arange(1, 13),
        "event": [0, 1] * 6,
        "age": [5, 3, 8, 1, 9, 2, 7, 4, 6, 1, 3, 8],
    }
    return pd.DataFrame({**base, **columns})


def log_hazard_ratios(fit) -> pd.DataFrame:
    return fit.rows[fit.rows["statistic"] == "log_hazard_ratio"]


def test_separation_is_named_and_firth_offered():
    frame = patients(grade=["G3", "G1"] * 6)  # no event in G3
    fit = cox(frame, "exit", "event", ["grade", "age"])
    row = log_hazard_ratios(fit).query("level == 'G3'").iloc[0]
    assert row["state"] == "not-estimable" and np.isnan(row["estimate"])
    assert "grade[G3]" in row["warning"] and "firth" in row["warning"]
    assert not fit.converged


def test_firth_is_finite_where_the_plain_likelihood_runs_away():
    frame = patients(grade=["G3", "G1"] * 6)
    fit = cox(frame, "exit", "event", ["grade", "age"], penalty="firth")
    row = log_hazard_ratios(fit).query("level == 'G3'").iloc[0]
    assert -6 < row["estimate"] < -1
    assert row["low"] < row["estimate"] < row["high"] < 1
    assert row["warning"] == ""


def test_a_perfectly_ordering_covariate_is_separation():
    fit = cox(patients(age=-np.arange(1.0, 13.0), event=1), "exit", "event", ["age"])
    assert "separation" in fit.warnings[0]


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"twice": np.array([5, 3, 8, 1, 9, 2, 7, 4, 6, 1, 3, 8]) * 2 + 1}, "twice"),
        ({"same": 4}, "same"),
    ],
)
def test_columns_without_information_are_refused_by_name(columns, named):
    with pytest.raises(AnalysisError, match=named):
        cox(patients(**columns), "exit", "event", ["age", named])


def test_a_covariate_constant_within_strata_is_refused():
    with pytest.raises(AnalysisError, match="site"):
        cox(patients(site=[1, 2] * 6), "exit", "event", ["age", "site"], strata="site")


def test_a_covariate_constant_in_every_risk_set_is_refused_though_it_varies_between_them():
    late = {"entry": [0] * 6 + [6] * 6, "late": [0.1] * 6 + [0.7] * 6}
    with pytest.raises(AnalysisError, match="late"):
        cox(patients(**late), "exit", "event", ["age", "late"], entry="entry")


def test_a_stratum_without_events_changes_nothing_but_n():
    frame = patients(site="a")
    empty = patients(site="b", event=0)
    alone = cox(frame, "exit", "event", ["age"], strata="site")
    both = cox(pd.concat([frame, empty]), "exit", "event", ["age"], strata="site")
    assert both.coefficients["age"] == pytest.approx(alone.coefficients["age"], rel=1e-10)
    assert (alone.n, both.n, both.events) == (12, 24, 6)


def test_times_equal_up_to_rounding_are_ties():
    exact = patients(exit=[2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7], event=1)
    rounded = exact.assign(exit=exact["exit"].astype(float) * (1 + np.tile([0, 4e-16], 6)))
    one, other = (cox(frame, "exit", "event", ["age"]) for frame in (exact, rounded))
    assert one.coefficients["age"] == pytest.approx(other.coefficients["age"], abs=1e-12)


def test_a_patient_entering_at_an_event_time_is_not_at_risk_of_it():
    frame = pd.DataFrame(
        {"entry": [0, 0, 4, 0], "exit": [4, 9, 9, 8], "event": [1, 0, 1, 1], "x": [1, 0, 3, 2]}
    )
    fit = cox(frame, "exit", "event", ["x"], entry="entry")

    # risk sets by hand: {1, 2, 4} at 4, {2, 3, 4} at 8, {2, 3} at 9
    def loglik(b):
        e = np.exp(b * frame["x"].to_numpy())
        return 6 * b - np.log((e[0] + e[1] + e[3]) * (e[1] + e[2] + e[3]) * (e[1] + e[2]))

    grid = fit.coefficients["x"] + np.array([-1e-4, 0, 1e-4])
    assert np.argmax([loglik(b) for b in grid]) == 1
    assert fit.log_likelihood == pytest.approx(loglik(grid[1]), abs=1e-12)


def test_efron_by_hand_for_two_tied_events():
    frame = pd.DataFrame({"exit": [5, 5, 9], "event": [1, 1, 0], "x": [0.0, 1.0, 0.0]})
    fit = cox(frame, "exit", "event", ["x"])
    assert fit.log_likelihood_null == pytest.approx(-np.log(3) - np.log(2), abs=1e-12)
    r = np.exp(fit.coefficients["x"])
    expected = np.log(r) - np.log(2 + r) - np.log(2 + r - (1 + r) / 2)
    assert fit.log_likelihood == pytest.approx(expected, abs=1e-10)


def test_tiny_risk_sets_beside_large_ones_keep_their_digits():
    rng = np.random.default_rng(5)
    n = 300
    x = rng.normal(size=n) * 2
    exit_day = rng.integers(2, 60, n).astype(float)
    frame = pd.DataFrame({"exit": exit_day, "entry": exit_day - 1, "event": 1, "x": x})
    frame.loc[:149, "entry"] = 0
    frame["event"] = rng.integers(0, 2, n)
    fit = cox(frame, "exit", "event", ["x"], entry="entry")
    slope = 0.0
    b = fit.coefficients["x"]
    for day in np.unique(frame.loc[frame["event"] == 1, "exit"]):
        at_risk = frame[(frame["entry"] < day) & (frame["exit"] >= day)]
        died = at_risk[(at_risk["exit"] == day) & (at_risk["event"] == 1)]
        risk, own = np.exp(b * at_risk["x"]), np.exp(b * died["x"])
        for step in np.arange(len(died)) / len(died):
            top = (risk * at_risk["x"]).sum() - step * (own * died["x"]).sum()
            slope -= top / (risk.sum() - step * own.sum())
        slope += died["x"].sum()
    assert abs(slope) < 1e-9


def test_missing_covariates_are_left_out_and_counted():
    frame = patients(age=[5, 3, None, 1, 9, 2, None, 4, 6, 1, 3, 8])
    fit = cox(frame, "exit", "event", ["age"])
    assert fit.n == 10
    assert fit.warnings == ("10 of 12 records, 2 left out for missing age",)


def test_factor_levels_keep_their_order_and_show_the_reference():
    levels = pd.Categorical(["low", "mid", "top"] * 4, ["mid", "low", "top", "never"])
    fit = cox(patients(dose=levels), "exit", "event", ["dose"])
    rows = log_hazard_ratios(fit)
    assert list(rows["level"]) == ["mid", "low", "top"]
    assert rows.iloc[0]["estimate"] == 0 and list(rows["n"]) == [4, 4, 4]
    assert "never" in fit.warnings[0]
    other = log_hazard_ratios(
        cox(patients(dose=levels), "exit", "event", ["dose"], reference={"dose": "top"})
    )
    assert other.iloc[1]["estimate"] == pytest.approx(-rows.iloc[2]["estimate"], rel=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"event": 2}, "another code"), ({"exit": -1}, "negative"), ({"event": 0}, "no event")],
)
def test_unusable_rows_are_refused(change, words):
    with pytest.raises(AnalysisError, match=words):
        cox(patients(**change), "exit", "event", ["age"])


def test_nothing_beyond_the_last_observed_time_is_predicted():
    frame = patients()
    rows = cox(frame, "exit", "event", ["age"]).predict_survival(frame.head(1), [12, 13])
    assert list(rows["state"]) == ["ok", "not-estimable"]


def test_predicted_survival_is_a_step_function():
    frame = patients()
    rows = cox(frame, "exit", "event", ["age"]).predict_survival(frame.head(1), [4, 5.9, 6])
    assert rows["estimate"][0] == rows["estimate"][1] > rows["estimate"][2]


def test_fine_gray_forms_name_themselves():
    frame = patients(event=[0, 1, 2] * 4)
    weighted = fine_gray(frame, "exit", "event", ["age"])
    crr = fine_gray(frame, "exit", "event", ["age"], form="cmprsk")
    assert "weighted-cox" in weighted.rows["method"][0]
    assert "cmprsk" in crr.rows["method"][0]
    assert set(weighted.rows["n"]) == {12} and set(weighted.rows["events"]) == {4}


def test_zph_joins_the_levels_of_a_factor_unless_told_otherwise():
    frame = patients(grade=["G1", "G2", "G3", "G1"] * 3, event=1)
    fit = cox(frame, "exit", "event", ["grade", "age"])
    joined = fit.zph("identity").set_index("variable")
    assert list(joined["df"]) == [2, 1, 3]
    assert list(fit.zph("identity", terms=False)["df"]) == [1, 1, 1, 3]
