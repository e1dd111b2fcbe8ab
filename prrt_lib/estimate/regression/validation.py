"""How well a Cox model would do on new patients: optimism-corrected concordance and slope."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.regression.concordance_index import record
from prrt_lib.estimate.regression.concordance_pairs import count_pairs
from prrt_lib.estimate.regression.cox_model import cox


def optimism_corrected(
    frame: pd.DataFrame, arguments: Mapping, resamples: int, seed: int
) -> pd.DataFrame:
    """Result rows: concordance corrected for optimism, its optimism, the calibration slope.

    Harrell's bootstrap: fit each resample by ``cox(**arguments)``, apply it to the sample; the
    mean gain of the resample over the sample is the optimism. The calibration slope is that of
    the resample's linear predictor in the sample. Resamples that cannot be fitted are counted.
    """
    sample = cox(frame, **arguments)
    apparent = _concordance(sample, sample)
    found = [_resampled(frame, arguments, sample, seed, b) for b in range(resamples)]
    used = [pair for pair in found if pair is not None]
    gains, slopes = [gain for gain, _ in used], [slope for _, slope in used]
    optimism = float(np.mean(gains)) if gains else float("nan")
    return _rows(sample, apparent, optimism, slopes, resamples, resamples - len(used))


def _resampled(frame, arguments, sample, seed, b) -> tuple[float, float] | None:
    """Gain in concordance and calibration slope of one resample; None where it has no fit."""
    rows = np.random.default_rng([seed, b]).integers(0, len(frame), len(frame))
    try:
        fit = cox(frame.iloc[rows], **arguments)
    except AnalysisError:
        return None
    if not fit.converged or set(fit.design.names) != set(sample.design.names):
        return None
    return _concordance(fit, fit) - _concordance(fit, sample), _slope(fit, sample)


def _rows(sample, apparent, optimism, slopes, resamples, failed) -> pd.DataFrame:
    state = {"state": "ok" if slopes else "not-estimable"}
    found = [
        {"statistic": "concordance", "level": "apparent", "estimate": apparent},
        {"statistic": "optimism", "level": "concordance", "estimate": optimism, **state},
        {
            "statistic": "concordance", "level": "corrected", **state,
            "estimate": apparent - optimism,
        },
        {
            "statistic": "calibration_slope", "level": "corrected", **state,
            "estimate": float(np.mean(slopes)) if slopes else float("nan"),
        },
    ]  # fmt: skip
    warning = f"{failed} of {resamples} resamples without a fit" if failed else ""
    words = f"bootstrap optimism, {resamples} resamples; {sample.method}"
    return result_rows(found, n=sample.n, events=sample.events, method=words, warning=warning)


def _predictor(fit, on) -> np.ndarray:
    """Linear predictor of ``fit`` for the patients of ``on``; columns are matched by name."""
    return on.data.x @ fit.coefficients[on.design.names].to_numpy()


def _concordance(fit, on) -> float:
    data = on.data
    pairs = count_pairs(
        data.stop, data.event, _predictor(fit, on), data.start, data.strata, data.weight
    )
    return record(pairs, None, 0.95).get("estimate", float("nan"))


def _slope(fit, on) -> float:
    data = on.data
    frame = pd.DataFrame({"stop": data.stop, "event": data.event.astype(int)})
    frame["predictor"] = _predictor(fit, on)
    words = {}
    if data.start is not None:
        frame["start"], words["entry"] = data.start, "start"
    if data.strata is not None:
        frame["stratum"], words["strata"] = data.strata, "stratum"
    return float(cox(frame, "stop", "event", ["predictor"], **words).coefficients.iloc[0])
