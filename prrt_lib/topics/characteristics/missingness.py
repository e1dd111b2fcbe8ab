"""What was not abstracted, in whom, and whether that goes with the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.summaries import groups, share
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.regression.cox_model import CoxFit, cox
from prrt_lib.topics.characteristics.describe import TABLE_1, bounds_of, people_with

ANALYSIS = "missingness"
PREDICTOR = "missing as predictor"
# Derived a second time from the same cells, so counted once.
TWICE = ("derived.grade_basis", "derived.grade_group", "derived.ki67_band", "derived.stage_ajcc8",
         "derived.metastatic_pattern", "derived.primary_group")  # fmt: skip
VARIABLES = (*(name for name in TABLE_1 if name not in TWICE), "derived.isotope_cycle1",
             "derived.ssa_cycle1", "derived.cumulative_gbq", "derived.cga_before",
             "derived.pancreastatin_before", "followup.disease_status_last")  # fmt: skip
INFORMATIVE = ("grade_group", "ki67_band", "mitoses_value", "stage")
MISSING, KNOWN = "missing", "known"
TOO_FEW = 5
OF_ALL = {"method": "n of all patients"}


@checked
def missingness(
    study: Any, by: str = "", population: str | None = None, variables: Sequence[str] = VARIABLES
) -> pd.DataFrame:
    """Share of patients without a value (nor a bound), per variable, overall and by ``by``."""
    chosen = population or study.headline
    return combine(_share_missing(study, address, by, chosen) for address in variables)


@traced
def _share_missing(study: Any, address: str, by: str, population: str) -> pd.DataFrame:
    patients = people_with(study, address, by, population)
    absent = _absent(study, patients, address)
    name, label = address.split(".")[1], dictionary().column(address).label
    records = [share(int(absent.sum()), len(absent), name, MISSING, label=label, **OF_ALL)]
    for level, part in groups(patients, by):
        own = absent[part.index]
        records.append(share(int(own.sum()), len(own), name, MISSING, label=label, **OF_ALL,
                             group=by, group_level=level))  # fmt: skip
    return result_rows(records, analysis=ANALYSIS, population=population,
                       role="secondary")  # fmt: skip


def _absent(study: Any, patients: pd.DataFrame, address: str) -> pd.Series:
    column = dictionary().column(address)
    if column.multiple:
        rows = rows_of(study, patients["patient_id"], column.table, column.name)
        known = rows.loc[rows[column.name].notna(), "patient_id"]
        return ~patients["patient_id"].isin(known)
    ends = [end.split(".")[1] for end in bounds_of(address)]
    return patients[[column.name, *ends]].isna().all(axis=1)


@checked
def predicts(
    study: Any, endpoint: str = "os_prrt", names: Sequence[str] = INFORMATIVE,
    population: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Hazard ratio of those without a value against those with one, a model per variable.

    Exploratory: missing values that go with the outcome are not missing at random, and an
    analysis of complete records alone is then of a selected group.
    """
    chosen = population or study.headline
    return combine(_predicts(study, endpoint, name, chosen) for name in names)


@traced
def _predicts(study: Any, endpoint: str, name: str, population: str) -> pd.DataFrame:
    times = study.times(endpoint, "", population, (name,))
    rows, label = _one(times.frame, name), times.endpoint.label
    return stamp(rows, analysis=ANALYSIS, model=PREDICTOR, endpoint=endpoint, label=label,
                 population=population, role="exploratory")  # fmt: skip


def _one(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    absent = frame[name].isna()
    told = frame.assign(**{name: np.where(absent, MISSING, KNOWN).astype(object)})
    record = {"statistic": "log_hazard_ratio", "variable": name, "level": MISSING}
    record |= {"reference": KNOWN, "n": len(frame), "events": int((frame["event"] == 1).sum())}
    if absent.all() or not absent.any():
        why = f"{dictionary().label(name)}: {'nobody' if absent.all() else 'everybody'} has a value"
        return result_rows([{**record, "state": "not-estimable", "warning": why}])
    try:
        fit = _fit(told, name)
    except AnalysisError as error:
        why = "; ".join(problem.found for problem in error.problems)
        return result_rows([{**record, "state": "not-estimable", "warning": why}])
    rows = fit.rows
    kept = (rows["statistic"] == "log_hazard_ratio") & (rows["level"] == MISSING)
    return rows[kept].reset_index(drop=True)


def _fit(told: pd.DataFrame, name: str) -> CoxFit:
    """Plain where each level has events enough, with Firth's penalty else (decision 12)."""
    options = {"entry": "entry", "reference": {name: KNOWN}}
    events = told[told["event"] == 1][name].value_counts()
    few = len(events) < 2 or events.sum() < TOO_FEW
    return cox(told, "exit", "event", [name], penalty="firth" if few else None, **options)
