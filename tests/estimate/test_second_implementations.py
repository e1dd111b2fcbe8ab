"""Where R gave no value: another implementation, or the definition written out, says the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter
from statsmodels.duration.hazard_regression import PHReg

from prrt_lib.estimate.curves.gray import gray_test
from prrt_lib.estimate.curves.interval_censored import interval_censored_survival
from prrt_lib.estimate.curves.log_rank import logrank
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.regression.subdistribution import fine_gray


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    """150 patients, delayed entry on whole days, ties, two causes, three arms, two sites."""
    rng = np.random.default_rng(31)
    n = 150
    start = rng.integers(0, 12, n).astype(float)
    frame = pd.DataFrame({"start": start, "stop": start + rng.integers(1, 25, n)})
    return frame.assign(
        cause=rng.integers(0, 3, n), event=rng.integers(0, 2, n), arm=rng.integers(0, 3, n),
        site=rng.integers(0, 2, n), age=rng.normal(size=n), size=rng.exponential(2, n),
    )  # fmt: skip


def chi2(rows: pd.DataFrame) -> float:
    return rows[rows["statistic"] == "chi2"]["estimate"].iloc[0]


def test_stratified_cox_with_delayed_entry_as_statsmodels_with_entries_moved_off_the_days(cohort):
    fit = cox(cohort, "stop", "event", ["age", "size"], entry="start", strata="site")
    other = PHReg(
        cohort["stop"], cohort[["age", "size"]], status=cohort["event"],
        entry=cohort["start"] + 1e-7, strata=cohort["site"], ties="efron",
    ).fit(gtol=1e-12)  # fmt: skip
    np.testing.assert_allclose(fit.coefficients, other.params, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(fit.std_errors, other.bse, rtol=1e-5)


def test_cox_with_delayed_entry_as_lifelines_told_to_go_on(cohort):
    fit = cox(cohort, "stop", "event", ["age", "size"], entry="start")
    used = cohort[["start", "stop", "event", "age", "size"]]
    other = CoxPHFitter().fit(
        used, "stop", "event", entry_col="start",
        fit_options={"precision": 1e-14, "r_precision": 1e-14},
    )  # fmt: skip
    np.testing.assert_allclose(fit.coefficients, other.params_, rtol=1e-6)
    assert fit.log_likelihood == pytest.approx(other.log_likelihood_, rel=1e-10)


def test_interval_censored_curve_as_lifelines(cohort):
    high = np.where(cohort["event"] == 1, cohort["stop"], np.inf)
    frame = pd.DataFrame({"low": cohort["start"], "high": high})
    times = [5.0, 10.0, 20.0]
    rows = interval_censored_survival(frame, "low", "high", times=times)
    rows = rows[rows["statistic"] == "survival"]
    # lifelines closes both ends; the event lies after ``low``
    fitted = KaplanMeierFitter().fit_interval_censoring(frame["low"] + 1e-6, frame["high"])
    other = np.asarray(fitted.predict(np.array(times) + 1e-3))[:, 0]
    for place, time in enumerate(times):
        bounds = rows[rows["time"] == time]["estimate"]
        assert bounds.min() - 1e-4 <= other[place] <= bounds.max() + 1e-4


def test_logrank_with_delayed_entry_as_surpyval(cohort):
    surpyval = pytest.importorskip("surpyval")
    censored = 1 - cohort["event"]
    plain = surpyval.logrank(
        cohort["stop"].to_numpy(), cohort["arm"].to_numpy(), c=censored.to_numpy(),
        tl=cohort["start"].to_numpy(),
    )  # fmt: skip
    stratified = surpyval.logrank(
        cohort["stop"].to_numpy(), cohort["arm"].to_numpy(), c=censored.to_numpy(),
        tl=cohort["start"].to_numpy(), strata=cohort["site"].to_numpy(),
    )  # fmt: skip
    ours = logrank(cohort, "stop", "event", "arm", "start")
    within = logrank(cohort, "stop", "event", "arm", "start", strata="site")
    assert chi2(ours) == pytest.approx(plain.statistic, rel=1e-8)
    assert chi2(within) == pytest.approx(stratified.statistic, rel=1e-8)


def test_grays_test_as_surpyval(cohort):
    surpyval = pytest.importorskip("surpyval")
    length = (cohort["stop"] - cohort["start"]).to_numpy()
    cause = cohort["cause"].replace({0: None}).to_numpy(object)
    other = surpyval.gray_test(length, cause, cohort["arm"].to_numpy(), event=1)
    ours = gray_test(cohort.assign(length=length), "length", "cause", "arm")
    assert chi2(ours) == pytest.approx(other.statistic, rel=1e-6)


def still_observed(frame: pd.DataFrame, day: float) -> float:
    """The chance of being uncensored just before ``day`` over that of having entered after it."""
    value, censored = 1.0, frame["cause"] == 0
    for when in sorted(set(frame.loc[censored, "stop"])):
        gone = (frame["stop"] == when) & censored
        at_risk = (frame["start"] < when) & (frame["stop"] >= when)
        at_risk &= ~((frame["stop"] == when) & ~censored)  # events leave first
        value *= 1 - gone.sum() / at_risk.sum() if when < day else 1.0
    for when in sorted(set(frame["start"])):
        came, inside = frame["start"] == when, (frame["start"] <= when) & (frame["stop"] > when)
        share = 1 - came.sum() / inside.sum()
        value /= share if when < day and share > 0 else 1.0
    return value


def test_fine_gray_with_delayed_entry_solves_the_weighted_score_equation(cohort):
    """Geskus 2011: after a competing event at T a patient weighs G(t-)H(t-) / (G(T-)H(T-))."""
    fit = fine_gray(cohort, "stop", "cause", ["age"], entry="start", ties="breslow")
    b, x, score, size = fit.coefficients["age"], cohort["age"].to_numpy(), 0.0, 0.0
    chance = {day: still_observed(cohort, day) for day in sorted(set(cohort["stop"]))}
    at_exit = cohort["stop"].map(chance).to_numpy()
    rival = (cohort["cause"] == 2).to_numpy()
    for day in sorted(set(cohort.loc[cohort["cause"] == 1, "stop"])):
        inside = ((cohort["start"] < day) & (cohort["stop"] >= day)).to_numpy()
        after = rival & (cohort["stop"] < day).to_numpy()
        weight = np.where(inside, 1.0, np.where(after, chance[day] / at_exit, 0.0)) * np.exp(b * x)
        mean = weight @ x / weight.sum()
        own = ((cohort["stop"] == day) & (cohort["cause"] == 1)).to_numpy()
        score += (x[own] - mean).sum()
        size += own.sum() * (weight @ (x - mean) ** 2 / weight.sum())
    assert abs(score) / size**0.5 < 1e-8
