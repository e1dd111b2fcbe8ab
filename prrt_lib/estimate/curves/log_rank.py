"""Log-rank tests: plain, stratified, weighted (Fleming-Harrington), for trend, by permutation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.risk_table import (
    NumberAtRisk,
    RiskTable,
    risk_table,
    tallies,
    tallies_at,
)
from prrt_lib.estimate.records import codes_and_levels, named, prepared, refuse, warnings_of


class Scores(NamedTuple):
    """Weighted observed and expected events per group, and the variance of observed."""

    observed: np.ndarray
    expected: np.ndarray
    variance: np.ndarray


def logrank(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    by: str,
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
    rho: float = 0.0,
    gamma: float = 0.0,
    trend: Mapping[str, float] | bool = False,
) -> pd.DataFrame:
    """A row ``chi2`` with df and p, and per group ``observed`` (with the variance's root) and
    ``expected`` events; with ``trend`` the score test of ordered groups, a row ``z``.

    Each event time weighs S(t-)^rho (1 - S(t-))^gamma, S the Kaplan-Meier of all groups of the
    stratum (Fleming and Harrington 1991; rho as in R's survdiff). ``trend`` is True for scores
    1, 2, 3, ... in the order of levels, or a score per level.
    """
    data = prepared(frame, duration, event, entry, [by, *named(strata)], sort=False)
    codes, levels = codes_and_levels(data[by])
    if len(levels) < 2:
        refuse(f"column {by!r}", "one group", "at least two groups with records")
    stratum = data.groupby(named(strata), observed=True).ngroup() if strata else codes * 0
    total = _sum_over_strata(data, duration, event, entry, codes, np.asarray(stratum), rho, gamma)
    method = _method(strata, rho, gamma, entry)
    words = {"group": by, "n": len(data), "events": int(data[event].sum())}
    words["warning"] = warnings_of(data)
    tests = [_chi_squared(total, method)]
    if trend:
        tests.append(_trend(total, levels, trend, method))
    sizes = np.bincount(codes, minlength=len(levels))
    tests += _per_group(total, levels, sizes, method)
    return result_rows(tests, **words)


def _sum_over_strata(data, duration, event, entry, codes, stratum, rho, gamma) -> Scores:
    exits, happened = data[duration].to_numpy(), data[event].to_numpy() > 0
    entries = data[entry].to_numpy() if entry else None
    count = codes.max() + 1
    sums = Scores(np.zeros(count), np.zeros(count), np.zeros((count, count)))
    for one in np.unique(stratum):
        inside = stratum == one
        began = None if entries is None else entries[inside]
        part = scores(exits[inside], happened[inside], codes[inside], count, began, rho, gamma)
        sums = Scores(*(a + b for a, b in zip(sums, part, strict=True)))
    return sums


def scores(exits, happened, codes, count, entries=None, rho=0.0, gamma=0.0) -> Scores:
    """Observed, expected and hypergeometric variance of one stratum's event times."""
    grid, deaths = tallies(exits[happened])
    at_risk, own = np.empty((count, len(grid))), np.empty((count, len(grid)))
    for k in range(count):
        mine = codes == k
        began = None if entries is None else entries[mine]
        at_risk[k] = NumberAtRisk(exits[mine], began).strictly_at(grid) if mine.any() else 0.0
        own[k] = tallies_at(grid, exits[mine & happened])
    total = at_risk.sum(axis=0)
    weight = _weights(deaths, total, rho, gamma)
    share = at_risk / total
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(total > 1, deaths * (total - deaths) / (total - 1), 0) * weight**2
    variance = np.diag((spread * share).sum(axis=1)) - (spread * share) @ share.T
    return Scores((weight * own).sum(axis=1), (weight * deaths * share).sum(axis=1), variance)


def _weights(deaths, at_risk, rho, gamma) -> np.ndarray:
    if rho == 0 and gamma == 0:
        return np.ones(len(deaths))
    before = np.concatenate([[1.0], np.cumprod(1 - deaths / at_risk)[:-1]])[: len(deaths)]
    return before**rho * (1 - before) ** gamma


def _chi_squared(total: Scores, method: str) -> dict[str, Any]:
    """The quadratic form over the groups that were ever at risk, one of them left out."""
    used = np.flatnonzero(total.expected > 0)[1:]
    if len(used) == 0 or not np.any(total.variance):
        return {"statistic": "chi2", "state": "not-estimable", "method": method}
    gap = (total.observed - total.expected)[used]
    value = float(gap @ np.linalg.pinv(total.variance[np.ix_(used, used)], hermitian=True) @ gap)
    p = chdtrc(len(used), value)
    return {"statistic": "chi2", "estimate": value, "df": len(used), "p": p, "method": method}


def _trend(total: Scores, levels, trend, method) -> dict[str, Any]:
    if trend is not True and set(trend) != set(levels):
        refuse("trend", f"scores for {len(trend)} levels", f"a score for each of {levels}")
    score = [i + 1.0 for i in range(len(levels))] if trend is True else [trend[x] for x in levels]
    score = np.array(score, dtype="float64")
    variance = score @ total.variance @ score
    record = {"statistic": "z", "method": f"{method}, trend"}
    if not variance > 0:
        return {**record, "state": "not-estimable"}
    z = float(score @ (total.observed - total.expected) / np.sqrt(variance))
    return {**record, "estimate": z, "p": 2 * ndtr(-abs(z))}


def _per_group(total: Scores, levels, sizes, method) -> list[dict[str, Any]]:
    records = []
    for k, level in enumerate(levels):
        common = {"group_level": level, "method": method, "n": int(sizes[k])}
        error = float(np.sqrt(max(total.variance[k, k], 0)))
        observed = {"statistic": "observed", "estimate": total.observed[k], "std_error": error}
        records.append({**common, **observed})
        records.append({**common, "statistic": "expected", "estimate": total.expected[k]})
    return records


def _method(strata, rho, gamma, entry) -> str:
    words = ["log-rank"]
    if rho or gamma:
        words = [f"log-rank, Fleming-Harrington weights rho {rho:g} gamma {gamma:g}"]
    if strata:
        words.append("stratified by " + ", ".join(named(strata)))
    if entry:
        words.append("delayed entry")
    return ", ".join(words)


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
