"""What make coverage and make bench measure with is itself right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.coverage.cohorts import cohorts, source_median, source_survival
from benchmarks.coverage.estimators import Found
from benchmarks.coverage.ki67 import hidden
from benchmarks.coverage.page import summary
from benchmarks.speed import reference
from benchmarks.speed.timing import COVARIATES, patients
from prrt_lib.edges.synthetic.source_truth import true_median, true_survival
from prrt_lib.estimate.cox_model import cox
from prrt_lib.estimate.survival import kaplan_meier


def test_coverage_bias_and_power_of_four_cohorts():
    rows = [
        Found("x", 1.0, 1.1, 0.2, 0.7, 1.5, 0.01), Found("x", 1.0, 1.5, 0.2, 1.1, 1.9, 0.2),
        Found("x", 1.0, 0.9, 0.2, 0.5, np.nan, 0.04), Found("x", 1.0),
    ]  # fmt: skip
    found = pd.DataFrame([(50, *row) for row in rows], columns=["n", *Found._fields])
    line = summary(found).iloc[0]
    assert (line["replicates"], line["none"]) == (4, 1)
    assert line["coverage"] == pytest.approx(2 / 3) and line["power"] == pytest.approx(2 / 3)
    assert line["bias"] == pytest.approx(0.5 / 3)


def test_cohorts_are_seeded_and_start_after_diagnosis():
    one, same = (list(cohorts(40, 3, [5])) for _ in range(2))
    assert len(one) == 3 and all(len(cohort) == 40 for cohort in one)
    pd.testing.assert_frame_equal(one[2], same[2])
    assert not one[0].equals(one[1])
    assert (one[0]["entry"] > 0).all() and set(one[0]["cause"]) <= {0, 1, 2}


def test_the_grid_of_the_source_population_is_fine_enough():
    assert source_survival(1826, 300) == pytest.approx(float(true_survival(1826, 300)), abs=1e-5)
    assert source_median(300) == pytest.approx(true_median(300), abs=1)


def test_about_half_of_ki67_is_hidden_and_the_rest_untouched():
    cohort = next(cohorts(2000, 1, [6]))
    seen = hidden(cohort, np.random.default_rng(1))["log2_ki67"]
    assert 0.4 < seen.isna().mean() < 0.6
    assert (seen.dropna() == cohort.loc[seen.notna(), "log2_ki67"]).all()


def test_the_plain_reference_gives_the_same_numbers():
    frame = patients(300)
    stop, event = frame["time"].to_numpy(), frame["event"].to_numpy() == 1
    beta, covariance = reference.cox_efron(stop, event, frame[COVARIATES].to_numpy())
    fit = cox(frame, "time", "event", COVARIATES)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-8)
    np.testing.assert_allclose(fit.model_covariance, covariance, rtol=1e-7, atol=1e-12)
    times, survival, low, high = reference.kaplan_meier(stop, event)
    rows = kaplan_meier(frame, "time", "event", times=times)
    rows = rows[rows["statistic"] == "survival"]
    np.testing.assert_allclose(rows["estimate"], survival, rtol=1e-12)
    usable = (survival > 0) & (survival < 1)
    np.testing.assert_allclose(rows["low"][usable], low[usable], rtol=1e-9)
    np.testing.assert_allclose(rows["high"][usable], high[usable], rtol=1e-9)
