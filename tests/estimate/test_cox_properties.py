"""What must hold for any Cox model, whatever the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.regression.subdistribution import fine_gray

COVARIATES = ["age", "arm"]


def cohort(seed: int, n: int = 60, days: int = 40, delayed: bool = False) -> pd.DataFrame:
    """Invented patients; few ``days`` make many ties."""
    rng = np.random.default_rng(seed)
    exit_day = rng.integers(2, days + 2, n)
    frame = pd.DataFrame(
        {
            "exit": exit_day, "event": rng.integers(0, 2, n), "age": rng.normal(60, 9, n),
            "arm": rng.integers(0, 2, n), "site": rng.integers(0, 3, n), "id": np.arange(n),
            "start": np.floor(exit_day * rng.random(n) * 0.8) if delayed else 0,
        }
    )  # fmt: skip
    frame.loc[0, "event"] = 1
    frame.loc[:3, "arm"] = [0, 1, 0, 1]
    return frame


def estimates(fit) -> pd.DataFrame:
    kept = fit.rows[fit.rows["statistic"] == "log_hazard_ratio"]
    return kept[["estimate", "std_error", "low", "high", "p"]].reset_index(drop=True)


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=15)
def test_doubling_the_cohort_keeps_hazard_ratios_and_shrinks_errors_by_root_two(seed, delayed):
    frame = cohort(seed, delayed=delayed)
    once = cox(frame, "exit", "event", COVARIATES, entry="start", ties="breslow")
    twice = cox(pd.concat([frame] * 2), "exit", "event", COVARIATES, entry="start", ties="breslow")
    np.testing.assert_allclose(twice.coefficients, once.coefficients, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(twice.std_errors * 2**0.5, once.std_errors, rtol=1e-8)


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_case_weight_two_is_the_record_twice_under_breslow(seed):
    frame = cohort(seed)
    frame["weight"] = 1 + frame["id"] % 2
    repeated = frame.loc[frame.index.repeat(frame["weight"])]
    weighted = cox(frame, "exit", "event", COVARIATES, weights="weight", ties="breslow")
    copied = cox(repeated, "exit", "event", COVARIATES, ties="breslow")
    np.testing.assert_allclose(weighted.coefficients, copied.coefficients, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(weighted.std_errors, copied.std_errors, rtol=1e-8)


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=15)
def test_without_ties_breslow_and_efron_are_one(seed, delayed):
    frame = cohort(seed, delayed=delayed)
    frame["exit"] = frame["exit"].rank(method="first") + 40
    efron = cox(frame, "exit", "event", COVARIATES, entry="start")
    breslow = cox(frame, "exit", "event", COVARIATES, entry="start", ties="breslow")
    np.testing.assert_array_equal(efron.coefficients, breslow.coefficients)


@given(st.integers(0, 10_000), st.sampled_from(["efron", "breslow"]))
@settings(max_examples=15)
def test_cutting_a_record_in_two_changes_nothing(seed, ties):
    frame = cohort(seed, delayed=True)
    middle = np.floor((frame["start"] + frame["exit"]) / 2)
    cut = middle > frame["start"]
    first = frame[cut].assign(exit=middle[cut], event=0)
    second = frame.assign(start=middle.where(cut, frame["start"]))
    whole = cox(frame, "exit", "event", COVARIATES, entry="start", ties=ties, cluster="id")
    parts = pd.concat([first, second])
    pieces = cox(parts, "exit", "event", COVARIATES, entry="start", ties=ties, cluster="id")
    np.testing.assert_allclose(pieces.coefficients, whole.coefficients, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(pieces.std_errors, whole.std_errors, rtol=1e-8)
    np.testing.assert_allclose(pieces.robust_std_errors, whole.robust_std_errors, rtol=1e-8)


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_swapping_the_arms_inverts_the_hazard_ratio_with_the_same_p(seed):
    frame = cohort(seed)
    there, back = (
        cox(frame.assign(arm=arm), "exit", "event", COVARIATES)
        for arm in (frame["arm"], 1 - frame["arm"])
    )
    one, other = estimates(there).iloc[1], estimates(back).iloc[1]
    assert one["estimate"] == pytest.approx(-other["estimate"], rel=1e-9, abs=1e-10)
    assert one["p"] == pytest.approx(other["p"], rel=1e-8)
    assert one["low"] == pytest.approx(-other["high"], rel=1e-8, abs=1e-9)


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=15)
def test_row_order_changes_no_bit(seed, delayed):
    frame = cohort(seed, delayed=delayed)
    shuffled = frame.sample(frac=1, random_state=seed)
    one, other = (
        cox(part, "exit", "event", COVARIATES, entry="start", cluster="id", strata="site")
        for part in (frame, shuffled)
    )
    np.testing.assert_array_equal(one.coefficients, other.coefficients)
    np.testing.assert_array_equal(one.std_errors, other.std_errors)
    np.testing.assert_allclose(
        other.residuals("martingale").sort_index(), one.residuals("martingale"), atol=1e-12
    )


@given(st.integers(0, 10_000))
@settings(max_examples=10)
def test_fine_gray_without_competing_events_is_cox(seed):
    frame = cohort(seed)
    plain = cox(frame, "exit", "event", COVARIATES, ties="breslow", cluster="id")
    for form in ("weighted-cox", "cmprsk"):
        weighted = fine_gray(frame, "exit", "event", COVARIATES, form=form, ties="breslow")
        np.testing.assert_allclose(weighted.coefficients, plain.coefficients, atol=1e-9)
        np.testing.assert_allclose(weighted.robust_std_errors, plain.robust_std_errors, rtol=1e-8)


@given(st.integers(0, 10_000), st.sampled_from(["efron", "breslow"]), st.booleans())
@settings(max_examples=15)
def test_residuals_add_up(seed, ties, stratified):
    frame = cohort(seed, delayed=True)
    fit = cox(
        frame, "exit", "event", COVARIATES, entry="start", ties=ties,
        strata="site" if stratified else None,
    )  # fmt: skip
    assert abs(fit.residuals("martingale").sum()) < 1e-9
    assert fit.residuals("score").sum().abs().max() < 1e-7
    assert fit.residuals("schoenfeld")[COVARIATES].sum().abs().max() < 1e-7
    assert len(fit.residuals("schoenfeld")) == fit.events


@given(st.integers(0, 10_000), st.sampled_from(["efron", "breslow"]))
@settings(max_examples=10)
def test_the_information_is_the_slope_of_the_score(seed, ties):
    from prrt_lib.estimate.regression.partial_likelihood import evaluate

    fit = cox(cohort(seed, delayed=True), "exit", "event", COVARIATES, entry="start", ties=ties)
    step = 1e-5
    at = np.array([0.3, -0.2])
    here = evaluate(fit.sets, at)
    for j in range(2):
        move = np.eye(2)[j] * step
        above, below = evaluate(fit.sets, at + move), evaluate(fit.sets, at - move)
        slope = (above.loglik - below.loglik) / (2 * step)
        assert here.score(here.sums())[j] == pytest.approx(slope, abs=1e-5)
        bend = (above.score(above.sums()) - below.score(below.sums())) / (2 * step)
        np.testing.assert_allclose(here.information(here.sums())[j], -bend, atol=1e-5)


@given(st.integers(0, 10_000))
@settings(max_examples=10)
def test_predicted_survival_starts_at_one_and_never_rises(seed):
    frame = cohort(seed)
    fit = cox(frame, "exit", "event", COVARIATES)
    times = [0, 5, 10, 20, 40]
    rows = fit.predict_survival(frame.head(2), times)
    for _, patient in rows.groupby("group_level"):
        values = patient["estimate"].dropna().to_numpy()
        assert values[0] == 1.0
        assert (np.diff(values) <= 0).all()
        assert (patient["low"].dropna() <= patient["estimate"].dropna()).all()
