"""Numbers as people read them. Rounding, signs and units happen here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from prrt_lib.declare.parameters import DAYS_PER_MONTH

NOT_OK = {
    "not-reached": "not reached",
    "not-estimable": "not estimable",
    "not-abstracted": "not abstracted",
    "suppressed": "suppressed",
}
LOG_SCALE = {
    "log_hazard_ratio", "log_subdistribution_hazard_ratio", "log_rate_ratio", "log_odds_ratio",
    "log_rmst_ratio",
}  # fmt: skip
QUANTILES = {"median", "q25", "q75"}
PROBABILITIES = {"survival", "cumulative_incidence", "proportion", "survival_difference"}


def why_not(row: Mapping[str, Any]) -> str:
    """The words that stand in place of an estimate, or between what its readings put it."""
    return row.get("between") or NOT_OK[row["state"]]


def missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def plain(value: float, digits: int = 1) -> str:
    """``value`` with ``digits`` decimals; whole numbers without; "" when missing."""
    if missing(value):
        return ""
    if float(value).is_integer() and abs(value) < 1e15 and digits <= 1:
        return f"{int(value):,}".replace(",", " ")
    return f"{value:.{digits}f}"


def percent(share: float, digits: int = 1) -> str:
    """A share in [0, 1] as a percentage."""
    return "" if missing(share) else f"{100 * share:.{digits}f} %"


def p_value(p: float) -> str:
    """ "0.034", "<0.001", or "" when missing."""
    if missing(p):
        return ""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def n_of_total(n: float, total: float) -> str:
    """ "12/40 (30.0 %)"; a total of 0 has no percentage."""
    if missing(n) or missing(total):
        return ""
    share = f" ({percent(n / total)})" if total else ""
    return f"{int(n)}/{int(total)}{share}"


def scaled(row: Mapping[str, Any], value: float, digits: int | None = None) -> str:
    """One number of ``row`` on the scale people read: months, percent, ratios."""
    if missing(value):
        return ""
    statistic, unit = row["statistic"], row["unit"]
    if statistic in PROBABILITIES:
        return f"{100 * value:.{1 if digits is None else digits}f}"
    if statistic in LOG_SCALE:
        return _ratio(value)
    if unit == "days":
        return f"{value / DAYS_PER_MONTH:.{1 if digits is None else digits}f}"
    return plain(value, 2 if digits is None and abs(value) < 10 else (digits or 1))


def _ratio(log_value: float) -> str:
    if log_value > 12:
        return ">100 000"
    ratio = math.exp(log_value)
    return f"{ratio:.2f}" if 0.01 <= ratio < 100 else f"{ratio:.3g}"


def unit(row: Mapping[str, Any]) -> str:
    """Unit that goes with :func:`scaled`."""
    if row["statistic"] in PROBABILITIES:
        return "%"
    if row["statistic"] in LOG_SCALE:
        return ""
    return "months" if row["unit"] == "days" else row["unit"]


def limits(row: Mapping[str, Any], digits: int | None = None) -> str:
    """ "37.4 to 55.2"; "" without limits.

    The open end of a time is "not reached", that of a rate is left out: "at least 80.7".
    """
    low, high = row["low"], row["high"]
    if missing(low) and missing(high):
        return ""
    if row["statistic"] in PROBABILITIES and (missing(low) or missing(high)):
        return f"at most {scaled(row, high, digits)}" if missing(low) else (
            f"at least {scaled(row, low, digits)}")  # fmt: skip
    texts = [scaled(row, end, digits) or "not reached" for end in (low, high)]
    return " to ".join(texts)


def interval(row: Mapping[str, Any], digits: int | None = None) -> str:
    """ "[2 to 7]" that holds a median of partly bounded values; "" for every other row."""
    low, high = (scaled(row, row[end], digits) for end in ("low", "high"))
    if row["statistic"] not in QUANTILES or not missing(row["conf_level"]) or not (low or high):
        return ""
    if low and high:
        return f"[{low} to {high}]"
    return f"[at least {low}]" if low else f"[at most {high}]"


def estimate(row: Mapping[str, Any], digits: int | None = None) -> str:
    """Estimate with limits, or the word that says why there is none."""
    if row["state"] != "ok":
        return interval(row, digits) or why_not(row)
    if row["statistic"] == "proportion" or (row["statistic"] == "count" and row["total"] > 0):
        return n_of_total(row["n"], row["total"])
    if row["statistic"] == "count":
        return plain(row["estimate"], 0)
    within = limits(row, digits)
    value = scaled(row, row["estimate"], digits)
    return f"{value} ({within})" if within else value
