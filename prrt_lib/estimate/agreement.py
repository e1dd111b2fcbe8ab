"""Agreement of two raters: kappa of categories, intraclass correlation and limits of agreement.

statsmodels 0.15 knows categories only (``inter_rater``), and gives kappa.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from scipy.stats import f, t
from statsmodels.stats.inter_rater import cohens_kappa

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.proportions import normal_quantile
from prrt_lib.estimate.records import refuse

METHOD = "Cohen's kappa, unweighted; limits from the asymptotic variance (Fleiss 1969)"
ICC = "intraclass correlation ICC(2,1): two-way random effects, absolute agreement, one rater"
LIMITS = "limits of agreement, mean difference +/- 1.96 SD (Bland and Altman 1999)"
FEWEST = 3
WIDE = 1.96


def kappa(
    first: Sequence[Hashable], second: Sequence[Hashable], conf_level: float = 0.95
) -> pd.DataFrame:
    """A row ``kappa``: agreement of two raters beyond chance, with limits.

    Not estimable without items, or where both raters used one and the same category only:
    chance alone then makes them agree. Limits are cut at -1 and 1; where the raters agree on
    every item the variance is 0 and no limits are given.
    """
    if len(first) != len(second):
        refuse("kappa", f"{len(first)} and {len(second)} ratings", "one of each rater per item")
    z = normal_quantile(conf_level)
    words = {"statistic": "kappa", "method": METHOD, "conf_level": conf_level, "n": len(first)}
    levels = sorted(set(first) | set(second), key=str)
    if len(levels) < 2:
        return result_rows([{**words, "state": "not-estimable", "warning": "one category only"}])
    place = {level: at for at, level in enumerate(levels)}
    table = np.zeros((len(levels), len(levels)))
    np.add.at(table, ([place[one] for one in first], [place[one] for one in second]), 1)
    if np.trace(table) == len(first):
        warning = "agreement on every item: no limits"
        return result_rows([{**words, "estimate": 1.0, "warning": warning}])
    # statsmodels divides by a null variance of 0 where one rater used one category only.
    with np.errstate(divide="ignore", invalid="ignore"):
        found = cohens_kappa(table)
    record = {**words, "estimate": float(found.kappa), "std_error": float(found.std_kappa)}
    half = z * found.std_kappa
    limits = {"low": max(found.kappa - half, -1.0), "high": min(found.kappa + half, 1.0)}
    return result_rows([{**record, **limits}])


def intraclass_correlation(ratings: np.ndarray, conf_level: float = 0.95) -> pd.DataFrame:
    """A row ``intraclass_correlation`` of an (items, raters) array, with F limits.

    ICC(2,1) of Shrout and Fleiss 1979, ICC(A,1) of McGraw and Wong 1996: raters are a sample of
    raters, and a rater who is always higher agrees less. Limits as McGraw and Wong's case 2A.
    Not estimable with fewer than three items, or where all values are the same; where the raters
    agree on every item there are no limits.
    """
    normal_quantile(conf_level)
    x = np.asarray(ratings, dtype=float)
    if x.ndim != 2 or x.shape[1] < 2 or np.isnan(x).any():
        refuse("intraclass correlation", f"ratings of shape {x.shape}",
               "a complete table of items by two raters or more")  # fmt: skip
    n, k = x.shape
    words = {"statistic": "intraclass_correlation", "method": ICC, "conf_level": conf_level, "n": n}
    if n < FEWEST or np.ptp(x) == 0:
        why = f"fewer than {FEWEST} items" if n < FEWEST else "all values are the same"
        return result_rows([{**words, "state": "not-estimable", "warning": why}])
    # Mean squares between items, between raters and of what is left over; values that differ by
    # rounding alone are equal.
    items, raters, middle, tiny = x.mean(axis=1), x.mean(axis=0), x.mean(), 1e-12 * np.abs(x).max()
    left = x - items[:, None] - raters + middle
    rows = float(k * ((items - middle) ** 2).sum() / (n - 1))
    columns = float(n * ((raters - middle) ** 2).sum() / (k - 1)) if np.ptp(raters) > tiny else 0.0
    rest = float((left**2).sum() / ((n - 1) * (k - 1))) if np.abs(left).max() > tiny else 0.0
    spread = rows + (k - 1) * rest + k / n * (columns - rest)
    value = float((rows - rest) / spread)
    if rest == 0 and columns == 0:
        warning = "agreement on every item: no limits"
        return result_rows([{**words, "estimate": 1.0, "warning": warning}])
    own, other = k * value / (n * (1 - value)), 1 + k * value * (n - 1) / (n * (1 - value))
    apart, within = own * columns, other * rest
    df = (apart + within) ** 2 / (apart**2 / (k - 1) + within**2 / ((n - 1) * (k - 1)))
    top = 1 - (1 - conf_level) / 2
    below, above = f.ppf(top, n - 1, df), f.ppf(top, df, n - 1)
    spread = k * columns + (k * n - k - n) * rest
    low = n * (rows - below * rest) / (below * spread + n * rows)
    high = n * (above * rows - rest) / (spread + n * above * rows)
    return result_rows([{**words, "estimate": value, "low": float(low), "high": float(high)}])


def limits_of_agreement(
    first: Sequence[float], second: Sequence[float], conf_level: float = 0.95
) -> pd.DataFrame:
    """Rows ``difference`` (mean of first minus second) and ``limit_of_agreement`` (level lower and
    upper), each with limits of its own from Student's t.

    The variance of a limit is SD^2 (1 / n + 1.96^2 / (2 (n - 1))), Bland and Altman, Statistical
    Methods in Medical Research 1999. Not estimable with fewer than three pairs.
    """
    normal_quantile(conf_level)
    if len(first) != len(second):
        refuse("limits of agreement", f"{len(first)} and {len(second)} values", "pairs")
    gaps = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    n = len(gaps)
    words = {"method": LIMITS, "conf_level": conf_level, "n": n}
    if n < FEWEST:
        records = [{"statistic": "difference"}, *({"statistic": "limit_of_agreement", "level": end}
                                                  for end in ("lower", "upper"))]  # fmt: skip
        why = f"fewer than {FEWEST} pairs"
        return result_rows(records, **words, state="not-estimable", warning=why)
    middle, sd = float(gaps.mean()), float(gaps.std(ddof=1))
    wide = float(t.ppf(1 - (1 - conf_level) / 2, n - 1))
    errors = sd * np.sqrt([1 / n, *[1 / n + WIDE**2 / (2 * (n - 1))] * 2])
    values = [middle, middle - WIDE * sd, middle + WIDE * sd]
    names = [("difference", ""), ("limit_of_agreement", "lower"), ("limit_of_agreement", "upper")]
    return result_rows([
        {"statistic": name, "level": level, "estimate": value, "std_error": error,
         "low": value - wide * error, "high": value + wide * error}
        for (name, level), value, error in zip(names, values, errors.tolist(), strict=True)
    ], **words)  # fmt: skip
