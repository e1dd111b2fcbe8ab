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
METHODS = ("clopper-pearson", "wilson", "wilson-corrected")


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
    p, se = np.asarray(probability, dtype="float64"), np.asarray(std_error, dtype="float64")
    with np.errstate(all="ignore"):
        inside = np.where((p > 0) & (p < 1), p, np.nan)
        if conf_type == "plain":
            low, high = np.maximum(p - z * se, 0), np.minimum(p + z * se, 1)
        elif conf_type == "log":
            some = np.where(p > 0, p, np.nan)
            width = z * se / some
            low, high = some * np.exp(-width), np.minimum(some * np.exp(width), 1)
        elif conf_type == "log-log":
            centre, width = -np.log(inside), z * se / np.abs(inside * np.log(inside))
            low, high = np.exp(-centre * np.exp(width)), np.exp(-centre * np.exp(-width))
        elif conf_type == "logit":
            centre, width = np.log(inside / (1 - inside)), z * se / (inside * (1 - inside))
            low, high = 1 / (1 + np.exp(width - centre)), 1 / (1 + np.exp(-width - centre))
        else:
            centre, width = (
                np.arcsin(np.sqrt(inside)),
                0.5 * z * se / np.sqrt(inside * (1 - inside)),
            )
            low = np.sin(np.maximum(0, centre - width)) ** 2
            high = np.sin(np.minimum(np.pi / 2, centre + width)) ** 2
    certain = (p == 1) & (se == 0)
    return np.where(certain, 1.0, low), np.where(certain, 1.0, high)


def proportion(
    count: int, total: int, method: str = "clopper-pearson", conf_level: float = 0.95
) -> pd.DataFrame:
    """A row ``proportion``: count / total with limits.

    ``method``: "clopper-pearson" (exact), "wilson" (score) or "wilson-corrected" (score with
    continuity correction, as R's prop.test). A total of 0 is not estimable.
    """
    if method not in METHODS:
        refuse("method", f"{method!r}", f"one of {METHODS}", "choose one")
    check_counts(count, total)
    words = {"statistic": "proportion", "method": method, "conf_level": conf_level,
             "n": count, "total": total}  # fmt: skip
    if total == 0:
        return result_rows([{**words, "state": "not-estimable"}])
    if method == "clopper-pearson":
        low, high = clopper_pearson(count, total, conf_level)
    else:
        normal_quantile(conf_level)
        # R corrects by |count - total / 2| at most: by nothing at one half.
        corrected = method == "wilson-corrected" and 2 * count != total
        test = binomtest(int(count), int(total))
        low, high = test.proportion_ci(conf_level, "wilsoncc" if corrected else "wilson")
    return result_rows([{**words, "estimate": count / total, "low": low, "high": high}])


def binomial_test(count: int, total: int, against: float) -> pd.DataFrame:
    """A row ``proportion`` with the exact two-sided p: outcomes no likelier than the observed."""
    check_counts(count, total)
    test = binomtest(int(count), int(total), against)
    words = {"n": count, "total": total, "method": f"exact binomial test against {against:g}"}
    record = {"statistic": "proportion", "estimate": count / total, "p": test.pvalue}
    return result_rows([record], **words)


def clopper_pearson(count: int, total: int, conf_level: float = 0.95) -> tuple[float, float]:
    """Exact lower and upper limits (beta quantiles)."""
    normal_quantile(conf_level)
    tail = (1 - conf_level) / 2
    low = float(betaincinv(count, total - count + 1, tail)) if count > 0 else 0.0
    high = float(betaincinv(count + 1, total - count, 1 - tail)) if count < total else 1.0
    return low, high


def check_counts(count: int, total: int) -> None:
    """AnalysisError unless 0 <= count <= total, both whole numbers."""
    whole = float(count).is_integer() and float(total).is_integer()
    if not whole or not 0 <= count <= total:
        refuse("a proportion", f"{count} of {total}", "0 <= count <= total, whole numbers")


def cochran_armitage(
    counts: Sequence[int], totals: Sequence[int], variance: str = "n"
) -> pd.DataFrame:
    """A row ``chi2`` with 1 df: linear trend of counts / totals over 1, 2, ...

    ``variance="n"`` is the Cochran-Armitage test (R's prop.trend.test); ``"n-1"`` the
    linear-by-linear association test with the permutation variance, which alone is the trend
    test of statsmodels 0.15.
    """
    x, n = np.asarray(counts, dtype="float64"), np.asarray(totals, dtype="float64")
    if len(x) != len(n) or (x < 0).any() or (x > n).any():
        refuse("counts and totals", f"lengths {len(x)}, {len(n)}",
               "equal lengths and counts within totals")  # fmt: skip
    if variance not in ("n", "n-1"):
        refuse("variance", f"{variance!r}", "'n' or 'n-1'", "choose one")
    method = "Cochran-Armitage trend" if variance == "n" else "linear-by-linear trend"
    test = {"statistic": "chi2", "n": x.sum(), "total": n.sum(), "method": method}
    size, share, s = n.sum(), x.sum() / n.sum(), np.arange(1.0, len(x) + 1)
    centred = s - (n * s).sum() / size
    spread = share * (1 - share) * (n * centred**2).sum()
    if spread == 0:
        return result_rows([{**test, "state": "not-estimable"}])
    value = (x * centred).sum() ** 2 / spread * (1 if variance == "n" else (size - 1) / size)
    return result_rows([{**test, "estimate": value, "df": 1, "p": chdtrc(1, value)}])
