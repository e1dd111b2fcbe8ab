"""Survival at fixed times, and the differences between groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from prrt_lib.declare.levels import matched
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.curves.survival import kaplan_meier
from prrt_lib.estimate.limits import normal_quantile


def milestone(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    times: Sequence[float],
    entry: str | None = None,
    by: str | None = None,
    weights: str | None = None,
    conf_type: str = "log-log",
    conf_level: float = 0.95,
    *,
    reference: object = None,
    min_at_risk: int | None = None,
) -> pd.DataFrame:
    """Rows ``survival`` at ``times`` and ``survival_difference`` of each level from a reference.

    ``reference`` is matched by value; it is the first level when it is not given. A difference is
    normal on the plain scale: its variance is the sum of the two Greenwood variances.
    """
    rows = kaplan_meier(
        frame, duration, event, entry, by, weights, times, conf_type, conf_level,
        min_at_risk=min_at_risk,
    )  # fmt: skip
    survival = rows[rows["statistic"] == "survival"]
    if by is None:
        return stamp(survival)
    levels = list(dict.fromkeys(survival["group_level"]))
    base = levels[0] if reference is None else matched(reference, levels, "reference")
    at_base = survival[survival["group_level"] == base].set_index("time")
    others = survival[survival["group_level"] != base]
    records = [_difference(row, at_base.loc[row["time"]]) for _, row in others.iterrows()]
    words = {"group": by, "reference": base, "statistic": "survival_difference"}
    method = rows["method"].iloc[0] + "; difference normal on the plain scale"
    table = result_rows(records, conf_level=conf_level, method=method, **words)
    return combine([survival, with_normal_limits(table, conf_level)])


def _difference(row: pd.Series, base: pd.Series) -> dict[str, Any]:
    states = [state for state in (row["state"], base["state"]) if state != "ok"]
    return {
        "group_level": row["group_level"],
        "time": row["time"],
        "estimate": row["estimate"] - base["estimate"],
        "std_error": np.hypot(row["std_error"], base["std_error"]),
        "n": row["n"] + base["n"],
        "warning": row["warning"],
        "label": row["label"],
        "state": states[0] if states else "ok",
    }


def with_normal_limits(rows: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """``rows`` with limits estimate +- z std_error and the two-sided normal p value."""
    z = normal_quantile(conf_level)
    value, error = rows["estimate"], rows["std_error"].where(rows["std_error"] > 0)
    return stamp(
        rows,
        low=value - z * error,
        high=value + z * error,
        p=2 * ndtr(-np.abs(value / error)),
        conf_level=conf_level,
    )
