"""Restricted mean survival time, and its differences between groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from prrt_lib.declare.levels import matched
from prrt_lib.declare.rows import result_rows, stamp
from prrt_lib.estimate.curves.product_limit import Curve, product_limit
from prrt_lib.estimate.proportions import normal_quantile
from prrt_lib.estimate.records import arrays, parts, prepared, refuse, warnings_of


def rmst(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    tau: float,
    entry: str | None = None,
    by: str | None = None,
    weights: str | None = None,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """A row ``rmst`` per group: the area under Kaplan-Meier from 0 to ``tau`` days.

    Standard error by Greenwood: the sum of A(t)^2 d / (Y (Y - d)), A(t) the area from t to tau
    (Klein and Moeschberger 2003, section 4.5). Not estimable when a group's observation ends
    before ``tau`` with survivors left.
    """
    data = prepared(frame, duration, event, entry, by, weights=weights, sort=bool(weights))
    if tau <= 0:
        refuse("tau", f"{tau}", "a positive horizon in days", "give for example 1826")
    z = normal_quantile(conf_level)
    records = []
    for key, part in parts(data, by):
        exits, codes, entries, weight = arrays(part, duration, event, entry, weights)
        curve = product_limit(exits, codes > 0, entries, weight)
        record = {"n": len(part), "events": float(curve.events_up_to(np.array([tau]))[0])}
        if curve.last < tau and not (len(curve.survival) and curve.survival[-1] == 0):
            records.append({**key, **record, "state": "not-estimable"})
            continue
        mean, error = restricted_mean(curve, tau)
        limits = {"low": max(mean - z * error, 0.0), "high": mean + z * error}
        records.append({**key, **record, "estimate": mean, "std_error": error, **limits})
    words = {"statistic": "rmst", "time": tau, "unit": "days", "conf_level": conf_level}
    method = "restricted mean, Kaplan-Meier" + (", delayed entry" if entry else "")
    return result_rows(records, warning=warnings_of(data), method=method, **words)


def restricted_mean(curve: Curve, tau: float) -> tuple[float, float]:
    """The area under the curve up to ``tau``, and its standard error."""
    inside = curve.table.times < tau
    times = curve.table.times[inside]
    widths = np.diff(np.concatenate([[0.0], times, [tau]]))
    areas = np.append(1.0, curve.survival[inside]) * widths
    after = np.cumsum(areas[::-1])[::-1][1:]
    table = curve.table
    with np.errstate(divide="ignore"):
        share = (table.events / (table.at_risk * table.survivors))[inside]
    used = after > 0
    return float(areas.sum()), float(np.sqrt((after[used] ** 2 * share[used]).sum()))


def rmst_difference(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    tau: float,
    by: str,
    entry: str | None = None,
    weights: str | None = None,
    conf_level: float = 0.95,
    *,
    reference: object = None,
) -> pd.DataFrame:
    """Rows ``rmst_difference`` (days) of each level from the reference, the first if not given."""
    rows = rmst(frame, duration, event, tau, entry, by, weights, conf_level)
    levels = rows["group_level"].tolist()
    base = levels[0] if reference is None else matched(reference, levels, "reference")
    zero = rows[rows["group_level"] == base].iloc[0]
    others = rows[rows["group_level"] != base]
    words = {"statistic": "rmst_difference", "group": by, "reference": base, "time": tau,
             "unit": "days", "warning": zero["warning"]}  # fmt: skip
    gaps = result_rows([_difference(row, zero) for _, row in others.iterrows()], **words)
    error = gaps["std_error"].where(gaps["std_error"] > 0)
    half = normal_quantile(conf_level) * error
    return stamp(gaps, low=gaps["estimate"] - half, high=gaps["estimate"] + half,
                 p=2 * ndtr(-np.abs(gaps["estimate"] / error)), conf_level=conf_level)  # fmt: skip


def _difference(row: pd.Series, zero: pd.Series) -> dict[str, Any]:
    states = [state for state in (row["state"], zero["state"]) if state != "ok"]
    return {
        "group_level": row["group_level"],
        "estimate": row["estimate"] - zero["estimate"],
        "std_error": np.hypot(row["std_error"], zero["std_error"]),
        "n": row["n"] + zero["n"],
        "events": row["events"] + zero["events"],
        "method": row["method"] + "; difference",
        "state": states[0] if states else "ok",
    }
