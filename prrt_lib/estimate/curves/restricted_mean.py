"""Restricted mean survival time, and its differences between groups.

lifelines 0.30.3 (``restricted_mean_survival_time``) gives the same mean, but as variance that of
a patient's time, not of the mean.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from prrt_lib.declare.arguments import matched
from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.steps import Steps
from prrt_lib.estimate.curves.survival import product_limit
from prrt_lib.estimate.proportions import normal_quantile
from prrt_lib.estimate.records import arrays, parts, prepared, refuse, warnings_of


def rmst(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    tau: float,
    entry: str | None = None,
    by: str | None = None,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """A row ``rmst`` per group: the area under Kaplan-Meier from 0 to ``tau`` days.

    Standard error by Greenwood: the sum of A(t)^2 d / (Y (Y - d)), A(t) the area from t to tau
    (Klein and Moeschberger 2003, section 4.5). Not estimable when a group's observation ends
    before ``tau`` with survivors left.
    """
    data = prepared(frame, duration, event, entry, by)
    if tau <= 0:
        refuse("tau", f"{tau}", "a positive horizon in days", "give for example 1826")
    z = normal_quantile(conf_level)
    records = []
    for key, part in parts(data, by):
        exits, codes, entries = arrays(part, duration, event, entry)
        curve = product_limit(exits, codes > 0, entries)
        record = {**key, "n": len(part), "events": float(((codes > 0) & (exits <= tau)).sum())}
        if curve.last < tau and not (len(curve.value) and curve.value[-1] == 0):
            records.append({**record, "state": "not-estimable"})
            continue
        mean, error = restricted_mean(curve, tau)
        limits = {"low": max(mean - z * error, 0.0), "high": mean + z * error}
        records.append({**record, "estimate": mean, "std_error": error, **limits})
    method = "restricted mean, Kaplan-Meier" + (", delayed entry" if entry else "")
    return result_rows(records, statistic="rmst", time=tau, unit="days", conf_level=conf_level,
                       method=method, warning=warnings_of(data))  # fmt: skip


def restricted_mean(curve: Steps, tau: float) -> tuple[float, float]:
    """The area under the curve up to ``tau``, and its standard error."""
    table, inside = curve.table, curve.table.times < tau
    widths = np.diff(np.concatenate([[0.0], table.times[inside], [tau]]))
    areas = np.append(1.0, curve.value[inside]) * widths
    after = np.cumsum(areas[::-1])[::-1][1:]
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
    conf_level: float = 0.95,
    *,
    reference: object = None,
) -> pd.DataFrame:
    """Rows ``rmst_difference`` (days) of each level from the reference, the first if not given."""
    rows = rmst(frame, duration, event, tau, entry, by, conf_level).to_dict("records")
    levels = [row["group_level"] for row in rows]
    base = levels[0] if reference is None else matched(reference, levels, "reference")
    zero = rows[levels.index(base)]
    z, records = normal_quantile(conf_level), []
    for row in rows:
        if row is zero:
            continue
        gap = row["estimate"] - zero["estimate"]
        error = np.hypot(row["std_error"], zero["std_error"])
        states = [state for state in (row["state"], zero["state"]) if state != "ok"]
        record = {"group_level": row["group_level"], "estimate": gap, "std_error": error,
                  "n": row["n"] + zero["n"], "events": row["events"] + zero["events"],
                  "method": row["method"] + "; difference",
                  "state": [*states, "ok"][0]}  # fmt: skip
        if error > 0:
            record |= {"low": gap - z * error, "high": gap + z * error,
                       "p": 2 * ndtr(-abs(gap / error))}  # fmt: skip
        records.append(record)
    return result_rows(
        records, statistic="rmst_difference", group=by, reference=base, time=tau, unit="days",
        conf_level=conf_level, warning=zero["warning"],
    )  # fmt: skip
