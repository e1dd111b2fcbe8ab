"""A probability with its confidence limits, proportions and their trend.

Limits of a probability as in R's survfit (Klein and Moeschberger 2003, section 4.3); a limit that a
transformation does not define is NaN, and a probability without any event has limits 1 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import betaincinv, chdtrc, ndtri
from scipy.stats import binomtest

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.records import refuse

SCALES = ("log-log", "log", "plain", "logit", "arcsin")


def normal_quantile(conf_level: float) -> float:
    """The two-sided standard normal quantile; AnalysisError unless 0 < conf_level < 1."""
    if not 0 < conf_level < 1:
        refuse("conf_level", f"{conf_level}", "a number between 0 and 1", "give for example 0.95")
    return float(ndtri(1 - (1 - conf_level) / 2))


def probability_limits(
    probability: np.ndarray, std_error: np.ndarray, conf_type: str, conf_level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits of ``probability`` from its standard error."""
    if conf_type not in SCALES:
        refuse("conf_type", f"{conf_type!r}", f"one of {SCALES}", "name one of these")
    z = normal_quantile(conf_level)
    p = np.asarray(probability, dtype="float64")
    se = np.asarray(std_error, dtype="float64")
    with np.errstate(all="ignore"):
        low, high = _BY_SCALE[conf_type](p, se, z)
    certain = (p == 1) & (se == 0)
    return np.where(certain, 1.0, low), np.where(certain, 1.0, high)


def _plain(p, se, z):
    return np.maximum(p - z * se, 0), np.minimum(p + z * se, 1)


def _log(p, se, z):
    inside = np.where(p > 0, p, np.nan)
    width = z * se / inside
    return inside * np.exp(-width), np.minimum(inside * np.exp(width), 1)


def _log_log(p, se, z):
    inside = np.where((p > 0) & (p < 1), p, np.nan)
    width = z * se / np.abs(inside * np.log(inside))
    centre = -np.log(inside)
    return np.exp(-centre * np.exp(width)), np.exp(-centre * np.exp(-width))


def _logit(p, se, z):
    inside = np.where((p > 0) & (p < 1), p, np.nan)
    width = z * se / (inside * (1 - inside))
    centre = np.log(inside / (1 - inside))
    return 1 / (1 + np.exp(width - centre)), 1 / (1 + np.exp(-width - centre))


def _arcsin(p, se, z):
    inside = np.where((p > 0) & (p < 1), p, np.nan)
    width = 0.5 * z * se / np.sqrt(inside * (1 - inside))
    centre = np.arcsin(np.sqrt(inside))
    low = np.sin(np.maximum(0, centre - width)) ** 2
    return low, np.sin(np.minimum(np.pi / 2, centre + width)) ** 2


_BY_SCALE = {"plain": _plain, "log": _log, "log-log": _log_log, "logit": _logit, "arcsin": _arcsin}


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


def cochran_armitage(
    counts: Sequence[int],
    totals: Sequence[int],
    scores: Sequence[float] | None = None,
    variance: str = "n",
) -> pd.DataFrame:
    """A row ``chi2`` with 1 df: linear trend of counts / totals over ``scores`` (1, 2, ...).

    ``variance="n"`` is the Cochran-Armitage test (R's prop.trend.test); ``"n-1"`` the
    linear-by-linear association test with the permutation variance.
    """
    x, n = np.asarray(counts, dtype="float64"), np.asarray(totals, dtype="float64")
    s = np.arange(1.0, len(x) + 1) if scores is None else np.asarray(scores, dtype="float64")
    if not len(x) == len(n) == len(s) or (x < 0).any() or (x > n).any():
        refuse("counts, totals and scores", f"lengths {len(x)}, {len(n)}, {len(s)}",
               "equal lengths and counts within totals")  # fmt: skip
    if variance not in ("n", "n-1"):
        refuse("variance", f"{variance!r}", "'n' or 'n-1'", "choose one")
    words = {"n": x.sum(), "total": n.sum()}
    words["method"] = "Cochran-Armitage trend" if variance == "n" else "linear-by-linear trend"
    size, share = n.sum(), x.sum() / n.sum()
    centred = s - (n * s).sum() / size
    spread = share * (1 - share) * (n * centred**2).sum()
    if spread == 0:
        return result_rows([{"statistic": "chi2", "state": "not-estimable"}], **words)
    value = (x * centred).sum() ** 2 / spread * (1 if variance == "n" else (size - 1) / size)
    test = {"statistic": "chi2", "estimate": value, "df": 1, "p": chdtrc(1, value)}
    return result_rows([test], **words)
