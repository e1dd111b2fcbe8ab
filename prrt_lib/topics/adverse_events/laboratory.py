"""Laboratory values after first PRRT: worst grade, nadir, time to nadir, slope of eGFR."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.quantiles import quantity, where_enough
from prrt_lib.analyse.summaries import Records, nobody, share
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.proportions import normal_quantile
from prrt_lib.estimate.random_effects import METHOD, MixedFit, mixed_model
from prrt_lib.study.derive.lab_grades import (
    canonical_unit,
    grades,
    in_canonical_units,
    rising,
    rule_of,
    rules,
    term_of,
)
from prrt_lib.topics.adverse_events.adverse import emergent_events, recorded

ANALYSIS = "laboratory"
COLUMNS = ("lab_test", "lab_date", "lab_value", "lab_value_lo", "lab_value_hi", "lab_value_unit",
           "lab_uln", "lab_uln_unit", "lab_lln", "lab_lln_unit")  # fmt: skip
DAYS_PER_YEAR = 365.25
COUNTED_TWICE = (
    "recorded events are of all patients, laboratory grades of those with values after first PRRT, "
    "new against the value before; both is of those with either"
)
# Units of the model's rows; the slope's own is per year.
LABELS = {"intercept": "eGFR at first PRRT, mL/min/1.73 m2",
          "between, intercept": "Variance of eGFR at first PRRT",
          "between, slope": "Variance of the change per year", "within": "Variance left over",
          "": "eGFR, change per year, mL/min/1.73 m2"}  # fmt: skip
UNITS = {"intercept": "mL/min/1.73m2", "between, intercept": "(mL/min/1.73m2)^2",
         "between, slope": "(mL/min/1.73m2 per year)^2", "within": "(mL/min/1.73m2)^2"}  # fmt: skip


def values(study: Any, population: str = "safety") -> pd.DataFrame:
    """Dated results in canonical units with ``day`` from first PRRT, baseline and grade.

    ``baseline`` is the last exact value on or before first PRRT; ``grade_lo`` and ``grade_hi``
    by the rules of CTCAE, of the version that the parameters name (missing where its limits could
    not be verified). Results after the horizon, undated, or without a usable unit leave.
    """
    patients = study.patients("first_prrt", "horizon", population=population)
    found = rows_of(study, patients["patient_id"], "labs", *COLUMNS)
    found = found[found["lab_test"].isin(rules()) & found["lab_date"].notna()]
    found = found.merge(patients, on="patient_id")
    found = found[found["lab_date"] <= found["horizon"]]
    found = found.assign(day=(found["lab_date"] - found["first_prrt"]).dt.days)
    version = study.parameters.ctcae_version
    parts = [_graded(test, part, version) for test, part in found.groupby("lab_test", sort=True)]
    return pd.concat(parts, ignore_index=True) if parts else found.assign(
        value=pd.Series(dtype=float), grade_lo=pd.Series(dtype=float), baseline_hi=None
    )  # fmt: skip


def _graded(test: str, part: pd.DataFrame, version: int) -> pd.DataFrame:
    part = part.sort_values(["patient_id", "day"], kind="stable").reset_index(drop=True)
    unit = part["lab_value_unit"]
    value = in_canonical_units(test, part["lab_value"], unit)
    frame = pd.DataFrame({
        "value_lo": in_canonical_units(test, part["lab_value_lo"], unit).fillna(value),
        "value_hi": in_canonical_units(test, part["lab_value_hi"], unit).fillna(value),
        "lln": in_canonical_units(test, part["lab_lln"], part["lab_lln_unit"].fillna(unit)),
        "uln": in_canonical_units(test, part["lab_uln"], part["lab_uln_unit"].fillna(unit)),
    })  # fmt: skip
    before = frame.assign(patient_id=part["patient_id"], value=value)
    before = before[(part["day"] <= 0) & value.notna()]
    last = before.drop_duplicates("patient_id", keep="last").set_index("patient_id")
    # The limits are those of the baseline's own sample.
    for name, source in (("baseline", "value"), ("baseline_lln", "lln"), ("baseline_uln", "uln")):
        frame[name] = part["patient_id"].map(last[source]).astype(float)
    told = part[["patient_id", "lab_test", "day"]].assign(value=value, baseline=frame["baseline"])
    if unverified(test, version):
        nothing = dict.fromkeys(("grade_lo", "grade_hi", "baseline_hi"), np.nan)
        return told[frame[["value_lo", "value_hi"]].notna().any(axis=1)].assign(**nothing)
    own = told.join(grades(test, frame, version))
    start = own[own["day"] <= 0].groupby("patient_id")["grade_hi"].last()
    own = own.assign(baseline_hi=own["patient_id"].map(start))
    return own[own["grade_lo"].notna()]


def unverified(test: str, version: int) -> str:
    """Why ``test`` is not graded by this version of CTCAE; "" where it is."""
    try:
        rule_of(test, version)
    except AnalysisError as error:
        return "; ".join(f"{problem.where}: {problem.found}" for problem in error.problems)
    return ""


@traced
def page(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Per test: patients by worst new grade, the nadir (or peak), and the days to it."""
    words = {"analysis": ANALYSIS, "population": population, "role": role}
    total = len(study.patients(population=population))
    found = values(study, population)
    after = found[found["day"] > 0]
    if after.empty:
        return result_rows(nobody("laboratory", total, label="Laboratory values"), **words)
    records: Records = []
    version = study.parameters.ctcae_version
    for test, part in after.groupby("lab_test", sort=True):
        records += [{**item, "label": item.get("label", term_of(str(test), version))}
                    for item in _of_test(str(test), part, version)]  # fmt: skip
    return result_rows(where_enough(records, study.parameters.min_group), **words)


