"""Counting over two orders at once, in n log n."""

from __future__ import annotations

import numpy as np

_NONE = np.zeros(1, np.int32)


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
