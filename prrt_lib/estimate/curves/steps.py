"""An estimate that changes in steps, and its records: at the times asked for, and its quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.curves.risk_table import RiskTable
from prrt_lib.estimate.proportions import probability_limits

QUANTILES = {"q25": 0.25, "median": 0.5, "q75": 0.75}
# R's quantile.survfit: a curve this close to the wanted probability counts as equal to it.
TOLERANCE = float(np.sqrt(np.finfo(float).eps))

Records = list[dict[str, Any]]


@dataclass(frozen=True, repr=False)
class Steps(Shown):
    """The value after each time of ``table``, its standard error, and the last observed time.

    ``first`` is the value before any event; ``events`` counts what makes the value change.
    """

    name: str
    first: float
    table: RiskTable
    events: np.ndarray
    value: np.ndarray
    std_error: np.ndarray
    last: float

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """A line per time at which anything happened."""
        steps = {"time": self.table.times, "at risk": self.table.at_risk, "events": self.events,
                 "value": self.value, "SE": self.std_error}  # fmt: skip
        return f"{self.name}, observed to {self.last:g}", pd.DataFrame(steps), []

    def at(self, times: np.ndarray, side: str = "right") -> tuple[np.ndarray, np.ndarray]:
        """Value and standard error at ``times`` (just before them with ``side`` "left")."""
        index = np.searchsorted(self.table.times, times, side=side)
        return np.append(self.first, self.value)[index], np.append(0.0, self.std_error)[index]


def asked_times(origin: float, curve: Steps, times, steps: bool = False) -> np.ndarray:
    """``times`` as asked for, once each; the origin and every step with ``steps`` or none asked."""
    all_steps = np.append(origin, curve.table.times[curve.events > 0])
    if steps and len(times):
        return np.unique(np.append(all_steps, np.asarray(times, dtype="float64")))
    asked = list(dict.fromkeys(times)) if len(times) else all_steps
    return np.asarray(asked, dtype="float64")


def records_at(
    statistic: str, curve: Steps, seen: np.ndarray, time: np.ndarray, **columns: np.ndarray
) -> Records:
    """A record per ``time`` of ``columns``, numbers at risk and events up to it; "not-estimable"
    where it is not ``seen``."""
    columns |= {"time": time, "at_risk": curve.table.sets.at(time),
                "events": curve.table.cumulative(curve.events, time)}  # fmt: skip
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    records = [{"statistic": statistic, **dict(zip(columns, row, strict=True))} for row in rows]
    outside = {"statistic": statistic, "state": "not-estimable"}
    return [
        record if inside else {**outside, "time": record["time"], "at_risk": record["at_risk"]}
        for record, inside in zip(records, seen.tolist(), strict=True)
    ]


def curve_records(
    statistic: str, curve: Steps | None, origin: float, times, steps: bool, extend: bool,
    limits: dict[str, Any], quantiles: bool | None = None,
) -> Records:  # fmt: skip
    """Records of ``curve`` with limits at the times asked for, and of its quartiles.

    A time outside of what was observed is "not-estimable", a quartile that the curve does not
    come to "not-reached"; all are "not-estimable" without a curve. ``limits``: conf_type and
    conf_level of :func:`probability_limits`; ``quantiles``: see ``in_time`` of :func:`quantile`,
    None for none.
    """
    if curve is None:
        blank: Records = [{"statistic": statistic, "time": time} for time in times]
        blank += [{"statistic": name} for name in QUANTILES if quantiles is not None]
        return [{**record, "state": "not-estimable"} for record in blank]
    at = asked_times(origin, curve, times, steps)
    index = np.searchsorted(curve.table.times, at, side="right")
    value, error = np.append(curve.first, curve.value), np.append(0.0, curve.std_error)
    low, high = probability_limits(value, error, **limits)
    records = records_at(
        statistic, curve, (at >= origin) & ((at <= curve.last) | extend), at,
        estimate=value[index], std_error=error[index], low=low[index], high=high[index],
    )  # fmt: skip
    if quantiles is not None:
        records += quantile_records(curve, (curve.value, low[1:], high[1:]), quantiles)
    return records


def enough(curve: Steps | None, minimum: int | None) -> str:
    """Where fewer than ``minimum`` are at risk at times of events, in words; else ""."""
    if minimum is None:
        return ""
    if curve is None:
        return f"never {minimum} at risk"
    low = curve.table.times[curve.table.at_risk < minimum]
    where = f"at {len(low)} event times, first at day {low[0]:g}" if len(low) else ""
    return f"fewer than {minimum} at risk {where}" if where else ""


def said(*sentences: str) -> str:
    """The sentences that say something, as one warning."""
    return "; ".join(filter(None, sentences))


def quantile_records(curve: Steps, bands: tuple[np.ndarray, ...], in_time: bool = False) -> Records:
    """Median and quartiles of ``bands`` (value, low, high); "not-reached" where it stays above."""
    records = []
    for name, share in QUANTILES.items():
        found = [quantile(curve, share, values, in_time) for values in bands]
        state = "not-reached" if np.isnan(found[0]) else "ok"
        values = dict(zip(("estimate", "low", "high"), found, strict=True))
        records.append({"statistic": name, "state": state, **values})
    return records


def quantile(curve: Steps, share: float, values: np.ndarray, in_time: bool = False) -> float:
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
