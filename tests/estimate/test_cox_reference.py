"""The kernel against the textbook: every risk set written out, term by term."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prrt_lib.estimate.regression.cox_model import cox


def derivatives(b, stop, event, x, start, stratum, weight, efron):
    """Log-likelihood, score and information at ``b`` from explicit risk sets."""
    risk = weight * np.exp(x @ b)
    loglik, score, information = 0.0, np.zeros(len(b)), np.zeros((len(b), len(b)))
    for level, time in {*zip(stratum[event], stop[event], strict=True)}:
        at = (stratum == level) & (start < time) & (stop >= time)
        died = at & event & (stop == time)
        loglik += weight[died] @ (x[died] @ b)
        score += weight[died] @ x[died]
        for step in range(died.sum()):
            share = step / died.sum() if efron else 0.0
            left = np.where(died, 1 - share, 1.0)[at] * risk[at]
            mean = left @ x[at] / left.sum()
            mass = weight[died].mean()
            loglik -= mass * np.log(left.sum())
            score -= mass * mean
            information += mass * ((x[at].T * left) @ x[at] / left.sum() - np.outer(mean, mean))
    return loglik, score, information


@pytest.mark.parametrize("days", [4, 30, 1000])
@pytest.mark.parametrize("truncation", [0.0, 0.6, 0.99])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_kernel_stands_at_the_top_of_the_written_out_likelihood(days, truncation, ties):
    rng = np.random.default_rng([days, int(100 * truncation)])
    n = 90
    stop = rng.integers(1, days, n) + 1.0
    start = np.floor(stop * rng.random(n) * truncation)
    event, stratum = rng.random(n) < 0.6, rng.integers(0, 3, n)
    weight, x = rng.choice([0.5, 1.0, 2.5], n), rng.normal(size=(n, 2)) * [1, 4]
    frame = pd.DataFrame({"stop": stop, "start": start, "event": event, "site": stratum})
    frame = frame.assign(weight=weight, a=x[:, 0], b=x[:, 1])
    fit = cox(
        frame, "stop", "event", ["a", "b"], entry="start", strata="site", weights="weight",
        ties=ties,
    )  # fmt: skip
    found = fit.coefficients.to_numpy()
    arrays = (stop, event, x, start, stratum, weight, ties == "efron")
    loglik, score, information = derivatives(found, *arrays)
    assert fit.log_likelihood == pytest.approx(loglik, rel=1e-12)
    assert np.abs(np.linalg.solve(information, score)).max() < 1e-9
    np.testing.assert_allclose(fit.model_covariance, np.linalg.inv(information), rtol=1e-8)