def _worst_new(part: pd.DataFrame) -> pd.Series:
    """Each patient's worst grade of one test that is worse than before first PRRT; else 0."""
    new = part["grade_lo"].where(~(part["grade_lo"] <= part["baseline_hi"]), 0)
    return new.groupby(part["patient_id"]).max()


def _of_test(test: str, part: pd.DataFrame, version: int) -> Records:
    """New: worse than the grade before first PRRT, where there was one (treatment-emergent)."""
    worst = _worst_new(part)
    # One low eGFR is no chronic kidney disease: see toxicity.renal.
    graded = (("any grade", 1), ("grade 3 or higher", 3)) if test != "eGFR" else ()
    records = [
        share(int((worst >= low).sum()), len(worst), test, level, group="grade", group_level=level,
              method="worst grade surely reached and worse than before PRRT")
        for level, low in graded
    ]  # fmt: skip
    if why := unverified(test, version):
        records = [{"statistic": "proportion", "variable": test, "level": level, "group": "grade",
                    "group_level": level, "state": "not-estimable", "warning": why}
                   for level in ("any grade", "grade 3 or higher")]  # fmt: skip
    high = rising(test)
    exact = part.dropna(subset=["value"]).sort_values("value", ascending=not high, kind="stable")
    extreme = exact.drop_duplicates("patient_id")
    name = "peak" if high else "nadir"
    unit = canonical_unit(test)
    records += quantity(extreme["value"], test, unit, level=name, label=f"{test}: {name}")
    records += quantity(extreme["day"].astype(float), test, "days", level=f"time to {name}",
                        label=f"{test}: time to {name}, from first PRRT")  # fmt: skip
    return records


