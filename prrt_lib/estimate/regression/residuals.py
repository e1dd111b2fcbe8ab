"""Residuals of a Cox model (Therneau and Grambsch 2000, chapter 4)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.estimate.guards import refuse


def residuals(fit, kind: str) -> pd.Series | pd.DataFrame:
    """Residuals of a CoxFit, by the frame's index; Schoenfeld residuals by event, in time order.

    kind: martingale, deviance, score, dfbeta, schoenfeld or scaled_schoenfeld. All are of
    single records, before case weights.
    """
    known = {
        "martingale": martingale, "deviance": deviance, "score": score, "dfbeta": dfbeta,
        "schoenfeld": schoenfeld, "scaled_schoenfeld": scaled_schoenfeld,
    }  # fmt: skip
    if kind not in known:
        refuse("residuals", repr(kind), f"one of {list(known)}", "choose one of these")
    return known[kind](fit)


def martingale(fit) -> pd.Series:
    """Events minus expected events."""
    sets = fit.sets
    values = np.zeros(fit.n)
    values[sets.row] = sets.event - fit.maximum.at.expected / sets.weight
    return pd.Series(values, fit.data.index, name="martingale")


def deviance(fit) -> pd.Series:
    """Martingale residuals made symmetric."""
    m = martingale(fit).to_numpy()
    event = fit.data.event
    log = np.log(np.where(event, np.maximum(1 - m, 1e-300), 1.0))
    values = np.sign(m) * np.sqrt(np.maximum(-2 * (m + event * log), 0.0))
    return pd.Series(values, fit.data.index, name="deviance")


def score(fit) -> pd.DataFrame:
    """Each record's part of the score, on the covariates' own scale."""
    sets = fit.sets
    values = np.zeros((fit.n, len(sets.x)))
    values[sets.row] = (fit.maximum.at.score_residuals(fit.maximum.sums) * sets.scale[:, None]).T
    return pd.DataFrame(values, fit.data.index, fit.design.names)


def dfbeta(fit) -> pd.DataFrame:
    """Approximate change of each coefficient when the record is left out, times -1."""
    return score(fit) @ fit.model_covariance


def schoenfeld(fit) -> pd.DataFrame:
    """Covariates of each event minus their mean among those at risk; columns after time."""
    sets = fit.sets
    values = fit.maximum.at.schoenfeld(fit.maximum.sums) * sets.scale[:, None]
    return _by_event(fit, values)


def scaled_schoenfeld(fit) -> pd.DataFrame:
    """Schoenfeld residuals times events times covariance, plus the coefficient: beta(t) + noise."""
    sets = fit.sets
    values = fit.maximum.at.schoenfeld(fit.maximum.sums)
    scaled = len(sets.death) * fit.maximum.variance @ values + fit.maximum.beta[:, None]
    return _by_event(fit, scaled / sets.scale[:, None])


def _by_event(fit, values: np.ndarray) -> pd.DataFrame:
    sets = fit.sets
    labels = fit.data.index[sets.row[sets.death]]
    found = pd.DataFrame(values.T, labels, fit.design.names)
    found.insert(0, "time", sets.time[sets.death_at])
    names = [fit.data.strata_names[code] for code in sets.stratum[sets.death_at]]
    found.insert(1, "stratum", names)
    return found
