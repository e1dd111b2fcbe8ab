"""Survival when the event is only known to lie between two visits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.records import (
    complete,
    entries_named,
    finite_numbers,
    named,
    parts,
    refuse,
    require_columns,
    warnings_of,
)

METHOD = "non-parametric maximum likelihood, interval-censored (Turnbull)"


def interval_censored_survival(
    frame: pd.DataFrame,
    lower: str,
    upper: str,
    by: str | None = None,
    times: Sequence[float] = (),
) -> pd.DataFrame:
    """Rows ``survival`` at ``times`` and ``median``: the bounds the data allow, no limits.

    The event lies in (lower, upper]; upper is infinite or missing for the censored, and
    lower == upper is an exact time. Inside an interval of support the estimate is not unique:
    every time has a row with ``level`` "lowest" and one with "highest" (equal elsewhere), the
    median likewise. Turnbull 1976. A sensitivity analysis: no standard error is given.
    Delayed entry is not covered: a frame with a column ``entry`` is refused.
    """
    entries_named(frame, None)
    require_columns(frame, [lower, upper, *named(by)])
    data, notes = complete(frame[[lower, upper, *named(by)]], named(by))
    data.attrs["warnings"] = tuple(notes)
    ends = data[upper].astype("float64").fillna(np.inf)
    data = data.assign(**{lower: finite_numbers(data, lower), upper: ends})
    _check(data[lower].to_numpy(), data[upper].to_numpy(), lower, upper)
    tables = []
    for key, part in parts(data, by):
        low, high = part[lower].to_numpy(), part[upper].to_numpy()
        left, right, mass = turnbull(low, high)
        asked = times if len(times) else np.unique(right[np.isfinite(right)])
        for record in _records(
            left, right, mass, asked, np.max(np.where(high < np.inf, high, low))
        ):
            tables.append({**record, **key, "n": len(part), "events": int((high < np.inf).sum())})
    return result_rows(tables, method=METHOD, unit="days", warning=warnings_of(data))


def _check(low: np.ndarray, high: np.ndarray, lower: str, upper: str) -> None:
    odd = int((~(np.isfinite(low) & (low >= 0) & (high >= low))).sum())
    if odd:
        refuse(
            f"columns {lower!r} and {upper!r}", f"{odd} impossible intervals", "0 <= lower <= upper"
        )


def _records(left, right, mass, times, last) -> list[dict[str, object]]:
    records = []
    for time in times:
        # mass is certainly gone when its interval has ended, possibly once it has begun
        bounds = {"lowest": 1 - mass[left < time].sum(), "highest": 1 - mass[right <= time].sum()}
        for level, value in bounds.items():
            record = {"statistic": "survival", "time": time, "level": level}
            state = {"state": "not-estimable"} if time > last else {"estimate": max(value, 0.0)}
            records.append({**record, **state})
    reached = np.flatnonzero(np.cumsum(mass) >= 0.5 - 1e-9)
    at = reached[0] if len(reached) and np.isfinite(right[reached[0]]) else None
    for level, ends in (("lowest", left), ("highest", right)):
        record = {"statistic": "median", "level": level}
        state = {"state": "not-reached"} if at is None else {"estimate": ends[at]}
        records.append({**record, **state})
    return records


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
    ends = [(value, 1, value) for value in np.unique(low)]
    ends += [(value, 0, value) for value in np.unique(high)]
    ends.sort(key=lambda end: (end[0], end[1]))
    pairs = [(a[2], b[2]) for a, b in zip(ends, ends[1:], strict=False) if a[1] and not b[1]]
    return np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
