"""Log-rank tests: plain, stratified, weighted (Fleming-Harrington) and for trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.risk_table import RiskSets, tallies, tallies_at
from prrt_lib.estimate.groups import codes_and_levels
from prrt_lib.estimate.guards import named, prepared, refuse, warnings_of


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
        at_risk[k] = RiskSets(exits[mine], began).strictly_at(grid) if mine.any() else 0.0
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
