"""A response of any magnitude beside RECIST and the measured change in size, per patient."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.columns import label, one_each, rows_of, without_scans
from prrt_lib.analyse.summaries import EXACT, Records, nobody, share, shares
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.study.derive.response_rules import ANY_RESPONSE, NED
from prrt_lib.study.derive.responses import BEST_FIRST, is_response
from prrt_lib.topics.response.response import ANALYSIS, EVALUABLE

LIMITS = ("progression", "new_therapy", "retreatment", "horizon")
# RECIST 1.1 (Eisenhauer 2009): a partial response is a decrease of at least 30 %.
PARTIAL = -30.0
MEASURES = {
    "any_response": "Response of any magnitude (the registry's words)",
    "any_shrinkage": "Any shrinkage measured, of those with a measured change",
    "shrinkage_30": "Shrinkage of 30 % or more measured, of those with a measured change",
}
RECIST = {
    "objective_response": ("Objective response by RECIST (CR or PR)", ("CR", "PR")),
    "disease_control": ("Disease control by RECIST (CR, PR or SD)", ("CR", "PR", "SD")),
}
MEASURED, NO_CLASS = "with a RECIST class", "no RECIST class"
HOW = (
    f"{EXACT}; best class up to progression by RECIST, new therapy, retreatment or the horizon; "
    "unconfirmed, stable disease of any duration"
)


def responders(study: Any, population: str | None = None) -> pd.DataFrame:
    """Per patient: each measure of MEASURES as yes | no | None, ``best_change`` in per cent.

    On scans after first PRRT, up to and including progression, new therapy, retreatment or the
    horizon. No evidence of disease counts as a response after disease at baseline only.
    """
    population = population or study.headline
    names = ["best_response", "in_imaging_evaluable", "primary_group", "grade_group",
             "isotope_cycle1", *LIMITS]  # fmt: skip
    patients = one_each(study, [f"derived.{name}" for name in names], population)
    facts = ("scan_date", "after_prrt", "response_class", "size_change_pct")
    scans = rows_of(study, patients["patient_id"], "scans", *facts)
    limit = scans["patient_id"].map(patients.set_index("patient_id")[list(LIMITS)].min(axis=1))
    used = scans[scans["after_prrt"] & ~(scans["scan_date"] > limit)]
    best = patients["best_response"]
    responses = scans.loc[is_response(scans), "patient_id"]
    good = best.isin((ANY_RESPONSE, NED)) & patients["patient_id"].isin(responses)
    change = patients["patient_id"].map(used.groupby("patient_id")["size_change_pct"].min())
    measured = change.notna()
    return patients.assign(
        best_change=change,
        any_response=_told(good, patients["in_imaging_evaluable"] & best.notna()),
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
    for name, text in MEASURES.items():
        stratum = EVALUABLE if name == "any_response" else ""
        own = {**words, "label": text, "stratum": stratum}
        values = patients[name]
        state = without_scans(study) if name == "any_response" else "not-abstracted"
        records = (
            nobody(name, len(patients), state=state)
            if values.isna().all()
            else shares(values.dropna(), name, ["yes"], level)
        )
        frames.append(result_rows(records, **own))
    return combine(frames)


@traced
def recist(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """Best RECIST class, objective response and disease control, exact limits.

    ``stratum`` "with a RECIST class": those with one after first PRRT; "": all of ``population``,
    where no class is neither response nor control.
    """
    population = population or study.headline
    words = {"analysis": ANALYSIS, "population": population, "role": role}
    best = one_each(study, ["derived.best_recist"], population)["best_recist"]
    names = {"best_recist": label("derived.best_recist")}
    names |= {name: text for name, (text, _) in RECIST.items()}
    records: Records = []
    if best.isna().all():
        state = "not-estimable" if study.abstracted("imaging", "recist_class") else "not-abstracted"
        for name, text in names.items():
            records += nobody(name, len(best), state=state, label=text)
        return result_rows(records, **words)
    level = study.parameters.conf_level
    for stratum, own in ((MEASURED, best.dropna()), ("", best.fillna(NO_CLASS))):
        told = {"stratum": stratum, "method": HOW}
        classes = [*BEST_FIRST, *([] if stratum else [NO_CLASS])]
        records += shares(own, "best_recist", classes, level, label=names["best_recist"], **told)
        for name, (text, good) in RECIST.items():
            count, of = int(own.isin(good).sum()), "" if stratum else ", of all"
            records.append(share(count, len(own), name, "yes", level, label=text + of, **told))
    return result_rows(records, **words)
