"""Kaplan-Meier, Nelson-Aalen and median follow-up, as result rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.risk_table import risk_table
from prrt_lib.estimate.curves.steps import (
    Steps,
    asked_times,
    curve_records,
    enough,
    quantile_records,
    records_at,
    said,
)
from prrt_lib.estimate.proportions import normal_quantile, probability_limits
from prrt_lib.estimate.records import refuse, watched


class Start(NamedTuple):
    """Where a group's curve starts; ``rows.attrs["starts"]`` holds one per level."""

    t0: float | None  # None: at its first entry; NaN: never enough at risk
    dropped: int  # records with exit <= t0
    warning: str  # what is to be said of the group besides the records dropped

    @property
    def later(self) -> bool:
        """Whether the curve starts after the origin, given event-free at ``t0``."""
        return self.t0 is not None and self.t0 > 0


def kaplan_meier(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    entry: str | None = None,
    by: str | None = None,
    times: Sequence[float] = (),
    conf_type: str = "log-log",
    conf_level: float = 0.95,
    *,
    steps: bool = False,
    min_at_risk: int | None = None,
    extend: bool = False,
) -> pd.DataFrame:
    """Rows ``survival`` at ``times`` (none given: at the start and every step), and quartiles.

    ``steps`` asks for the start and every step besides ``times``. A survival row carries
    Greenwood's standard error, limits, the number at risk just before its time and the events up
    to it. Quartiles follow R: midpoint where S equals the share. ``min_at_risk`` asks for the
    conditional start of a small early risk set (see ``conditional_start``): S(t0) = 1, earlier
    times are not estimable; ``attrs["starts"]`` holds the ``Start`` of each level. After the last
    observed time nothing is estimable either, unless ``extend`` carries the last value on.
    """
    limits = {"conf_type": conf_type, "conf_level": conf_level}
    common = {"conf_level": conf_level, "unit": "days",
              "method": _method("Kaplan-Meier", entry, conf_type)}  # fmt: skip
    rows: list[dict[str, Any]] = []
    starts = {}
    for group in watched(frame, duration, event, entry, by, min_at_risk):
        curve = None
        if len(group.exits):
            curve = product_limit(group.exits, group.codes > 0, group.entries)
        few = enough(curve, min_at_risk)
        records = curve_records("survival", curve, group.origin, times, steps, extend, limits,
                                quantiles=min_at_risk is not None)  # fmt: skip
        told = said(group.noticed, group.left_out, few)
        words = {**common, **group.words, **_events(curve), "warning": told}
        rows += [words | record for record in records]
        start = Start(group.t0, group.dropped, said(group.noticed, few))
        starts[group.words["group_level"]] = start
    table = result_rows(rows)
    table.attrs["starts"] = starts
    return table


def _method(name: str, entry: str | None, limits: str) -> str:
    return ", ".join([name, *(["delayed entry"] if entry else []), limits])


def _events(curve: Steps | None) -> dict[str, float]:
    return {} if curve is None else {"events": float(curve.events.sum())}


def product_limit(
    exits: np.ndarray,
    happened: np.ndarray,
    entries: np.ndarray | None = None,
    *,
    leave_first: np.ndarray | None = None,
) -> Steps:
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
        error = survival * np.sqrt(np.cumsum(table.events / (table.at_risk * table.survivors)))
    return Steps("Product limit", 1.0, table, table.events, survival, error, float(exits.max()))


def nelson_aalen(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    entry: str | None = None,
    by: str | None = None,
    times: Sequence[float] = (),
    conf_level: float = 0.95,
    *,
    ties: str = "together",
    extend: bool = False,
) -> pd.DataFrame:
    """Rows ``cumulative_hazard`` with Poisson-type standard error and log limits.

    ``ties="together"`` adds d / Y at each time (Nelson 1972, Aalen 1978); ``"one-by-one"`` adds
    1 / Y + 1 / (Y - 1) + ... (Fleming and Harrington 1984).
    """
    if ties not in ("together", "one-by-one"):
        refuse("ties", f"{ties!r}", "'together' or 'one-by-one'", "choose one")
    name = "Nelson-Aalen" if ties == "together" else "Fleming-Harrington"
    common = {"conf_level": conf_level, "method": _method(name, entry, "log limits")}
    z = normal_quantile(conf_level)
    rows: list[dict[str, Any]] = []
    for group in watched(frame, duration, event, entry, by):
        curve = product_limit(group.exits, group.codes > 0, group.entries)
        table, at = curve.table, asked_times(group.origin, curve, times)
        hazard, squared = hazard_steps(table.at_risk, table.events, ties)
        value, std_error = table.cumulative(hazard, at), np.sqrt(table.cumulative(squared, at))
        width = np.divide(z * std_error, value, out=np.zeros(len(at)), where=value > 0)
        records = records_at(
            "cumulative_hazard", curve, (at <= curve.last) | extend, at, estimate=value,
            std_error=std_error, low=value * np.exp(-width), high=value * np.exp(width),
        )  # fmt: skip
        words = common | group.words | _events(curve) | {"warning": group.noticed}
        rows += [words | record for record in records]
    return result_rows(rows)


def hazard_steps(at_risk: np.ndarray, events: np.ndarray, ties: str):
    """The hazard increment and its variance increment at each event time."""
    if ties == "together":
        return events / at_risk, events / at_risk**2
    before = np.concatenate([[0], np.cumsum(events)[:-1]]) if len(events) else events
    within = np.arange(int(events.sum())) - np.repeat(before, events.astype(int))
    left = np.repeat(at_risk, events.astype(int)) - within
    owner = np.repeat(np.arange(len(events)), events.astype(int))
    return tuple(np.bincount(owner, 1 / left**k, minlength=len(events)) for k in (1, 2))


def median_follow_up(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    entry: str | None = None,
    by: str | None = None,
    conf_type: str = "log-log",
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Rows ``q25``, ``median``, ``q75`` of follow-up: Kaplan-Meier with the roles exchanged.

    The end of follow-up is the outcome, which ``events`` counts; a death on the same day leaves
    the risk set first (Schemper and Smith 1996; prodlim ``reverse = TRUE``).
    """
    method = _method("reverse Kaplan-Meier, deaths leave before censorings", entry, conf_type)
    common = {"conf_level": conf_level, "method": method, "unit": "days"}
    rows: list[dict[str, Any]] = []
    for group in watched(frame, duration, event, entry, by):
        # A censoring at entry was never at risk.
        entries = 0.0 if group.entries is None else group.entries
        ended = (group.codes == 0) & (group.exits > entries)
        curve = product_limit(group.exits, ended, group.entries, leave_first=group.codes > 0)
        limits = probability_limits(curve.value, curve.std_error, conf_type, conf_level)
        words = common | group.words | _events(curve) | {"warning": group.noticed}
        rows += [words | record for record in quantile_records(curve, (curve.value, *limits))]
    return result_rows(rows)
