"""Trend of a proportion over ordered groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.guards import refuse


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
