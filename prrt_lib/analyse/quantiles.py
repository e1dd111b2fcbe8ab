"""Median, quartiles, mean and range of one quantity as records of result rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.analyse.summaries import Records, without_value

# Hyndman and Fan 1996, type 7: what R, numpy and pandas do unless told otherwise.
METHOD = "quantiles of type 7"
STEPS = {"median": 0.5, "q25": 0.25, "q75": 0.75, "min": 0.0, "max": 1.0}


def quantity(values: pd.Series, variable: str, unit: str = "", **words: Any) -> Records:
    """Records median, q25, q75, mean, sd, min, max of the known values, and who has none.

    Without any value every statistic is not estimable; so is the sd of a single value. With a
    ``level`` among ``words`` there is no record for the missing: n of total says it.
    """
    known = values.dropna().to_numpy(dtype="float64")
    common = {"variable": variable, "unit": unit, "n": len(known), "total": len(values), **words}
    numbers = (
        {name: float(np.quantile(known, at)) for name, at in STEPS.items()} if len(known) else {}
    )
    if len(known):
        numbers["mean"] = float(known.mean())
    if len(known) > 1:
        numbers["sd"] = float(known.std(ddof=1))
    records = [
        {**common, "statistic": name, "method": METHOD if name in STEPS else "",
         **({"estimate": numbers[name]} if name in numbers else {"state": "not-estimable"})}
        for name in ("median", "q25", "q75", "mean", "sd", "min", "max")
    ]  # fmt: skip
    if "level" in words:
        return records
    return records + without_value(len(values) - len(known), len(values), variable, **words)


def of_enough(records: Records, patients: int, fewest: int) -> Records:
    """``records``; of fewer than ``fewest`` patients, counts alone (decision 36)."""
    if patients >= fewest:
        return records
    why = {"state": "not-estimable", "warning": f"no median of fewer than {fewest} patients"}
    numbers = ("estimate", "low", "high")
    return [
        record if record["statistic"] == "count"
        else {name: value for name, value in record.items() if name not in numbers} | why
        for record in records
    ]  # fmt: skip


def where_enough(records: Records, fewest: int) -> Records:
    """``records``, the quantities among them by :func:`of_enough` of their n, a value per patient.

    Where n is 0 the records say so themselves.
    """
    told = (*STEPS, "mean", "sd")
    few = (record["statistic"] in told and 0 < record["n"] < fewest for record in records)
    return [of_enough([record], 0, fewest)[0] if small else record
            for record, small in zip(records, few, strict=True)]  # fmt: skip


def bounded_quantity(
    values: pd.Series, lower: pd.Series, upper: pd.Series, variable: str, unit: str = "",
    **words: Any,
) -> Records:  # fmt: skip
    """As :func:`quantity` for values of which some are known only between bounds.

    A bound such as "<1" or "3-5" has a rank though not a value, and counts in n. Median and
    quartiles are those of all values where they are the same wherever the bounded values lie
    within their bounds; else the row has no estimate but the interval of medians in ``low`` and
    ``high``, without a ``conf_level`` (decision 35). An open end is empty. Mean, sd, min and max
    are of the exact values alone.
    """
    bounds = values.isna() & (lower.notna() | upper.notna())
    if not bounds.any():
        return quantity(values, variable, unit, **words)
    low = values.fillna(lower.fillna(-np.inf)).where(bounds | values.notna())
    high = values.fillna(upper.fillna(np.inf)).where(bounds | values.notna())
    told, what = int(bounds.sum()), words.get("label", variable)
    spans = {name: (_step(low, at), _step(high, at)) for name, at in STEPS.items()}
    records = [
        _placed(item, spans, told, what)
        for item in quantity(values, variable, unit, **words)
        if item["statistic"] != "count"
    ]
    if "level" in words:
        return records
    absent = int((values.isna() & ~bounds).sum())
    return records + without_value(absent, len(values), variable, **words)


def _step(values: pd.Series, at: float) -> float:
    """Quantile that tolerates infinite ends: between -inf and a number lies -inf."""
    ordered = np.sort(values.dropna().to_numpy(dtype="float64"))
    place = at * (len(ordered) - 1)
    below, above = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    if below == above or place == int(place):
        return float(below)
    if np.isinf(below) or np.isinf(above):
        return float(below if np.isinf(below) else above)
    return float(below + (place - int(place)) * (above - below))


def _placed(record: dict[str, Any], spans: dict, told: int, what: str) -> dict[str, Any]:
    """``record`` of all values by rank: one quantile, or the interval that holds it."""
    if record["statistic"] not in ("median", "q25", "q75"):
        return {**record, "method": f"exact values only, {record['method']}".removesuffix(", ")}
    low, high = spans[record["statistic"]]
    method = f"{METHOD}, {told} bounded values by rank"
    ranked = {**record, "n": record["n"] + told, "method": method}
    if low == high and np.isfinite(low):
        return {**ranked, "state": "ok", "estimate": low}
    return {
        **ranked, "state": "not-estimable", "estimate": np.nan,
        "low": low if np.isfinite(low) else np.nan, "high": high if np.isfinite(high) else np.nan,
        "warning": f"{what}: {told} known only by bounds, brackets hold the interval in which the "
        "median or quartile lies",
    }  # fmt: skip