@traced
def against_events(
    study: Any, population: str = "safety", role: str = "secondary"
) -> pd.DataFrame:  # fmt: skip
    """Patients with grade 3 or higher by recorded events and by laboratory values, per test.

    Two counts of one thing rarely agree: events are what somebody recorded, of all patients;
    laboratory grades are of those with values after first PRRT, new against the value before.
    """
    words = {"analysis": ANALYSIS, "model": "against events", "population": population,
             "role": role}  # fmt: skip
    ids = study.patients(population=population)["patient_id"]
    after = values(study, population)
    after = after[after["day"] > 0]
    if after.empty or not recorded(study, population):
        return result_rows(nobody("laboratory", len(ids), label="Grade 3 or higher"), **words)
    events = emergent_events(study, population, "")
    severe = events[events["severe"] == "yes"]
    records: Records = []
    for test, part in after.groupby("lab_test", sort=True):
        term = term_of(str(test))
        by_event = set(severe.loc[severe["term"] == term, "patient_id"])
        worst = _worst_new(part)
        by_value = set(worst.index[worst >= 3])
        if not by_event and not by_value:
            continue
        counts = {"by events": (len(by_event), len(ids)),
                  "by laboratory values": (len(by_value), len(worst)),
                  "by both": (len(by_event & by_value), len(by_event | by_value))}  # fmt: skip
        records += [share(n, total, str(test), level, label=f"{term}, grade 3 or higher")
                    for level, (n, total) in counts.items()]  # fmt: skip
    return result_rows(records, **words, warning=COUNTED_TWICE if records else "")


