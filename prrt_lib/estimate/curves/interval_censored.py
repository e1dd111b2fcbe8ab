"""Survival when the event is only known to lie between two visits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.records import entries_named, finite_numbers, refuse, require_columns

METHOD = "non-parametric maximum likelihood, interval-censored (Turnbull)"


def interval_censored_survival(
    frame: pd.DataFrame, lower: str, upper: str, times: Sequence[float] = ()
) -> pd.DataFrame:
    """Rows ``survival`` at ``times`` and ``median``: the bounds the data allow, no limits.

    The event lies in (lower, upper]; upper is infinite or missing for the censored, and
    lower == upper is an exact time. Inside an interval of support the estimate is not unique:
    every time has a row with ``level`` "lowest" and one with "highest" (equal elsewhere), the
    median likewise. Turnbull 1976. A sensitivity analysis: no standard error is given.
    Delayed entry is not covered: a frame with a column ``entry`` is refused.
    """
    entries_named(frame, None)
    require_columns(frame, [lower, upper])
    low = finite_numbers(frame, lower)
    high = frame[upper].astype("float64").fillna(np.inf).to_numpy()
    odd = int((~((low >= 0) & (high >= low))).sum())
    if odd:
        where = f"columns {lower!r} and {upper!r}"
        refuse(where, f"{odd} impossible intervals", "0 <= lower <= upper")
    left, right, mass = turnbull(low, high)
    last = np.max(np.where(high < np.inf, high, low))
    records = []
    for time in times if len(times) else np.unique(right[np.isfinite(right)]):
        # mass is certainly gone when its interval has ended, possibly once it has begun
        bounds = {"lowest": 1 - mass[left < time].sum(), "highest": 1 - mass[right <= time].sum()}
        for level, value in bounds.items():
            state = {"state": "not-estimable"} if time > last else {"estimate": max(value, 0.0)}
            records.append({"statistic": "survival", "time": time, "level": level, **state})
    reached = np.flatnonzero(np.cumsum(mass) >= 0.5 - 1e-9)
    for level, ends in (("lowest", left), ("highest", right)):
        found = len(reached) and np.isfinite(right[reached[0]])
        state = {"estimate": ends[reached[0]]} if found else {"state": "not-reached"}
        records.append({"statistic": "median", "level": level, **state})
    return result_rows(records, n=len(low), events=int((high < np.inf).sum()), method=METHOD,
                       unit="days")  # fmt: skip


def turnbull(low, high, tolerance=1e-7, most=20_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Support intervals (left, right] and their masses.

    Self-consistency steps (EM) until no mass could raise the likelihood by more than
    ``tolerance`` (the Kuhn-Tucker condition of the maximum).
    """
    # an exact time is the shortest interval that ends there
    low = np.where(low == high, np.nextafter(low, -np.inf), low)
    left, right = support(low, high)
    # The support is in order, so that each record covers the intervals first, ..., last - 1.
    spans = np.column_stack([np.searchsorted(left, low), np.searchsorted(right, high, "right")])
    (first, last), alike = (part.T for part in np.unique(spans, axis=0, return_counts=True))
    mass, edges = np.full(len(left), 1 / len(left)), len(left) + 1
    for _ in range(most):
        below = np.concatenate([[0.0], np.cumsum(mass)])
        share = alike / len(low) / (below[last] - below[first])
        begun = np.bincount(first, share, edges) - np.bincount(last, share, edges)
        slope = np.cumsum(begun)[:-1]
        if slope.max() <= 1 + tolerance:
            break
        mass = mass * slope
    if slope.max() > 1 + 1e-4:
        refuse("the intervals", f"no maximum after {most} steps", "a curve that can be found")
    return left, right, mass


def support(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The innermost intervals: a left end followed directly by a right end."""
    # Of two equal ends the right one comes first.
    ends = sorted([*((value, 1) for value in set(low)), *((value, 0) for value in set(high))])
    pairs = [(a, b) for (a, left), (b, other) in zip(ends, ends[1:], strict=False) if left > other]
    return np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
