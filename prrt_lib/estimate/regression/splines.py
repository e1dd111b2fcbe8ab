"""Restricted cubic splines: linear beyond the outer knots, as Harrell writes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from prrt_lib.estimate.records import refuse

# Harrell, Regression Modeling Strategies, table 2.3: knots at fixed quantiles of the covariate.
OUTER = {3: 0.10, 4: 0.05, 5: 0.05, 6: 0.05, 7: 0.025}


def harrell_knots(values: Sequence[float], count: int) -> np.ndarray:
    """``count`` knots (3 to 7) at Harrell's quantiles of ``values``, missing values left out.

    With fewer than 100 values the outer knots are the fifth smallest and fifth largest.
    Raises AnalysisError when the knots coincide.
    """
    if count not in OUTER:
        refuse("spline", f"{count} knots", "3 to 7 knots", "choose another number")
    known = np.sort(np.asarray(values, float))
    known = known[~np.isnan(known)]
    outer = OUTER[count]
    places = np.linspace(outer, 1 - outer, count)
    if count == 7:
        places = np.array([0.025, *np.linspace(0.1833, 0.8167, 5), 0.975])
    knots = np.quantile(known, places)
    if 10 <= len(known) < 100:
        knots[0], knots[-1] = known[4], known[-5]
    if len(known) < 10 or (np.diff(knots) <= 0).any():
        found = f"{len(np.unique(known))} distinct values for {count} knots"
        refuse("spline", found, "distinct knots", "use fewer knots or name them")
    return knots


def spline_basis(values: Sequence[float], knots: Sequence[float]) -> np.ndarray:
    """(n, knots - 1) basis: the value itself, then the cubic terms over (last - first knot)^2.

    Devlin and Weeks 1986; Harrell's ``rcspline.eval`` with norm = 2.
    """
    x, t = np.asarray(values, float), np.asarray(knots, float)
    unit = (t[-1] - t[0]) ** (2 / 3)

    def cube(knot: float) -> np.ndarray:
        return np.maximum((x - knot) / unit, 0.0) ** 3

    gap = t[-1] - t[-2]
    bent = [
        cube(k) - cube(t[-2]) * (t[-1] - k) / gap + cube(t[-1]) * (t[-2] - k) / gap for k in t[:-2]
    ]
    return np.column_stack([x, *bent])


def spline_effect(fit, column: str, values: Sequence[float], reference: float) -> pd.DataFrame:
    """Result rows of the log hazard ratio of ``column`` at ``values`` against ``reference``.

    ``fit`` is a CoxFit whose ``splines`` hold the column; other covariates cancel.
    """
    knots = fit.design.knots[column]
    places = fit.design.terms()[column]
    contrast = spline_basis(values, knots) - spline_basis([reference], knots)
    beta = fit.coefficients.to_numpy()[places]
    covariance = fit.covariance.to_numpy()[np.ix_(places, places)]
    estimate = contrast @ beta
    error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", contrast, covariance, contrast), 0.0))
    z = norm.ppf(0.5 + fit.conf_level / 2)
    return fit.as_rows(
        {
            "variable": column, "level": f"{v:g}", "reference": f"{reference:g}",
            "statistic": "log_hazard_ratio", "estimate": e, "std_error": s,
            "low": e - z * s, "high": e + z * s,
        }
        for v, e, s in zip(values, estimate, error, strict=True)
    )  # fmt: skip
