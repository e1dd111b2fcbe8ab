"""The bootstrap of a Cox model: seeded, all resamples at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.resampling.bootstrap import bootstrap_cox


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
