"""Whether entry and event times are independent where both are seen: conditional Kendall tau."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import ndtr

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.records import arrays, prepared

METHOD = "conditional Kendall's tau of entry and event (Tsai 1990)"
BLOCK = 512  # events at a time


def conditional_tau(frame: pd.DataFrame, duration: str, event: str, entry: str) -> pd.DataFrame:
    """One row ``correlation``: tau over the pairs that could be observed, z test, p.

    At each event the entry of the one who has it is compared with the entries of all others at
    risk; under quasi-independence its rank is uniform, with variance (r^2 - 1) / 3 for a risk
    set of r (W. Y. Tsai, Biometrika 1990;77:169-177). A negative tau: late entry, early event.
    """
    data = prepared(frame, duration, event, entry, sort=True)
    exits, codes, entries = arrays(data, duration, event, entry)
    score = pairs = variance = 0.0
    deaths = np.flatnonzero(codes > 0)
    for start in range(0, len(deaths), BLOCK):
        own = deaths[start : start + BLOCK]
        at_risk = (entries[None, :] < exits[own, None]) & (exits[None, :] >= exits[own, None])
        signs = np.sign(entries[None, :] - entries[own, None])
        sizes = at_risk.sum(axis=1)
        score += float((signs * at_risk).sum())
        pairs += float((sizes - 1).sum())
        variance += float(((sizes.astype(float) ** 2 - 1) / 3).sum())
    words = {"statistic": "correlation", "n": len(data), "events": len(deaths), "method": METHOD}
    if variance == 0:
        return result_rows([{**words, "state": "not-estimable"}])
    error = math.sqrt(variance)
    p = 2 * float(ndtr(-abs(score / error)))
    return result_rows([{**words, "estimate": score / pairs, "std_error": error / pairs, "p": p}])
