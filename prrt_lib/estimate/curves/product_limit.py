"""The Kaplan-Meier step function with its standard error, and its quantiles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.curves.risk_table import RiskTable, risk_table

# R's quantile.survfit: a curve this close to the wanted probability counts as equal to it.
TOLERANCE = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True, repr=False)
class Curve(Shown):
    """S(t) after each event time, its standard error, and the last observed time."""

    table: RiskTable
    survival: np.ndarray
    std_error: np.ndarray
    last: float

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """A line per event time."""
        steps = {"time": self.table.times, "at risk": self.table.at_risk,
                 "events": self.table.events, "survival": self.survival,
                 "SE": self.std_error}  # fmt: skip
        return f"Product limit, observed to {self.last:g}", pd.DataFrame(steps), []

    def at(self, times: np.ndarray, side: str = "right") -> tuple[np.ndarray, np.ndarray]:
        """S(t) and its standard error at ``times`` (just before them with ``side`` "left")."""
        index = np.searchsorted(self.table.times, times, side=side)
        return np.append(1.0, self.survival)[index], np.append(0.0, self.std_error)[index]


def product_limit(
    exits: np.ndarray,
    happened: np.ndarray,
    entries: np.ndarray | None = None,
    *,
    leave_first: np.ndarray | None = None,
) -> Curve:
    """The product-limit estimate with Greenwood's standard error.

    ``leave_first`` marks records that leave before those whose event is at the same time
    (deaths, when follow-up itself is the outcome).
    Kaplan and Meier 1958; Greenwood 1926; risk sets (entry, exit].
    """
    table = risk_table(exits, happened, entries)
    if leave_first is not None:
        leaving = np.sort(exits[leave_first])
        gone, left = (np.searchsorted(leaving, table.times, side) for side in ("right", "left"))
        table = replace(table, at_risk=table.at_risk - (gone - left))
    survival = np.cumprod(table.survivors / table.at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.sqrt(np.cumsum(table.events / (table.at_risk * table.survivors)))
        return Curve(table, survival, survival * relative, float(exits.max()))


def quantile(curve: Curve, share: float, values: np.ndarray, in_time: bool = False) -> float:
    """The time by which ``share`` have had the event when S(t) is ``values``; NaN if never.

    Where the curve is flat at exactly 1 - share (within 1.5e-8) the midpoint of the flat part,
    which ends at the last observed time when no further step follows (R's quantile.survfit).
    A limit under delayed entry may rise again. R then takes the smallest value that reaches
    the share, wherever it lies; ``in_time`` takes the first time that does.
    """
    x = np.append(min(0.0, curve.table.sets.start), curve.table.times)
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
