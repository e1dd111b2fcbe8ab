"""Response against survival: from a landmark on, and as it changes in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from prrt_lib.analyse.cox import FEW, TOO_FEW, prepare
from prrt_lib.analyse.summaries import warned
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
from prrt_lib.study.data import Study
from prrt_lib.study.derive.response_rules import NOT_EVALUABLE
from prrt_lib.study.derive.responses import NON_RESPONDER, RESPONDER

ANALYSIS = "landmark"
STATE = "response by the landmark"
COMPARED = (NON_RESPONDER, RESPONDER)
LEVELS = (*COMPARED, NOT_EVALUABLE, UNASSESSED)
OUT_IF_PROGRESSED = ("progression", "progression_or_death")


@checked
def at(study: Study, months: float, endpoint: str = "os_prrt", population: str | None = None):
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
    study: Study, months: float, endpoint: str = "os_prrt", population: str | None = None
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
        empty = {"statistic": "survival", "group": STATE, "state": "not-estimable", "n": 0}
        return result_rows([empty], warning=error.found, **words)
    level = study.parameters.conf_level
    frame = kept.frame
    rows = kaplan_meier(frame, "exit", "event", by=STATE, times=moments(frame["exit"]), steps=True,
                        **study.parameters.curve_limits)  # fmt: skip
    curves = with_ends(rows, frame.assign(entry=0), STATE, study.parameters)
    assessed = frame[frame[STATE].isin(COMPARED)]
    assessed = assessed.assign(**{STATE: assessed[STATE].cat.remove_unused_categories()})
    parts = [withheld(study, times, curves), kept.rows, _test(assessed),
             _ratio(assessed, level, study.parameters.min_group)]  # fmt: skip
    rows = pd.concat(parts, ignore_index=True)
    return combine([stamp(warned(rows, times.warnings), **words)])


def setting(months: float) -> str:
    """How the landmark is named in the key of its rows."""
    return f"landmark_{months:g}_months"


def _test(own: pd.DataFrame) -> pd.DataFrame:
    if own[STATE].nunique() < 2 or not (own["event"] == 1).any():
        record = {"statistic": "chi2", "state": "not-estimable", "n": len(own), "group": STATE}
        return result_rows([record], warning="fewer than two classes, or no event")
    rows = logrank(own, "exit", "event", by=STATE)
    return stamp(rows[rows["statistic"] == "chi2"].reset_index(drop=True), n=len(own), group=STATE)


def _ratio(own: pd.DataFrame, level: float, fewest: int) -> pd.DataFrame:
    """Hazard of responders against non-responders; Firth's penalty below five events."""
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
        return result_rows([record], warning=error.found)
    rows = fit.rows
    kept = rows[(rows["statistic"] == "log_hazard_ratio") & (rows["level"] == RESPONDER)]
    return stamp(warned(kept.reset_index(drop=True), [f"{events} events" if events < FEW else ""]))


@checked
def landmarks(
    study: Study, endpoints: Sequence[str] = ("os_prrt", "pfs"), population: str | None = None
) -> pd.DataFrame:
    """:func:`landmark` at every declared landmark, for each endpoint."""
    return combine(
        landmark(study, months, endpoint, population)
        for endpoint in endpoints
        for months in study.parameters.landmark_months
    )


DEPENDENT = "response_dependent"
SO_FAR = "response so far"
METHOD = "time-dependent Cox: not a responder until the scan that shows the response"
# Once a responder always one (Mantel and Byar 1974, decision 34).
WORDS = "a responder from the first response on"
ALONE, ADJUSTED = "response alone", "with the declared covariates"


