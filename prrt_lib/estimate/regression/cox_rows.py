"""Result rows of a Cox model, its tests, and the sandwich variance."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2, norm

from prrt_lib.estimate.regression.firth import profile_limits
from prrt_lib.estimate.regression.newton import Maximum
from prrt_lib.estimate.regression.partial_likelihood import Likelihood
from prrt_lib.estimate.regression.risk_sets import RiskSets


def estimates(fit) -> list[dict]:
    """Records of coefficients with reference levels, tests, likelihoods, events per parameter."""
    records, terms = [], fit.design.terms()
    for name, levels in fit.design.levels.items():
        inside = ~(fit.data.x[:, terms[name]] == 1).any(axis=1)
        records.append({
            "variable": name, "level": levels[0], "reference": levels[0],
            "statistic": "log_hazard_ratio", "estimate": 0.0, "n": int(inside.sum()),
            "events": int(fit.data.event[inside].sum()),
        })  # fmt: skip
    records += [_coefficient(fit, place) for place in range(len(fit.design.columns))]
    records += [*model_tests(fit), *term_tests(fit)]
    for name, value in (("null", fit.log_likelihood_null), ("fitted", fit.log_likelihood)):
        records.append({"statistic": "log_likelihood", "variable": name, "estimate": value})
    if fit.design.columns:
        value = fit.events_per_parameter
        records.append({"statistic": "events_per_parameter", "estimate": value})
    return records


def _coefficient(fit, place: int) -> dict:
    """A coefficient with the records and events of its level."""
    column = fit.design.columns[place]
    record = {"variable": column.variable, "level": column.level, "reference": column.reference,
              "statistic": "log_hazard_ratio"}  # fmt: skip
    if column.level.startswith("rcs") and column.term in fit.design.knots:
        record |= {"statistic": "coefficient", "unit": "log hazard"}
    if column.level and column.variable in fit.design.levels:
        inside = fit.data.x[:, place] == 1
        record |= {"n": int(inside.sum()), "events": int(fit.data.event[inside].sum())}
    if fit.maximum.separated[place]:
        return {**record, "state": "not-estimable"}
    scale = fit.sets.scale[place]
    beta = fit.maximum.beta[place] / scale
    error = float(np.sqrt(fit.scaled_covariance[place, place])) / scale
    if fit.penalty == "firth":
        low, high, p = profile_limits(fit.sets, fit.maximum, place, fit.conf_level)
        low, high = low / scale, high / scale
    else:
        z = float(norm.ppf(0.5 + fit.conf_level / 2))
        low, high = beta - z * error, beta + z * error
        p = float(2 * norm.sf(abs(beta / error)))
    return {**record, "estimate": beta, "std_error": error, "low": low, "high": high, "p": p}


def method(fit) -> str:
    """Estimator and options in words."""
    parts = ["Cox", f"{fit.ties.title()} ties"]
    if fit.penalty:
        parts.append("Firth penalty, profile-likelihood limits")
    if fit.data.start is not None:
        parts.append("delayed entry")
    if fit.data.strata_columns:
        parts.append(f"stratified by {' and '.join(fit.data.strata_columns)}")
    if fit.data.weight is not None:
        parts.append("case weights")
    if fit.data.cluster is not None:
        parts.append(f"robust SE by {fit.data.cluster_column}")
    return ", ".join(parts)


def concerns(top: Maximum, names: list[str]) -> list[str]:
    """Sentences about a fit that ended without finite estimates."""
    away = [name for name, runs in zip(names, top.separated, strict=True) if runs]
    if away:
        return [f"separation: the likelihood has no maximum for {', '.join(away)}; "
                "no finite estimate, penalty='firth' gives one"]  # fmt: skip
    return [] if top.converged else ["the search for the maximum stopped before it was reached"]


def robust_variance(sets: RiskSets, top: Maximum, cluster: np.ndarray) -> np.ndarray:
    """(p, p) sandwich on the scaled columns: Lin and Wei, JASA 1989, summed within clusters.

    lifelines 0.30.3 differs from R by up to 6 % where times are tied.
    """
    influence = top.variance @ scores_by_cluster(sets, top.at, cluster)
    return influence @ influence.T


def scores_by_cluster(sets: RiskSets, at: Likelihood, cluster: np.ndarray) -> np.ndarray:
    """(p, clusters) sums of the weighted score residuals."""
    codes, count = cluster[sets.row], int(cluster.max()) + 1
    values = sets.weight * at.score_residuals(at.sums())
    return np.stack([np.bincount(codes, row, count) for row in values])


def quadratic(score: np.ndarray, variance: np.ndarray) -> float:
    """score' variance^-1 score; the pseudo-inverse where the variance is singular."""
    try:
        return float(score @ np.linalg.solve(variance, score))
    except np.linalg.LinAlgError:
        return float(score @ np.linalg.pinv(variance, hermitian=True) @ score)


def model_tests(fit) -> list[dict]:
    """Records of the likelihood-ratio, Wald and score tests of a CoxFit."""
    df, top = len(fit.design.columns), fit.maximum
    if df == 0:
        return []
    found = {"likelihood_ratio": 2 * (fit.log_likelihood - fit.log_likelihood_null)}
    if not top.separated.any():
        found["wald"] = quadratic(top.beta, fit.scaled_covariance)
    if fit.penalty is None:
        found["score"] = top.score_chi2
        if fit.data.cluster is not None:
            # The score at zero with its variance taken from the clusters.
            parts = scores_by_cluster(fit.sets, top.start, fit.data.cluster)
            found["robust_score"] = quadratic(parts.sum(axis=1), parts @ parts.T)
    return [chi2_record(name, value, df) for name, value in found.items()]


def term_tests(fit) -> list[dict]:
    """Records of the joint Wald test of each term with several columns."""
    covariance, records = fit.scaled_covariance, []
    for term, places in fit.design.terms().items():
        if len(places) < 2 or fit.maximum.separated[places].any():
            continue
        own = covariance[np.ix_(places, places)]
        value = quadratic(fit.maximum.beta[places], own)
        records.append(chi2_record(term, value, len(places), "all levels"))
        if term in fit.design.knots:
            bent = quadratic(fit.maximum.beta[places[1:]], own[1:, 1:])
            records.append(chi2_record(term, bent, len(places) - 1, "nonlinear"))
    return records


def chi2_record(variable: str, value: float, df: int, level: str = "") -> dict:
    """A chi-squared statistic with its p value."""
    return {
        "variable": variable, "level": level, "statistic": "chi2",
        "estimate": value, "df": df, "p": float(chi2.sf(value, df)),
    }  # fmt: skip
