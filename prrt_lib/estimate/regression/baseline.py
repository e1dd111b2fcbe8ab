"""Baseline hazard and predicted survival after a Cox fit, as step functions with limits.

lifelines 0.30.3 leaves the entry out of the baseline's risk sets (0.281 for 0.399), takes the
Breslow hazard after an Efron fit and interpolates between its steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from prrt_lib.declare.arguments import level_text
from prrt_lib.estimate.records import refuse
from prrt_lib.estimate.regression.partial_likelihood import Likelihood, Sums, evaluate
from prrt_lib.estimate.regression.risk_sets import risk_sets


def baseline_hazard(fit, ties: str | None = None) -> pd.DataFrame:
    """Steps per stratum: stratum, time, hazard, cumulative_hazard, std_error of the latter.

    At zero and at the reference levels. ``ties`` as in the fit unless named ("breslow" after an
    Efron fit).
    """
    steps = _steps(fit, ties)
    columns = ("time", "hazard", "cumulative_hazard", "std_error")
    parts = []
    for code, name in enumerate(fit.data.strata_names):
        found = _cumulative(fit, *steps, np.zeros(len(fit.design.columns)), code)
        part = pd.DataFrame(dict(zip(columns, found, strict=True)))
        part.insert(0, "stratum", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def predict_survival(
    fit, new: pd.DataFrame, times: Sequence[float], ties: str | None = None
) -> pd.DataFrame:
    """Result rows of S(t) for each row of ``new``; ``group_level`` is its index label.

    Beyond the last observed time of the stratum nothing is estimable. Limits follow Link 1984
    and Tsiatis 1981 on the log scale.
    """
    steps, data = _steps(fit, ties), fit.data
    codes = np.zeros(len(new), np.int64)
    if columns := list(data.strata_columns):
        missing = [name for name in columns if name not in new.columns]
        if missing:
            refuse("new", f"no column {missing}", "the strata of each row", "add the columns")
        names = new[columns].map(level_text).agg(", ".join, axis=1)
        codes = pd.Index(data.strata_names).get_indexer(names)
        if (codes < 0).any():
            refuse("new", "a stratum that was not fitted", f"one of {list(data.strata_names)}")
    z = float(norm.ppf(0.5 + fit.conf_level / 2))
    strata = np.zeros(len(data.stop), np.int64) if data.strata is None else data.strata
    records = []
    for label, x, code in zip(new.index, fit.design.matrix(new), codes, strict=True):
        at, _, total, error = _cumulative(fit, *steps, x, code)
        reached = np.searchsorted(at, times, side="right")
        words = {"group": "row", "group_level": str(label), "stratum": data.strata_names[code],
                 "statistic": "survival"}  # fmt: skip
        last = data.stop[strata == code].max()
        for time, step in zip(times, reached, strict=True):
            hazard, spread = (total[step - 1], error[step - 1]) if step else (0.0, 0.0)
            found = {"estimate": np.exp(-hazard), "std_error": np.exp(-hazard) * spread,
                     "low": np.exp(-hazard - z * spread),
                     "high": min(np.exp(-hazard + z * spread), 1.0)}  # fmt: skip
            found = found if time <= last else {"state": "not-estimable"}
            records.append({**words, "time": time, **found})
    return fit.as_rows(records)


def _steps(fit, ties: str | None) -> tuple[Likelihood, Sums]:
    """The likelihood at the estimate, with the ties of the fit or others."""
    if ties in (None, fit.ties):
        return fit.maximum.at, fit.maximum.sums
    data = fit.data
    sets = risk_sets(data.stop, data.event, data.x, data.start, data.strata, data.weight, ties)
    at = evaluate(sets, fit.maximum.beta)
    return at, at.sums()


def _cumulative(fit, at: Likelihood, sums: Sums, x: np.ndarray, stratum: int):
    """Times, increments, cumulative hazard and its standard error at covariates ``x``."""
    sets = at.sets
    places = np.flatnonzero(sets.stratum == stratum)
    z = (x - sets.center) / sets.scale
    ratio = float(np.exp(fit.maximum.beta @ z - at.shift))
    increments = at.hazard[places] * ratio
    drift = np.cumsum(sums.hazard_mean()[:, places] - z[:, None] * at.hazard[places], axis=1)
    spread = np.einsum("pk,pq,qk->k", drift, fit.scaled_covariance, drift)
    variance = np.cumsum(sums.square[places]) + spread
    return sets.time[places], increments, np.cumsum(increments), ratio * np.sqrt(variance)
