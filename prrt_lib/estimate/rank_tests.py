"""Rank tests: signed-rank, rank-sum and Kruskal-Wallis, with Hodges-Lehmann limits.

Exact distributions are counted. scipy 1.17 gives the same statistics and p values (to 1e-16)
where nothing ties; with ties its exact signed-rank p is another (by 2e-4 and 9e-3 on two data
sets), and it has no Hodges-Lehmann limits. Kruskal-Wallis is scipy's.
Pairwise averages are counted too, none of them is formed: differences are held as whole numbers
of a small unit, so that every count is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import kruskal, rankdata

from prrt_lib.declare.arguments import matched
from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.proportions import normal_quantile
from prrt_lib.estimate.records import (
    codes_and_levels,
    complete,
    finite_numbers,
    refuse,
    require_columns,
    warnings_of,
)

# R's wilcox.test: exact below this many observations.
EXACT_BELOW = 50
# Nine decimals; fewer where whole numbers of 64 bits would not hold four times the largest.
DECIMALS, LARGEST = 9, 1e9


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
    ranks, walsh = rankdata(np.abs(used)), averages(used)
    plain = len(used) == len(gaps) and len(np.unique(np.abs(used))) == len(used)
    exact = _chosen(method, plain and len(used) < EXACT_BELOW)
    value = float(ranks[used > 0].sum())
    if exact:
        p = two_sided(signed_rank_counts(ranks), 2 * value)
        k = _lower_quantile(signed_rank_counts(np.arange(1.0, len(used) + 1))[::2], conf_level)
        low, high = walsh.smallest(k), walsh.smallest(walsh.count + 1 - k)
    else:

        def z_of_ranks(ranks: np.ndarray, positive: np.ndarray) -> float:
            return _signed_rank_z(ranks, positive, correction)

        p, z = 2 * ndtr(-abs(z_of_ranks(ranks, used > 0))), normal_quantile(conf_level)
        low, high = walsh.falls_to(z, z_of_ranks), walsh.falls_to(-z, z_of_ranks)
    words |= {"method": _words("signed-rank", exact, correction), "p": p,
              "variable": f"{after} - {before}"}  # fmt: skip
    middle = {"estimate": walsh.median(), "low": low, "high": high}
    return result_rows([{"statistic": "statistic", "estimate": value},
                        {"statistic": "pseudo_median", **middle}], **words)  # fmt: skip


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
    value = float(rankdata(np.concatenate([x, y]))[: len(x)].sum() - len(x) * (len(x) + 1) / 2)
    gaps = np.sort(np.round(np.subtract.outer(x, y).ravel(), 10))
    if exact:
        counts = rank_sum_counts(len(x), len(y))
        p, k = two_sided(counts, value), _lower_quantile(counts, conf_level)
        low, high = float(gaps[k - 1]), float(gaps[len(gaps) - k])
    else:
        p = 2 * ndtr(-abs(_rank_sum_z(x, y, correction)))
        z, steps = normal_quantile(conf_level), np.unique(gaps)

        def falls_to(target: float) -> float:
            """The gap above which z of the shifted values is at most ``target``."""

            def fallen(i: int) -> bool:
                between = (steps[i] + steps[i + 1]) / 2
                return _rank_sum_z(x - between, y, correction) <= target

            return float(steps[_first(fallen, 0, len(steps) - 1)])

        low, high = falls_to(z), falls_to(-z)
    level = next(name for name in levels if name != base)
    words = {"group": by, "group_level": level, "reference": base, "variable": column, "p": p,
             "n": len(values), "conf_level": conf_level, "warning": notes,
             "method": _words("rank-sum", exact, correction)}  # fmt: skip
    shift = float(np.median(np.subtract.outer(x, y)))
    return result_rows(
        [{"statistic": "statistic", "estimate": value},
         {"statistic": "difference", "estimate": shift, "low": low, "high": high}], **words,
    )  # fmt: skip


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
    values = data[column].to_numpy()
    codes, levels = codes_and_levels(data[by])
    test = {"statistic": "chi2", "group": by, "variable": column, "n": len(data),
            "warning": notes, "method": "Kruskal-Wallis"}  # fmt: skip
    if len(levels) < 2 or len(np.unique(values)) < 2:
        return result_rows([{**test, "state": "not-estimable"}])
    found = kruskal(*(values[codes == code] for code in range(len(levels))))
    result = {"estimate": found.statistic, "df": len(levels) - 1, "p": found.pvalue}
    return result_rows([{**test, **result}])


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


def _lower_quantile(counts: np.ndarray, conf_level: float) -> int:
    """The smallest value, from 1, at which a counted distribution reaches the lower tail."""
    below = np.cumsum(counts) / counts.sum()
    return max(1, int(np.searchsorted(below, (1 - conf_level) / 2 - 1e-15)))


def signed_rank_counts(ranks: np.ndarray) -> np.ndarray:
    """Number of sign patterns by twice the sum of positive ranks; mid-ranks are welcome."""
    counts = np.ones(1)
    for doubled in np.rint(2 * ranks).astype(int):
        longer = np.zeros(len(counts) + doubled)
        longer[: len(counts)] += counts
        longer[doubled:] += counts
        counts = longer
    return counts


def rank_sum_counts(m: int, n: int) -> np.ndarray:
    """Number of arrangements by Mann-Whitney's W = 0 ... m n, without ties.

    Coefficients of the Gaussian binomial: the product of (1 - q^(n+i)) / (1 - q^i).
    """
    counts = np.zeros(m * n + 1)
    counts[0] = 1
    for i in range(1, m + 1):
        up = n + i
        if up < len(counts):
            counts[up:] = counts[up:] - counts[:-up]
        for start in range(i):
            counts[start::i] = np.cumsum(counts[start::i])
    return counts


def two_sided(counts: np.ndarray, value: float) -> float:
    """Twice the smaller tail at ``value`` of a symmetric distribution, at most 1."""
    share = counts / counts.sum()
    at = int(round(value))
    return float(min(1.0, 2 * min(share[: at + 1].sum(), share[at:].sum())))


@dataclass(frozen=True)
class Averages:
    """The n (n + 1) / 2 Walsh averages of ``whole``, sorted differences in units of ``unit``."""

    whole: np.ndarray
    unit: float
    decimals: int

    @property
    def count(self) -> int:
        """How many averages there are, each value with itself included."""
        return len(self.whole) * (len(self.whole) + 1) // 2

    def smallest(self, k: int) -> float:
        """The ``k``-th smallest average, k from 1; Johnson and Mizoguchi 1978 count alike."""

        def enough(total: int) -> bool:
            # Pairs i <= j with a sum of at most ``total``.
            reach = np.searchsorted(self.whole, total - self.whole, side="right")
            return np.maximum(reach - np.arange(len(self.whole)), 0).sum() >= k

        return self._first_total(enough)

    def median(self) -> float:
        """The Hodges-Lehmann pseudo-median."""
        low, high = (self.count + 1) // 2, self.count // 2 + 1
        return (self.smallest(low) + self.smallest(high)) / 2

    def falls_to(self, target: float, z_of_ranks: Callable) -> float:
        """The smallest average just above which z(shift) <= ``target``.

        ``z_of_ranks(ranks, positive)`` gets the ranks of |difference - shift| and their signs.
        """

        def fallen(total: int) -> bool:
            moved = 4 * self.whole - (2 * total + 1)
            return z_of_ranks(rankdata(np.abs(moved)), moved > 0) <= target

        return self._first_total(fallen)

    def _first_total(self, holds: Callable[[int], bool]) -> float:
        total = _first(holds, int(2 * self.whole[0]), int(2 * self.whole[-1]))
        return round(total / 2 * self.unit, self.decimals + 1)


def averages(differences: np.ndarray) -> Averages:
    """The averages of ``differences`` (at least one), rounded to nine decimals or coarser."""
    size = np.abs(differences).max()
    decimals = DECIMALS - (int(np.ceil(np.log10(size / LARGEST))) if size > LARGEST else 0)
    unit = 10.0**-decimals
    whole = np.sort(np.rint(differences / unit).astype(np.int64))
    return Averages(whole, unit, decimals)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The smallest whole number in [low, high] from which ``holds``; ``high`` when none does."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
