"""Bootstrap and permutation: seeded, in parts or in batch, with the limits they may give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.regression.validation import optimism_corrected
from prrt_lib.estimate.resampling.bootstrap import (
    Replicates,
    bca_limits,
    bootstrap,
    bootstrap_cox,
    jackknife,
    percentile_limits,
    permutation_test,
)


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    """80 patients with many ties, late entries and two sites."""
    rng = np.random.default_rng(2)
    exit_day = rng.integers(5, 40, 80)
    return pd.DataFrame(
        {
            "id": np.arange(80) // 2, "exit": exit_day, "start": rng.integers(0, 5, 80),
            "event": rng.integers(0, 2, 80), "age": rng.normal(60, 9, 80),
            "arm": np.tile([0, 1], 40), "site": np.repeat([1, 2], 40),
        }
    )  # fmt: skip


def mean_age(frame: pd.DataFrame) -> float:
    return frame["age"].mean()


def age_difference(frame: pd.DataFrame) -> float:
    return frame.loc[frame["arm"] == 1, "age"].mean() - frame.loc[frame["arm"] == 0, "age"].mean()


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("strata", [None, "site"])
def test_the_batched_cox_bootstrap_equals_refitting_each_resample(cohort, ties, strata):
    columns = {"covariates": ["age", "arm"], "entry": "start", "ties": ties, "strata": strata}
    fit = cox(cohort, "exit", "event", **columns)
    found = bootstrap_cox(fit, 12, seed=5)
    for b in range(12):
        drawn = np.random.default_rng([5, b]).integers(0, 80, 80)
        again = cox(cohort.iloc[drawn], "exit", "event", **columns)
        np.testing.assert_allclose(found.values[b], again.coefficients, rtol=1e-8, atol=1e-9)


def test_clusters_are_drawn_whole(cohort):
    fit = cox(cohort, "exit", "event", ["age", "arm"], cluster="id")
    found = bootstrap_cox(fit, 3, seed=5)
    drawn = np.random.default_rng([5, 1]).integers(0, 40, 40)
    again = cox(
        pd.concat([cohort[cohort["id"] == k] for k in drawn]), "exit", "event", ["age", "arm"]
    )
    np.testing.assert_allclose(found.values[1], again.coefficients, rtol=1e-8)


def test_a_resample_without_a_finite_estimate_is_missing_not_wrong():
    frame = pd.DataFrame({"exit": range(1, 11), "event": 1, "arm": [0] * 4 + [1] + [0] * 5})
    found = bootstrap_cox(cox(frame, "exit", "event", ["arm"]), 200, seed=1)
    # without the one patient of arm 1 nothing can be estimated: (9/10)^10 = 0.35 of resamples
    assert 0.25 < found.missing[0] < 0.55


def test_jobs_and_parts_change_nothing(cohort):
    one = bootstrap(cohort, mean_age, 40, seed=1, strata="site")
    two = bootstrap(cohort, mean_age, 40, seed=1, strata="site", jobs=2)
    np.testing.assert_array_equal(one.values, two.values)


def test_strata_keep_their_sizes(cohort):
    found = bootstrap(cohort, lambda f: (f["site"] == 1).sum(), 20, seed=1, strata="site")
    assert (found.values == 40).all()


def test_bootstrap_error_of_a_mean_is_the_textbook_one(cohort):
    found = bootstrap(cohort, mean_age, 2000, seed=1)
    assert found.std_error[0] == pytest.approx(cohort["age"].std() / 80**0.5, rel=0.08)
    low, high = bca_limits(found, jackknife(cohort, mean_age))
    plain = percentile_limits(found)
    assert low[0] == pytest.approx(plain[0][0], abs=0.35)
    assert high[0] == pytest.approx(plain[1][0], abs=0.35)


def test_bca_undoes_a_known_bias():
    values = np.sort(norm.ppf((np.arange(4000) + 0.5) / 4000))[:, None]
    found = Replicates(np.array([norm.ppf(0.6)]), values)
    low, high = bca_limits(found, np.array([[0.0], [1.0], [2.0]]))  # symmetric: no acceleration
    bias = 2 * norm.ppf(0.6)
    assert low[0] == pytest.approx(bias - 1.959964, abs=0.01)
    assert high[0] == pytest.approx(bias + 1.959964, abs=0.02)


def test_bca_needs_two_thousand_resamples_all_with_an_estimate():
    with pytest.raises(AnalysisError, match="percentile"):
        bca_limits(Replicates(np.zeros(1), np.zeros((1999, 1))), np.zeros((5, 1)))


def test_a_limit_that_is_not_reached_is_infinite():
    values = np.concatenate([np.arange(95.0), np.full(5, np.nan)])[:, None]
    low, high = percentile_limits(Replicates(np.array([50.0]), values))
    assert np.isfinite(low[0]) and np.isinf(high[0])


def test_permutation_p_of_no_difference_and_of_a_large_one(cohort):
    p, _ = permutation_test(cohort, "arm", age_difference, 199, seed=1)
    assert p > 0.05
    shifted = cohort.assign(age=cohort["age"] + 30 * cohort["arm"])
    assert permutation_test(shifted, "arm", age_difference, 199, seed=1)[0] == 1 / 200


def test_optimism_is_taken_off_the_apparent_concordance(cohort):
    arguments = {"duration": "exit", "event": "event", "covariates": ["age", "arm"]}
    rows = optimism_corrected(cohort, arguments, 30, seed=1).set_index(["statistic", "level"])
    apparent = rows.loc[("concordance", "apparent"), "estimate"]
    optimism = rows.loc[("optimism", "concordance"), "estimate"]
    assert optimism > 0
    corrected = rows.loc[("concordance", "corrected"), "estimate"]
    assert corrected == pytest.approx(apparent - optimism)
    assert rows.loc[("calibration_slope", "corrected"), "estimate"] < 1
