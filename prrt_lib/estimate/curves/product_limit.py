"""The Kaplan-Meier step function with its standard error, and its quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.curves.risk_table import RiskTable, risk_table

# R's quantile.survfit: a curve this close to the wanted probability counts as equal to it.
TOLERANCE = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True, repr=False)
class Curve(Shown):
    """S(t) after each event time, its standard error, and where observation begins and ends."""

    table: RiskTable
    survival: np.ndarray
    std_error: np.ndarray
    start: float
    last: float

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """A line per event time."""
        steps = {"time": self.table.times, "at risk": self.table.at_risk,
                 "events": self.table.events, "survival": self.survival,
                 "SE": self.std_error}  # fmt: skip
        return f"Product limit, observed to {self.last:g}", pd.DataFrame(steps), []

    def at(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """S(t) and its standard error at ``times``: 1 and 0 before the first event."""
        index = np.searchsorted(self.table.times, times, side="right")
        return np.append(1.0, self.survival)[index], np.append(0.0, self.std_error)[index]

    def events_up_to(self, times: np.ndarray) -> np.ndarray:
        """The weight of events at or before ``times``."""
        index = np.searchsorted(self.table.times, times, side="right")
        return np.append(0.0, np.cumsum(self.table.events))[index]


def product_limit(
    exits: np.ndarray,
    happened: np.ndarray,
    entries: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    *,
    leave_first: np.ndarray | None = None,
) -> Curve:
    """The product-limit estimate with Greenwood's standard error.

    Weights that are not whole numbers get the infinitesimal jackknife instead, as in R.
    ``leave_first`` marks records that leave before those whose event is at the same time
    (deaths, when follow-up itself is the outcome).
    Kaplan and Meier 1958; Greenwood 1926; risk sets (entry, exit].
    """
    table = risk_table(exits, happened, entries, weights)
    if leave_first is not None:
        table = _without_ties(table, exits[leave_first], weights, leave_first)
    survival = np.cumprod(table.survivors / table.at_risk)
    last = float(exits.max())
    if weights is not None and (weights != np.rint(weights)).any():
        relative = jackknife_log_error(table, exits, happened, entries, weights)
    else:
        relative = greenwood_log_error(table)
    with np.errstate(invalid="ignore"):
        std_error = survival * relative
    return Curve(table, survival, std_error, table.sets.start, last)


def greenwood_log_error(table: RiskTable) -> np.ndarray:
    """Standard error of log S(t): root of the sum of d / (Y (Y - d)); infinite once S is 0."""
    with np.errstate(divide="ignore"):
        return np.sqrt(np.cumsum(table.events / (table.at_risk * table.survivors)))


def jackknife_log_error(table: RiskTable, exits, happened, entries, weights) -> np.ndarray:
    """Standard error of log S(t) from each record's influence, for weights of any kind.

    With c(t) the sum of d / (Y (Y - d)) up to t, the influence of a record is
    c(min(t, exit)) - c(entry) - [event by t] / (Y - d at its exit).
    """
    with np.errstate(divide="ignore"):
        sums = np.append(0.0, np.cumsum(table.events / (table.at_risk * table.survivors)))
        own = 1 / table.survivors
    position = np.searchsorted(table.times, exits, side="right")
    at_exit = sums[position]
    entered = np.zeros(len(exits)) if entries is None else entries
    at_entry = entered
    if entries is not None:
        at_entry = sums[np.searchsorted(table.times, entries, side="right")]
    with np.errstate(invalid="ignore"):
        final = at_exit - at_entry
        final[happened] -= own[position[happened] - 1]
    with np.errstate(invalid="ignore"):
        gone = _running(table.times, exits, (weights * final) ** 2, side="right")
        first, second, third = (
            _present(table.times, entered, exits, weights**2 * at_entry**k) for k in range(3)
        )
        return np.sqrt(gone + first * sums[1:] ** 2 - 2 * sums[1:] * second + third)


def _running(grid, times, values, side) -> np.ndarray:
    order = np.argsort(times, kind="stable")
    total = np.append(0.0, np.cumsum(values[order]))
    return total[np.searchsorted(times[order], grid, side=side)]


def _present(grid, entered, exits, values) -> np.ndarray:
    """Sum of ``values`` of records still at risk just after each time of ``grid``."""
    return _running(grid, entered, values, "left") - _running(grid, exits, values, "right")


def _without_ties(table: RiskTable, exits, weights, leave_first) -> RiskTable:
    own = None if weights is None else weights[leave_first]
    order = np.argsort(exits, kind="stable")
    total = np.arange(len(exits) + 1.0) if own is None else np.append(0, np.cumsum(own[order]))
    first = np.searchsorted(exits[order], table.times, side="left")
    tied = total[np.searchsorted(exits[order], table.times, side="right")] - total[first]
    return RiskTable(table.times, table.at_risk - tied, table.events, table.sets)


def quantile(curve: Curve, share: float, values: np.ndarray, in_time: bool = False) -> float:
    """The time by which ``share`` have had the event when S(t) is ``values``; NaN if never.

    Where the curve is flat at exactly 1 - share (within 1.5e-8) the midpoint of the flat part,
    which ends at the last observed time when no further step follows (R's quantile.survfit).
    A limit under delayed entry may rise again. R then takes the smallest value that reaches
    the share, wherever it lies; ``in_time`` takes the first time that does.
    """
    x = np.append(min(0.0, curve.start), curve.table.times)
    y = np.append(0.0, 1 - values)
    known = ~np.isnan(y)
    x, y = x[known], y[known]
    first = np.sort(np.unique(y, return_index=True)[1])
    x, y = x[first], y[first]
    order = np.arange(len(y)) if in_time else np.argsort(y, kind="stable")
    reached = order[y[order] + TOLERANCE >= share]
    if len(reached) == 0:
        return float("nan")
    passed = order[y[order] - TOLERANCE >= share]
    flat_to_the_end = abs(y[-1] - share) < TOLERANCE and known[-1]
    if flat_to_the_end or len(passed) == 0:
        return float((x[reached[0]] + curve.last) / 2)
    return float((x[reached[0]] + x[passed[0]]) / 2)
