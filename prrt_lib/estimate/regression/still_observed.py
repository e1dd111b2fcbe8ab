"""The weight with which a patient stays at risk after a competing event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StillObserved:
    """G(t-) H(t-) as steps: the chance of not being censored, and of having entered, before t.

    Geskus, Biometrics 2011. ``value[j]`` holds for ``change[j-1] < t <= change[j]``; only ratios
    have a meaning, and those within one ``spell``: a new one begins where the last patient under
    observation is censored and nobody is left. ``event_times`` are those of the cause of interest.
    """

    change: np.ndarray
    value: np.ndarray
    spell: np.ndarray
    event_times: np.ndarray

    def at(self, time: np.ndarray) -> np.ndarray:
        """The value just before each of ``time``."""
        return self.value[np.searchsorted(self.change, time, side="left")]

    def _spell_at(self, time: np.ndarray) -> np.ndarray:
        return self.spell[np.searchsorted(self.change, time, side="left")]

    def pieces(self, stop: np.ndarray, rival: np.ndarray):
        """patient, start, stop, weight of the rows that follow each competing event.

        Event times with one weight share a row, so there are no more rows than steps.
        """
        at_events, spells = self.at(self.event_times), self._spell_at(self.event_times)
        changed = (np.diff(at_events) != 0) | (np.diff(spells) != 0)
        last = np.flatnonzero(np.append(changed, True))
        ends, values, spells = self.event_times[last], at_events[last], spells[last]
        starts = np.concatenate([[-np.inf], ends[:-1]])
        who = np.flatnonzero(rival)
        first = np.searchsorted(ends, stop[who], side="right")
        count = len(ends) - first
        patient = np.repeat(who, count)
        step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        step += np.repeat(first, count)
        weight = values[step] / self.at(stop)[patient]
        begin = np.maximum(starts[step], stop[patient])
        keep = spells[step] == self._spell_at(stop)[patient]
        return patient[keep], begin[keep], ends[step][keep], weight[keep]


def still_observed(data, rival: np.ndarray, events_leave_first: bool) -> StillObserved:
    """StillObserved of a CoxData whose competing events are ``rival``.

    With ``events_leave_first`` an event of the same time is no longer at risk of censoring.
    """
    censored = ~data.event & ~rival
    times, gone = np.unique(data.stop[censored], return_counts=True)
    at_risk = _at_risk(data, times)
    if events_leave_first:
        ends = np.sort(data.stop[~censored])
        at_risk = at_risk - _count(ends, times)
    factors = [(times, 1 - gone / at_risk)]
    if data.start is not None and len(np.unique(data.start)) > 1:
        factors.append(_entries(data))
    change = np.unique(np.concatenate([time for time, _ in factors]))
    factor = np.ones(len(change))
    for time, value in factors:
        factor[np.searchsorted(change, time)] *= value
    nobody_left = factor <= 0
    value = np.concatenate([[1.0], np.cumprod(np.where(nobody_left, 1.0, factor))])
    spell = np.concatenate([[0], np.cumsum(nobody_left)])
    return StillObserved(change, value, spell, np.unique(data.stop[data.event]))


def _entries(data) -> tuple[np.ndarray, np.ndarray]:
    """Growth of the chance of having entered, at each entry time but the first."""
    times, came = np.unique(data.start, return_counts=True)
    inside = np.searchsorted(np.sort(data.start), times, side="right")
    inside = inside - np.searchsorted(np.sort(data.stop), times, side="right")
    share = 1 - came / np.maximum(inside, came)
    usable = share > 0  # nobody else under observation: entry says nothing about earlier times
    return times[usable], 1 / share[usable]


def _at_risk(data, times: np.ndarray) -> np.ndarray:
    at_risk = len(data.stop) - np.searchsorted(np.sort(data.stop), times, side="left")
    if data.start is None:
        return at_risk
    starts = np.sort(data.start)
    return at_risk - (len(starts) - np.searchsorted(starts, times, side="left"))


def _count(ordered: np.ndarray, times: np.ndarray) -> np.ndarray:
    right = np.searchsorted(ordered, times, side="right")
    return right - np.searchsorted(ordered, times, side="left")
