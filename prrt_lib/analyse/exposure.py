"""What was given: cycles, isotopes, activities, intervals, somatostatin analogs, centres."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.columns import label, one_each, rows_of
from prrt_lib.analyse.quantiles import quantity
from prrt_lib.analyse.summaries import Records, grouped, levels_of, nobody, share, shares
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.study.courses import in_order

ANALYSIS = "exposure"
UNKNOWN_ISOTOPE = "isotope not known"
PER_ADMINISTRATION = ("isotope", "ligand", "route", "treat_site", "treat_country")


def administrations(study: Any, *names: str, population: str | None = None) -> pd.DataFrame:
    """Dated administrations of ``population`` in order, with ``names`` of prrt_cycles.

    Adds ``cycle`` (1, 2, ... by date), ``course_no`` (decision 14) and ``weeks_since_previous``.
    """
    patients = study.patients(population=population or study.headline)
    wanted = dict.fromkeys(("row", "cycle_date", *names))
    cycles = rows_of(study, patients["patient_id"], "prrt_cycles", *wanted)
    ordered = in_order(cycles, study.parameters.course_gap_days).rename(columns={"order": "cycle"})
    gaps = ordered.groupby("patient_id", sort=False)["cycle_date"].diff().dt.days / 7
    return ordered.assign(weeks_since_previous=gaps)


def _words(study: Any, population: str | None, role: str) -> dict[str, str]:
    return {"analysis": ANALYSIS, "population": population or study.headline, "role": role}


@traced
def cycles(
    study: Any, by: str = "", population: str | None = None, role: str = "secondary"
) -> pd.DataFrame:
    """Patients by number of cycles and of courses, and quantiles of the number of cycles.

    A course that starts long after the previous cycle is a retreatment (decision 14).
    """
    words = _words(study, population, role)
    names = ["derived.n_cycles", "derived.n_courses", *([f"derived.{by}"] if by else [])]
    patients = one_each(study, names, words["population"])
    every = {name: levels_of(patients[name], name) for name in ("n_cycles", "n_courses")}

    def describe(part: pd.DataFrame) -> Records:
        counted = {"label": "PRRT cycles per patient"}
        courses = {"label": "Courses of PRRT per patient"}
        return [
            *quantity(part["n_cycles"].astype(float), "n_cycles", "cycles", **counted),
            *shares(part["n_cycles"], "n_cycles", every["n_cycles"], **counted),
            *shares(part["n_courses"], "n_courses", every["n_courses"], **courses),
        ]

    return grouped(patients, by, describe, **words)


@traced
def agents(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """Isotope, ligand, route, centre and country as shares of administrations."""
    words = _words(study, population, role)
    given = administrations(study, *PER_ADMINISTRATION, population=population)
    return combine(
        _of_administrations(
            given, name, words | {"label": f"{label(f'prrt_cycles.{name}')}, of cycles"}
        )
        for name in PER_ADMINISTRATION
    )


def _of_administrations(given: pd.DataFrame, name: str, words: dict) -> pd.DataFrame:
    words = {**words, "unit": "administrations"}
    if given[name].isna().all():
        return result_rows(nobody(name, len(given)), **words)
    return result_rows(shares(given[name], name, levels_of(given[name], name)), **words)


@traced
def activity(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """Activity per administration and cumulative per patient, each isotope on its own.

    Activities of different isotopes are never added; a tandem is an isotope of its own. A
    patient with an unknown activity of an isotope has no cumulative activity of it.
    """
    words = _words(study, population, role)
    given = administrations(study, "isotope", "activity_gbq", population=population)
    if given["activity_gbq"].isna().all():
        empty = nobody("activity_gbq", len(given), "median", unit="GBq")
        return result_rows(empty, **words, label="Activity per cycle")
    given = given.assign(isotope=given["isotope"].fillna(UNKNOWN_ISOTOPE))
    records: Records = []
    for isotope in levels_of(given["isotope"], "isotope"):
        own = given[given["isotope"] == isotope]
        records += quantity(own["activity_gbq"], "activity_gbq", "GBq", level=isotope,
                            label="Activity per cycle")  # fmt: skip
        records += quantity(_sums(own), "cumulative_gbq", "GBq", level=isotope,
                            label="Cumulative activity per patient")  # fmt: skip
    return result_rows(records, **words)


def _sums(own: pd.DataFrame) -> pd.Series:
    """Sum per patient; missing where one of the activities is."""
    by_patient = own.groupby("patient_id")["activity_gbq"]
    return by_patient.sum().where(by_patient.count() == by_patient.size())


@traced
def intervals(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """Weeks between consecutive cycles of a course, together and by cycle."""
    words = {**_words(study, population, role), "label": "Interval between cycles"}
    given = administrations(study, population=population)
    later = given[given["cycle"] > 1]
    new_course = later["course_no"] != later["course_no"].groupby(later["patient_id"]).shift(
        1
    ).fillna(1)
    within = later[~new_course]
    name = "weeks_between_cycles"
    if within.empty:
        record = {"statistic": "median", "variable": name, "level": "all", "n": 0, "total": 0}
        return result_rows([record | {"state": "not-estimable", "unit": "weeks"}], **words)
    records = quantity(within["weeks_since_previous"], name, "weeks", level="all")
    for cycle, part in within.groupby("cycle"):
        between = f"cycle {cycle - 1} to {cycle}"
        records += quantity(part["weeks_since_previous"], name, "weeks", level=between)
    if new_course.any():
        gap = study.parameters.course_gap_days
        told = f"{int(new_course.sum())} gaps of {gap} days or more start a new course, left out"
        records[0] |= {"warning": told}
    return result_rows(records, **words)


@traced
def modifications(
    study: Any, population: str | None = None, role: str = "secondary"
) -> pd.DataFrame:
    """Cycles and patients with a modified dose, and the reasons."""
    words = _words(study, population, role)
    given = administrations(study, "dose_modified", "dose_modified_reason", population=population)
    known = given.dropna(subset=["dose_modified"])
    if known.empty:
        empty = nobody("dose_modified", len(given), unit="administrations")
        return result_rows(empty, **words, label=label("prrt_cycles.dose_modified"))
    changed = known[known["dose_modified"] == "yes"]
    name = {"variable": "dose_modified", "label": label("prrt_cycles.dose_modified")}
    records = [
        share(len(changed), len(known), level="cycles", unit="administrations", **name),
        share(changed["patient_id"].nunique(), known["patient_id"].nunique(),
              level="patients with at least one", unit="patients", **name),
    ]  # fmt: skip
    reasons = changed["dose_modified_reason"]
    records += [
        {**item, "unit": "administrations", "label": "Reason for modification, of modified cycles"}
        for item in shares(reasons, reasons.name, levels_of(reasons, reasons.name))
    ]
    return result_rows(records, **words)


@traced
def ssa_by_cycle(
    study: Any, population: str | None = None, role: str = "secondary"
) -> pd.DataFrame:
    """Somatostatin analog at the time of each PRRT: share of patients at cycle 1, 2, ..."""
    words = {**_words(study, population, role), "label": label("prrt_cycles.ssa_at_time")}
    given = administrations(study, "ssa_at_time", "ssa_drug", population=population)
    given = given.rename(columns={"cycle": "cycle_no"})
    if given["ssa_at_time"].isna().all():
        return result_rows(nobody("ssa_at_time", len(given), unit="administrations"), **words)
    drugs = levels_of(given["ssa_drug"], "ssa_drug")

    def describe(part: pd.DataFrame) -> Records:
        on = part[part["ssa_at_time"] == "yes"]
        drug = shares(on["ssa_drug"], "ssa_drug", drugs, label="Drug, of those on an analog")
        return [
            *shares(part["ssa_at_time"], "ssa_at_time", ["yes", "no"]),
            *(drug if drugs else []),
        ]

    return grouped(given, "cycle_no", describe, **words)


def everyone(study: Any, by: str = "", role: str = "secondary") -> pd.DataFrame:
    """All of the above for all treated patients."""
    population = "all_treated"
    pages = (agents, activity, intervals, modifications, ssa_by_cycle)
    return combine([cycles(study, by, population, role),
                    *(page(study, population, role) for page in pages)])  # fmt: skip