@traced
def egfr_slope(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Change of eGFR per year from first PRRT: intercept and slope of each patient are random.

    Rows ``mean`` are the model's average patient at the end of each year somebody was seen in.
    """
    words = {"analysis": ANALYSIS, "model": "eGFR slope", "population": population, "role": role,
             "unit": "mL/min/1.73m2 per year", "label": "eGFR, change per year"}  # fmt: skip
    found = values(study, population)
    found = found[(found["lab_test"] == "eGFR") & found["value"].notna() & (found["day"] >= 0)]
    if found.empty:
        total = len(study.patients(population=population))
        return result_rows(nobody("eGFR", total, "slope"), **words)
    frame = found.assign(years=found["day"] / DAYS_PER_YEAR)
    try:
        fit = mixed_model(frame, "value", ["years"], "patient_id", slope="years")
    except AnalysisError as error:
        why = "; ".join(problem.found for problem in error.problems)
        empty = [{"statistic": "slope", "variable": "eGFR", "state": "not-estimable",
                  "n": found["patient_id"].nunique(), "warning": f"eGFR slope: {why}"}]  # fmt: skip
        return result_rows(empty, **words)
    rows = fit.rows(study.parameters.conf_level)
    slope = rows["variable"] == "years"
    statistic = rows["statistic"].where(~slope, "slope")
    level = rows["variable"].where(~slope, "")
    unit = level.map(UNITS).fillna(words["unit"])
    own = {**words, "unit": unit, "label": level.map(LABELS)}
    told = stamp(rows, **own, statistic=statistic, level=level, variable="eGFR")
    return combine([told, _mean_line(fit, frame["years"].max(), study, words)])


def _mean_line(fit: MixedFit, longest: float, study: Any, words: dict) -> pd.DataFrame:
    """Rows ``mean`` at first PRRT and each full year up to the last value, with Wald limits."""
    z = normal_quantile(study.parameters.conf_level)
    records = []
    for year in range(int(longest) + 1):
        at = np.array([1.0, year])
        middle, error = float(at @ fit.estimate), float(np.sqrt(at @ fit.covariance @ at))
        records.append({"statistic": "mean", "variable": "eGFR", "level": "model",
                        "time": int(year * DAYS_PER_YEAR + 0.5), "estimate": middle,
                        "std_error": error, "low": middle - z * error, "high": middle + z * error,
                        "conf_level": study.parameters.conf_level, "n": fit.groups,
                        "total": fit.n, "method": METHOD})  # fmt: skip
    return result_rows(records, **{**words, "unit": UNITS["intercept"], "label": "eGFR, mean"})


COURSE, SINCE = "course", "since the last cycle"
COUNTS = ("platelets", "haemoglobin", "neutrophils", "white cells", "lymphocytes")
KIDNEY = "eGFR"
QUARTILES = ("median", "q25", "q75")
BEFORE = "before"
# Name and last day of each window, from first PRRT; a cycle every eight weeks is what is planned.
COUNT_WINDOWS = (("week 1-8", 56), ("week 9-16", 112), ("week 17-24", 168),
                 ("week 25-32", 224), ("week 33-52", 365), ("year 2", 731), ("year 3", 1096),
                 ("year 4-7", 2557))  # fmt: skip
KIDNEY_WINDOWS = (("year 1", 365), ("year 2", 731), ("year 3", 1096), ("year 4", 1461),
                  ("year 5", 1826), ("year 6", 2192), ("year 7", 2557))  # fmt: skip


@traced
def course(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Median and quartiles per test and window: of counts each patient's lowest, of eGFR the last.

    ``time`` is the last day of the window, 0 for the last value on or before first PRRT.
    """
    words = {"analysis": ANALYSIS, "model": COURSE, "population": population, "role": role}
    total = len(study.patients(population=population))
    found = values(study, population).dropna(subset=["value"])
    records: Records = []
    for test in (*COUNTS, KIDNEY):
        own = found[found["lab_test"] == test]
        if (own["day"] > 0).any():
            records += _windows(own, test, total) + _limits(test, study.parameters.ctcae_version)
    if not records:
        empty = nobody("laboratory", total, "median", label="Laboratory values over time")
        return result_rows(empty, **words)
    return result_rows(where_enough(records, study.parameters.min_group), **words)


def _windows(own: pd.DataFrame, test: str, total: int) -> Records:
    declared = KIDNEY_WINDOWS if test == KIDNEY else COUNT_WINDOWS
    records = _quartiles(own[own["day"] <= 0], test, BEFORE, 0, total)
    start = 0
    for name, end in declared:
        inside = own[(own["day"] > start) & (own["day"] <= end)]
        records += _quartiles(inside, test, name, end, total)
        start = end
    return records


def _limits(test: str, version: int) -> Records:
    """Below which value each grade of CTCAE begins, where that is a number."""
    if unverified(test, version):
        return []
    limits = rule_of(test, version)["below"].items()
    words = {"unit": canonical_unit(test), "label": f"{test}, CTCAE v{version}"}
    return [
        {"statistic": "value", "variable": test, "level": f"below: grade {grade}",
         "estimate": float(limit), **words}
        for grade, limit in limits if limit != "LLN"
    ]  # fmt: skip


def _quartiles(inside: pd.DataFrame, test: str, window: str, end: int, total: int) -> Records:
    by_patient = inside.groupby("patient_id")["value"]
    one = by_patient.last() if test == KIDNEY or window == BEFORE else by_patient.min()
    words = {"level": window, "time": end, "label": f"{test} over time"}
    told = quantity(one, test, canonical_unit(test), **words)
    return [{**item, "total": total} for item in told if item["statistic"] in QUARTILES]


@traced
def since_cycle(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Per count, the weeks from the last cycle before a patient's lowest value to that value."""
    words = {"analysis": ANALYSIS, "population": population, "role": role}
    total = len(study.patients(population=population))
    first = study.patients("first_prrt", population=population)
    given = rows_of(study, first["patient_id"], "prrt_cycles", "cycle_date").merge(first)
    given = given.assign(cycle=(given["cycle_date"] - given["first_prrt"]).dt.days)
    given = given.dropna(subset=["cycle"])[["patient_id", "cycle"]]
    found = values(study, population).dropna(subset=["value"])
    after = found[(found["day"] > 0) & found["lab_test"].isin(COUNTS)]
    records: Records = []
    for test, part in after.groupby("lab_test", sort=True):
        lowest = part.sort_values(["value", "day"], kind="stable").drop_duplicates("patient_id")
        before = lowest[["patient_id", "day"]].merge(given, on="patient_id")
        last = before[before["cycle"] < before["day"]].groupby("patient_id").max()
        weeks = (last["day"] - last["cycle"]) / 7
        records += quantity(weeks, str(test), "weeks", level=SINCE, label=f"{test}: nadir, {SINCE}")
    if not records:
        return result_rows(nobody("nadir", total, "median", label=f"Nadir, {SINCE}"), **words)
    return result_rows(where_enough(records, study.parameters.min_group), **words)