def start_stop(
    frame: pd.DataFrame, changes: pd.DataFrame, first: str, status: str = "status"
) -> pd.DataFrame:  # fmt: skip
    """One record per patient and stretch of unchanged ``status``: entry, exit, event, status.

    ``frame``: patient_id, entry, exit, event, in days; ``changes``: patient_id, days and the
    ``state`` that begins there. Until a patient's first change the state is ``first``. A change
    counts after its day, never on it: an event on the day of a scan belongs to the state before.
    """
    own = changes[changes["patient_id"].isin(frame["patient_id"])][["patient_id", "days", "state"]]
    start = frame[["patient_id"]].assign(days=-np.inf, state=first)
    parts = pd.concat([start, own], ignore_index=True)
    parts = parts.sort_values(["patient_id", "days"], kind="stable", ignore_index=True)
    parts["until"] = parts.groupby("patient_id")["days"].shift(-1).fillna(np.inf)
    joined = parts.merge(frame, on="patient_id")
    begin = np.maximum(joined["entry"], joined["days"])
    end = np.minimum(joined["exit"], joined["until"])
    last = joined["until"] >= joined["exit"]
    stretches = joined.assign(
        entry=begin, exit=end, event=joined["event"].where(last, 0), **{status: joined["state"]}
    )
    kept = stretches[begin < end].drop(columns=["days", "state", "until"])
    return kept.reset_index(drop=True)


@traced
def dependent(
    study: Study, endpoint: str = "os_prrt", population: str | None = None
) -> pd.DataFrame:
    """Hazard ratio of response as a time-dependent covariate, alone and with the covariates.

    Time without an evaluable scan counts as not (yet) responding. With the declared covariates
    only where there are five events per coefficient. Exploratory.
    """
    known = prepare(study, endpoint, None, population)
    states = study.landmark_states(known.times.population)
    states = states[states["state"] == RESPONDER].drop_duplicates("patient_id")
    frame = start_stop(known.frame, states, NON_RESPONDER, SO_FAR)
    frame[SO_FAR] = pd.Categorical(frame[SO_FAR], [NON_RESPONDER, RESPONDER])
    level = study.parameters.conf_level
    tables = [stamp(_dependent_ratio(frame, [], ALONE, level), n=len(known.frame))]
    if known.names:
        complete = known.frame[known.names].notna().all(axis=1)
        rows = _dependent_ratio(frame.dropna(subset=known.names), known.names, ADJUSTED, level)
        tables.append(stamp(rows, n=int(complete.sum())))
    words = {"analysis": DEPENDENT, "endpoint": endpoint, "population": known.times.population,
             "label": f"{known.times.endpoint.label}: {WORDS}", "role": "exploratory"}  # fmt: skip
    rows = warned(pd.concat(tables, ignore_index=True), known.times.warnings)
    return combine([stamp(rows, **words)])


def _dependent_ratio(
    frame: pd.DataFrame, names: Sequence[str], model: str, level: float
) -> pd.DataFrame:
    """The row of response in the model of it and ``names``, over the stretches of ``frame``."""
    events = int((frame["event"] == 1).sum())
    here = {"model": model, "events": events}
    record = {"statistic": "log_hazard_ratio", "variable": SO_FAR, "level": RESPONDER,
              "reference": NON_RESPONDER, "state": "not-estimable"}  # fmt: skip
    dead = frame[frame["event"] == 1][SO_FAR].value_counts()
    ever = (frame[SO_FAR] == RESPONDER).any()
    if not events or not ever:
        return result_rows([record], warning="no event" if ever else "nobody responds", **here)
    coefficients = 1 + sum(frame[n].nunique() - 1 if frame[n].dtype == "category" else 1
                           for n in names)  # fmt: skip
    if names and events < TOO_FEW * coefficients:
        why = f"{events} events are too few for {coefficients} coefficients"
        return result_rows([record], warning=why, **here)
    penalty = "firth" if events < TOO_FEW or (dead == 0).any() else None
    try:
        fit = cox(frame, "exit", "event", [SO_FAR, *names], entry="entry", penalty=penalty,
                  conf_level=level, reference={SO_FAR: NON_RESPONDER})  # fmt: skip
    except AnalysisError as error:
        return result_rows([record], warning=error.found, **here)
    rows = fit.rows
    kept = rows[(rows["statistic"] == "log_hazard_ratio") & (rows["variable"] == SO_FAR)]
    kept = kept[kept["level"] == RESPONDER].reset_index(drop=True)
    few = f"{events} events for {coefficients} coefficients" if events < FEW * coefficients else ""
    return stamp(warned(kept, [few]), **here, method=METHOD + kept["method"].map(", {}".format))


@checked
def both(
    study: Study, endpoints: Sequence[str] = ("os_prrt", "pfs"), population: str | None = None
) -> pd.DataFrame:
    """:func:`dependent` for each endpoint."""
    return combine(dependent(study, endpoint, population) for endpoint in endpoints)
