"""Laboratory values after first PRRT: worst grade, nadir, time to nadir, slope of eGFR."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.quantiles import quantity, where_enough
from prrt_lib.analyse.summaries import Records, nobody, share
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.proportions import normal_quantile
from prrt_lib.estimate.random_effects import METHOD, mixed_model
from prrt_lib.study.data import Study
from prrt_lib.study.derive.lab_grades import (
    canonical_unit,
    grades,
    in_canonical_units,
    rising,
    rule_of,
    rules,
    term_of,
)
from prrt_lib.topics.adverse_events.adverse import (
    ANY_GRADE,
    SEVERE,
    THREE_UP,
    emergent_events,
    recorded,
)

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


def values(study: Study, population: str = "safety") -> pd.DataFrame:
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
def page(study: Study, population: str = "safety") -> pd.DataFrame:
    """Per test: patients by worst new grade, the nadir (or peak), and the days to it."""
    words = {"analysis": ANALYSIS, "population": population, "role": "secondary"}
    total = len(study.patients(population=population))
    found = values(study, population)
    after = found[found["day"] > 0]
    if after.empty:
        return result_rows(nobody("laboratory", total, label="Laboratory values"), **words)
    records: Records = []
    version = study.parameters.ctcae_version
    for test, part in after.groupby("lab_test", sort=True):
        # One low eGFR is no chronic kidney disease: see toxicity.renal.
        graded = {ANY_GRADE: 1, THREE_UP: SEVERE} if test != "eGFR" else {}
        worst, term = _worst_new(part), {"label": term_of(test, version), "group": "grade"}
        if why := unverified(test, version):
            records += [{"statistic": "proportion", "variable": test, "level": level,
                         "group_level": level, "state": "not-estimable", "warning": why, **term}
                        for level in (ANY_GRADE, THREE_UP)]  # fmt: skip
        else:
            records += [share(int((worst >= low).sum()), len(worst), test, level,
                              group_level=level, **term,
                              method="worst grade surely reached and worse than before PRRT")
                        for level, low in graded.items()]  # fmt: skip
        name = "peak" if rising(test) else "nadir"
        exact = part.dropna(subset=["value"])
        exact = exact.sort_values("value", ascending=name == "nadir", kind="stable")
        extreme = exact.drop_duplicates("patient_id")
        records += quantity(extreme["value"], test, canonical_unit(test), level=name,
                            label=f"{test}: {name}")  # fmt: skip
        records += quantity(extreme["day"].astype(float), test, "days", level=f"time to {name}",
                            label=f"{test}: time to {name}, from first PRRT")  # fmt: skip
    return result_rows(where_enough(records, study.parameters.min_group), **words)


def _worst_new(part: pd.DataFrame) -> pd.Series:
    """Each patient's worst grade of one test, where it is worse than before first PRRT; else 0."""
    new = part["grade_lo"].where(~(part["grade_lo"] <= part["baseline_hi"]), 0)
    return new.groupby(part["patient_id"]).max()


@traced
def against_events(study: Study, population: str = "safety") -> pd.DataFrame:
    """Patients with grade 3 or higher by recorded events and by laboratory values, per test.

    Two counts of one thing rarely agree: events are what somebody recorded, of all patients;
    laboratory grades are of those with values after first PRRT, new against the value before.
    """
    words = {"analysis": ANALYSIS, "model": "against events", "population": population,
             "role": "secondary"}  # fmt: skip
    ids = study.patients(population=population)["patient_id"]
    after = values(study, population)
    after = after[after["day"] > 0]
    if after.empty or not recorded(study, population):
        return result_rows(nobody("laboratory", len(ids), label="Grade 3 or higher"), **words)
    events = emergent_events(study, population)
    severe = events[events["severe"] == "yes"]
    records: Records = []
    for test, part in after.groupby("lab_test", sort=True):
        term = term_of(test)
        by_event = set(severe.loc[severe["term"] == term, "patient_id"])
        worst = _worst_new(part)
        by_value = set(worst.index[worst >= 3])
        if not by_event and not by_value:
            continue
        counts = {"by events": (len(by_event), len(ids)),
                  "by laboratory values": (len(by_value), len(worst)),
                  "by both": (len(by_event & by_value), len(by_event | by_value))}  # fmt: skip
        records += [share(n, total, test, level, label=f"{term}, grade 3 or higher")
                    for level, (n, total) in counts.items()]  # fmt: skip
    return result_rows(records, **words, warning=COUNTED_TWICE if records else "")


