"""Agreement of two raters on the same items: Cohen's kappa."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.inter_rater import cohens_kappa

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.guards import refuse
from prrt_lib.estimate.limits import normal_quantile

METHOD = "Cohen's kappa, unweighted; limits from the asymptotic variance (Fleiss 1969)"


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
    table = counts(first, second, levels)
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


def counts(
    first: Sequence[Hashable], second: Sequence[Hashable], levels: Sequence[Hashable]
) -> np.ndarray:
    """Square table of items: rows the first rater's category, columns the second's."""
    place = {level: at for at, level in enumerate(levels)}
    table = np.zeros((len(levels), len(levels)))
    for one, other in zip(first, second, strict=True):
        table[place[one], place[other]] += 1
    return table
