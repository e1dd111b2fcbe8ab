"""Proportions with exact and score limits, and the exact binomial test."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betaincinv
from scipy.stats import binomtest

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.guards import refuse
from prrt_lib.estimate.limits import normal_quantile


def proportion(
    count: int, total: int, method: str = "clopper-pearson", conf_level: float = 0.95
) -> pd.DataFrame:
    """A row ``proportion``: count / total with limits.

    ``method``: "clopper-pearson" (exact), "wilson" (score) or "wilson-corrected" (score with
    continuity correction, as R's prop.test). A total of 0 is not estimable.
    """
    if method not in _LIMITS:
        refuse("method", f"{method!r}", f"one of {tuple(_LIMITS)}", "choose one")
    check_counts(count, total)
    words = {"statistic": "proportion", "method": method, "conf_level": conf_level}
    words |= {"n": count, "total": total}
    if total == 0:
        return result_rows([{**words, "state": "not-estimable"}])
    low, high = _LIMITS[method](count, total, conf_level)
    return result_rows([{**words, "estimate": count / total, "low": low, "high": high}])


def binomial_test(count: int, total: int, against: float) -> pd.DataFrame:
    """A row ``proportion`` with the exact two-sided p: outcomes no likelier than the observed."""
    check_counts(count, total)
    test = binomtest(int(count), int(total), against)
    words = {"n": count, "total": total, "method": f"exact binomial test against {against:g}"}
    record = {"statistic": "proportion", "estimate": count / total, "p": test.pvalue}
    return result_rows([record], **words)


def clopper_pearson(count, total, conf_level: float = 0.95):
    """Exact lower and upper limits (beta quantiles); arrays are welcome."""
    normal_quantile(conf_level)
    count, total = np.asarray(count, dtype="float64"), np.asarray(total, dtype="float64")
    tail = (1 - conf_level) / 2
    low = np.where(count > 0, betaincinv(np.maximum(count, 1), total - count + 1, tail), 0.0)
    rest = np.maximum(total - count, 1)
    high = np.where(count < total, betaincinv(count + 1, rest, 1 - tail), 1.0)
    return low[()], high[()]


def wilson(count: int, total: int, conf_level: float = 0.95, corrected: bool = False):
    """Score limits (Wilson 1927); ``corrected`` moves the count by at most a half, as R does."""
    z = normal_quantile(conf_level)
    shift = min(0.5, abs(count - total / 2)) / total if corrected else 0.0
    share = count / total
    low = _score_limit(share - shift, total, -z) if share - shift > 0 else 0.0
    high = _score_limit(share + shift, total, z) if share + shift < 1 else 1.0
    return max(low, 0.0), min(high, 1.0)


def _score_limit(share: float, total: int, z: float) -> float:
    half = z**2 / (2 * total)
    root = np.sqrt(share * (1 - share) / total + half / (2 * total))
    return float((share + half + z * root) / (1 + 2 * half))


def check_counts(count: int, total: int) -> None:
    """AnalysisError unless 0 <= count <= total, both whole numbers."""
    whole = float(count).is_integer() and float(total).is_integer()
    if not whole or not 0 <= count <= total:
        refuse("a proportion", f"{count} of {total}", "0 <= count <= total, whole numbers")


_LIMITS = {
    "clopper-pearson": clopper_pearson,
    "wilson": wilson,
    "wilson-corrected": lambda count, total, level: wilson(count, total, level, corrected=True),
}
