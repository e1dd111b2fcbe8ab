"""What a patient brings along: ages, primary site, grade, stage."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.study.derive import grade, ki67_bands, metastases, sites, stage
from prrt_lib.study.questions import ask, ask_once_if_all
from prrt_lib.study.typed import one_per_patient

DAYS_PER_YEAR = 365.25
ENDS = ("", "_lo", "_hi")
Findings = list[dict[str, str]]


def characteristics(
    tables: Mapping[str, pd.DataFrame], cohort: pd.DataFrame
) -> tuple[pd.DataFrame, Findings]:
    """Derived baseline columns for the patients of ``cohort`` (first_prrt), and questions."""
    people = one_per_patient(tables["patients"], cohort.index)
    tumour = one_per_patient(tables["tumour"], cohort.index)
    frame, found = _diagnosis_and_ages(people, tumour, cohort["first_prrt"])
    site, frame["specimen"] = tumour["primary_site"], tumour["specimen_date"]
    frame["gep_primary"] = sites.gep_primary(site)
    frame["primary_group"] = sites.primary_group(site)
    frame["metastatic_pattern"] = metastases.pattern(tables["metastases"], cohort["first_prrt"])
    frame = frame.join(grade.grades(tumour))
    frame["grade_group"] = grade.grade_group(frame["grade"], tumour["grade_reported"])
    frame["ki67_index"] = grade.proliferation_index(tumour)
    frame["ki67_band"] = ki67_bands.bands(tumour)
    reported = tumour["stage_reported"]
    frame["stage"] = reported.where(reported.notna(), tumour["stage_category"])
    frame = frame.join(stage.stages(tumour, frame["grade"]))
    differ = grade.discordant(frame["grade"], tumour["grade_reported"])
    conflict = grade.proliferation_conflict(tumour)
    blank = list(cohort.index[site.isna()])
    found += ask_once_if_all(
        "primary-site-not-abstracted", "tumour", "primary_site", blank, cohort.index
    )
    found += ask("grade-discordant", "tumour", "grade_reported", cohort.index[differ])
    return frame, found + ask("proliferation-conflict", "tumour", "mib1", cohort.index[conflict])


def _diagnosis_and_ages(
    people: pd.DataFrame, tumour: pd.DataFrame, first_prrt: pd.Series
) -> tuple[pd.DataFrame, Findings]:
    """Diagnosis with its ends, ages from the birth date (else as abstracted), and the lag."""
    diagnosis, birth = tumour["diagnosis_date"], people["birth_date"]
    frame = pd.DataFrame({"diagnosis": diagnosis}, index=people.index)
    for end in ENDS[1:]:
        frame[f"diagnosis{end}"] = tumour[f"diagnosis{end}"]
    lag = (first_prrt - diagnosis).dt.days.astype("float64")
    told = people["age_at_diagnosis"]
    frame["age_at_diagnosis"] = _years(diagnosis - birth).fillna(told)
    later = told + lag.where(lag >= 0) / DAYS_PER_YEAR
    frame["age_at_first_prrt"] = _years(first_prrt - birth).fillna(later)
    frame["months_diagnosis_to_prrt"] = lag.where(lag >= 0) / DAYS_PER_MONTH
    # 18 and some months is still aged 18: the registry admits those older than 18.
    young = frame.index[frame["age_at_first_prrt"] < 19]
    found = ask("age-18-or-less", "patients", "birth_date", young)
    return frame, found + ask(
        "diagnosis-after-prrt", "tumour", "diagnosis_date", frame.index[lag < 0]
    )


def _years(span: pd.Series) -> pd.Series:
    return span.dt.days.astype("float64") / DAYS_PER_YEAR
