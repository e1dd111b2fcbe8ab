"""Ki-67 with values missing at random: all values, complete cases, multiple imputation."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from benchmarks.coverage.cohorts import cohorts
from benchmarks.coverage.estimators import Found
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.resampling.imputation import impute
from prrt_lib.estimate.resampling.rubin import pool

COVARIATES = ["log2_ki67", "age_10", "male"]
IMPUTATIONS = 10
ABOUT_TRUTH = 200_000


def hidden(cohort: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """``cohort`` without about half of its Ki-67: more often missing after a death and in G1.

    Whether a value is missing depends on what is seen (event, grade), not on the value.
    """
    log_odds = -1.0 + 1.2 * cohort["died"] + 0.6 * (cohort["grade"] == "G1")
    gone = rng.random(len(cohort)) < 1 / (1 + np.exp(-log_odds))
    return cohort.assign(log2_ki67=cohort["log2_ki67"].mask(gone))


@cache
def truth(seed: int = 2) -> float:
    """The log hazard ratio per doubling that this model would find in endless data."""
    return float(_fit(next(iter(cohorts(ABOUT_TRUTH, 1, [seed])))).coefficients["log2_ki67"])


def three_ways(cohort: pd.DataFrame, seed: int) -> list[Found]:
    """The log hazard ratio per doubling of Ki-67 from all, complete and imputed values."""
    cohort = cohort[cohort["exit"] > cohort["entry"]].reset_index(drop=True)
    seen = hidden(cohort, np.random.default_rng([seed, 7]))
    done = impute(
        seen, ["log2_ki67"], "exit", "died", seed, entry="entry",
        auxiliary=["age_10", "male", "G2", "G3"], m=IMPUTATIONS, iterations=1,
    )  # fmt: skip
    fits = [_fit(frame) for frame in done.frames]
    pooled = pool(
        [fit.coefficients for fit in fits], [fit.std_errors**2 for fit in fits],
        complete_df=int(cohort["died"].sum()) - len(COVARIATES),
    )  # fmt: skip
    low, high = pooled.limits(0.95)
    imputed = (pooled.estimate[0], pooled.total[0] ** 0.5, low[0], high[0], pooled.p()[0])
    return [
        _plain("Ki-67: nothing missing", _fit(cohort)),
        _plain("Ki-67: complete cases", _fit(seen.dropna(subset=["log2_ki67"]))),
        Found("Ki-67: multiple imputation", truth(), *imputed),
    ]


def _fit(cohort: pd.DataFrame):
    return cox(cohort, "exit", "died", COVARIATES, entry="entry")


def _plain(name: str, fit) -> Found:
    row = fit.estimates.query("variable == 'log2_ki67' and statistic == 'log_hazard_ratio'").iloc[0]
    return Found(
        name, truth(), row["estimate"], row["std_error"], row["low"], row["high"], row["p"]
    )
