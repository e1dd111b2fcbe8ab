"""Every headline estimator on one cohort: estimate, limits, p, and the truth it is held against."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.coverage import cohorts as source
from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.curves.competing import cumulative_incidence
from prrt_lib.estimate.curves.log_rank import logrank
from prrt_lib.estimate.curves.survival import kaplan_meier
from prrt_lib.estimate.records import conditional_start
from prrt_lib.estimate.regression.cox_model import cox

MIN_AT_RISK = 5
TIMES = [source.FIVE_YEARS, source.TEN_YEARS]
WORDS = {"age_10": "age per 10 years", "male": "male", "G2": "G2 to G1", "G3": "G3/NEC to G1"}
COVARIATES = ["age_10", "male", "G2", "G3", "elsewhere", "other_gep"]


class Found(NamedTuple):
    """One estimate of one cohort."""

    estimator: str
    truth: float
    estimate: float = np.nan
    std_error: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: float = np.nan


def everything(cohort: pd.DataFrame) -> list[Found]:
    """All estimates of ``cohort``."""
    followed = cohort[cohort["exit"] > cohort["entry"]]
    return [
        *_from_diagnosis(followed), *_naive(followed), *_from_prrt(followed),
        *_hazard_ratios(followed), *_tests(followed),
    ]  # fmt: skip


def _from_diagnosis(cohort: pd.DataFrame) -> list[Found]:
    start = conditional_start(cohort, "exit", "entry", min_at_risk=MIN_AT_RISK)[0]
    rows = kaplan_meier(
        cohort, "exit", "died", "entry", times=TIMES, min_at_risk=MIN_AT_RISK
    )  # fmt: skip
    truths = [source.source_survival(time, start) for time in TIMES]
    return _curve("OS from diagnosis, delayed entry", rows, truths, source.source_median(start))


def _naive(cohort: pd.DataFrame) -> list[Found]:
    rows = kaplan_meier(cohort.drop(columns="entry"), "exit", "died", times=TIMES)
    truths = [source.source_survival(time) for time in TIMES]
    return _curve("OS from diagnosis, naive", rows, truths, source.source_median())


def _curve(name: str, rows: pd.DataFrame, truths, median: float) -> list[Found]:
    wanted = [(f"{name}: S(t), 5 years", truths[0]), (f"{name}: S(t), 10 years", truths[1])]
    survival = rows[rows["statistic"] == "survival"].itertuples()
    found = [_of(*pair, row) for pair, row in zip(wanted, survival, strict=True)]
    return [*found, _of(f"{name}: median", median, _only(rows, "median"))]


def _from_prrt(cohort: pd.DataFrame) -> list[Found]:
    alive, progressed = source.after_prrt()
    clock = {"times": [source.TWO_YEARS], "entry": "entry_prrt"}
    rows = kaplan_meier(cohort, "exit_prrt", "died", **clock)
    seen = cohort[cohort["exit_cif"] > cohort["entry_prrt"]]
    incidence = cumulative_incidence(seen, "exit_cif", "cause", causes=[1, 2], **clock)
    return [
        _of("OS from first PRRT: S(t), 2 years", alive, _only(rows, "survival")),
        _of(
            "Progression: incidence, 2 years", progressed, _only(incidence, "cumulative_incidence")
        ),
    ]


def _hazard_ratios(cohort: pd.DataFrame) -> list[Found]:
    names = {name: f"Cox: log HR, {words}" for name, words in WORDS.items()}
    used = [name for name in COVARIATES if cohort[name].nunique() > 1]
    try:
        rows = cox(cohort, "exit", "died", used, entry="entry").estimates
    except AnalysisError:
        rows = pd.DataFrame(columns=["variable", "statistic"])
    rows = rows[rows["statistic"] == "log_hazard_ratio"].set_index("variable")
    return [
        _of(label, source.LOG_HAZARD_RATIOS[name], rows.loc[name])
        if name in rows.index
        else Found(label, source.LOG_HAZARD_RATIOS[name])
        for name, label in names.items()
    ]


def _tests(cohort: pd.DataFrame) -> list[Found]:
    found = []
    for name, by in (("Log-rank: grades", "grade"), ("Log-rank: no effect", "coin")):
        row = _only(logrank(cohort, "exit", "died", by, "entry"), "chi2")
        found.append(Found(name, np.nan, p=row.p))
    return found


def _only(rows: pd.DataFrame, statistic: str):
    return next(rows[rows["statistic"] == statistic].itertuples())


def _of(name: str, truth: float, row) -> Found:
    return Found(name, truth, row.estimate, row.std_error, row.low, row.high, row.p)
