"""The log-rank test by permutation, many permutations at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.risk_table import RiskTable, risk_table
from prrt_lib.estimate.groups import codes_and_levels
from prrt_lib.estimate.guards import named, prepared, refuse, warnings_of


def logrank_permutation(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    by: str,
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
    *,
    resamples: int = 2000,
    seed: int = 20190628,
) -> pd.DataFrame:
    """A row ``p_value`` from ``resamples`` permutations (within strata), and the row ``chi2``
    (``z`` when there are two groups) of the same statistic's large-sample distribution.

    The statistic is the sum of the log-rank scores of each group, with the permutation
    variance (Hothorn et al. 2006); the share of permutations at least as extreme counts the
    observed arrangement too, so that p is never 0. Exchangeability under delayed entry also
    needs the entry times to be alike between groups.
    """
    data = prepared(frame, duration, event, entry, [by, *named(strata)])
    codes, levels = codes_and_levels(data[by])
    if len(levels) < 2:
        refuse(f"column {by!r}", "one group", "at least two groups with records")
    stratum = data.groupby(named(strata), observed=True).ngroup() if strata else codes * 0
    stratum = np.asarray(stratum)
    points = _stratified_scores(data, duration, event, entry, stratum)
    linear, expected, variance = _moments(points, codes, len(levels), stratum)
    weight = np.linalg.pinv(variance, hermitian=True)
    rng = np.random.default_rng(seed)
    drawn = permuted_sums(points, codes, len(levels), stratum, resamples, rng) - expected
    gap = linear - expected
    observed = gap @ weight @ gap
    extreme = np.einsum("bi,ij,bj->b", drawn, weight, drawn) >= observed * (1 - 1e-10)
    method = "log-rank scores, permutation variance" + (", stratified" if strata else "")
    p = (1 + int(extreme.sum())) / (1 + resamples)
    test = {"statistic": "p_value", "estimate": p, "p": p}
    test["method"] = f"{method}, {resamples} permutations, seed {seed}"
    words = {"group": by, "n": len(data), "events": int(data[event].sum())}
    large = _large_sample(gap, variance, observed, levels, method)
    return result_rows([test, large], **words, warning=warnings_of(data))


def _large_sample(gap, variance, observed, levels, method) -> dict[str, object]:
    """Chi-squared, or with two groups z: positive when the second has more events than expected."""
    if len(levels) > 2:
        df = len(levels) - 1
        test = {"statistic": "chi2", "estimate": observed, "df": df, "p": chdtrc(df, observed)}
        return {**test, "method": method}
    key = {"group_level": levels[1], "reference": levels[0], "method": method}
    if not variance[1, 1] > 0:
        return {"statistic": "z", "state": "not-estimable", **key}
    z = float(gap[1] / np.sqrt(variance[1, 1]))
    return {"statistic": "z", "estimate": z, "p": 2 * ndtr(-abs(z)), **key}


def logrank_scores(exits, happened, entries=None) -> np.ndarray:
    """Event minus the hazard accumulated while at risk, for each record; they sum to zero."""
    table: RiskTable = risk_table(exits, happened, entries)
    hazard = np.append(0.0, np.cumsum(table.events / table.at_risk))
    own = hazard[np.searchsorted(table.times, exits, side="right")]
    if entries is not None:
        own = own - hazard[np.searchsorted(table.times, entries, side="right")]
    return happened - own


def _stratified_scores(data, duration, event, entry, stratum) -> np.ndarray:
    exits, happened = data[duration].to_numpy(), data[event].to_numpy() > 0
    entries = data[entry].to_numpy() if entry else None
    points = np.empty(len(exits))
    for one in np.unique(stratum):
        inside = stratum == one
        began = None if entries is None else entries[inside]
        points[inside] = logrank_scores(exits[inside], happened[inside], began)
    return points


def _moments(points, codes, count, stratum):
    """The groups' sums of scores with their permutation mean and covariance."""
    linear = np.bincount(codes, points, minlength=count)
    expected, variance = np.zeros(count), np.zeros((count, count))
    for one in np.unique(stratum):
        inside = stratum == one
        size = int(inside.sum())
        share = np.bincount(codes[inside], minlength=count) / size
        expected += share * points[inside].sum()
        if size > 1:
            spread = points[inside].var(ddof=1) * size
            variance += spread * (np.diag(share) - np.outer(share, share))
    return linear, expected, variance


def permuted_sums(points, codes, count, stratum, resamples, rng) -> np.ndarray:
    """(resamples, groups): the groups' sums of scores with the labels permuted in strata."""
    order = np.argsort(stratum, kind="stable")
    sums = np.zeros((resamples, count))
    edges = np.flatnonzero(np.diff(stratum[order])) + 1
    for inside in np.split(order, edges):
        shuffled = rng.permuted(np.tile(codes[inside].astype(np.int8), (resamples, 1)), axis=1)
        for k in range(count):
            sums[:, k] += (shuffled == k) @ points[inside]
    return sums
