"""Log-rank tests: plain, stratified, weighted (Fleming-Harrington), for trend, by permutation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.risk_table import NumberAtRisk, hazard_at_risk, tallies, tallies_at
from prrt_lib.estimate.records import arrays, compared, named, prepared, refuse, warnings_of


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
    trend: Mapping[str, float] | bool = False,
) -> pd.DataFrame:
    """A row ``chi2`` with df and p, and per group ``observed`` (with the variance's root) and
    ``expected`` events; with ``trend`` the score test of ordered groups, a row ``z``.

    Each event time weighs S(t-)^rho, S the Kaplan-Meier of all groups of the stratum (Fleming
    and Harrington 1991; R's survdiff). ``trend`` is True for scores 1, 2, 3, ... in the order of
    levels, or a score per level.
    """
    data = prepared(frame, duration, event, entry, [by, *named(strata)])
    codes, levels = compared(data, by)
    exits, happened, entries = arrays(data, duration, event, entry)
    strata_codes = data.groupby(named(strata), observed=True).ngroup() if strata else codes * 0
    parts = []
    for stratum in np.unique(strata_codes):
        inside = np.asarray(strata_codes == stratum)
        began = None if entries is None else entries[inside]
        parts.append(scores(exits[inside], happened[inside] > 0, codes[inside], len(levels), began,
                            rho))  # fmt: skip
    total = Scores(*(sum(part) for part in zip(*parts, strict=True)))
    words = ["log-rank", *([f"Fleming-Harrington weights rho {rho:g}"] if rho else []),
             *(["stratified by " + ", ".join(named(strata))] if strata else []),
             *(["delayed entry"] if entry else [])]  # fmt: skip
    method = ", ".join(words)
    tests = [{"method": method, **_chi_squared(total)}]
    if trend:
        tests.append({"method": f"{method}, trend", **_trend(total, levels, trend)})
    for level, size, observed, expected, variance in zip(
        levels, np.bincount(codes), total.observed, total.expected, np.diag(total.variance),
        strict=True,
    ):  # fmt: skip
        group = {"group_level": level, "method": method, "n": int(size)}
        error = float(np.sqrt(max(variance, 0)))
        tests += [{**group, "statistic": "observed", "estimate": observed, "std_error": error},
                  {**group, "statistic": "expected", "estimate": expected}]  # fmt: skip
    return result_rows(tests, group=by, n=len(data), events=int(happened.sum()),
                       warning=warnings_of(data))  # fmt: skip


def scores(exits, happened, codes, count, entries=None, rho=0.0) -> Scores:
    """Observed, expected and hypergeometric variance of one stratum's event times."""
    grid, deaths = tallies(exits[happened])
    at_risk, own = np.zeros((count, len(grid))), np.empty((count, len(grid)))
    for k in range(count):
        mine = codes == k
        if mine.any():
            began = None if entries is None else entries[mine]
            at_risk[k] = NumberAtRisk(exits[mine], began).strictly_at(grid)
        own[k] = tallies_at(grid, exits[mine & happened])
    total = at_risk.sum(axis=0)
    before = np.append(1.0, np.cumprod(1 - deaths / total))[: len(deaths)]
    weight, share = before**rho, at_risk / total
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(total > 1, deaths * (total - deaths) / (total - 1), 0) * weight**2
    variance = np.diag((spread * share).sum(axis=1)) - (spread * share) @ share.T
    return Scores((weight * own).sum(axis=1), (weight * deaths * share).sum(axis=1), variance)


def _chi_squared(total: Scores) -> dict[str, Any]:
    """The quadratic form over the groups that were ever at risk, one of them left out."""
    used = np.flatnonzero(total.expected > 0)[1:]
    if len(used) == 0 or not np.any(total.variance):
        return {"statistic": "chi2", "state": "not-estimable"}
    gap = (total.observed - total.expected)[used]
    value = float(gap @ np.linalg.pinv(total.variance[np.ix_(used, used)], hermitian=True) @ gap)
    return {"statistic": "chi2", "estimate": value, "df": len(used), "p": chdtrc(len(used), value)}


def _trend(total: Scores, levels, trend) -> dict[str, Any]:
    if trend is not True and set(trend) != set(levels):
        refuse("trend", f"scores for {len(trend)} levels", f"a score for each of {levels}")
    score = [i + 1.0 for i in range(len(levels))] if trend is True else [trend[x] for x in levels]
    score = np.array(score, dtype="float64")
    variance = score @ total.variance @ score
    if not variance > 0:
        return {"statistic": "z", "state": "not-estimable"}
    z = float(score @ (total.observed - total.expected) / np.sqrt(variance))
    return {"statistic": "z", "estimate": z, "p": 2 * ndtr(-abs(z))}


def logrank_permutation(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    by: str,
    entry: str | None = None,
    *,
    resamples: int = 2000,
    seed: int = 20190628,
) -> pd.DataFrame:
    """A row ``p_value`` from ``resamples`` permutations, and the row ``chi2`` (``z`` when there
    are two groups) of the same statistic's large-sample distribution.

    The statistic is the sum of the log-rank scores of each group, with the permutation
    variance (Hothorn et al. 2006); the share of permutations at least as extreme counts the
    observed arrangement too, so that p is never 0. Exchangeability under delayed entry also
    needs the entry times to be alike between groups.
    """
    data = prepared(frame, duration, event, entry, by, sort=True)
    codes, levels = compared(data, by)
    exits, happened, entries = arrays(data, duration, event, entry)
    points = happened - hazard_at_risk(exits, happened > 0, entries)
    share = np.bincount(codes) / len(codes)
    expected = share * points.sum()
    spread = points.var(ddof=1) * len(codes)
    variance = spread * (np.diag(share) - np.outer(share, share))
    weight = np.linalg.pinv(variance, hermitian=True)
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(codes.astype(np.int8), (resamples, 1)), axis=1)
    drawn = np.column_stack([(shuffled == k) @ points for k in range(len(levels))]) - expected
    gap = np.bincount(codes, points) - expected
    observed = gap @ weight @ gap
    extreme = np.einsum("bi,ij,bj->b", drawn, weight, drawn) >= observed * (1 - 1e-10)
    p = (1 + int(extreme.sum())) / (1 + resamples)
    method = "log-rank scores, permutation variance"
    test = {"statistic": "p_value", "estimate": p, "p": p,
            "method": f"{method}, {resamples} permutations, seed {seed}"}  # fmt: skip
    if len(levels) > 2:
        df = len(levels) - 1
        large = {"statistic": "chi2", "estimate": observed, "df": df, "p": chdtrc(df, observed)}
    else:
        # Positive when the second group has more events than expected.
        large = {"statistic": "z", "group_level": levels[1], "reference": levels[0]}
        if variance[1, 1] > 0:
            z = float(gap[1] / np.sqrt(variance[1, 1]))
            large |= {"estimate": z, "p": 2 * ndtr(-abs(z))}
        else:
            large["state"] = "not-estimable"
    return result_rows([test, {**large, "method": method}], group=by, n=len(data),
                       events=int(happened.sum()), warning=warnings_of(data))  # fmt: skip
