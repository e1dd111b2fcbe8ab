"""Laboratory values over time: how low counts fall, when they come back, and kidney function."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.laboratory import ANALYSIS, unverified, values
from prrt_lib.analyse.quantiles import quantity, where_enough
from prrt_lib.analyse.summaries import Records, nobody
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import result_rows
from prrt_lib.study.lab_grades import canonical_unit, rule_of

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
