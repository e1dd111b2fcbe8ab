"""How many were at risk and how many had the event, at each time that matters.

Risk sets are (entry, exit]: a patient is at risk at t when entry < t <= exit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


class NumberAtRisk:
    """Numbers at risk at any time, from exits and, with delayed entry, entries."""

    def __init__(self, exits: np.ndarray, entries: np.ndarray | None = None):
        self.exits = in_order(exits)
        self.entries = None if entries is None else in_order(entries)
        self.start = 0.0 if entries is None else float(self.entries[0])

    def at(self, times: np.ndarray) -> np.ndarray:
        """Number at risk just before each time; at the origin, of those who enter there."""
        if self.entries is None:
            return self.strictly_at(times)
        origin = np.searchsorted(self.entries, times, side="right")
        origin = origin - np.searchsorted(self.exits, times, side="left")
        return np.where(np.asarray(times) <= self.start, origin, self.strictly_at(times))

    def strictly_at(self, times: np.ndarray) -> np.ndarray:
        """Number at risk just before each time, those left out who enter at that very time."""
        entered = len(self.exits)
        if self.entries is not None:
            entered = np.searchsorted(self.entries, times, side="left")
        return (entered - np.searchsorted(self.exits, times, side="left")).astype("float64")


@dataclass(frozen=True)
class RiskTable:
    """Distinct event times with the number at risk and the number of events at each."""

    times: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    sets: NumberAtRisk

    @property
    def survivors(self) -> np.ndarray:
        """At risk minus events."""
        return self.at_risk - self.events

    def cumulative(self, steps: np.ndarray, at: np.ndarray) -> np.ndarray:
        """The sum of ``steps`` (one per event time) up to each time of ``at``."""
        return np.append(0.0, np.cumsum(steps))[np.searchsorted(self.times, at, side="right")]


def risk_table(exits, happened, entries=None) -> RiskTable:
    """The risk table of the records whose ``happened`` is true where the event occurred."""
    sets = NumberAtRisk(exits, entries)
    times, events = tallies(exits[happened])
    return RiskTable(times, sets.at(times), events, sets)


def hazard_at_risk(exits, happened, entries=None) -> np.ndarray:
    """The Nelson-Aalen hazard that each record collects from its entry to its exit."""
    table = risk_table(exits, happened, entries)
    hazard = table.cumulative(table.events / table.at_risk, exits)
    if entries is None:
        return hazard
    return hazard - table.cumulative(table.events / table.at_risk, entries)


def in_order(times: np.ndarray) -> np.ndarray:
    """The times sorted; times that already are come back as they are."""
    return times if (times[1:] >= times[:-1]).all() else np.sort(times)


def tallies(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct times and how many there are of each."""
    ordered = in_order(times)
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))[: len(ordered)]
    return ordered[last], np.diff(last, prepend=-1).astype("float64")


def tallies_at(grid: np.ndarray, times: np.ndarray) -> np.ndarray:
    """How many ``times`` lie at each point of the sorted ``grid``, which contains them all."""
    return np.bincount(np.searchsorted(grid, times), minlength=len(grid)).astype("float64")


def last_sufficient_exit(entries: np.ndarray, exits: np.ndarray, minimum: int) -> float:
    """The last exit at which ``minimum`` records are at risk; NaN if there never are so many."""
    candidates = np.unique(exits)
    at_risk = NumberAtRisk(exits, entries).strictly_at(candidates)
    enough = candidates[at_risk >= minimum]
    return float(enough[-1]) if len(enough) else float("nan")


def sums_before(at: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(..., len(at)) sums of ``values`` (..., n) whose ``times`` (n,) are < ``at``."""
    order = np.argsort(times, kind="stable")
    total = np.cumsum(values[..., order], axis=-1)
    padded = np.concatenate([np.zeros((*total.shape[:-1], 1)), total], axis=-1)
    return padded[..., np.searchsorted(times[order], at, side="left")]
