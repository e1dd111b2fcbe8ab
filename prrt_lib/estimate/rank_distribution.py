"""Exact distributions of rank statistics, by counting."""

from __future__ import annotations

import numpy as np


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
