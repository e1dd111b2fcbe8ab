"""Baseline hazard and predicted survival after a Cox fit, as step functions with limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from prrt_lib.declare.levels import level_text
from prrt_lib.estimate.records import refuse
from prrt_lib.estimate.regression.partial_likelihood import Likelihood, Sums, evaluate
from prrt_lib.estimate.regression.risk_sets import risk_sets


@dataclass(frozen=True)
class _Steps:
    """Increments at the K event times, for the scaled columns at zero."""

    at: Likelihood
    sums: Sums

    def in_stratum(self, code: int) -> np.ndarray:
        """Numbers of the event times of one stratum."""
        return np.flatnonzero(self.at.sets.stratum == code)


def baseline_hazard(fit, at: Mapping | None = None, ties: str | None = None) -> pd.DataFrame:
    """Steps per stratum: stratum, time, hazard, cumulative_hazard, std_error of the latter.

    At the covariates ``at``; without it at zero and at the reference levels. ``ties`` as in the
    fit unless named ("breslow" after an Efron fit).
    """
    steps = _steps(fit, ties)
    zero = np.zeros(len(fit.design.columns))
    x = zero if at is None else fit.design.matrix(pd.DataFrame([dict(at)]))[0]
    parts = []
    for code, name in enumerate(fit.data.strata_names):
        places = steps.in_stratum(code)
        increments, total, error = _cumulative(fit, steps, x, places)
        parts.append(
            pd.DataFrame(
                {
                    "stratum": name, "time": steps.at.sets.time[places], "hazard": increments,
                    "cumulative_hazard": total, "std_error": error,
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def predict_survival(
    fit, new: pd.DataFrame, times: Sequence[float], ties: str | None = None,
    conf_type: str = "log", conf_level: float | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Result rows of S(t) for each row of ``new``; ``group_level`` is its index label.

    Beyond the last observed time of the stratum nothing is estimable. Limits follow Link 1984
    and Tsiatis 1981 on the scale ``conf_type`` (log, log-log, plain).
    """
    if conf_type not in ("log", "log-log", "plain"):
        refuse("conf_type", repr(conf_type), "log, log-log or plain", "choose one of these")
    steps, level = _steps(fit, ties), conf_level or fit.conf_level
    codes = _strata_of(fit, new)
    last = [_last_time(fit, code) for code in range(len(fit.data.strata_names))]
    records = []
    for label, x, code in zip(new.index, fit.design.matrix(new), codes, strict=True):
        places = steps.in_stratum(code)
        _, total, error = _cumulative(fit, steps, x, places)
        reached = np.searchsorted(steps.at.sets.time[places], times, side="right")
        words = {"group": "row", "group_level": str(label), "stratum": fit.data.strata_names[code]}
        for time, step in zip(times, reached, strict=True):
            one = {**words, "time": time, "statistic": "survival", "conf_level": level}
            inside = time <= last[code]
            hazard, wide = (0.0, 0.0) if step == 0 else (total[step - 1], error[step - 1])
            found = _limits(hazard, wide, conf_type, level)
            records.append(one | (found if inside else {"state": "not-estimable"}))
    return fit.as_rows(records)


def _steps(fit, ties: str | None) -> _Steps:
    if ties in (None, fit.ties):
        return _Steps(fit.maximum.at, fit.maximum.sums)
    data = fit.data
    sets = risk_sets(
        data.stop, data.event, data.x, data.start, data.strata, data.weight, data.offset, ties
    )
    at = evaluate(sets, fit.maximum.beta)
    return _Steps(at, at.sums())


def _cumulative(fit, steps: _Steps, x: np.ndarray, places: np.ndarray):
    """Increments, cumulative hazard and its standard error at covariates ``x``."""
    at, sets = steps.at, steps.at.sets
    z = (x - sets.center) / sets.scale
    ratio = float(np.exp(fit.maximum.beta @ z - at.shift))
    increments = at.hazard[places] * ratio
    drift = steps.sums.hazard_mean()[:, places] - z[:, None] * at.hazard[places]
    drift = np.cumsum(drift, axis=1)
    spread = np.einsum("pk,pq,qk->k", drift, fit.scaled_covariance, drift)
    variance = np.cumsum(steps.sums.square[places]) + spread
    return increments, np.cumsum(increments), ratio * np.sqrt(variance)


def _limits(hazard: float, error: float, conf_type: str, level: float) -> dict:
    survival, z = float(np.exp(-hazard)), float(norm.ppf(0.5 + level / 2))
    if hazard == 0:
        low = high = 1.0
    elif conf_type == "log":
        low, high = np.exp(-hazard - z * error), min(np.exp(-hazard + z * error), 1.0)
    elif conf_type == "plain":
        low, high = survival * (1 - z * error), survival * (1 + z * error)
        low, high = max(low, 0.0), min(high, 1.0)
    else:
        low, high = (np.exp(-hazard * np.exp(side * z * error / hazard)) for side in (1, -1))
    return {"estimate": survival, "std_error": survival * error, "low": low, "high": high}


def _strata_of(fit, new: pd.DataFrame) -> np.ndarray:
    columns = list(fit.data.strata_columns)
    if not columns:
        return np.zeros(len(new), np.int64)
    missing = [name for name in columns if name not in new.columns]
    if missing:
        refuse("new", f"no column {missing}", "the strata of each row", "add the columns")
    names = new[columns].map(level_text).agg(", ".join, axis=1)
    codes = pd.Index(fit.data.strata_names).get_indexer(names)
    if (codes < 0).any():
        refuse("new", "a stratum that was not fitted", f"one of {list(fit.data.strata_names)}")
    return codes


def _last_time(fit, code: int) -> float:
    data = fit.data
    inside = slice(None) if data.strata is None else data.strata == code
    return float(data.stop[inside].max())
