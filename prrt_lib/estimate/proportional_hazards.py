"""Tests of proportional hazards: the exact score test of a trend of each effect in time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from prrt_lib.declare.rows import combine
from prrt_lib.estimate.cox_tests import chi2_record, quadratic
from prrt_lib.estimate.guards import refuse
from prrt_lib.estimate.splines import spline_basis

TRANSFORMS = ("km", "rank", "identity", "log")


def zph(fit, transform: str | Callable = "km", terms: bool = True) -> pd.DataFrame:
    """Result rows: chi-squared per term (or per column) and GLOBAL, on the time ``transform``.

    The score test of beta(t) = beta + theta g(t) at theta = 0 (Therneau, survival >= 3,
    ``cox.zph``); the model's own information, not the sandwich.
    """
    score, information = _trend(fit, transform)
    p = len(fit.design.columns)
    groups = fit.design.terms() if terms else {n: [j] for j, n in enumerate(fit.design.names)}
    name = transform if isinstance(transform, str) else "own"
    records = []
    for variable, places in {**groups, "GLOBAL": list(range(p))}.items():
        kept = [*range(p), *(p + place for place in places)]
        value = quadratic(score[kept], information[np.ix_(kept, kept)])
        records.append(chi2_record(variable, value, len(places)))
    words = {"setting": "", "level": f"{name} time"}
    rows = fit.as_rows({**record, **words} for record in records)
    method = f"score test of proportional hazards, {name} time; {fit.method}"
    return combine([rows.assign(method=method)])


def smoothed_effect(
    fit, column: str, transform: str | Callable = "km", df: int = 4, points: int = 60
) -> pd.DataFrame:
    """time, estimate, low, high: beta(t) of one column, smoothed by a natural spline.

    Scaled Schoenfeld residuals on g(t) with ``df`` degrees of freedom (Grambsch and Therneau,
    Biometrika 1994); pointwise limits at the fit's level.
    """
    residual = fit.residuals("scaled_schoenfeld")
    if column not in residual.columns[2:]:
        refuse("smoothed effect", f"{column!r}", f"one of {fit.design.names}", "name a column")
    order = np.argsort(residual["time"].to_numpy(), kind="stable")
    time, values = residual["time"].to_numpy()[order], residual[column].to_numpy()[order]
    g = _transformed(fit, transform)(time)
    if len(np.unique(g)) <= df:
        refuse("smoothed effect", f"{len(np.unique(g))} event times", f"more than {df}")
    knots = np.quantile(np.unique(g), np.linspace(0, 1, df))
    scale = g.max() - g.min()
    centred = (g - g.min()) / scale
    basis = np.column_stack([np.ones(len(g)), spline_basis(centred, (knots - g.min()) / scale)])
    q, r = np.linalg.qr(basis)
    smooth = q @ (q.T @ values)
    variance = len(values) * float(fit.model_covariance.loc[column, column])
    wide = float(norm.ppf(0.5 + fit.conf_level / 2)) * np.sqrt(variance * (q**2).sum(axis=1))
    found = pd.DataFrame(
        {"time": time, "estimate": smooth, "low": smooth - wide, "high": smooth + wide}
    ).drop_duplicates("time")
    places = np.unique(np.linspace(0, len(found) - 1, min(points, len(found))).round().astype(int))
    return found.iloc[places].reset_index(drop=True)


def _trend(fit, transform) -> tuple[np.ndarray, np.ndarray]:
    """Score and information of (beta, theta) on the scaled columns, at theta = 0."""
    if not fit.design.columns or fit.maximum.separated.any():
        refuse("proportional hazards", "a model without finite estimates", "estimates to test")
    sets, at, sums = fit.sets, fit.maximum.at, fit.maximum.sums
    g = _transformed(fit, transform)(sets.time)
    g = g - g[sets.death_at].mean()
    spread = np.sqrt((g[sets.death_at] ** 2).mean()) or 1.0
    g = g / spread
    trend = at.schoenfeld(sums) @ (sets.weight[sets.death] * g[sets.death_at])
    once = at.weighted_information(sums, g)
    twice = at.weighted_information(sums, g * g)
    information = np.block([[fit.maximum.information, once], [once, twice]])
    return np.concatenate([at.score(sums), trend]), information


def _transformed(fit, transform) -> Callable[[np.ndarray], np.ndarray]:
    """g: time to the scale of the test."""
    stop = fit.data.stop
    if callable(transform):
        return transform
    if transform not in TRANSFORMS:
        refuse("transform", repr(transform), f"one of {list(TRANSFORMS)}", "choose one of these")
    if transform == "identity":
        return lambda time: time
    if transform == "log":
        return np.log
    if transform == "rank":
        times, place = np.unique(stop, return_index=True)
        ranks = rankdata(stop)[place]
        return lambda time: ranks[np.searchsorted(times, time)]
    return _kaplan_meier(fit.data)


def _kaplan_meier(data) -> Callable[[np.ndarray], np.ndarray]:
    """1 - S(t-) of all records together, unweighted."""
    times, died = np.unique(data.stop[data.event], return_counts=True)
    ends = np.sort(data.stop)
    at_risk = len(ends) - np.searchsorted(ends, times, side="left")
    if data.start is not None:
        starts = np.sort(data.start)
        at_risk = at_risk - (len(starts) - np.searchsorted(starts, times, side="left"))
    curve = np.concatenate([[1.0], np.cumprod(1 - died / at_risk)])
    return lambda time: 1 - curve[np.searchsorted(times, time, side="left")]
