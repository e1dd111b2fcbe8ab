"""Kaplan-Meier, Nelson-Aalen, median follow-up and survival at milestones, as result rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.early_risk_set import Group, started_groups
from prrt_lib.estimate.curves.product_limit import Curve, product_limit, quantile
from prrt_lib.estimate.curves.risk_table import asked_times
from prrt_lib.estimate.proportions import normal_quantile, probability_limits
from prrt_lib.estimate.records import arrays, parts, prepared, refuse, warnings_of

QUANTILES = {"q25": 0.25, "median": 0.5, "q75": 0.75}


def kaplan_meier(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    entry: str | None = None,
    by: str | None = None,
    weights: str | None = None,
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
    data = prepared(frame, duration, event, entry, by, weights=weights, sort=bool(weights))
    method = _method("Kaplan-Meier", entry, conf_type, weights)
    options = {"conf_type": conf_type, "conf_level": conf_level}
    rows: list[dict[str, Any]] = []
    starts = {}
    for group in started_groups(data, duration, entry, by, min_at_risk):
        curve = _curve(group, duration, event, entry, weights)
        if curve is not None:
            group = group.told(curve.table.times, curve.table.at_risk, min_at_risk)
        starts[group.key["group_level"]] = group.start
        records = _survival_records(curve, group.start.t0, times, steps, options, extend)
        records += _quantile_records(curve, options, in_time=min_at_risk is not None)
        common = {"conf_level": conf_level, "method": method, "unit": "days"}
        common |= _words(group, curve)
        rows += [common | record for record in records]
    table = result_rows(rows)
    table.attrs["starts"] = starts
    return table


def _curve(group: Group, duration, event, entry, weights) -> Curve | None:
    """The group's curve; None where the group has no records that can be used."""
    if not len(group.records):
        return None
    exits, codes, entries, weight = arrays(group.records, duration, event, entry, weights)
    return product_limit(exits, codes > 0, entries, weight)


def _words(group: Group, curve: Curve | None) -> dict[str, Any]:
    events = {} if curve is None else {"events": float(curve.table.events.sum())}
    return {**group.key, **group.words, **events}


def _method(name: str, entry: str | None, *options: str | None) -> str:
    words = [name, "delayed entry" if entry else "", *[o for o in options if o]]
    return ", ".join(word for word in words if word)


def _survival_records(curve, t0, times, steps, options, extend) -> list[dict[str, Any]]:
    """One record per time; a time outside the observed range is "not-estimable"."""
    if curve is None:
        return [_blank("survival", time) for time in times]
    start = curve.start if t0 is not None else min(0.0, curve.start)
    at = asked_times(start, curve.table.times, times, steps)
    survival, std_error = curve.at(at)
    low, high = probability_limits(survival, std_error, **options)
    columns = (at, survival, std_error, low, high, curve.table.sets.at(at), curve.events_up_to(at))
    names = ("time", "estimate", "std_error", "low", "high", "at_risk", "events")
    rows = zip(*(column.tolist() for column in columns), strict=True)
    records = [{"statistic": "survival", **dict(zip(names, row, strict=True))} for row in rows]
    beyond = (at < start) | ((at > curve.last) & (not extend))
    return [
        {**_blank("survival", record["time"]), "at_risk": record["at_risk"]} if out else record
        for record, out in zip(records, beyond.tolist(), strict=True)
    ]


def _blank(statistic: str, time: float = float("nan")) -> dict[str, Any]:
    return {"statistic": statistic, "time": time, "state": "not-estimable"}


def _quantile_records(curve: Curve | None, options, in_time: bool) -> list[dict[str, Any]]:
    """Median and quartiles with limits; "not-reached" where the curve stays above."""
    if curve is None:
        return [_blank(name) for name in QUANTILES]
    low, high = probability_limits(curve.survival, curve.std_error, **options)
    records = []
    for name, share in QUANTILES.items():
        found = [quantile(curve, share, v, in_time) for v in (curve.survival, low, high)]
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
    weights: str | None = None,
    times: Sequence[float] = (),
    conf_level: float = 0.95,
    *,
    ties: str = "together",
    extend: bool = False,
) -> pd.DataFrame:
    """Rows ``cumulative_hazard`` with Poisson-type standard error and log limits.

    ``ties="together"`` adds d / Y at each time (Nelson 1972, Aalen 1978); ``"one-by-one"`` adds
    1 / Y + 1 / (Y - 1) + ... (Fleming and Harrington 1984), which needs unweighted records.
    """
    if ties not in ("together", "one-by-one") or (weights and ties == "one-by-one"):
        refuse("ties", f"{ties!r}", "'together', or 'one-by-one' without weights", "choose one")
    data = prepared(frame, duration, event, entry, by, weights=weights, sort=bool(weights))
    name = "Nelson-Aalen" if ties == "together" else "Fleming-Harrington"
    method = _method(name, entry, "log limits", weights)
    rows: list[dict[str, Any]] = []
    for group in started_groups(data, duration, entry, by, None):
        curve = _curve(group, duration, event, entry, weights)
        records = _hazard_records(curve, times, conf_level, ties, extend)
        common = {"conf_level": conf_level, "method": method}
        common |= _words(group, curve)
        rows += [common | record for record in records]
    return result_rows(rows)


def _hazard_records(curve: Curve, times, conf_level, ties, extend) -> list[dict[str, Any]]:
    first = min(0.0, curve.start)
    at = asked_times(first, curve.table.times, times)
    value, squared = hazard_steps(curve.table.at_risk, curve.table.events, ties)
    index = np.searchsorted(curve.table.times, at, side="right")
    value, std_error = (np.append(0.0, np.cumsum(step))[index] for step in (value, squared))
    std_error = np.sqrt(std_error)
    at_risk, events = curve.table.sets.at(at), curve.events_up_to(at)
    records = []
    for i, time in enumerate(at.tolist()):
        record = {"statistic": "cumulative_hazard", "time": time, "at_risk": at_risk[i]}
        if time > curve.last and not extend:
            records.append({**record, "state": "not-estimable"})
            continue
        width = normal_quantile(conf_level) * std_error[i] / value[i] if value[i] else 0.0
        limits = {"low": value[i] * np.exp(-width), "high": value[i] * np.exp(width)}
        values = {"estimate": value[i], "std_error": std_error[i], "events": events[i], **limits}
        records.append({**record, **values})
    return records


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
    data = prepared(frame, duration, event, entry, by, sort=False)
    method = _method("reverse Kaplan-Meier, deaths leave before censorings", entry, conf_type)
    options = {"conf_type": conf_type, "conf_level": conf_level}
    rows: list[dict[str, Any]] = []
    for key, part in parts(data, by):
        exits, codes, entries, _ = arrays(part, duration, event, entry)
        curve = product_limit(exits, _seen_leaving(exits, codes, entries), entries,
                              leave_first=codes > 0)  # fmt: skip
        ended = _seen_leaving(exits, codes, entries)
        words = {"n": len(part), "total": len(part), "events": int(ended.sum())}
        records = _quantile_records(curve, options, in_time=False)
        common = {"conf_level": conf_level, "method": method, "unit": "days", **key, **words}
        common["warning"] = warnings_of(data)
        rows += [common | record for record in records]
    return result_rows(rows)


def _seen_leaving(exits, codes, entries) -> np.ndarray:
    """Censored records that were at risk at all: a censoring at entry never was."""
    start = 0.0 if entries is None else entries
    return (codes == 0) & (exits > start)
