"""Tests of a whole Cox model, and the sandwich variance."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from prrt_lib.estimate.regression.newton import Maximum
from prrt_lib.estimate.regression.partial_likelihood import Likelihood
from prrt_lib.estimate.regression.risk_sets import RiskSets


def robust_variance(sets: RiskSets, top: Maximum, cluster: np.ndarray) -> np.ndarray:
    """(p, p) sandwich on the scaled columns: Lin and Wei, JASA 1989, summed within clusters."""
    parts = by_cluster(sets, sets.weight * top.at.score_residuals(top.sums), cluster)
    influence = top.variance @ parts
    return influence @ influence.T


def robust_score(sets: RiskSets, start: Likelihood, cluster: np.ndarray) -> float:
    """Chi-squared of the score at zero with its variance taken from the clusters."""
    parts = by_cluster(sets, sets.weight * start.score_residuals(start.sums()), cluster)
    return quadratic(parts.sum(axis=1), parts @ parts.T)


def by_cluster(sets: RiskSets, values: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """(p, clusters) sums of ``values`` (p, n kernel rows)."""
    codes = cluster[sets.row]
    count = int(cluster.max()) + 1
    return np.stack([np.bincount(codes, row, count) for row in values])


def quadratic(score: np.ndarray, variance: np.ndarray) -> float:
    """score' variance^-1 score; the pseudo-inverse where the variance is singular."""
    try:
        return float(score @ np.linalg.solve(variance, score))
    except np.linalg.LinAlgError:
        return float(score @ np.linalg.pinv(variance, hermitian=True) @ score)


def wald(beta: np.ndarray, covariance: np.ndarray) -> float:
    """Wald chi-squared of all ``beta`` being zero."""
    return quadratic(beta, covariance)


def model_tests(fit) -> list[dict]:
    """Records of the likelihood-ratio, Wald and score tests of a CoxFit."""
    df, top = len(fit.design.columns), fit.maximum
    if df == 0:
        return []
    ratio = 2 * (fit.log_likelihood - fit.log_likelihood_null)
    found = {"likelihood_ratio": ratio}
    if not top.separated.any():
        found["wald"] = wald(top.beta, fit.scaled_covariance)
    if fit.penalty is None:
        found["score"] = top.score_chi2
        if fit.data.cluster is not None:
            found["robust_score"] = robust_score(fit.sets, top.start, fit.data.cluster)
    return [chi2_record(name, value, df) for name, value in found.items()]


def term_tests(fit) -> list[dict]:
    """Records of the joint Wald test of each term with several columns."""
    covariance, records = fit.scaled_covariance, []
    for term, places in fit.design.terms().items():
        if len(places) < 2 or fit.maximum.separated[places].any():
            continue
        own = covariance[np.ix_(places, places)]
        value = wald(fit.maximum.beta[places], own)
        records.append(chi2_record(term, value, len(places), "all levels"))
        if term in fit.design.knots:
            bent = wald(fit.maximum.beta[places[1:]], own[1:, 1:])
            records.append(chi2_record(term, bent, len(places) - 1, "nonlinear"))
    return records


def chi2_record(variable: str, value: float, df: int, level: str = "") -> dict:
    """A chi-squared statistic with its p value."""
    return {
        "variable": variable, "level": level, "statistic": "chi2",
        "estimate": value, "df": df, "p": float(chi2.sf(value, df)),
    }  # fmt: skip
