"""Does a second implementation agree? lifelines on the rows of the study, beside its estimates."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter, KaplanMeierFitter

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import YEARS
from prrt_lib.estimate.records import conditional_start
from prrt_lib.study.times import Times

# Newton steps go on until nothing moves: lifelines by itself stops at six digits.
TIGHT = {"precision": 1e-14, "r_precision": 1e-14}


def from_start(times: Times, min_at_risk: int) -> pd.DataFrame:
    """The rows of ``times`` that are ever at risk, from the conditional start of the curve on."""
    frame = times.frame[times.frame["exit"] > times.frame["entry"]]
    if times.endpoint.delayed and (frame["entry"] > 0).any():
        frame = conditional_start(frame, "exit", "entry", min_at_risk)[2]
    return frame


def fit(
    fitter: KaplanMeierFitter | CoxPHFitter, frame: pd.DataFrame, covariates: Sequence[str] = ()
) -> KaplanMeierFitter | CoxPHFitter | None:
    """``fitter`` on the rows of ``frame`` (entry, exit, event); None where lifelines refuses them.

    A Cox model is one of all ``covariates``: Efron ties, categories against their first level.
    """
    frame = frame[frame["exit"] > frame["entry"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if isinstance(fitter, KaplanMeierFitter):
                return fitter.fit(frame["exit"], frame["event"], entry=frame["entry"])
            known = frame[["entry", "exit", "event", *covariates]].dropna()
            return fitter.fit(known, "exit", "event", entry_col="entry", fit_options=TIGHT,
                              formula=" + ".join(covariates))  # fmt: skip
        except Exception:  # of many kinds; a page must not stop for them
            return None


def pairs(
    rows: pd.DataFrame, fitted: KaplanMeierFitter | CoxPHFitter | None
) -> pd.DataFrame:  # fmt: skip
    """label, row_id, ours, theirs: what both estimate of a curve at the years, or of a model.

    Nothing where lifelines has no fit, and nothing of a model with Firth's penalty, which it
    does not know.
    """
    if fitted is None:
        return pd.DataFrame(columns=["label", "row_id", "ours", "theirs"])
    if isinstance(fitted, CoxPHFitter):
        own = rows[(rows["statistic"] == "log_hazard_ratio") & (rows["state"] == "ok")]
        own = own[(own["level"] != own["reference"]) | (own["level"] == "")]
        own = own[~own["method"].str.contains("Firth")]
        level = np.where(own["level"] == "", "", "[T." + own["level"] + "]")
        theirs = fitted.params_.reindex(own["variable"] + level).to_numpy()
        label = own["variable"].map(dictionary().label) + np.where(
            own["level"] == "", "", ": " + own["level"]
        )
    else:
        own = rows[(rows["statistic"] == "survival") & rows["time"].isin(YEARS)]
        own = own[own["state"] == "ok"]
        theirs = fitted.survival_function_at_times(own["time"].to_list()).to_numpy()
        label = own["time"].map(YEARS)
    return pd.DataFrame({"label": label, "row_id": own["row_id"], "ours": own["estimate"],
                         "theirs": theirs})  # fmt: skip
