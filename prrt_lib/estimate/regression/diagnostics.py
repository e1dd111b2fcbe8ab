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
RESIDUALS = ("martingale", "deviance", "score", "dfbeta", "schoenfeld", "scaled_schoenfeld")


def zph(fit, transform: str = "km", terms: bool = True) -> pd.DataFrame:
    """Result rows: chi-squared per term (or per column) and GLOBAL, on the time ``transform``.

    The score test of beta(t) = beta + theta g(t) at theta = 0 (Therneau, survival >= 3,
    ``cox.zph``); the model's own information, not the sandwich.
    """
    if transform not in TRANSFORMS:
        refuse("transform", repr(transform), f"one of {list(TRANSFORMS)}", "choose one of these")
    if not fit.design.columns or fit.maximum.separated.any():
        refuse("proportional hazards", "a model without finite estimates", "estimates to test")
    data, sets, at, sums = fit.data, fit.sets, fit.maximum.at, fit.maximum.sums
    g = sets.time
    if transform == "km":
        # Of all records together, unweighted, just before each time.
        g = 1 - product_limit(data.stop, data.event, data.start).at(g, side="left")[0]
    elif transform == "rank":
        times, place = np.unique(data.stop, return_index=True)
        g = rankdata(data.stop)[place][np.searchsorted(times, g)]
    elif transform == "log":
        g = np.log(g)
    g = g - g[sets.death_at].mean()
    g = g / (np.sqrt((g[sets.death_at] ** 2).mean()) or 1.0)
    # Score and information of (beta, theta) on the scaled columns, at theta = 0.
    trend = at.schoenfeld(sums) @ (sets.weight[sets.death] * g[sets.death_at])
    score = np.concatenate([at.score(sums), trend])
    once, twice = at.information(sums, g), at.information(sums, g * g)
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


def residuals(fit, kind: str) -> pd.Series | pd.DataFrame:
    """Residuals of a CoxFit, by the frame's index; Schoenfeld residuals by event, in time order.

    All are of single records, before case weights. martingale: events minus expected events;
    deviance: these made symmetric; score: each record's part of the score, on the covariates'
    own scale; dfbeta: approximate change of each coefficient when the record is left out, times
    -1; schoenfeld: covariates of each event minus their mean among those at risk, after columns
    time and stratum; scaled_schoenfeld: these times events times covariance, plus the
    coefficient (beta(t) + noise).
    """
    if kind not in RESIDUALS:
        refuse("residuals", repr(kind), f"one of {list(RESIDUALS)}", "choose one of these")
    data, sets, top, names = fit.data, fit.sets, fit.maximum, fit.design.names
    if kind in ("martingale", "deviance"):
        values = np.zeros(fit.n)
        values[sets.row] = sets.event - top.at.expected / sets.weight
        if kind == "deviance":
            log = np.log(np.where(data.event, np.maximum(1 - values, 1e-300), 1.0))
            size = np.sqrt(np.maximum(-2 * (values + data.event * log), 0.0))
            values = np.sign(values) * size
        return pd.Series(values, data.index, name=kind)
    if kind in ("score", "dfbeta"):
        values = np.zeros((fit.n, len(sets.x)))
        values[sets.row] = (top.at.score_residuals(top.sums) * sets.scale[:, None]).T
        score = pd.DataFrame(values, data.index, names)
        return score if kind == "score" else score @ fit.model_covariance
    values, scale = top.at.schoenfeld(top.sums), sets.scale[:, None]
    if kind == "schoenfeld":
        values = values * scale
    else:
        values = (len(sets.death) * top.variance @ values + top.beta[:, None]) / scale
    found = pd.DataFrame(values.T, data.index[sets.row[sets.death]], names)
    found.insert(0, "time", sets.time[sets.death_at])
    strata = [data.strata_names[code] for code in sets.stratum[sets.death_at]]
    found.insert(1, "stratum", strata)
    return found
