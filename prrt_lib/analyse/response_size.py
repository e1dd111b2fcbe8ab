"""A response of any magnitude beside RECIST and the measured change in size, per patient."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.columns import one_each, rows_of, without_scans
from prrt_lib.analyse.response import ANALYSIS, EVALUABLE
from prrt_lib.analyse.summaries import nobody, shares
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.study.response_rules import ANY_RESPONSE, NED
from prrt_lib.study.responses import is_response

LIMITS = ("progression", "new_therapy", "retreatment", "horizon")
OBJECTIVE = ("CR", "PR")
# RECIST 1.1 (Eisenhauer 2009): a partial response is a decrease of at least 30 %.
PARTIAL = -30.0
MEASURES = {
    "any_response": "Response of any magnitude (the registry's words)",
    "objective_response": "RECIST response (CR or PR), of those with a RECIST class",
    "any_shrinkage": "Any shrinkage measured, of those with a measured change",
    "shrinkage_30": "Shrinkage of 30 % or more measured, of those with a measured change",
}


def responders(study: Any, population: str | None = None) -> pd.DataFrame:
    """Per patient: each measure of MEASURES as yes | no | None, ``best_change`` in per cent.

    On scans after first PRRT, up to and including progression, new therapy, retreatment or the
    horizon. No evidence of disease counts as a response after disease at baseline only.
    """
    population = population or study.headline
    names = ["best_response", "in_imaging_evaluable", "primary_group", "grade_group",
             "isotope_cycle1", *LIMITS]  # fmt: skip
    patients = one_each(study, [f"derived.{name}" for name in names], population)
    facts = ("scan_date", "after_prrt", "response_class", "recist_class", "size_change_pct")
    scans = rows_of(study, patients["patient_id"], "scans", *facts)
    limit = scans["patient_id"].map(patients.set_index("patient_id")[list(LIMITS)].min(axis=1))
    used = scans[scans["after_prrt"] & ~(scans["scan_date"] > limit)]
    best = patients["best_response"]
    responses = scans.loc[is_response(scans), "patient_id"]
    good = best.isin((ANY_RESPONSE, NED)) & patients["patient_id"].isin(responses)
    change = patients["patient_id"].map(used.groupby("patient_id")["size_change_pct"].min())
    measured = change.notna()
    recist = used.dropna(subset=["recist_class"])
    objective = recist.loc[recist["recist_class"].isin(OBJECTIVE), "patient_id"]
    ids, evaluable = patients["patient_id"], patients["in_imaging_evaluable"]
    return patients.assign(
        best_change=change,
        any_response=_told(good, evaluable & best.notna()),
        objective_response=_told(ids.isin(objective), ids.isin(recist["patient_id"])),
        any_shrinkage=_told(change < 0, measured),
        shrinkage_30=_told(change <= PARTIAL, measured),
    )


def _told(condition: pd.Series, known: pd.Series) -> pd.Series:
    answer = pd.Series("no", index=condition.index, dtype=object).mask(condition, "yes")
    return answer.where(known, None)


@traced
def magnitudes(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """Shares of responders by each measure, exact limits, each with its own denominator."""
    population = population or study.headline
    words = {"analysis": ANALYSIS, "population": population, "role": role}
    patients = responders(study, population)
    level = study.parameters.conf_level
    frames = []
    for name, label in MEASURES.items():
        stratum = EVALUABLE if name == "any_response" else ""
        own = {**words, "label": label, "stratum": stratum}
        values = patients[name]
        state = without_scans(study) if name == "any_response" else "not-abstracted"
        records = (
            nobody(name, len(patients), state=state)
            if values.isna().all()
            else shares(values.dropna(), name, ["yes"], level)
        )
        frames.append(result_rows(records, **own))
    return combine(frames)
