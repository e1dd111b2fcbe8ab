"""Response against survival with response as it changes in time: responders from the scan on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.analyse.cox import FEW, TOO_FEW, prepare
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.study.derive.responses import NON_RESPONDER, RESPONDER

ANALYSIS = "response_dependent"
STATE = "response so far"
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
def dependent(study: Any, endpoint: str = "os_prrt", population: str | None = None) -> pd.DataFrame:
    """Hazard ratio of response as a time-dependent covariate, alone and with the covariates.

    Time without an evaluable scan counts as not (yet) responding. With the declared covariates
    only where there are five events per coefficient. Exploratory.
    """
    known = prepare(study, endpoint, None, population)
    states = study.landmark_states(known.times.population)
    states = states[states["state"] == RESPONDER].drop_duplicates("patient_id")
    frame = start_stop(known.frame, states, NON_RESPONDER, STATE)
    frame[STATE] = pd.Categorical(frame[STATE], [NON_RESPONDER, RESPONDER])
    level = study.parameters.conf_level
    tables = [stamp(_ratio(frame, [], ALONE, level), n=len(known.frame))]
    if known.names:
        complete = known.frame[known.names].notna().all(axis=1)
        rows = _ratio(frame.dropna(subset=known.names), known.names, ADJUSTED, level)
        tables.append(stamp(rows, n=int(complete.sum())))
    label = f"{known.times.endpoint.label}: {WORDS}"
    rows = pd.concat(tables, ignore_index=True)
    words = ["; ".join(p for p in (*known.times.warnings, own) if p) for own in rows["warning"]]
    return combine([
        stamp(rows, analysis=ANALYSIS, endpoint=endpoint, population=known.times.population,
              label=label, role="exploratory", warning=words)
    ])  # fmt: skip


def _ratio(frame: pd.DataFrame, names: Sequence[str], model: str, level: float) -> pd.DataFrame:
    """The row of response in the model of it and ``names``, over the stretches of ``frame``."""
    events = int((frame["event"] == 1).sum())
    here = {"model": model, "events": events}
    record = {"statistic": "log_hazard_ratio", "variable": STATE, "level": RESPONDER,
              "reference": NON_RESPONDER, "state": "not-estimable"}  # fmt: skip
    dead = frame[frame["event"] == 1][STATE].value_counts()
    ever = (frame[STATE] == RESPONDER).any()
    if not events or not ever:
        return result_rows([record], warning="no event" if ever else "nobody responds", **here)
    coefficients = 1 + sum(frame[n].nunique() - 1 if frame[n].dtype == "category" else 1
                           for n in names)  # fmt: skip
    if names and events < TOO_FEW * coefficients:
        why = f"{events} events are too few for {coefficients} coefficients"
        return result_rows([record], warning=why, **here)
    penalty = "firth" if events < TOO_FEW or (dead == 0).any() else None
    try:
        fit = cox(frame, "exit", "event", [STATE, *names], entry="entry", penalty=penalty,
                  conf_level=level, reference={STATE: NON_RESPONDER})  # fmt: skip
    except AnalysisError as error:
        why = "; ".join(problem.found for problem in error.problems)
        return result_rows([record], warning=why, **here)
    rows = fit.rows
    kept = rows[(rows["statistic"] == "log_hazard_ratio") & (rows["variable"] == STATE)]
    kept = kept[kept["level"] == RESPONDER].reset_index(drop=True)
    few = f"{events} events for {coefficients} coefficients" if events < FEW * coefficients else ""
    told = kept["warning"].map(lambda text: "; ".join(part for part in (few, text) if part))
    return stamp(kept, **here, warning=told, method=METHOD + kept["method"].map(", {}".format))


@checked
def both(
    study: Any, endpoints: Sequence[str] = ("os_prrt", "pfs"), population: str | None = None
) -> pd.DataFrame:
    """:func:`dependent` for each endpoint."""
    return combine(dependent(study, endpoint, population) for endpoint in endpoints)
