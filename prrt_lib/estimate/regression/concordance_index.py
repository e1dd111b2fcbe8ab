"""Concordance of a risk score with survival: the share of comparable pairs in the right order."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.guards import prepared, refuse, warnings_of
from prrt_lib.estimate.regression.concordance_pairs import Pairs, count_pairs

TIME_WEIGHTS = ("n", "n/G2", "S", "S/G", "I")


def concordance(
    frame: pd.DataFrame, duration: str, event: str, score: str, entry: str | None = None,
    strata: str | None = None, cluster: str | None = None, weights: str | None = None,
    time_weight: str = "n", up_to: float | None = None, conf_level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Result rows: concordance of a high ``score`` with early events, and the pairs counted.

    Pairs tied in score count half, pairs tied in time not at all (Harrell). ``time_weight`` as
    in Therneau and Watson 2017: "n" counts pairs, "n/G2" is Uno's. Events after ``up_to`` count
    as censored there. Standard error by the infinitesimal jackknife.
    """
    if time_weight not in TIME_WEIGHTS:
        refuse("time_weight", repr(time_weight), f"one of {list(TIME_WEIGHTS)}", "choose one")
    extra = [name for name in (score, cluster) if name]
    data = prepared(frame, duration, event, entry, strata, extra, weights=weights, need_event=True)
    pairs = count_pairs(
        data[duration].to_numpy(), data[event].to_numpy() == 1, data[score].to_numpy(float),
        start=data[entry].to_numpy() if entry else None,
        strata=pd.factorize(data[strata])[0] if strata else None,
        weight=data[weights].to_numpy() if weights else None,
        time_weight=time_weight, up_to=up_to,
    )  # fmt: skip
    codes = pd.factorize(data[cluster])[0] if cluster else None
    counted = {
        "concordant": pairs.concordant, "discordant": pairs.discordant, "tied score": pairs.tied,
        "tied time": pairs.tied_time, "tied score and time": pairs.tied_both,
    }  # fmt: skip
    records = [record(pairs, codes, conf_level)] + [
        {"statistic": "count", "level": name, "estimate": value, "unit": "pairs"}
        for name, value in counted.items()
    ]
    events = int(data[event].sum())
    words = f"Harrell concordance, time weight {time_weight}"
    common = {"variable": score, "n": len(data), "events": events, "method": words}
    return result_rows(records, **common, warning=warnings_of(data))


def record(pairs: Pairs, cluster: np.ndarray | None, conf_level: float) -> dict:
    """The concordance with its limits, as a record of a result row."""
    total = pairs.concordant + pairs.discordant + pairs.tied
    if not total > 0:
        return {"statistic": "concordance", "state": "not-estimable"}
    value = (pairs.concordant + pairs.tied / 2) / total
    influence = pairs.influence(value) / total
    if cluster is not None:
        influence = np.bincount(cluster, influence)
    error = float(np.sqrt(influence @ influence))
    z = float(norm.ppf(0.5 + conf_level / 2))
    return {
        "statistic": "concordance", "estimate": value, "std_error": error,
        "low": max(value - z * error, 0.0), "high": min(value + z * error, 1.0),
        "conf_level": conf_level,
    }  # fmt: skip


def concordance_of_fit(fit) -> dict:
    """The concordance of a CoxFit's linear predictor, as a record."""
    data = fit.data
    eta = data.x @ fit.coefficients.to_numpy()
    eta = eta if data.offset is None else eta + data.offset
    pairs = count_pairs(data.stop, data.event, eta, data.start, data.strata, data.weight)
    return record(pairs, data.cluster, fit.conf_level)
