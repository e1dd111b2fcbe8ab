"""Awkward cohorts of every shape against risk sets counted one by one.

Eight patients, three days, emptying risk sets, clusters, strata, weights, covariates in the
thousands: whatever is drawn, the estimate is the textbook's or is refused.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.curves.competing import cumulative_incidence
from prrt_lib.estimate.curves.log_rank import logrank
from prrt_lib.estimate.curves.survival import kaplan_meier
from prrt_lib.estimate.regression.concordance_index import concordance
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.regression.subdistribution import fine_gray
from tests.estimate.test_cox_reference import derivatives

SEEDS = range(25)


def drawn(seed: int) -> pd.DataFrame:
    """A cohort whose size, ties, truncation, censoring and covariates follow from the seed."""
    rng = np.random.default_rng([seed, 4])
    n, days = int(rng.choice([8, 12, 25, 60])), int(rng.choice([3, 8, 30, 400]))
    stop = rng.integers(1, days, n) + 1.0
    share = rng.choice([0.0, 0.5, 1.0])
    late = np.floor(stop * (0.6 + 0.39 * rng.random(n))) if share == 1 else np.floor(stop * share)
    event = (rng.random(n) < rng.choice([0.2, 0.5, 0.95])).astype(int)
    event[0] = 1
    frame = pd.DataFrame({"stop": stop, "start": np.minimum(late, stop - 1), "event": event})
    return frame.assign(
        cause=event * rng.integers(1, 3, n), arm=rng.integers(0, 3, n), site=rng.integers(0, 2, n),
        weight=rng.integers(1, 4, n), who=rng.integers(0, max(3, n // 3), n),
        size=rng.normal(1e4, 50, n), skewed=np.exp(rng.normal(0, 1.5, n)),
    )  # fmt: skip


def at_risk(frame: pd.DataFrame, day: float) -> pd.Series:
    return (frame["start"] < day) & (frame["stop"] >= day)


@pytest.mark.parametrize("seed", SEEDS)
def test_survival_by_counting(seed):
    frame = drawn(seed)
    rows = kaplan_meier(frame, "stop", "event", "start")
    rows = rows[rows["statistic"] == "survival"].iloc[1:]
    survival, variance, expected = 1.0, 0.0, []
    for day in sorted(set(frame.loc[frame["event"] == 1, "stop"])):
        here = frame[at_risk(frame, day)]
        y, d = len(here), int(((here["stop"] == day) & (here["event"] == 1)).sum())
        survival *= (y - d) / y
        variance += d / (y * (y - d)) if y > d else np.inf
        error = survival * variance**0.5 if survival > 0 else np.nan
        expected.append((day, survival, error, y))
    found = rows[["time", "estimate", "std_error", "at_risk"]].to_numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_incidence_by_counting(seed):
    frame = drawn(seed)
    rows = cumulative_incidence(frame, "stop", "cause", entry="start", causes=[1, 2], by="arm")
    for level, part in frame.groupby("arm"):
        survival, total, expected = 1.0, 0.0, []
        for day in sorted(set(part.loc[part["cause"] > 0, "stop"])):
            y, codes = at_risk(part, day).sum(), part.loc[part["stop"] == day, "cause"]
            total += survival * (codes == 1).sum() / y
            survival *= 1 - (codes > 0).sum() / y
            expected += [total] if (codes == 1).any() else []
        found = rows[rows["group_level"] == str(level)].iloc[1:]["estimate"]
        np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_logrank_by_counting(seed):
    frame = drawn(seed)
    rows = logrank(frame, "stop", "event", "arm", "start", strata="site")
    arms, gap, variance = sorted(set(frame["arm"])), 0.0, 0.0
    for _, part in frame.groupby("site"):
        for day in sorted(set(part.loc[part["event"] == 1, "stop"])):
            here = part[at_risk(part, day)]
            dead = here[(here["stop"] == day) & (here["event"] == 1)]
            y, d = len(here), len(dead)
            share = np.array([(here["arm"] == arm).mean() for arm in arms])
            gap = gap + np.array([(dead["arm"] == arm).sum() for arm in arms]) - d * share
            if y > 1:
                spread = np.diag(share) - np.outer(share, share)
                variance = variance + d * (y - d) / (y - 1) * spread
    test = rows[rows["statistic"] == "chi2"].iloc[0]
    if test["state"] == "ok":
        expected = gap @ np.linalg.pinv(variance) @ gap
        assert test["estimate"] == pytest.approx(expected, rel=1e-7, abs=1e-9)
    observed, expected = (
        rows.loc[rows["statistic"] == name, "estimate"].to_numpy()
        for name in ("observed", "expected")
    )
    np.testing.assert_allclose(observed - expected, gap, atol=1e-9)


def test_a_group_whose_first_patient_enters_on_an_event_day_is_not_yet_at_risk():
    frame = pd.DataFrame({"start": [0, 0, 5, 5], "stop": [5, 9, 8, 9], "event": [1, 0, 1, 0],
                          "arm": ["x", "x", "y", "y"]})  # fmt: skip
    rows = logrank(frame, "stop", "event", "arm", "start").set_index(["statistic", "group_level"])
    # day 5: two of x at risk, none of y; day 8: one of x, two of y
    assert rows.loc[("expected", "x"), "estimate"] == pytest.approx(1 + 1 / 3)
    assert rows.loc[("expected", "y"), "estimate"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_stands_where_the_written_out_score_is_zero(seed, ties):
    frame = drawn(seed)
    names = ["size", "skewed"]
    options = {"entry": "start", "strata": "site", "weights": "weight", "ties": ties}
    try:
        fit = cox(frame, "stop", "event", names, cluster="who", **options)
    except AnalysisError:
        return  # nothing to learn from: constant in every risk set
    if not fit.converged:
        assert "separation" in fit.warnings[-1]
        return
    x = (frame[names] - frame[names].mean()).to_numpy()
    columns = [frame[name].to_numpy() for name in ("stop", "event", "start", "site", "weight")]
    stop, event, start, site, weight = columns
    arrays = (stop, event == 1, x, start, site, weight.astype(float), ties == "efron")
    _, score, information = derivatives(fit.coefficients.to_numpy(), *arrays)
    variance = np.linalg.inv(information)
    assert np.abs(variance @ score / np.sqrt(np.diag(variance))).max() < 1e-7
    np.testing.assert_allclose(fit.model_covariance, variance, rtol=1e-6)
    influence = fit.residuals("score").mul(frame["weight"], axis=0).groupby(frame["who"]).sum()
    robust = variance @ (influence.T @ influence).to_numpy() @ variance
    np.testing.assert_allclose(fit.robust_std_errors**2, np.diag(robust), rtol=1e-5, atol=1e-18)


@pytest.mark.parametrize("seed", SEEDS)
def test_concordance_by_counting_pairs(seed):
    frame = drawn(seed)
    rows = concordance(frame, "stop", "event", "skewed", entry="start")
    found = rows.set_index("level")["estimate"]
    concordant = discordant = 0
    for row in frame[frame["event"] == 1].itertuples():
        later = (frame["stop"] > row.stop) | ((frame["stop"] == row.stop) & (frame["event"] == 0))
        others = frame.loc[later & (frame["start"] < row.stop), "skewed"]
        concordant += (row.skewed > others).sum()
        discordant += (row.skewed < others).sum()
    assert (found["concordant"], found["discordant"]) == (concordant, discordant)


def test_fine_gray_goes_on_after_a_risk_set_that_emptied_by_censoring():
    """One early patient alone, censored before anybody else enters, tells of nothing later."""
    rng = np.random.default_rng(3)
    later = pd.DataFrame({"start": 20.0, "stop": 21.0 + rng.integers(0, 30, 60),
                          "cause": rng.integers(0, 3, 60), "x": rng.normal(size=60)})  # fmt: skip
    alone = pd.DataFrame({"start": [0.0], "stop": [10.0], "cause": [0], "x": [0.0]})
    fits = [
        fine_gray(frame, "stop", "cause", ["x"], entry="start").coefficients["x"]
        for frame in (later, pd.concat([alone, later], ignore_index=True))
    ]
    assert fits[0] == pytest.approx(fits[1], rel=1e-9)
