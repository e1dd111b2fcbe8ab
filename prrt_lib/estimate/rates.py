"""Events per time under observation, with exact Poisson limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import gammaincinv
from scipy.stats import binomtest

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.proportions import clopper_pearson, normal_quantile
from prrt_lib.estimate.records import refuse


def poisson_rate(
    events: int, time: float, conf_level: float = 0.95, unit: str = "per day"
) -> pd.DataFrame:
    """A row ``rate``: events / time with exact limits (Garwood 1936); not estimable at time 0."""
    _check(events, time)
    words = {"statistic": "rate", "events": events, "total": time, "unit": unit,
             "method": "exact Poisson", "conf_level": conf_level}  # fmt: skip
    if time == 0:
        return result_rows([{**words, "state": "not-estimable"}])
    normal_quantile(conf_level)
    tail = (1 - conf_level) / 2
    # Gamma quantiles.
    low = float(gammaincinv(events, tail)) if events else 0.0
    high = float(gammaincinv(events + 1, 1 - tail))
    values = {"estimate": events / time, "low": low / time, "high": high / time}
    return result_rows([{**words, **values}])


def rate_ratio(
    events: int, time: float, reference_events: int, reference_time: float,
    conf_level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """A row ``log_rate_ratio`` with exact limits and p, given the total number of events.

    Conditional on the sum the events are binomial (Przyborowski and Wilenski 1940; R's
    poisson.test). Without events in one group the ratio is 0 or infinite.
    """
    _check(events, time)
    _check(reference_events, reference_time)
    total = events + reference_events
    words = {"statistic": "log_rate_ratio", "events": total, "conf_level": conf_level,
             "method": "exact conditional Poisson ratio"}  # fmt: skip
    if total == 0 or time == 0 or reference_time == 0:
        return result_rows([{**words, "state": "not-estimable"}])
    limits = np.array([*clopper_pearson(events, total, conf_level), events / total])
    scale = np.log(reference_time / time)
    with np.errstate(divide="ignore"):
        low, high, estimate = np.log(limits) - np.log1p(-limits) + scale
    p = binomtest(int(events), int(total), time / (time + reference_time)).pvalue
    return result_rows([{**words, "estimate": estimate, "low": low, "high": high, "p": p}])


def _check(events: int, time: float) -> None:
    if events < 0 or not float(events).is_integer() or not (np.isfinite(time) and time >= 0):
        refuse("a rate", f"{events} events in {time}", "a whole number of events in finite time")
