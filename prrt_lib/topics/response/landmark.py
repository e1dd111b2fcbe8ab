"""Response against survival, from a landmark only: who responded by then, the clock restarted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from prrt_lib.analyse.survival import moments, no_ratio, with_ends, withheld
from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.declare.arguments import above_zero, checked
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import days
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.curves.landmark_analysis import UNASSESSED, Landmark
from prrt_lib.estimate.curves.landmark_analysis import landmark as landmark_cohort
from prrt_lib.estimate.curves.log_rank import logrank
from prrt_lib.estimate.curves.survival import kaplan_meier
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.study.derive.response_rules import NOT_EVALUABLE
from prrt_lib.study.derive.responses import NON_RESPONDER, RESPONDER

ANALYSIS = "landmark"
STATE = "response by the landmark"
COMPARED = (NON_RESPONDER, RESPONDER)
LEVELS = (*COMPARED, NOT_EVALUABLE, UNASSESSED)
OUT_IF_PROGRESSED = ("progression", "progression_or_death")
FEW = 10


@checked
def at(study: Any, months: float, endpoint: str = "os_prrt", population: str | None = None):
    """The Landmark cohort ``months`` after first PRRT, with each patient's state there.

    Status from scans up to the landmark: "not imaged" without any, "not evaluable" where none of
    them can be judged. Progressed before it: a non-responder for survival, out
    for progression endpoints (decision 11). Raises AnalysisError where nobody is left.
    """
    above_zero(months, "landmark, months after first PRRT")
    population = population or study.headline
    times = study.times(endpoint, "", population, ())
    dates = study.patients("first_prrt", "progression", population=population)
    progressed = (dates["progression"] - dates["first_prrt"]).dt.days.astype("float64")
    frame = times.frame.merge(
        dates.assign(progressed=progressed)[["patient_id", "progressed"]], on="patient_id"
    )
    out = "progressed" if times.endpoint.kind in OUT_IF_PROGRESSED else None
    states = study.landmark_states(population)
    if not states["state"].isin(COMPARED).any():
        what = "no evaluable scan after first PRRT"
        raise AnalysisError(Problem("landmark", what, "scans that can be read", "abstract them"))
    kept = landmark_cohort(
        frame, "exit", "event", float(days(months)), states,
        id="patient_id", time="days", value="state", entry="entry", out_if_before=out, status=STATE,
    )  # fmt: skip
    levels = [name for name in LEVELS if name in set(kept.frame[STATE])]
    # The clock restarts with everyone under observation: no later entry is left to name.
    restarted = kept.frame.drop(columns="entry")
    return Landmark(
        restarted.assign(**{STATE: pd.Categorical(restarted[STATE], levels)}),
        kept.at, kept.excluded,
    )  # fmt: skip


@traced
def landmark(
    study: Any, months: float, endpoint: str = "os_prrt", population: str | None = None
) -> pd.DataFrame:
    """Curves by response at one landmark, log-rank test, hazard ratio, and who is left out.

    Times count from the landmark. Exploratory; responders are never compared with others from
    first PRRT on, since a responder has by definition lived until the response.
    """
    above_zero(months, "landmark, months after first PRRT")
    population = population or study.headline
    times = study.times(endpoint, "", population, ())
    label = times.endpoint.label
    words = {"analysis": ANALYSIS, "population": population, "role": "exploratory",
             "endpoint": endpoint, "setting": setting(months),
             "label": f"{label}, from {months:g} months after first PRRT"}  # fmt: skip
    try:
        kept = at(study, months, endpoint, population)
    except AnalysisError as error:
        why = "; ".join(problem.found for problem in error.problems)
        empty = {"statistic": "survival", "group": STATE, "state": "not-estimable", "n": 0}
        return result_rows([empty], warning=why, **words)
    level = study.parameters.conf_level
    curves = _curves(kept.frame, study.parameters)
    parts = [withheld(study, times, curves), kept.rows, _test(kept.frame),
             _ratio(kept.frame, level, study.parameters.min_group)]  # fmt: skip
    rows = pd.concat(parts, ignore_index=True)
    told = ["; ".join(filter(None, (*times.warnings, own))) for own in rows["warning"]]
    return combine([stamp(rows, **words, warning=told)])


def setting(months: float) -> str:
    """How the landmark is named in the key of its rows."""
    return f"landmark_{months:g}_months"


def _curves(frame: pd.DataFrame, parameters: Any) -> pd.DataFrame:
    rows = kaplan_meier(frame, "exit", "event", by=STATE, times=moments(frame["exit"]), steps=True,
                        **parameters.curve_limits)  # fmt: skip
    return with_ends(rows, frame.assign(entry=0), STATE, parameters)


def _assessed(frame: pd.DataFrame) -> pd.DataFrame:
    kept = frame[frame[STATE].isin(COMPARED)]
    return kept.assign(**{STATE: kept[STATE].cat.remove_unused_categories()})


def _test(frame: pd.DataFrame) -> pd.DataFrame:
    own = _assessed(frame)
    if own[STATE].nunique() < 2 or not (own["event"] == 1).any():
        record = {"statistic": "chi2", "state": "not-estimable", "n": len(own), "group": STATE}
        return result_rows([record], warning="fewer than two classes, or no event")
    rows = logrank(own, "exit", "event", by=STATE)
    return stamp(rows[rows["statistic"] == "chi2"].reset_index(drop=True), n=len(own), group=STATE)


def _ratio(frame: pd.DataFrame, level: float, fewest: int) -> pd.DataFrame:
    """Hazard of responders against non-responders; Firth's penalty below five events."""
    own = _assessed(frame)
    record = {"statistic": "log_hazard_ratio", "variable": STATE, "level": RESPONDER,
              "reference": NON_RESPONDER, "n": len(own), "state": "not-estimable"}  # fmt: skip
    why = no_ratio(own, STATE, fewest)
    if why:
        return result_rows([record], warning=why)
    events = int((own["event"] == 1).sum())
    penalty = "firth" if events < FEW / 2 else None
    try:
        fit = cox(own, "exit", "event", [STATE], penalty=penalty, conf_level=level,
                  reference={STATE: NON_RESPONDER})  # fmt: skip
    except AnalysisError as error:
        why = "; ".join(problem.found for problem in error.problems)
        return result_rows([record], warning=why)
    rows = fit.rows
    kept = (rows["statistic"] == "log_hazard_ratio") & (rows["level"] == RESPONDER)
    few = f"{events} events" if events < FEW else ""
    told = rows.loc[kept, "warning"].map(lambda text: "; ".join(p for p in (few, text) if p))
    return stamp(rows[kept].assign(warning=told).reset_index(drop=True))


@checked
def landmarks(
    study: Any, endpoints: Sequence[str] = ("os_prrt", "pfs"), population: str | None = None
) -> pd.DataFrame:
    """:func:`landmark` at every declared landmark, for each endpoint."""
    return combine(
        landmark(study, months, endpoint, population)
        for endpoint in endpoints
        for months in study.parameters.landmark_months
    )
