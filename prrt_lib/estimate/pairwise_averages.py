"""Order statistics of all pairwise averages, by counting: none of them is formed.

Differences are held as whole numbers of a small unit, so that every count is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

# Nine decimals; fewer where whole numbers of 64 bits would not hold four times the largest.
DECIMALS, LARGEST = 9, 1e9


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
        return self._value(_first(lambda total: self._up_to(total) >= k, *self._ends()))

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

        return self._value(_first(fallen, *self._ends()))

    def _ends(self) -> tuple[int, int]:
        return int(2 * self.whole[0]), int(2 * self.whole[-1])

    def _up_to(self, total: int) -> int:
        """How many pairs i <= j have a sum of at most ``total``."""
        reach = np.searchsorted(self.whole, total - self.whole, side="right")
        return int(np.maximum(reach - np.arange(len(self.whole)), 0).sum())

    def _value(self, total: int) -> float:
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
