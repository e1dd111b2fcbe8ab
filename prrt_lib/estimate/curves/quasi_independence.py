"""Whether entry and event times are independent where both are seen: conditional Kendall tau."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import ndtr

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.records import prepared

METHOD = "conditional Kendall's tau of entry and event (Tsai 1990)"
BLOCK = 512
_NONE = np.zeros(1, np.int32)


def conditional_tau(frame: pd.DataFrame, duration: str, event: str, entry: str) -> pd.DataFrame:
    """One row ``correlation``: tau over the pairs that could be observed, z test, p.

    At each event the entry of the one who has it is compared with the entries of all others at
    risk; under quasi-independence its rank is uniform, with variance (r^2 - 1) / 3 for a risk
    set of r (W. Y. Tsai, Biometrika 1990;77:169-177). A negative tau: late entry, early event.
    """
    data = prepared(frame, duration, event, entry)
    exits, entries = data[duration].to_numpy(), data[entry].to_numpy()
    happened = data[event].to_numpy() > 0
    score, pairs, variance = _sums(exits, entries, happened)
    words = {"n": len(data), "events": int(happened.sum()), "method": METHOD}
    if variance == 0:
        return result_rows([{"statistic": "correlation", "state": "not-estimable"}], **words)
    z = score / math.sqrt(variance)
    row = {"statistic": "correlation", "estimate": score / pairs, "p": 2 * float(ndtr(-abs(z))),
           "std_error": math.sqrt(variance) / pairs}  # fmt: skip
    return result_rows([row], **words)


def _sums(exits: np.ndarray, entries: np.ndarray, happened: np.ndarray):
    """Sum of signs, number of compared pairs, variance of the sum, over all events."""
    score = pairs = variance = 0.0
    deaths = np.flatnonzero(happened)
    for start in range(0, len(deaths), BLOCK):
        own = deaths[start : start + BLOCK]
        at_risk = (entries[None, :] < exits[own, None]) & (exits[None, :] >= exits[own, None])
        signs = np.sign(entries[None, :] - entries[own, None])
        sizes = at_risk.sum(axis=1)
        score += float((signs * at_risk).sum())
        pairs += float((sizes - 1).sum())
        variance += float(((sizes.astype(float) ** 2 - 1) / 3).sum())
    return score, pairs, variance


def smaller_before(at, below, key, value, weight) -> np.ndarray:
    """For each query the sum of ``weight`` with ``key`` < ``at`` and ``value`` < ``below``.

    Items and queries stand in one list by key; halving that list again and again, every query
    in a right half meets the items of the left half once, in order of value.
    """
    queries, items = len(at), len(key)
    is_item = np.concatenate([np.zeros(queries, bool), np.ones(items, bool)])
    place = np.empty(queries + items, np.int32)
    by_key = np.lexsort((is_item, np.concatenate([at, key])))  # queries before items of their key
    place[by_key] = np.arange(queries + items, dtype=np.int32)
    by_value = np.lexsort((is_item, np.concatenate([below, value])))
    weights = np.concatenate([np.zeros(queries), weight])[by_value]
    place, number = place[by_value], by_value.astype(np.int32)
    found = np.zeros(queries + items)
    for bit in range(max((queries + items - 1).bit_length(), 1) - 1, -1, -1):
        right = (place >> bit) & 1 == 1
        base = (place >> (bit + 1)) << (bit + 1)
        passed = np.cumsum(np.where(right, 0.0, weights))
        ahead = np.concatenate([[0.0], passed])[base]
        found[number[right]] += passed[right] - ahead[right]
        seen = np.cumsum(right, dtype=np.int32)
        ones_before = np.concatenate([_NONE, seen])[base]
        rank = np.arange(len(place), dtype=np.int32) - base
        ones = seen - ones_before
        target = np.where(right, base + (1 << bit) + ones - 1, base + rank - ones)
        moved = np.empty_like(place), np.empty_like(number), np.empty_like(weights)
        for new, old in zip(moved, (place, number, weights), strict=True):
            new[target] = old
        place, number, weights = moved
    return found[:queries]
