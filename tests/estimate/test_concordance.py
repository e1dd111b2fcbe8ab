"""Concordance by counting pairs one by one."""

from __future__ import annotations

import numpy as np
import pytest

from prrt_lib.estimate.regression.concordance_index import count_pairs, smaller_before


def records(seed: int, n: int = 70):
    rng = np.random.default_rng(seed)
    stop = rng.integers(2, 25, n).astype(float)
    start = np.floor(stop * rng.random(n) * 0.9)
    score = rng.integers(0, 9, n).astype(float)
    return (
        stop,
        rng.random(n) < 0.6,
        score,
        start,
        rng.integers(0, 2, n),
        rng.integers(1, 4, n) * 1.0,
    )


def one_by_one(stop, event, score, start, strata, weight):
    """Concordant, discordant, tied in score; tied in time; tied in both."""
    found = np.zeros(5)
    for i in np.flatnonzero(event):
        for j in range(len(stop)):
            if i == j or strata[i] != strata[j] or not start[j] < stop[i] <= stop[j]:
                continue
            pair = weight[i] * weight[j]
            if stop[j] == stop[i] and event[j]:
                found[4 if score[i] == score[j] else 3] += pair / 2
            else:
                found[0 if score[i] > score[j] else 1 if score[i] < score[j] else 2] += pair
    return found


@pytest.mark.parametrize("seed", range(4))
def test_counting_agrees_with_one_by_one(seed):
    stop, event, score, start, strata, weight = records(seed)
    pairs = count_pairs(stop, event, score, start, strata, weight)
    found = [pairs.concordant, pairs.discordant, pairs.tied, pairs.tied_time, pairs.tied_both]
    np.testing.assert_allclose(found, one_by_one(stop, event, score, start, strata, weight))


def test_smaller_before_by_counting():
    rng = np.random.default_rng(1)
    key, value, weight = rng.integers(0, 9, 50), rng.integers(0, 9, 50), rng.random(50)
    at, below = rng.integers(0, 9, 20), rng.integers(0, 9, 20)
    expected = [weight[(key < a) & (value < b)].sum() for a, b in zip(at, below, strict=True)]
    np.testing.assert_allclose(smaller_before(at, below, key, value, weight), expected)
