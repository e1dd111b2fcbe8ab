"""Diagnostics of a Cox model: the exact score test of proportional hazards, and residuals.

Therneau and Grambsch 2000, chapters 4 and 6. lifelines 0.30.3 has an approximation of the test
(veteran, small cell: 0.08, score test 5.13) and no test of all columns together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from prrt_lib.declare.rows import combine
from prrt_lib.estimate.curves.survival import product_limit
from prrt_lib.estimate.records import refuse
from prrt_lib.estimate.regression.cox_rows import chi2_record, quadratic

TRANSFORMS = ("km", "rank", "identity", "log")


def zph(fit, transform: str = "km", terms: bool = True) -> pd.DataFrame:
    """Result rows: chi-squared per term (or per column) and GLOBAL, on the time ``transform``.

    The score test of beta(t) = beta + theta g(t) at theta = 0 (Therneau, survival >= 3,
    ``cox.zph``); the model's own information, not the sandwich.
    """
    if not fit.design.columns or fit.maximum.separated.any():
        refuse("proportional hazards", "a model without finite estimates", "estimates to test")
    sets, at, sums = fit.sets, fit.maximum.at, fit.maximum.sums
    g = _transformed(fit.data, transform, sets.time)
    g = g - g[sets.death_at].mean()
    g = g / (np.sqrt((g[sets.death_at] ** 2).mean()) or 1.0)
    # Score and information of (beta, theta) on the scaled columns, at theta = 0.
    trend = at.schoenfeld(sums) @ (sets.weight[sets.death] * g[sets.death_at])
    score = np.concatenate([at.score(sums), trend])
    once, twice = at.weighted_information(sums, g), at.weighted_information(sums, g * g)
    information = np.block([[fit.maximum.information, once], [once, twice]])
    p = len(fit.design.columns)
    groups = fit.design.terms() if terms else {n: [j] for j, n in enumerate(fit.design.names)}
    records = []
    for variable, places in {**groups, "GLOBAL": list(range(p))}.items():
        kept = [*range(p), *(p + place for place in places)]
        value = quadratic(score[kept], information[np.ix_(kept, kept)])
        records.append(chi2_record(variable, value, len(places), f"{transform} time"))
    method = f"score test of proportional hazards, {transform} time; {fit.method}"
    return combine([fit.as_rows(records).assign(method=method)])


def _transformed(data, transform: str, time: np.ndarray) -> np.ndarray:
    """``time`` on the scale of the test."""
    if transform not in TRANSFORMS:
        refuse("transform", repr(transform), f"one of {list(TRANSFORMS)}", "choose one of these")
    if transform == "km":
        # Of all records together, unweighted, just before each time.
        return 1 - product_limit(data.stop, data.event, data.start).at(time, side="left")[0]
    if transform == "rank":
        times, place = np.unique(data.stop, return_index=True)
        return rankdata(data.stop)[place][np.searchsorted(times, time)]
    return np.log(time) if transform == "log" else time


def residuals(fit, kind: str) -> pd.Series | pd.DataFrame:
    """Residuals of a CoxFit, by the frame's index; Schoenfeld residuals by event, in time order.

    kind: martingale, deviance, score, dfbeta, schoenfeld or scaled_schoenfeld. All are of
    single records, before case weights.
    """
    known = {
        "martingale": martingale, "deviance": deviance, "score": score, "dfbeta": dfbeta,
        "schoenfeld": schoenfeld, "scaled_schoenfeld": scaled_schoenfeld,
    }  # fmt: skip
    if kind not in known:
        refuse("residuals", repr(kind), f"one of {list(known)}", "choose one of these")
    return known[kind](fit)


def martingale(fit) -> pd.Series:
    """Events minus expected events."""
    sets = fit.sets
    values = np.zeros(fit.n)
    values[sets.row] = sets.event - fit.maximum.at.expected / sets.weight
    return pd.Series(values, fit.data.index, name="martingale")


def deviance(fit) -> pd.Series:
    """Martingale residuals made symmetric."""
    m = martingale(fit).to_numpy()
    event = fit.data.event
    log = np.log(np.where(event, np.maximum(1 - m, 1e-300), 1.0))
    values = np.sign(m) * np.sqrt(np.maximum(-2 * (m + event * log), 0.0))
    return pd.Series(values, fit.data.index, name="deviance")


def score(fit) -> pd.DataFrame:
    """Each record's part of the score, on the covariates' own scale."""
    sets = fit.sets
    values = np.zeros((fit.n, len(sets.x)))
    values[sets.row] = (fit.maximum.at.score_residuals(fit.maximum.sums) * sets.scale[:, None]).T
    return pd.DataFrame(values, fit.data.index, fit.design.names)


def dfbeta(fit) -> pd.DataFrame:
    """Approximate change of each coefficient when the record is left out, times -1."""
    return score(fit) @ fit.model_covariance


def schoenfeld(fit) -> pd.DataFrame:
    """Covariates of each event minus their mean among those at risk; columns after time."""
    sets = fit.sets
    values = fit.maximum.at.schoenfeld(fit.maximum.sums) * sets.scale[:, None]
    return _by_event(fit, values)


def scaled_schoenfeld(fit) -> pd.DataFrame:
    """Schoenfeld residuals times events times covariance, plus the coefficient: beta(t) + noise."""
    sets = fit.sets
    values = fit.maximum.at.schoenfeld(fit.maximum.sums)
    scaled = len(sets.death) * fit.maximum.variance @ values + fit.maximum.beta[:, None]
    return _by_event(fit, scaled / sets.scale[:, None])


def _by_event(fit, values: np.ndarray) -> pd.DataFrame:
    sets = fit.sets
    labels = fit.data.index[sets.row[sets.death]]
    found = pd.DataFrame(values.T, labels, fit.design.names)
    found.insert(0, "time", sets.time[sets.death_at])
    names = [fit.data.strata_names[code] for code in sets.stratum[sets.death_at]]
    found.insert(1, "stratum", names)
    return found
