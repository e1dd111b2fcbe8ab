"""What was given: cycles, isotopes, activities, intervals, courses, somatostatin analogs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.columns import label, one_each, rows_of
from prrt_lib.analyse.quantiles import of_enough, quantity
from prrt_lib.analyse.summaries import Records, grouped, levels_of, nobody, share, shares
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.study.data import Study
from prrt_lib.study.derive.courses import ADDENDS

ANALYSIS = "exposure"
UNKNOWN_ISOTOPE = "isotope not known"
AT_LEAST = "at least"
# The label's schedule, against which a first course is held, is of this isotope.
PLANNED_ISOTOPE = "Lu-177"
AT_EACH = ("treat_site", "treat_city", "treat_country", "isotope", "ligand", "route", "amino_acid",
           "radiosensitiser", "ssa_at_time")  # fmt: skip


def administrations(study: Study, *names: str, population: str | None = None) -> pd.DataFrame:
    """Every administration of ``population`` in its place, with ``names`` of prrt_cycles.

    With ``cycle`` (1, 2, ...), ``course_no`` and ``weeks_since_previous``; an undated one keeps
    its place (:func:`prrt_lib.study.derive.courses.in_order`); an interval beside it is not known.
    """
    patients = study.patients(population=population or study.headline)
    wanted = dict.fromkeys(("cycle", "cycle_date", "course_no", *names))
    given = rows_of(study, patients["patient_id"], "prrt_cycles", *wanted)
    given = given.sort_values(["patient_id", "cycle"], kind="stable", ignore_index=True)
    gaps = given.groupby("patient_id", sort=False)["cycle_date"].diff().dt.days / 7
    return given.assign(weeks_since_previous=gaps)


def _words(study: Study, population: str | None) -> dict[str, str]:
    return {"analysis": ANALYSIS, "population": population or study.headline, "role": "secondary"}


@traced
def cycles(study: Study, by: str = "", population: str | None = None) -> pd.DataFrame:
    """Patients by number of cycles and of courses, and quantiles of the number of cycles.

    A course that starts long after the previous cycle is a retreatment (decision 14).
    """
    words = _words(study, population)
    names = ["derived.n_cycles", "derived.n_courses", *([f"derived.{by}"] if by else [])]
    patients = one_each(study, names, words["population"])
    every = {name: levels_of(patients[name], name) for name in ("n_cycles", "n_courses")}
    fewest = study.parameters.min_group

    def describe(part: pd.DataFrame) -> Records:
        counted = {"label": "PRRT cycles per patient"}
        courses = {"label": "Courses of PRRT per patient"}
        middle = quantity(part["n_cycles"].astype(float), "n_cycles", "cycles", **counted)
        return [
            *of_enough(middle, len(part), fewest),
            *shares(part["n_cycles"], "n_cycles", every["n_cycles"], **counted),
            *shares(part["n_courses"], "n_courses", every["n_courses"], **courses),
        ]

    return grouped(patients, by, describe, **words)


@traced
def each(study: Study, population: str | None = None) -> pd.DataFrame:
    """What was given at each PRRT: all administrations, then cycle 1, 2, ... apart.

    Centre, city, country, isotope, ligand, route, protection and analog as shares of
    administrations; activity per isotope. No column holds an absorbed dose, and its row says so.
    """
    words = {**_words(study, population), "unit": "administrations"}
    given = administrations(study, *AT_EACH, "ssa_drug", "activity_gbq", population=population)
    given = given.rename(columns={"cycle": "cycle_no"})
    kept = [name for name in AT_EACH if given[name].notna().any()]
    every = {name: levels_of(given[name], name) for name in (*kept, "ssa_drug")}
    isotope = given["isotope"].fillna(UNKNOWN_ISOTOPE)
    measured = levels_of(isotope, "isotope") if given["activity_gbq"].notna().any() else []

    def describe(part: pd.DataFrame) -> Records:
        records: Records = [
            {"statistic": "count", "variable": "administrations", "n": len(part),
             "total": len(given), "estimate": len(part), "label": "Administrations"}
        ]  # fmt: skip
        for name in kept:
            own = {"label": f"{label(f'prrt_cycles.{name}')}, of cycles"}
            records += shares(part[name], name, every[name], **own)
        if every["ssa_drug"]:
            on = part.loc[part["ssa_at_time"] == "yes", "ssa_drug"]
            own = {"label": "Drug, of those on an analog"}
            records += shares(on, "ssa_drug", every["ssa_drug"], **own)
        for level in measured:
            own = part[isotope[part.index] == level]
            middle = quantity(own["activity_gbq"], "activity_gbq", "GBq", level=level,
                              label="Activity per cycle")  # fmt: skip
            middle = middle if part is given else _quartiles(middle)
            people = own.loc[own["activity_gbq"].notna(), "patient_id"].nunique()
            records += of_enough(middle, people, study.parameters.min_group)
        return records

    absent = [name for name in AT_EACH if name not in kept]
    absent += [] if measured else ["activity_gbq"]
    bare = [{**nobody(name, len(given))[0], "label": label(f"prrt_cycles.{name}")}
            for name in absent]  # fmt: skip
    bare += nobody("absorbed_dose", len(given), label="Absorbed dose (the registry has no column)")
    return combine([grouped(given, "cycle_no", describe, **words), result_rows(bare, **words)])


def totals(given: pd.DataFrame) -> pd.DataFrame:
    """Per patient and isotope: ``gbq`` and ``cycles``, and whether each is whole (``whole``,
    ``counted``) or only a lower bound.

    The sum is of the cycles that tell isotope, activity, date and course, the count of those that
    tell isotope and course. A cycle that lacks one leaves those of its isotope a lower bound, and
    one without an isotope all of the patient (decision 33). Patients without any known isotope
    have no row.
    """
    key = ["patient_id", "isotope"]
    told = given.assign(known=given[[*ADDENDS, "course_no"]].notna().all(axis=1),
                        placed=given[["isotope", "course_no"]].notna().all(axis=1))  # fmt: skip
    told = told.assign(gbq=told["activity_gbq"].where(told["known"], 0.0))
    sums = told.dropna(subset=["isotope"]).groupby(key, as_index=False, sort=True)
    sums = sums.agg(gbq=("gbq", "sum"), whole=("known", "all"),
                    cycles=("placed", "sum"), counted=("placed", "all"))  # fmt: skip
    named = ~sums["patient_id"].isin(told.loc[told["isotope"].isna(), "patient_id"])
    return sums.assign(whole=sums["whole"] & named, counted=sums["counted"] & named)


@traced
def activity(study: Study, population: str | None = None) -> pd.DataFrame:
    """Cumulative activity per patient, each isotope on its own: in all, and by course; of the
    first course, its cycles as well.

    Activities of different isotopes are never added; a tandem is an isotope of its own. Sums
    that are lower bounds stand apart as "at least", out of the medians (decision 33).
    """
    words = _words(study, population)
    words |= {"label": "Cumulative activity per patient"}
    given = administrations(study, "isotope", "activity_gbq", population=population)
    measured, fewest = given["activity_gbq"].notna().any(), study.parameters.min_group
    course = given["course_no"]
    again = given["patient_id"].isin(given.loc[course > 1, "patient_id"])
    # Without its date, the course of a cycle may be unknown while it belongs to the whole.
    parts = {"": given.assign(course_no=1), "first course": given[~(course > 1)],
             "retreatment": given[again & ~(course == 1)]}  # fmt: skip
    records: Records = []
    if not measured:
        records += nobody("cumulative_gbq", given["patient_id"].nunique(), "median", unit="GBq")
    for stratum, part in parts.items():
        sums = totals(part)
        for isotope in levels_of(sums["isotope"], "isotope"):
            own = sums[sums["isotope"] == isotope]
            key = {"level": isotope, "stratum": stratum}
            if measured:
                records += bounded_sums(own, "cumulative_gbq", "GBq", fewest, **key)
            if stratum == "first course":
                number = own.assign(gbq=own["cycles"].astype(float), whole=own["counted"])
                records += bounded_sums(number, "cycles_of_isotope", "cycles", fewest,
                                        lacking="isotope or date",
                                        label="Cycles per patient", **key)  # fmt: skip
    lost = set(given["patient_id"]) - set(given.dropna(subset=["isotope"])["patient_id"])
    if lost and records:
        more = f"no sum where no isotope is known: {len(lost)} of the patients"
        records[0]["warning"] = "; ".join(filter(None, (records[0].get("warning", ""), more)))
    return result_rows(records, **words)


def bounded_sums(
    own: pd.DataFrame, variable: str, unit: str, fewest: int, stratum: str = "",
    lacking: str = "isotope, activity or date", **words: Any,
) -> Records:  # fmt: skip
    """Quantiles of the whole sums (``gbq``), and of the lower bounds under "at least".

    With a lower bound for each patient whose sum is not whole, the median of all is a lower
    bound of the median: the warning tells it.
    """
    whole, least = own["gbq"].where(own["whole"]), own.loc[~own["whole"], "gbq"]
    records = quantity(whole, variable, unit, stratum=stratum, **words)
    records = of_enough(records, int(own["whole"].sum()), fewest)
    if least.empty:
        return records
    name = ", ".join(text for text in (words.get("level", ""), stratum) if text)
    told = f"{name}: {len(least)} of {len(own)} sums lack a cycle's {lacking} and "
    told += 'stand as "at least", out of the median'
    if len(own) >= fewest:
        told += f" (with them it is at least {own['gbq'].median():.1f} {unit})"
    before = records[0].get("warning")
    records[0]["warning"] = f"{before}; {told}" if before else told
    stratum = ", ".join(text for text in (stratum, AT_LEAST) if text)
    bounds = _quartiles(quantity(least, variable, unit, stratum=stratum, **words))
    bounds = [{**record, "total": len(own)} for record in bounds]
    return records + of_enough(bounds, len(least), fewest)


def _quartiles(records: Records) -> Records:
    return [record for record in records if record["statistic"] in ("median", "q25", "q75")]


@traced
def planned(study: Study, population: str | None = None) -> pd.DataFrame:
    """The first course against the plan: cycles reached, and activity delivered of planned.

    The plan is the label's schedule as the parameters declare it (planned_cycles times
    planned_activity_gbq of Lu-177), not an abstracted prescription. Delivered / planned is of
    patients whose first course names no isotope but Lu-177, and knows no time.
    """
    words, settings = _words(study, population), study.parameters
    plan, dose = settings.planned_cycles, settings.planned_activity_gbq
    given = administrations(study, "isotope", "activity_gbq", population=population)
    if given.empty:
        return result_rows(nobody("planned_cycles", 0), **words)
    first = given[~(given["course_no"] > 1)]
    by_patient = first.groupby("patient_id")
    number = (first["course_no"] == 1).groupby(first["patient_id"]).sum()
    sure = first["course_no"].notna().groupby(first["patient_id"]).all() | (number >= plan)
    reached = (number >= plan).map({True: "yes", False: "no"}).astype(object).where(sure, None)
    named = {"label": f"First course of {plan} cycles or more"}
    records = shares(reached, "planned_cycles", ["yes", "no"], **named)
    gap = pd.Timedelta(settings.course_gap_days, "D")
    recent = by_patient["cycle_date"].max() > pd.Timestamp(settings.cutoff) - gap
    going_on = int((recent & (number < plan)).sum())
    if going_on:
        told = f"{going_on} first courses with fewer than {plan} cycles may be going on: their last"
        records[0]["warning"] = f"{told} cycle is less than {settings.course_gap_days} days old"
    sums = totals(first)
    others = sums.loc[sums["isotope"] != PLANNED_ISOTOPE, "patient_id"]
    own = sums[(sums["isotope"] == PLANNED_ISOTOPE) & ~sums["patient_id"].isin(others)]
    of_plan = own.assign(gbq=100 * own["gbq"] / (plan * dose))
    method = f"n of those given {PLANNED_ISOTOPE} alone in the first course"
    told = f"Delivered / planned activity ({plan} x {dose:g} GBq), first course"
    more = bounded_sums(of_plan, "delivered_of_planned", "%", settings.min_group,
                        level=PLANNED_ISOTOPE)  # fmt: skip
    records += [{**record, "label": told, "method": f"{record['method']}; {method}".strip("; ")}
                for record in more]  # fmt: skip
    return result_rows(records, **words)


@traced
def intervals(study: Study, population: str | None = None) -> pd.DataFrame:
    """Weeks between consecutive cycles of a course, together and by cycle."""
    words = {**_words(study, population), "label": "Interval between cycles"}
    given = administrations(study, population=population)
    later = given[given["cycle"] > 1]
    new_course = later["weeks_since_previous"] * 7 >= study.parameters.course_gap_days
    within = later[~new_course]
    name = "weeks_between_cycles"
    if within.empty:
        record = {"statistic": "median", "variable": name, "level": "all", "n": 0, "total": 0}
        return result_rows([record | {"state": "not-estimable", "unit": "weeks"}], **words)
    fewest, records = study.parameters.min_group, []
    for level, part in (("all", within), *within.groupby("cycle")):
        between = level if level == "all" else f"cycle {level - 1} to {level}"
        middle = quantity(part["weeks_since_previous"], name, "weeks", level=between)
        people = part.loc[part["weeks_since_previous"].notna(), "patient_id"].nunique()
        records += of_enough(middle, people, fewest)
    if new_course.any():
        gap = study.parameters.course_gap_days
        told = f"{int(new_course.sum())} gaps of {gap} days or more start a new course, left out"
        records[0] |= {"warning": told}
    return result_rows(records, **words)


@traced
def modifications(study: Study, population: str | None = None) -> pd.DataFrame:
    """Cycles and patients with a modified dose, and the reasons."""
    words = _words(study, population)
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


def everyone(study: Study, by: str = "") -> pd.DataFrame:
    """All of the above for all treated patients."""
    population = "all_treated"
    pages = (each, activity, planned, intervals, modifications)
    return combine([cycles(study, by, population),
                    *(page(study, population) for page in pages)])  # fmt: skip


# Labels of Lu-177 dotatate ask that long-acting analogs are held for at least four weeks.
HELD_DAYS = 28


@traced
def courses(study: Study, population: str | None = None) -> pd.DataFrame:
    """Per course: who had it, its cycles, and the months since the previous course ended.

    Patients with a cycle whose course is not known, for want of its date, are out of both medians.
    """
    words = _words(study, population)
    given = administrations(study, population=population)
    total = len(study.patients(population=words["population"]))
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
        records.append(share(len(part), total, "course", level, label="Patients by course"))
        size = quantity(part["cycles"], "cycles_of_course", "cycles", level=level,
                        label="Cycles of a course")  # fmt: skip
        wait = quantity(part["months"], "months_to_course", "months", level=level,
                        label="Months since the previous course")  # fmt: skip
        for middle in (size, wait) if number > 1 else (size,):
            records += of_enough(middle, int(middle[0]["n"]), fewest)
    return result_rows(records, **words)


@traced
def held(study: Study, population: str | None = None) -> pd.DataFrame:
    """Weeks from the last dose of an analog to the administration, and how often it was held.

    Of administrations with a date of the last dose on or before them; short-acting analogs,
    which need no such wait, are counted apart.
    """
    words = _words(study, population)
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
