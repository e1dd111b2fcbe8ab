"""How many were at risk and how many had the event, at each time that matters.

Risk sets are (entry, exit]: a patient is at risk at t when entry < t <= exit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


class Ordered:
    """Sorted times with their weights; counts the weight that lies before a time."""

    def __init__(self, times: np.ndarray, weights: np.ndarray | None = None):
        if weights is None:
            self.times, self.total = in_order(times), None
        else:
            order = np.argsort(times, kind="stable")
            self.times = times[order]
            self.total = np.concatenate([[0.0], np.cumsum(weights[order])])

    def before(self, at: np.ndarray) -> np.ndarray:
        """Weight of the times < ``at``."""
        return self._weight(np.searchsorted(self.times, at, side="left"))

    def up_to(self, at: np.ndarray) -> np.ndarray:
        """Weight of the times <= ``at``."""
        return self._weight(np.searchsorted(self.times, at, side="right"))

    def _weight(self, position: np.ndarray) -> np.ndarray:
        return position.astype("float64") if self.total is None else self.total[position]


class NumberAtRisk:
    """Numbers at risk at any time, from exits and, with delayed entry, entries."""

    def __init__(self, exits, entries=None, weights=None):
        self.exits = Ordered(exits, weights)
        self.entries = None if entries is None else Ordered(entries, weights)
        self.size = float(len(exits)) if weights is None else float(weights.sum())
        self.start = 0.0 if entries is None else float(self.entries.times[0])

    def at(self, times: np.ndarray) -> np.ndarray:
        """Weight at risk just before each time; at the origin, of those who enter there."""
        times = np.asarray(times, dtype="float64")
        if self.entries is None:
            entered = self.size
        else:
            origin = self.entries.up_to(times)
            entered = np.where(times <= self.start, origin, self.entries.before(times))
        return entered - self.exits.before(times)

    def strictly_at(self, times: np.ndarray) -> np.ndarray:
        """Weight at risk just before each time, those left out who enter at that very time."""
        entered = self.size if self.entries is None else self.entries.before(times)
        return entered - self.exits.before(times)


@dataclass(frozen=True)
class RiskTable:
    """Distinct event times with the weight at risk and the weight of events at each."""

    times: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    sets: NumberAtRisk

    @property
    def survivors(self) -> np.ndarray:
        """At risk minus events, with the rounding of summed weights set to zero."""
        left = self.at_risk - self.events
        return np.where(left < 1e-12 * self.at_risk, 0.0, left)


def risk_table(exits, happened, entries=None, weights=None) -> RiskTable:
    """The risk table of the records whose ``happened`` is true where the event occurred."""
    sets = NumberAtRisk(exits, entries, weights)
    times, events = tallies(exits[happened], None if weights is None else weights[happened])
    keep = events > 0
    if not keep.all():
        times, events = times[keep], events[keep]
    return RiskTable(times, sets.at(times), events, sets)


def in_order(times: np.ndarray) -> np.ndarray:
    """The times sorted; times that already are come back as they are."""
    return times if (times[1:] >= times[:-1]).all() else np.sort(times)


def tallies(times: np.ndarray, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Distinct times and the weight at each."""
    if weights is None:
        ordered = in_order(times)
        last = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]]))
        last = last[: len(ordered)]
        return ordered[last], np.diff(last, prepend=-1).astype("float64")
    distinct, back = np.unique(times, return_inverse=True)
    return distinct, np.bincount(back.ravel(), weights=weights, minlength=len(distinct))


def tallies_at(grid: np.ndarray, times: np.ndarray, weights=None) -> np.ndarray:
    """The weight of ``times`` at each point of the sorted ``grid``, which contains them all."""
    return np.bincount(np.searchsorted(grid, times), weights=weights, minlength=len(grid)).astype(
        "float64"
    )


def asked_times(start: float, events: np.ndarray, times, steps: bool = False) -> np.ndarray:
    """``times`` as asked for, once each; the start and every event with ``steps`` or none asked."""
    if steps and len(times):
        return np.unique(np.concatenate([[start], events, np.asarray(times, dtype="float64")]))
    asked = list(dict.fromkeys(times)) if len(times) else np.append(start, events)
    return np.asarray(asked, dtype="float64")
