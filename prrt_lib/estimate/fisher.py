"""Fisher's exact test for tables of any shape, without simulation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp

from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.estimate.guards import refuse

# R's fisher.test: tables within this relative distance count as equally likely.
RELATIVE_ERROR = 1e-7
LARGEST_SEARCH = 3_000_000


def fisher_exact(table: Sequence[Sequence[int]], conf_level: float = 0.95) -> pd.DataFrame:
    """A row ``p_value`` (estimate = p), for 2 x 2 also ``log_odds_ratio`` with exact limits.

    p is the probability, margins fixed, of the tables no likelier than the observed one. The
    odds ratio is the conditional maximum-likelihood estimate (Fisher 1935; R's fisher.test).
    Raises AnalysisError where the table is too large to be enumerated.
    """
    counts = _checked(table)
    n = int(counts.sum())
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    words = {"n": n, "method": "Fisher's exact test"}
    if min(counts.shape, default=0) < 2:
        return result_rows([{"statistic": "p_value", "estimate": 1.0, "p": 1.0}], **words)
    p = exact_p(counts)
    rows = result_rows([{"statistic": "p_value", "estimate": p, "p": p}], **words)
    if counts.shape != (2, 2):
        return rows
    estimate, low, high = (np.log(x) if x > 0 else -np.inf for x in odds_ratio(counts, conf_level))
    record = {"statistic": "log_odds_ratio", "estimate": estimate, "low": low, "high": high}
    words["method"] = "conditional maximum likelihood, exact limits"
    return combine([rows, result_rows([{**record, "p": p}], conf_level=conf_level, **words)])


def _checked(table) -> np.ndarray:
    counts = np.asarray(table)
    odd = counts.ndim != 2 or counts.size == 0
    if odd or (counts < 0).any() or (counts != np.rint(counts)).any():
        refuse("a table of counts", f"shape {counts.shape}", "whole numbers in rows and columns")
    return counts.astype("int64")


def exact_p(counts: np.ndarray) -> float:
    """The exact p by recursion over columns, merging partial tables that are alike.

    Partial tables with the same rows left over (in any order) and the same probability so far
    share one future, so only their number is kept (after Mehta and Patel 1983).
    """
    if counts.shape[0] > counts.shape[1]:
        counts = counts.T
    rows, columns = counts.sum(axis=1), np.sort(counts.sum(axis=0))[::-1]
    constant = gammaln(rows + 1).sum() + gammaln(columns + 1).sum() - gammaln(counts.sum() + 1)
    observed = constant - gammaln(counts + 1).sum()
    nodes = {tuple(sorted(rows)): {0.0: 1.0}}
    work = 0
    for column in columns[:-1]:
        following: dict = defaultdict(lambda: defaultdict(float))
        for left, pasts in nodes.items():
            for filled in _columns(left, int(column)):
                work += len(pasts)
                if work > LARGEST_SEARCH:
                    todo = "merge rare categories or use a chi-squared test"
                    refuse("a table of counts", "too many tables", "a smaller table", todo)
                rest = tuple(sorted(a - b for a, b in zip(left, filled, strict=True)))
                step = sum(_LOG_FACTORIAL[x] for x in filled)
                target = following[rest]
                for past, number in pasts.items():
                    target[round(past + step, 9)] += number
        nodes = following
    tables = [
        (constant - past - sum(_LOG_FACTORIAL[x] for x in left), number)
        for left, pasts in nodes.items()
        for past, number in pasts.items()
    ]
    logs = np.array([log + np.log(number) for log, number in tables])
    own = np.array([log for log, _ in tables])
    kept = logs[own <= observed + np.log1p(RELATIVE_ERROR)]
    return float(min(1.0, np.exp(logsumexp(kept) - logsumexp(logs))))


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


def odds_ratio(counts: np.ndarray, conf_level: float = 0.95) -> tuple[float, float, float]:
    """Conditional estimate of the odds ratio and its exact limits; 0 and infinity at the ends."""
    (a, b), (c, d) = counts.tolist()
    support = np.arange(max(0, a - d), min(a + b, a + c) + 1)
    log_count = -sum(gammaln(v + 1) for v in (support, a + b - support, a + c - support,
                                              d - a + support))  # fmt: skip
    if len(support) == 1:
        return float("nan"), 0.0, float("inf")

    def weights(theta: float) -> np.ndarray:
        log = log_count + theta * support
        return np.exp(log - logsumexp(log))

    tail = (1 - conf_level) / 2
    first, last = a == support[0], a == support[-1]
    mean = _root(lambda t: weights(t) @ support - a) if not (first or last) else None
    low = 0.0 if first else _root(lambda t: weights(t)[support >= a].sum() - tail)
    high = float("inf") if last else _root(lambda t: weights(t)[support <= a].sum() - tail)
    return mean if mean is not None else (0.0 if first else float("inf")), low, high


def _root(gap) -> float:
    """exp of the root in log odds."""
    return float(np.exp(brentq(gap, -60, 60, xtol=1e-14, rtol=1e-14, maxiter=500)))
