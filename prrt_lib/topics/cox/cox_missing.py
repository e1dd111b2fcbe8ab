"""The declared Cox model over imputed covariates, to stand beside the complete cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from prrt_lib.analyse.cox import Prepared, not_estimable, prepare, stamped
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.arguments import above_zero, checked
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, stamp
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.resampling.imputation import impute
from prrt_lib.estimate.resampling.rubin import pool_rows
from prrt_lib.study.data import Study

MODEL = "multiple imputation"
# Imputing takes minutes per endpoint in a large registry: there only the first endpoint has it.
MOST = 5000
INDEX, GRADE = "ki67_index", "grade_group"
ENDS = ("ki67_lo", "ki67_hi", "mib1_lo", "mib1_hi")
# WHO 2019: the upper end of the index of each grade; a grade decided by mitoses may have less.
UPPER = {"G1": np.nextafter(3.0, 0), "G2": 20.0, "G3/NEC": 100.0}


@traced
def imputed(
    study: Study, endpoint: str, covariates: Sequence[str] | None = None,
    imputations: int = 20, population: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Hazard ratios pooled over completed data sets: max(``imputations``, % incomplete) of them.

    The event and the Nelson-Aalen increment are in the imputation model; a missing grade is
    derived anew from the imputed index, which stays inside what is known of it (decision 23).
    """
    above_zero(imputations, "imputations")
    known = prepare(study, endpoint, covariates, population, "")
    frame = known.frame
    incomplete = [name for name in known.names if frame[name].isna().any()]
    if not known.names or not incomplete:
        return _said(study, known, "no covariate has missing values: nothing to impute")
    try:
        rows = _pooled(study, known, imputations)
    except AnalysisError as error:
        return _said(study, known, error.found)
    share = int(frame[incomplete].isna().any(axis=1).sum())
    words = f"{share} of {len(frame)} records completed by multiple imputation"
    return combine([stamped(study, known, stamp(rows, model=MODEL, warning=words))])


@checked
def several(
    study: Study, endpoints: Sequence[str], covariates: Sequence[str] | None = None,
    imputations: int = 20,
) -> pd.DataFrame:  # fmt: skip
    """:func:`imputed` of each endpoint, one under the other; left out beyond MOST records."""
    return combine([_one(study, name, covariates, imputations) for name in endpoints])


@traced
def _one(study: Study, endpoint: str, covariates: Sequence[str] | None, imputations: int):
    known = prepare(study, endpoint, covariates, None, "")
    if len(known.frame) > MOST:
        return _said(study, known, f"not imputed: more than {MOST} records take too long")
    return imputed(study, endpoint, covariates, imputations)


def _said(study: Study, known: Prepared, why: str) -> pd.DataFrame:
    return combine([stamped(study, known, not_estimable(known.names, MODEL, why))])


def _pooled(study: Study, known: Prepared, imputations: int) -> pd.DataFrame:
    frame, columns, bounds, derive = _with_index(study, known)
    whole = [name for name in known.names if not frame[name].isna().any()]
    lacking = [name for name in columns if frame[name].isna().any()]
    share = 100 * frame[[*known.names]].isna().any(axis=1).mean()
    done = impute(
        frame, lacking, "exit", "event", study.parameters.seed, entry="entry", auxiliary=whole,
        m=max(2, imputations, int(np.ceil(share))), bounds=bounds, derive=derive,
    )  # fmt: skip
    penalty = "firth" if known.too_few_events else None
    fits = [
        cox(part, "exit", "event", known.names, entry="entry", penalty=penalty,
            conf_level=study.parameters.conf_level)
        for part in done.frames
    ]  # fmt: skip
    spare = max(1, fits[0].events - known.coefficients)
    rows = pool_rows([fit.estimates for fit in fits], spare, study.parameters.conf_level)
    reference = fits[0].estimates
    reference = reference[
        (reference["level"] != "") & (reference["level"] == reference["reference"])
    ]
    both = pd.concat([reference, rows], ignore_index=True)
    return stamp(both, method=both["method"] + f"; {done.method}")


def _with_index(study: Study, known: Prepared):
    """The frame with the proliferative index and its ends where the grade has gaps to fill."""
    frame, names = known.frame, list(known.names)
    if GRADE not in names or not frame[GRADE].isna().any() or INDEX in names:
        return frame, names, {}, None
    index = study.patients(INDEX, *ENDS, population=known.times.population)
    merged = frame.merge(index, on="patient_id", how="left")
    if merged[INDEX].notna().sum() < 10:
        return frame, names, {}, None
    columns = [name for name in names if name != GRADE] + [INDEX]
    return bounded(merged), columns, {INDEX: ("index_low", "index_high")}, graded


def bounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Ends of the index: as abstracted, not above what the known grade allows."""
    most = frame[GRADE].astype(object).map(UPPER).astype("float64").fillna(100.0)
    low, high = (frame[f"ki67_{end}"].fillna(frame[f"mib1_{end}"]) for end in ("lo", "hi"))
    high = np.minimum(high.fillna(100.0), most)
    low = low.fillna(0.0)
    known = frame[INDEX]
    high = high.mask(known.notna(), np.maximum(high, known))
    return frame.assign(index_low=np.minimum(low, high), index_high=high)


def graded(frame: pd.DataFrame) -> pd.DataFrame:
    """Grades where they were not known, from the completed index (WHO 2019)."""
    bands = pd.cut(frame[INDEX], [-np.inf, UPPER["G1"], 20.0, np.inf], labels=list(UPPER))
    grades = frame[GRADE].astype(object)
    filled = grades.where(grades.notna(), bands.astype(object))
    order: Mapping[str, int] = {name: place for place, name in enumerate(UPPER)}
    levels = sorted(filled.dropna().unique(), key=lambda name: order.get(name, 9))
    return frame.assign(**{GRADE: pd.Categorical(filled, categories=levels)})
