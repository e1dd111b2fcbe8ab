"""Fisher's exact test for tables of any shape, without simulation.

scipy 1.17 counts 2 x 2 tables exactly (the same p to 1e-13) and draws larger ones at random,
another p at each call. Its conditional odds ratio is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.special import gammaln, logsumexp
from scipy.stats.contingency import odds_ratio

from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.estimate.records import refuse

# R's fisher.test: tables within this relative distance count as equally likely.
RELATIVE_ERROR = 1e-7
# a search beyond this takes more than some seconds or 100 MB
MOST_FILLINGS = 500_000
MOST_PARTIALS = 5_000_000

# rows left over -> logs of the partial tables' cell factorials, and how many there are of each
Nodes = dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]]


def fisher_exact(table: Sequence[Sequence[int]], conf_level: float = 0.95) -> pd.DataFrame:
    """A row ``p_value`` (estimate = p), for 2 x 2 also ``log_odds_ratio`` with exact limits.

    p is the probability, margins fixed, of the tables no likelier than the observed one. The
    odds ratio is the conditional maximum-likelihood estimate (Fisher 1935; R's fisher.test).
    Raises AnalysisError where the table is too large to be enumerated.
    """
    counts = np.asarray(table)
    odd = counts.ndim != 2 or counts.size == 0
    if odd or (counts < 0).any() or (counts != np.rint(counts)).any():
        refuse("a table of counts", f"shape {counts.shape}", "whole numbers in rows and columns")
    counts = counts.astype("int64")
    n = int(counts.sum())
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    words = {"n": n, "method": "Fisher's exact test"}
    if min(counts.shape, default=0) < 2:
        return result_rows([{"statistic": "p_value", "estimate": 1.0, "p": 1.0}], **words)
    p = exact_p(counts)
    rows = result_rows([{"statistic": "p_value", "estimate": p, "p": p}], **words)
    if counts.shape != (2, 2):
        return rows
    ratio = odds_ratio(counts, kind="conditional")
    limits = ratio.confidence_interval(conf_level)
    with np.errstate(divide="ignore"):
        estimate, low, high = np.log([ratio.statistic, limits.low, limits.high])
    record = {"statistic": "log_odds_ratio", "estimate": estimate, "low": low, "high": high,
              "p": p, "method": "conditional maximum likelihood, exact limits"}  # fmt: skip
    return combine([rows, result_rows([record], conf_level=conf_level, n=n)])


def exact_p(counts: np.ndarray) -> float:
    """The exact p by recursion over columns, merging partial tables that are alike.

    Partial tables with the same rows left over (in any order) and the same probability so far
    share one future, so only their number is kept; those whose every completion counts, or
    none does, are not continued (after Mehta and Patel 1983).
    """
    if counts.shape[0] > counts.shape[1]:
        counts = counts.T
    rows, columns = sorted(counts.sum(axis=1).tolist()), sorted(counts.sum(axis=0).tolist())
    # a table's log weight is minus the sum of log n_ij!: the larger the sum, the less likely
    least = sum(_LOG_FACTORIAL[x] for x in counts.ravel().tolist()) - np.log1p(RELATIVE_ERROR)
    nodes: Nodes = {tuple(rows): (np.zeros(1), np.ones(1))}
    extreme = []
    while columns:
        nodes = _next_column(nodes, columns.pop())
        for left, (past, number) in list(nodes.items()):
            # Of partial tables that certainly count the weight is known; the undecided go on.
            lowest, highest = _future_bounds(left, columns)
            certain = past + lowest >= least
            undecided = ~certain & (past + highest >= least)
            mass = np.log(number[certain]) - past[certain] + _log_mass(left, columns)
            extreme.append(mass)
            nodes[left] = past[undecided], number[undecided]
        nodes = {left: parts for left, parts in nodes.items() if len(parts[0])}
    total = _log_mass(rows, counts.sum(axis=0).tolist())
    return float(min(1.0, np.exp(logsumexp(np.concatenate(extreme)) - total)))


def _log_mass(rows, columns) -> float:
    """Log of the summed weights of all tables with these margins (Vandermonde's identity)."""
    margins = sum(_LOG_FACTORIAL[x] for x in (*rows, *columns))
    return _LOG_FACTORIAL[sum(columns)] - margins


def _future_bounds(rows, columns) -> tuple[float, float]:
    """Bounds of the sum of log n_ij! over tables with these margins.

    From above: a margin's factorial is at least the product of its parts'. From below: log
    gamma is convex, so that an even split of a margin is the smallest.
    """
    if not columns:
        return 0.0, 0.0
    above = [sum(_LOG_FACTORIAL[x] for x in margin) for margin in (rows, columns)]
    below = [
        sum(parts * float(gammaln(x / parts + 1)) for x in margin)
        for margin, parts in ((rows, len(columns)), (columns, len(rows)))
    ]
    return max(below) - 1e-9, min(above) + 1e-9


def _next_column(nodes: Nodes, column: int) -> Nodes:
    """The partial tables with one more column filled in every possible way."""
    found: dict[tuple[int, ...], list] = defaultdict(list)
    fillings = partials = 0
    for left, (past, number) in nodes.items():
        for filled in _columns(left, column):
            fillings, partials = fillings + 1, partials + len(past)
            if fillings > MOST_FILLINGS or partials > MOST_PARTIALS:
                todo = "merge rare categories or use a chi-squared test"
                refuse("a table of counts", "too many tables", "a smaller table", todo)
            rest = tuple(sorted(a - b for a, b in zip(left, filled, strict=True)))
            found[rest].append((past + sum(_LOG_FACTORIAL[x] for x in filled), number))
    return {rest: _merged(parts) for rest, parts in found.items()}


def _merged(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """One entry per probability so far, with the number of partial tables that have it."""
    past, number = (np.concatenate(values) for values in zip(*parts, strict=True))
    _, first, back = np.unique(np.round(past, 9), return_index=True, return_inverse=True)
    return past[first], np.bincount(back, number)


class _LogFactorials(dict):
    def __missing__(self, n: int) -> float:
        self[n] = float(gammaln(n + 1))
        return self[n]


_LOG_FACTORIAL = _LogFactorials()


def _columns(left: tuple[int, ...], total: int) -> Iterator[tuple[int, ...]]:
    """Every way to fill a column that sums to ``total`` from the rows' remaining counts."""
    if len(left) == 1:
        yield (total,)
        return
    others = sum(left[1:])
    for x in range(max(0, total - others), min(left[0], total) + 1):
        for rest in _columns(left[1:], total - x):
            yield (x, *rest)
