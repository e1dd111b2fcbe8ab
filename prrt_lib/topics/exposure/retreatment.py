"""Courses of PRRT, and analogs held before an administration."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.quantiles import of_enough, quantity
from prrt_lib.analyse.summaries import Records, grouped, nobody, share
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.declare.rows import result_rows
from prrt_lib.topics.exposure.exposure import ANALYSIS, administrations

# Labels of Lu-177 dotatate ask that long-acting analogs are held for at least four weeks.
HELD_DAYS = 28


@traced
def courses(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """Per course: who had it, its cycles, and the months since the previous course ended.

    Patients with a cycle whose course is not known, for want of its date, are out of both medians.
    """
    population = population or study.headline
    words = {"analysis": ANALYSIS, "population": population, "role": role}
    given = administrations(study, population=population)
    everyone = len(study.patients(population=population))
    by_course = given.groupby(["course_no", "patient_id"])["cycle_date"]
    spans = by_course.agg(["min", "max", "size"]).reset_index()
    spans = spans.sort_values(["patient_id", "course_no"])
    before = spans.groupby("patient_id")["max"].shift(1)
    spans = spans.assign(months=(spans["min"] - before).dt.days / DAYS_PER_MONTH)
    sure = ~spans["patient_id"].isin(given.loc[given["course_no"].isna(), "patient_id"])
    spans = spans.assign(cycles=spans["size"].where(sure), months=spans["months"].where(sure))
    fewest, records = study.parameters.min_group, []
    for number, part in spans.groupby("course_no"):
        level = f"course {number:g}"
        records.append(share(len(part), everyone, "course", level, label="Patients by course"))
        size = quantity(part["cycles"], "cycles_of_course", "cycles", level=level,
                        label="Cycles of a course")  # fmt: skip
        wait = quantity(part["months"], "months_to_course", "months", level=level,
                        label="Months since the previous course")  # fmt: skip
        for middle in (size, wait) if number > 1 else (size,):
            records += of_enough(middle, int(middle[0]["n"]), fewest)
    return result_rows(records, **words)


@traced
def held(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """Weeks from the last dose of an analog to the administration, and how often it was held.

    Of administrations with a date of the last dose on or before them; short-acting analogs,
    which need no such wait, are counted apart.
    """
    population = population or study.headline
    words = {"analysis": ANALYSIS, "population": population, "role": role}
    given = administrations(study, "ssa_last_date", "ssa_drug", population=population)
    given = given.rename(columns={"cycle": "cycle_no"})
    days = (given["cycle_date"] - given["ssa_last_date"]).dt.days.astype("float64")
    given = given.assign(days=days.where(days >= 0))
    if given["days"].isna().all():
        empty = nobody("ssa_held", len(given), unit="administrations")
        return result_rows(empty, **words, label="Analog held before PRRT")
    short = given["ssa_drug"] == "octreotide SC"

    def describe(part: pd.DataFrame) -> Records:
        known = part[part["days"].notna() & ~short[part.index]]
        waited = int((known["days"] >= HELD_DAYS).sum())
        waits = quantity(part["days"] / 7, "ssa_weeks", "weeks",
                         label="Last dose of an analog before PRRT")  # fmt: skip
        people = part.loc[part["days"].notna(), "patient_id"].nunique()
        return [
            *of_enough(waits, people, study.parameters.min_group),
            share(waited, len(known), "ssa_held", f"held {HELD_DAYS} days or more",
                  unit="administrations", label="Long-acting analog held before PRRT"),
        ]  # fmt: skip

    return grouped(given, "cycle_no", describe, **words)
