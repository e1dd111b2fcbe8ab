"""Kaplan-Meier, Nelson-Aalen and median follow-up, as result rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.early_risk_set import Start, fitted_groups
from prrt_lib.estimate.curves.product_limit import Curve, product_limit, quantile
from prrt_lib.estimate.curves.risk_table import asked_times, records_at
from prrt_lib.estimate.proportions import normal_quantile, probability_limits
from prrt_lib.estimate.records import prepared, refuse

QUANTILES = {"q25": 0.25, "median": 0.5, "q75": 0.75}


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
    data = prepared(frame, duration, event, entry, by)
    options = {"conf_type": conf_type, "conf_level": conf_level}
    common = {"conf_level": conf_level, "unit": "days",
              "method": _method("Kaplan-Meier", entry, conf_type)}  # fmt: skip
    rows: list[dict[str, Any]] = []
    starts = {}
    groups = fitted_groups(_of_events, data, duration, event, entry, by, min_at_risk)
    for words, curve, start in groups:
        starts[words["group_level"]] = start
        records = _survival_records(curve, start, times, steps, options, extend)
        records += _quantile_records(curve, options, in_time=min_at_risk is not None)
        rows += [common | words | _events(curve) | record for record in records]
    table = result_rows(rows)
    table.attrs["starts"] = starts
    return table


def _of_events(exits, codes, entries) -> Curve:
    return product_limit(exits, codes > 0, entries)


def _method(name: str, entry: str | None, limits: str) -> str:
    return ", ".join([name, *(["delayed entry"] if entry else []), limits])


def _events(curve: Curve | None) -> dict[str, float]:
    return {} if curve is None else {"events": float(curve.table.events.sum())}


def _survival_records(
    curve: Curve | None, start: Start, times, steps, options, extend
) -> list[dict[str, Any]]:
    """One record per time; a time outside the observed range is "not-estimable"."""
    if curve is None:
        return [{"statistic": "survival", "time": t, "state": "not-estimable"} for t in times]
    origin = start.origin(curve)
    at = asked_times(origin, curve.table.times, times, steps)
    survival, std_error = curve.at(at)
    low, high = probability_limits(survival, std_error, **options)
    return records_at(
        "survival", (at >= origin) & ((at <= curve.last) | extend), time=at, estimate=survival,
        std_error=std_error, low=low, high=high, at_risk=curve.table.sets.at(at),
        events=curve.table.cumulative(curve.table.events, at),
    )  # fmt: skip


def _quantile_records(curve: Curve | None, options, in_time: bool = False) -> list[dict[str, Any]]:
    """Median and quartiles with limits; "not-reached" where the curve stays above."""
    if curve is None:
        return [{"statistic": name, "state": "not-estimable"} for name in QUANTILES]
    limits = probability_limits(curve.survival, curve.std_error, **options)
    records = []
    for name, share in QUANTILES.items():
        found = [quantile(curve, share, v, in_time) for v in (curve.survival, *limits)]
        state = "not-reached" if np.isnan(found[0]) else "ok"
        values = dict(zip(("estimate", "low", "high"), found, strict=True))
        records.append({"statistic": name, "state": state, **values})
    return records


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
    data = prepared(frame, duration, event, entry, by)
    name = "Nelson-Aalen" if ties == "together" else "Fleming-Harrington"
    common = {"conf_level": conf_level, "method": _method(name, entry, "log limits")}
    z = normal_quantile(conf_level)
    rows: list[dict[str, Any]] = []
    for words, curve, start in fitted_groups(_of_events, data, duration, event, entry, by):
        table = curve.table
        at = asked_times(start.origin(curve), table.times, times)
        hazard, squared = hazard_steps(table.at_risk, table.events, ties)
        value, std_error = table.cumulative(hazard, at), np.sqrt(table.cumulative(squared, at))
        width = np.divide(z * std_error, value, out=np.zeros(len(at)), where=value > 0)
        records = records_at(
            "cumulative_hazard", (at <= curve.last) | extend, time=at, estimate=value,
            std_error=std_error, low=value * np.exp(-width), high=value * np.exp(width),
            at_risk=table.sets.at(at), events=table.cumulative(table.events, at),
        )  # fmt: skip
        rows += [common | words | _events(curve) | record for record in records]
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
    data = prepared(frame, duration, event, entry, by)
    method = _method("reverse Kaplan-Meier, deaths leave before censorings", entry, conf_type)
    common = {"conf_level": conf_level, "method": method, "unit": "days"}
    options = {"conf_type": conf_type, "conf_level": conf_level}

    def fit(exits, codes, entries) -> Curve:
        # A censoring at entry was never at risk.
        ended = (codes == 0) & (exits > (0.0 if entries is None else entries))
        return product_limit(exits, ended, entries, leave_first=codes > 0)

    return result_rows(
        common | words | _events(curve) | record
        for words, curve, _ in fitted_groups(fit, data, duration, event, entry, by)
        for record in _quantile_records(curve, options)
    )
