"""The shape of an effect: over the values of a covariate, and over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from prrt_lib.analyse.cox import TOO_FEW, not_estimable, prepare, stamped
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.cox_model import cox
from prrt_lib.estimate.splines import spline_effect
from prrt_lib.study.data import Study

SPLINE, SMOOTHED = "spline", "effect over time"
KNOTS, POINTS = 3, 41
# Markers span orders of magnitude: their spline is linear in doublings.
ON_LOG = ("cga_before", "pancreastatin_before")
ALPHA = 0.05


def splines(
    study: Study, endpoint: str, columns: Sequence[str], population: str | None = None
) -> pd.DataFrame:  # fmt: skip
    """Log hazard ratio of each column over its values against its median, one model each.

    Restricted cubic spline with three knots (two coefficients), from the 5th to the 95th
    percentile; the test of nonlinearity beside it. Fewer than ten events: not estimated.
    """
    return combine([_spline(study, endpoint, name, population) for name in columns])


@traced
def _spline(study: Study, endpoint: str, name: str, population: str | None) -> pd.DataFrame:
    known = prepare(study, endpoint, [name], population)
    if not known.names:
        row = {"statistic": "log_hazard_ratio", "variable": name, "state": "not-abstracted"}
        return stamped(study, known, result_rows([row], model=SPLINE), "exploratory")
    frame = known.frame.dropna(subset=[name])
    if name in ON_LOG:
        frame = frame[frame[name] > 0].assign(**{name: np.log2(frame[name].where(frame[name] > 0))})
    events = int((frame["event"] == 1).sum())
    try:
        if events < TOO_FEW * (KNOTS - 1):
            rows = not_estimable([name], SPLINE, f"{events} events are too few for a spline")
        else:
            rows = _effect(frame, name)
    except AnalysisError as error:
        rows = not_estimable([name], SPLINE, "; ".join(item.found for item in error.problems))
    return stamped(study, known, rows, "exploratory")


def _effect(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    fit = cox(frame, "exit", "event", [name], entry="entry", splines={name: KNOTS})
    ends = np.quantile(frame[name], [0.05, 0.95])
    middle = float(np.median(frame[name]))
    values = np.union1d(np.linspace(*ends, POINTS), [middle])
    rows = spline_effect(fit, name, values, middle)
    tests = fit.tests[fit.tests["level"] == "nonlinear"]
    if name in ON_LOG:
        rows = rows.assign(
            level=[f"{2**value:.6g}" for value in values], reference=f"{2**middle:.6g}"
        )
    return stamp(pd.concat([rows, tests], ignore_index=True), model=SPLINE)


@traced
def over_time(
    study: Study, endpoint: str, covariates: Sequence[str] | None = None,
    population: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """beta(t) of the covariates whose proportional-hazards test in the model of all is below 0.05.

    Smoothed scaled Schoenfeld residuals (Grambsch and Therneau 1994), a row per time. No rows
    where no test is below 0.05 or the model cannot be fitted without a penalty.
    """
    known = prepare(study, endpoint, covariates, population)
    try:
        fit = cox(known.frame, "exit", "event", known.names, entry="entry")
        tests = fit.zph("km")
    except AnalysisError:
        return result_rows([])
    low = set(tests.loc[tests["p"] < ALPHA, "variable"])
    tables = [
        _smoothed(fit, name, column)
        for name, column in zip(fit.design.names, fit.design.columns, strict=True)
        if column.variable in low
    ]
    rows = combine(tables)
    return stamped(study, known, rows, "exploratory") if len(rows) else rows


def changing(
    study: Study, endpoints: Sequence[str], covariates: Sequence[str] | None = None
) -> pd.DataFrame:
    """:func:`over_time` of each endpoint, one under the other."""
    return combine([over_time(study, name, covariates) for name in endpoints])


def _smoothed(fit, name: str, column) -> pd.DataFrame:
    from prrt_lib.estimate.proportional_hazards import smoothed_effect

    try:
        found = smoothed_effect(fit, name)
    except AnalysisError:
        return result_rows([])
    records = found.assign(
        variable=column.variable, level=column.level, reference=column.reference,
        statistic="log_hazard_ratio",
    ).to_dict("records")  # fmt: skip
    words = "smoothed scaled Schoenfeld residuals, Kaplan-Meier time, 4 df"
    return result_rows(records, model=SMOOTHED, method=words, n=fit.n, events=fit.events,
                       conf_level=fit.conf_level)  # fmt: skip
