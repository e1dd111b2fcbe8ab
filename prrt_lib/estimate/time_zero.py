"""The time-zero audit: a covariate has to be known when its patient enters the risk set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.estimate.guards import require_columns

DECISION = "decision 10"


def audit_time_zero(
    frame: pd.DataFrame,
    covariates: Sequence[str],
    known_at: Mapping[str, str | float],
    entry: str | float = 0.0,
) -> None:
    """Nothing; AnalysisError naming decision 10 when a covariate is known only after entry.

    ``known_at`` gives for each covariate (or grouping) the column, or the number, that says when
    it became known, on the time scale of ``entry``. A covariate without a declared time is
    refused; a record whose covariate is missing is not judged; a covariate with a value but
    without a date is refused.
    """
    starts = _times(frame, entry)
    problems = [
        problem
        for name in covariates
        if (problem := _problem(frame, name, known_at.get(name), starts)) is not None
    ]
    if problems:
        raise AnalysisError(problems)


def _problem(frame: pd.DataFrame, name: str, known, starts: np.ndarray) -> Problem | None:
    require_columns(frame, [name])
    todo = (
        "describe it only, use a landmark analysis, or model it as a time-dependent covariate; "
        f"{DECISION} allows only what is known at risk-set entry"
    )
    if known is None:
        found = "no declared time at which it is known"
        expected = f"a time not after risk-set entry ({DECISION})"
        return Problem(f"covariate {name!r}", found, expected, "declare the time, or " + todo)
    has_value = frame[name].notna().to_numpy()
    times = _times(frame, known)
    undated = int((has_value & np.isnan(times)).sum())
    late = int((has_value & (times > starts)).sum())
    if not undated and not late:
        return None
    parts = [f"{late} records known only after entry"] if late else []
    parts += [f"{undated} records with a value but without its time"] if undated else []
    expected = f"known at or before risk-set entry in every record ({DECISION})"
    return Problem(f"covariate {name!r}", " and ".join(parts), expected, todo)


def _times(frame: pd.DataFrame, where: str | float) -> np.ndarray:
    if not isinstance(where, str):
        return np.full(len(frame), float(where))
    require_columns(frame, [where])
    return pd.to_numeric(frame[where]).to_numpy(dtype="float64", na_value=np.nan)
