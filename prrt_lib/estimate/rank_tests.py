"""Rank tests: signed-rank, rank-sum and Kruskal-Wallis, with Hodges-Lehmann limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr
from scipy.stats import rankdata

from prrt_lib.declare.levels import matched
from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.groups import codes_and_levels
from prrt_lib.estimate.guards import complete, finite_numbers, refuse, require_columns, warnings_of
from prrt_lib.estimate.limits import normal_quantile
from prrt_lib.estimate.pairwise_averages import Averages, averages
from prrt_lib.estimate.rank_distribution import rank_sum_counts, signed_rank_counts, two_sided

# R's wilcox.test: exact below this many observations.
EXACT_BELOW = 50


def signed_rank(
    frame: pd.DataFrame,
    after: str,
    before: str,
    method: str = "auto",
    correction: bool = True,
    conf_level: float = 0.95,
    *,
    digits: int | None = 9,
) -> pd.DataFrame:
    """Rows ``statistic`` (V, with p) and ``pseudo_median`` of after - before, with limits.

    Differences are rounded to ``digits`` decimals, so that equal ones tie (None leaves them as
    R's wilcox.test does, where rounding breaks ties), and zeros leave. "exact" is
    the permutation distribution given the (mid-)ranks; "normal" has the tie correction and,
    with ``correction``, the continuity correction; "auto" takes exact below 50 differences
    without ties, zeros or both, as R's wilcox.test does. Hodges and Lehmann 1963.
    """
    pairs, notes = _complete_numbers(frame, [after, before])
    gaps = pairs[after].to_numpy(float) - pairs[before].to_numpy(float)
    gaps = gaps if digits is None else np.round(gaps, digits)
    used = gaps[gaps != 0]
    words = {"n": len(used), "total": len(gaps), "conf_level": conf_level, "warning": notes}
    if len(used) == 0:
        return result_rows([{"statistic": "statistic", "state": "not-estimable"}], **words)
    ranks = rankdata(np.abs(used))
    plain = len(used) == len(gaps) and len(np.unique(np.abs(used))) == len(used)
    exact = _chosen(method, plain and len(used) < EXACT_BELOW)
    value = float(ranks[used > 0].sum())
    walsh = averages(used)
    if exact:
        p = two_sided(signed_rank_counts(ranks), 2 * value)
        low, high = _exact_walsh_limits(walsh, len(used), conf_level)
    else:
        p = 2 * ndtr(-abs(_signed_rank_z(ranks, used > 0, correction)))
        low, high = _normal_walsh_limits(walsh, correction, conf_level)
    method = _words("signed-rank", exact, correction)
    middle = {"estimate": walsh.median(), "low": low, "high": high}
    rows = [{"statistic": "statistic", "estimate": value, "p": p},
            {"statistic": "pseudo_median", **middle, "p": p}]  # fmt: skip
    return result_rows(rows, method=method, variable=f"{after} - {before}", **words)


def _exact_walsh_limits(walsh: Averages, n: int, conf_level: float) -> tuple[float, float]:
    """The k-th smallest and largest average, k the lower quantile of the no-ties distribution."""
    counts = signed_rank_counts(np.arange(1.0, n + 1))[::2]
    below = np.cumsum(counts) / counts.sum()
    k = max(1, int(np.searchsorted(below, (1 - conf_level) / 2 - 1e-15)))
    return walsh.smallest(k), walsh.smallest(walsh.count + 1 - k)


def _normal_walsh_limits(walsh: Averages, correction: bool, conf_level: float):
    """The averages at which z of the shifted differences falls through +quantile, -quantile."""
    z = normal_quantile(conf_level)

    def z_of_ranks(ranks: np.ndarray, positive: np.ndarray) -> float:
        return _signed_rank_z(ranks, positive, correction)

    return walsh.falls_to(z, z_of_ranks), walsh.falls_to(-z, z_of_ranks)


def _signed_rank_z(ranks: np.ndarray, positive: np.ndarray, correction: bool) -> float:
    n = len(ranks)
    gap = ranks[positive].sum() - n * (n + 1) / 4
    return _corrected(gap, np.sqrt((ranks**2).sum() / 4), correction)


def rank_sum(
    frame: pd.DataFrame,
    column: str,
    by: str,
    method: str = "auto",
    correction: bool = True,
    conf_level: float = 0.95,
    *,
    reference: object = None,
) -> pd.DataFrame:
    """Rows ``statistic`` (Mann-Whitney W of the level that is not the reference, with p) and
    ``difference`` (Hodges-Lehmann shift from the reference, the first level, with limits).

    "auto" is exact when both groups have fewer than 50 values and nothing ties.
    """
    data, notes = _complete_numbers(frame, [column], by)
    codes, levels = codes_and_levels(data[by])
    if len(levels) != 2:
        refuse(f"column {by!r}", f"{len(levels)} groups", "two groups, one the reference")
    base = levels[0] if reference is None else matched(reference, levels, "reference")
    values = data[column].to_numpy()
    x, y = values[codes != levels.index(base)], values[codes == levels.index(base)]
    exact = _chosen(method, max(len(x), len(y)) < EXACT_BELOW and len(set(values)) == len(values))
    value, p, low, high = _rank_sum(x, y, exact, correction, conf_level)
    level = next(name for name in levels if name != base)
    words = {"group": by, "group_level": level, "reference": base, "variable": column}
    words |= {"n": len(values), "conf_level": conf_level, "warning": notes}
    shift = float(np.median(np.subtract.outer(x, y)))
    rows = [{"statistic": "statistic", "estimate": value, "p": p},
            {"statistic": "difference", "estimate": shift, "low": low, "high": high,
             "p": p}]  # fmt: skip
    return result_rows(rows, method=_words("rank-sum", exact, correction), **words)


def _rank_sum(x, y, exact, correction, conf_level):
    ranks = rankdata(np.concatenate([x, y]))
    value = float(ranks[: len(x)].sum() - len(x) * (len(x) + 1) / 2)
    gaps = np.sort(np.round(np.subtract.outer(x, y).ravel(), 10))
    if not exact:
        p = 2 * ndtr(-abs(_rank_sum_z(x, y, correction)))
        limits = _normal_limits(gaps, lambda d: _rank_sum_z(x - d, y, correction), conf_level)
        return value, p, *limits
    counts = rank_sum_counts(len(x), len(y))
    below = np.cumsum(counts) / counts.sum()
    k = max(1, int(np.searchsorted(below, (1 - conf_level) / 2 - 1e-15)))
    return value, two_sided(counts, value), float(gaps[k - 1]), float(gaps[len(gaps) - k])


def _rank_sum_z(x: np.ndarray, y: np.ndarray, correction: bool) -> float:
    m, n = len(x), len(y)
    pooled = np.round(np.concatenate([x, y]), 10)
    ranks, tied = rankdata(pooled), np.unique(pooled, return_counts=True)[1]
    gap = ranks[:m].sum() - m * (m + 1) / 2 - m * n / 2
    ties = (tied**3 - tied).sum() / ((m + n) * (m + n - 1))
    return _corrected(gap, np.sqrt(m * n / 12 * (m + n + 1 - ties)), correction)


def kruskal_wallis(frame: pd.DataFrame, column: str, by: str) -> pd.DataFrame:
    """A row ``chi2`` (H, tie-corrected) with df and p (Kruskal and Wallis 1952)."""
    data, notes = _complete_numbers(frame, [column], by)
    codes, levels = codes_and_levels(data[by])
    ranks, n = rankdata(data[column]), len(data)
    words = {"group": by, "variable": column, "n": n, "warning": notes}
    words["method"] = "Kruskal-Wallis"
    tied = np.unique(data[column], return_counts=True)[1]
    ties = 1 - (tied**3 - tied).sum() / (n**3 - n) if n > 1 else 0
    if ties == 0 or len(levels) < 2:
        return result_rows([{"statistic": "chi2", "state": "not-estimable"}], **words)
    sums, sizes = np.bincount(codes, ranks), np.bincount(codes)
    value = (12 * (sums**2 / sizes).sum() / (n * (n + 1)) - 3 * (n + 1)) / ties
    df = len(levels) - 1
    test = {"statistic": "chi2", "estimate": value, "df": df, "p": chdtrc(df, value)}
    return result_rows([test], **words)


def _complete_numbers(frame, columns: Sequence[str], by: str | None = None):
    """Records with all values, as float64, and the sentence about those left out."""
    names = [*columns, *([by] if by else [])]
    require_columns(frame, names)
    data, notes = complete(frame[names].reset_index(drop=True), names)
    for column in columns:
        data[column] = finite_numbers(data, column)
    data.attrs["warnings"] = tuple(notes)
    return data, warnings_of(data)


def _chosen(method: str, exact: bool) -> bool:
    if method not in ("auto", "exact", "normal"):
        refuse("method", f"{method!r}", "'auto', 'exact' or 'normal'", "choose one")
    return exact if method == "auto" else method == "exact"


def _words(name: str, exact: bool, correction: bool) -> str:
    normal = "normal approximation" + (", continuity-corrected" if correction else "")
    return f"{name}, {'exact' if exact else normal}"


def _corrected(gap: float, spread: float, correction: bool) -> float:
    return float((gap - (np.sign(gap) * 0.5 if correction else 0)) / spread) if spread else 0.0


def _normal_limits(points: np.ndarray, z_at: Any, conf_level: float) -> tuple[float, float]:
    """The shifts at which z falls through +quantile and -quantile: steps at ``points``."""
    z = normal_quantile(conf_level)
    steps = np.unique(points)
    between = (steps[1:] + steps[:-1]) / 2
    found = []
    for target in (z, -z):
        first, last = 0, len(between)
        while first < last:
            middle = (first + last) // 2
            if z_at(between[middle]) > target:
                first = middle + 1
            else:
                last = middle
        found.append(float(steps[first]))
    return found[0], found[1]
