"""Risk sets in sorted arrays: who is at risk at which event time, found once per data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Risk sets of so few rows, and rows at so few event times, are summed directly: a difference of
# two large sums would cost digits.
SMALL = 30
BRIEF = 8
NONE = np.empty(0, np.int64)
NOBODY_LATE = {"by_entry": None} | dict.fromkeys(
    ("entry_start", "entry_bin", "small", "small_row", "small_start", "brief", "brief_time",
     "brief_start"), NONE)  # fmt: skip


@dataclass(frozen=True)
class RiskSets:
    """Rows sorted for the partial likelihood; K event times, T terms, p columns, n rows.

    A row is at risk at event time number k when ``entry_at <= k < exit_at``. Strata share one
    numbering, so a stratum is only a late entry and an early exit; rows that are at risk at no
    event time are left out. ``term_*`` are the factors of the likelihood: one per event time
    (Breslow) or one per event (Efron), with the share of the tied events already taken out.
    """

    x: np.ndarray  # (p, n) centred and scaled
    weight: np.ndarray
    row: np.ndarray  # position in the caller's arrays
    event: np.ndarray
    exit_at: np.ndarray
    entry_at: np.ndarray
    exit_start: np.ndarray  # (K,) first row leaving after event time k
    by_entry: np.ndarray | None  # rows in order of entry; None when all enter before the first
    entry_start: np.ndarray
    entry_bin: np.ndarray
    small: np.ndarray  # event times with small risk sets, where entry is delayed
    small_row: np.ndarray
    small_start: np.ndarray
    brief: np.ndarray  # rows at risk at few event times, where entry is delayed
    brief_time: np.ndarray
    brief_start: np.ndarray
    death: np.ndarray
    death_at: np.ndarray
    death_start: np.ndarray
    tied: np.ndarray  # event times whose events are taken out in shares; empty with Breslow
    tied_death: np.ndarray  # their rows
    tied_at: np.ndarray  # number within ``tied`` of their rows and of their terms
    tied_start: np.ndarray
    tied_x: np.ndarray
    term_at: np.ndarray
    term_start: np.ndarray
    term_share: np.ndarray  # of the terms at tied event times only
    term_tied: np.ndarray  # their places among all terms
    term_mass: np.ndarray
    time: np.ndarray
    stratum: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    ties: str

    def suffix(self, values: np.ndarray) -> np.ndarray:
        """Sums of ``values`` (..., n) over each of the K risk sets."""
        change = np.add.reduceat(values, self.exit_start, axis=-1)
        if self.by_entry is not None:
            entering = values if self.by_entry.size == 0 else values[..., self.by_entry]
            late = np.add.reduceat(entering, self.entry_start, axis=-1)
            keep = self.entry_bin > 0
            change[..., self.entry_bin[keep] - 1] -= late[..., keep]
        total = change[..., ::-1].cumsum(axis=-1)[..., ::-1]
        if len(self.small):
            direct = np.add.reduceat(values[..., self.small_row], self.small_start, axis=-1)
            total[..., self.small] = direct
        return total

    def per_time(self, terms: np.ndarray) -> np.ndarray:
        """Sums of ``terms`` (T,) within each of the K event times."""
        return np.add.reduceat(terms, self.term_start) if len(self.tied) else terms

    def per_tied_time(self, values: np.ndarray) -> np.ndarray:
        """Sums of ``values`` (..., tied rows or terms) within each tied event time."""
        return np.add.reduceat(values, self.tied_start, axis=-1)

    def while_at_risk(self, increments: np.ndarray) -> np.ndarray:
        """Sums of ``increments`` (..., K) over the event times at which each row is at risk."""
        total = np.zeros((*increments.shape[:-1], increments.shape[-1] + 1))
        np.cumsum(increments, axis=-1, out=total[..., 1:])
        inside = total[..., self.exit_at]
        if self.by_entry is None:
            return inside
        inside -= total[..., self.entry_at]
        if len(self.brief):
            direct = np.add.reduceat(increments[..., self.brief_time], self.brief_start, axis=-1)
            inside[..., self.brief] = direct
        return inside


def risk_sets(stop, event, x, start=None, strata=None, weight=None, ties="efron") -> RiskSets:
    """RiskSets of n rows; ``x`` is (n, p), ``strata`` are integers, intervals are (start, stop].

    Raises ValueError without an event.
    """
    n = len(stop)
    event = np.asarray(event, bool)
    strata = np.zeros(n, np.int64) if strata is None else strata
    weight = np.ones(n) if weight is None else np.asarray(weight, float)
    if not event.any():
        raise ValueError("no event")
    # One number per row, so that rows tied in time are summed in an order of their own.
    key = weight * 0.739085133215
    for j in range(x.shape[1]):
        key = key + x[:, j] * np.sqrt(2.0 + j)
    key = key if start is None else key + start * 0.567143290409
    order = np.lexsort((key, ~event, stop, strata))
    exit_at, entry_at, time, stratum = _event_numbers(stop, event, start, strata, order)
    kept = exit_at > entry_at
    order, exit_at, entry_at = order[kept], exit_at[kept], entry_at[kept]
    event, weight = event[order], weight[order]
    rows = np.ascontiguousarray(x[order].T, dtype=float)
    center = rows @ weight / weight.sum()
    rows -= center[:, None]
    scale = np.sqrt((rows * rows) @ weight / weight.sum())
    scale[~(scale > 1e-14 * np.maximum(1.0, np.abs(center)))] = 1.0
    rows /= scale[:, None]
    late = _late_entries(entry_at, exit_at, len(time)) if entry_at.any() else NOBODY_LATE
    return RiskSets(
        x=rows, weight=weight, row=order, event=event, exit_at=exit_at, entry_at=entry_at,
        exit_start=np.searchsorted(exit_at, np.arange(1, len(time) + 1)), **late,
        **_terms(event, exit_at, weight, ties, len(time), rows),
        time=time, stratum=stratum, center=center, scale=scale, ties=ties,
    )  # fmt: skip


def _event_numbers(stop, event, start, strata, order):
    """Number of event times up to exit and up to entry, in ``order``; their times and strata."""
    distinct = np.unique(stop[event])
    width = len(distinct) + 1
    at_exit = strata * width + np.searchsorted(distinct, stop, side="right")
    numbered = np.unique(at_exit[event])
    at_entry = strata * width
    if start is not None:
        at_entry = at_entry + np.searchsorted(distinct, start, side="right")
    exits, entries = (np.searchsorted(numbered, at[order], "right") for at in (at_exit, at_entry))
    return exits, entries, distinct[numbered % width - 1], numbered // width


def _late_entries(entry_at, exit_at, count) -> dict:
    """Rows grouped by the event time they enter before, small risk sets and brief rows.

    Subtracting late entries would cost digits in small risk sets and for rows that are at risk
    at few event times: those are listed, to be summed directly.
    """
    ordered = bool((np.diff(entry_at) >= 0).all())
    by_entry = NONE if ordered else np.argsort(entry_at, kind="stable")
    bins, first = np.unique(entry_at if ordered else entry_at[by_entry], return_index=True)
    found = {"by_entry": by_entry, "entry_start": first, "entry_bin": bins}
    entered = np.cumsum(np.bincount(entry_at, minlength=count + 1))
    left = np.cumsum(np.bincount(exit_at, minlength=count + 1))
    small = np.flatnonzero((entered - left)[:count] <= SMALL)
    first = np.searchsorted(small, entry_at)
    times = np.searchsorted(small, exit_at) - first
    row = np.repeat(np.arange(len(times)), times)
    which = np.arange(len(row)) - np.repeat(np.cumsum(times) - times - first, times)
    order = np.argsort(which, kind="stable")
    found |= {"small": small, "small_row": row[order],
              "small_start": np.searchsorted(which[order], np.arange(len(small)))}  # fmt: skip
    brief = np.flatnonzero((exit_at - entry_at <= BRIEF) & (entry_at > 0))
    size = (exit_at - entry_at)[brief]
    start = np.cumsum(size) - size
    time = np.arange(size.sum()) - np.repeat(start - entry_at[brief], size)
    return found | {"brief": brief, "brief_time": time, "brief_start": start}


def _terms(event, exit_at, weight, ties, count, x) -> dict:
    """The factors of the likelihood; Efron takes out l/d of the tied events, l = 0 .. d - 1."""
    death = np.flatnonzero(event)
    death_at = exit_at[death] - 1
    death_start = np.searchsorted(death_at, np.arange(count))
    size = np.diff(np.append(death_start, len(death)))
    mass = np.add.reduceat(weight[death], death_start)
    tied = np.flatnonzero(size > 1) if ties == "efron" else NONE
    parts = size if len(tied) else np.ones(count, np.int64)
    term_at = np.repeat(np.arange(count), parts)
    inside = np.flatnonzero(parts[term_at] > 1)
    place = (np.arange(len(term_at)) - (np.cumsum(parts) - parts)[term_at])[inside]
    at = np.repeat(np.arange(len(tied)), size[tied])
    first = np.searchsorted(at, np.arange(len(tied)))
    rows = death[inside] if len(tied) else inside
    return {
        "death": death, "death_at": death_at, "death_start": death_start,
        "tied": tied, "tied_death": rows, "tied_at": at, "tied_start": first,
        "tied_x": np.ascontiguousarray(x[:, rows]),
        "term_at": term_at, "term_start": np.cumsum(parts) - parts,
        "term_share": place / size[tied][at], "term_tied": inside,
        "term_mass": (mass / parts)[term_at],
    }  # fmt: skip
