"""Cumulative incidence with competing events, as result rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.aalen_johansen import Incidence, aalen_johansen
from prrt_lib.estimate.curves.early_risk_set import started_groups, with_dips
from prrt_lib.estimate.curves.gray import gray_test
from prrt_lib.estimate.groups import arrays
from prrt_lib.estimate.guards import chosen_cause, declared_causes, prepared, refuse
from prrt_lib.estimate.limits import probability_limits

__all__ = ["cumulative_incidence", "gray_test"]

VARIANCES = {"delta": "Greenwood-type variance", "aalen": "Aalen variance"}


def cumulative_incidence(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    cause: int = 1,
    entry: str | None = None,
    by: str | None = None,
    weights: str | None = None,
    times: Sequence[float] = (),
    variance: str = "delta",
    conf_type: str = "log-log",
    conf_level: float = 0.95,
    *,
    causes: Sequence[int] | None = None,
    min_at_risk: int | None = None,
    extend: bool = False,
) -> pd.DataFrame:
    """Rows ``cumulative_incidence`` of ``cause`` at ``times`` (none given: start and steps).

    ``event`` is 0 for censored, else the cause; ``causes`` declares the allowed codes (default:
    1 to the largest found). ``variance`` is "delta" (Greenwood type: survfit, etm) or "aalen"
    (cmprsk). Limits on the log-log scale of the incidence unless ``conf_type`` says otherwise.
    ``min_at_risk`` and ``extend`` as in ``kaplan_meier``.
    """
    if variance not in VARIANCES:
        refuse("variance", f"{variance!r}", f"one of {tuple(VARIANCES)}", "choose one")
    causes = declared_causes(frame, event, causes)
    cause = chosen_cause(cause, causes)
    data = prepared(
        frame, duration, event, entry, by, causes=causes, weights=weights, sort=bool(weights)
    )
    method = f"Aalen-Johansen, {VARIANCES[variance]}, {conf_type}"
    common = {"conf_level": conf_level, "level": str(cause), "variable": event}
    common["method"] = method + (", delayed entry" if entry else "")
    rows: list[dict[str, Any]] = []
    for group in started_groups(data, duration, entry, by, min_at_risk):
        curve, words = None, group.words
        if len(group.records):
            exits, codes, entries, weight = arrays(group.records, duration, event, entry, weights)
            curve = aalen_johansen(exits, codes, cause, entries, weight, variance)
            words = with_dips(words, curve.times, curve.at_risk, min_at_risk)
        records = _records(curve, times, group.t0, conf_type, conf_level, extend)
        full = {**common, **group.key, **words}
        rows += [full | record for record in records]
    return result_rows(rows)


def _records(curve: Incidence | None, times, t0, conf_type, conf_level, extend) -> list[dict]:
    blank: dict[str, Any] = {"statistic": "cumulative_incidence", "state": "not-estimable"}
    if curve is None:
        return [{**blank, "time": time} for time in times]
    start = curve.sets.start if t0 is not None else min(0.0, curve.sets.start)
    own = curve.times[curve.events > 0]
    at = np.asarray(
        list(dict.fromkeys(times)) if len(times) else np.append(start, own), dtype="float64"
    )
    index = curve.index(at)
    value, error = (np.append(0.0, x)[index] for x in (curve.incidence, curve.std_error))
    low, high = probability_limits(value, error, conf_type, conf_level)
    columns = {
        "time": at,
        "estimate": value,
        "std_error": error,
        "low": low,
        "high": high,
        "at_risk": curve.sets.at(at),
        "events": np.append(0.0, np.cumsum(curve.events))[index],
    }
    lists = zip(*(values.tolist() for values in columns.values()), strict=True)
    rows = [dict(zip(columns, row, strict=True)) for row in lists]
    beyond = (at < start) | ((at > curve.last) & (not extend))
    return [
        {**blank, "time": row["time"], "at_risk": row["at_risk"]}
        if out
        else {"statistic": "cumulative_incidence", **row}
        for row, out in zip(rows, beyond.tolist(), strict=True)
    ]