@traced
def egfr_slope(study: Study, population: str = "safety") -> pd.DataFrame:
    """Change of eGFR per year from first PRRT: intercept and slope of each patient are random.

    Rows ``mean`` are the model's average patient at the end of each year somebody was seen in.
    """
    words = {"analysis": ANALYSIS, "model": "eGFR slope", "population": population,
             "role": "secondary", "unit": "mL/min/1.73m2 per year",
             "label": "eGFR, change per year"}  # fmt: skip
    found = values(study, population)
    found = found[(found["lab_test"] == "eGFR") & found["value"].notna() & (found["day"] >= 0)]
    if found.empty:
        total = len(study.patients(population=population))
        return result_rows(nobody("eGFR", total, "slope"), **words)
    frame = found.assign(years=found["day"] / DAYS_PER_YEAR)
    try:
        fit = mixed_model(frame, "value", ["years"], "patient_id", slope="years")
    except AnalysisError as error:
        empty = [{"statistic": "slope", "variable": "eGFR", "state": "not-estimable",
                  "n": found["patient_id"].nunique(),
                  "warning": f"eGFR slope: {error.found}"}]  # fmt: skip
        return result_rows(empty, **words)
    rows = fit.rows(study.parameters.conf_level)
    slope = rows["variable"] == "years"
    statistic = rows["statistic"].where(~slope, "slope")
    level = rows["variable"].where(~slope, "")
    unit = level.map(UNITS).fillna(words["unit"])
    own = {**words, "unit": unit, "label": level.map(LABELS)}
    told = stamp(rows, **own, statistic=statistic, level=level, variable="eGFR")
    # The mean at first PRRT and each full year up to the last value, with Wald limits.
    z, line = normal_quantile(study.parameters.conf_level), []
    for year in range(int(frame["years"].max()) + 1):
        at = np.array([1.0, year])
        middle, error = float(at @ fit.estimate), float(np.sqrt(at @ fit.covariance @ at))
        line.append(
            {
                "time": int(year * DAYS_PER_YEAR + 0.5),
                "estimate": middle,
                "std_error": error,
                "low": middle - z * error,
                "high": middle + z * error,
            }
        )
    words |= {"statistic": "mean", "variable": "eGFR", "level": "model", "method": METHOD,
              "conf_level": study.parameters.conf_level, "n": fit.groups, "total": fit.n,
              "unit": UNITS["intercept"], "label": "eGFR, mean"}  # fmt: skip
    return combine([told, result_rows(line, **words)])


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
def course(study: Study, population: str = "safety") -> pd.DataFrame:
    """Median and quartiles per test and window: of counts each patient's lowest, of eGFR the last.

    ``time`` is the last day of the window, 0 for the last value on or before first PRRT.
    """
    words = {"analysis": ANALYSIS, "model": COURSE, "population": population, "role": "secondary"}
    total = len(study.patients(population=population))
    found = values(study, population).dropna(subset=["value"])
    records: Records = []
    version = study.parameters.ctcae_version
    for test in (*COUNTS, KIDNEY):
        own = found[found["lab_test"] == test]
        if not (own["day"] > 0).any():
            continue
        records += _quartiles(own[own["day"] <= 0], test, BEFORE, 0, total)
        start = 0
        for name, end in KIDNEY_WINDOWS if test == KIDNEY else COUNT_WINDOWS:
            inside = own[(own["day"] > start) & (own["day"] <= end)]
            records += _quartiles(inside, test, name, end, total)
            start = end
        if unverified(test, version):
            continue
        # Below which value each grade of CTCAE begins, where that is a number.
        records += [
            {"statistic": "value", "variable": test, "level": f"below: grade {grade}",
             "estimate": float(limit), "unit": canonical_unit(test),
             "label": f"{test}, CTCAE v{version}"}
            for grade, limit in rule_of(test, version)["below"].items() if limit != "LLN"
        ]  # fmt: skip
    if not records:
        empty = nobody("laboratory", total, "median", label="Laboratory values over time")
        return result_rows(empty, **words)
    return result_rows(where_enough(records, study.parameters.min_group), **words)


def _quartiles(inside: pd.DataFrame, test: str, window: str, end: int, total: int) -> Records:
    by_patient = inside.groupby("patient_id")["value"]
    one = by_patient.last() if test == KIDNEY or window == BEFORE else by_patient.min()
    words = {"level": window, "time": end, "label": f"{test} over time"}
    told = quantity(one, test, canonical_unit(test), **words)
    return [{**item, "total": total} for item in told if item["statistic"] in QUARTILES]


@traced
def since_cycle(study: Study, population: str = "safety") -> pd.DataFrame:
    """Per count, the weeks from the last cycle before a patient's lowest value to that value."""
    words = {"analysis": ANALYSIS, "population": population, "role": "secondary"}
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
