"""Mixed models against a balanced design by hand and statsmodels."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import mixedlm

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.random_effects import mixed_model


def repeats(groups=40, seed=3):
    rng = np.random.default_rng(seed)
    g, t = np.repeat(np.arange(groups), 4), np.tile(np.arange(4.0), groups)
    own = rng.normal(0, 2, groups)[g] + rng.normal(0, 0.5, groups)[g] * t
    y = 1 + 0.3 * t + own + rng.normal(size=len(g))
    return pd.DataFrame({"g": g.astype(str), "t": t, "y": y}).sample(frac=0.8, random_state=1)


def test_a_balanced_one_way_layout_by_hand():
    # Groups (1, 3), (4, 6), (10, 12): means 2, 5, 11, grand mean 6. Within mean square 6/3 = 2;
    # between mean square 2 * (16 + 1 + 25) / 2 = 42; variance between (42 - 2) / 2 = 20;
    # the standard error of the grand mean is sqrt(42 / 6).
    frame = pd.DataFrame({"g": list("aabbcc"), "y": [1.0, 3, 4, 6, 10, 12]})
    fit = mixed_model(frame, "y", [], "g")
    assert fit.estimate == pytest.approx([6.0])
    assert fit.residual_variance == pytest.approx(2.0, rel=1e-6)
    assert fit.random_covariance[0, 0] == pytest.approx(20.0, rel=1e-6)
    assert fit.covariance[0, 0] == pytest.approx(7.0, rel=1e-6)


@pytest.mark.parametrize("slope", [None, "t"])
def test_unbalanced_repeats_agree_with_statsmodels(slope):
    frame = repeats()
    fit = mixed_model(frame, "y", ["t"], "g", slope)
    other = mixedlm("y ~ t", frame, groups=frame["g"], re_formula=f"~{slope}" if slope else None)
    other = other.fit(method="lbfgs", gtol=1e-10)
    assert fit.converged
    assert fit.estimate == pytest.approx(other.fe_params.to_numpy(), rel=1e-6)
    assert fit.log_likelihood == pytest.approx(other.llf, abs=1e-8)
    assert fit.random_covariance == pytest.approx(other.cov_re.to_numpy(), rel=1e-3)


@pytest.mark.parametrize("slope", [None, "t"])
def test_the_last_digits_do_not_depend_on_rounding(slope):
    """Records in another order are summed with other rounding; so are they on another processor."""
    frame = repeats()
    here, there = (mixed_model(f, "y", ["t"], "g", slope) for f in (frame, frame.sort_values("y")))
    assert here.random_covariance == pytest.approx(there.random_covariance, rel=1e-10)
    assert here.residual_variance == pytest.approx(there.residual_variance, rel=1e-10)


def test_a_mixed_model_without_repeats_is_refused():
    with pytest.raises(AnalysisError, match="repeats"):
        mixed_model(pd.DataFrame({"g": list("abcdef"), "y": np.arange(6.0)}), "y", [], "g")


def test_twenty_thousand_groups_are_one_second_of_work():
    fit = mixed_model(repeats(20_000), "y", ["t"], "g")
    assert fit.groups == pytest.approx(20_000, abs=100)
    assert fit.estimate == pytest.approx([1.0, 0.3], abs=0.06)
