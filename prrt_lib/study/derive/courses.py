"""The administrations of a patient in order: first and last, courses, exposure."""

from __future__ import annotations

import pandas as pd

from prrt_lib.study.typed import one_per_patient

# What each cycle must tell for the sum over cycles to be more than a lower bound (decision 33).
ADDENDS = ("isotope", "activity_gbq", "cycle_date")


def in_order(cycles: pd.DataFrame, course_gap_days: int) -> pd.DataFrame:
    """Every administration in its place: the one set that all tables of exposure count.

    Dated ones stand by date, an undated one after those with a smaller cycle number. Adds
    ``cycle`` (1, 2, ...), ``cycle_from`` (the day, or the earliest day, it was given) and
    ``course_no``. A new course starts ``course_gap_days`` or more after the previous cycle
    (decision 14); over undated cycles only where the gap is too long for all its parts to be
    shorter. ``course_no`` of an undated cycle is missing unless its neighbours share a course.
    """
    place = cycles.groupby("patient_id")["row"].rank(method="first")
    listed = cycles.assign(number=cycles["cycle_no"].astype("float64").fillna(place))
    listed = listed.sort_values(["patient_id", "number", "row"], kind="stable")
    days = listed["cycle_date"].groupby(listed["patient_id"])
    since = days.cummax().groupby(listed["patient_id"]).ffill().fillna(days.transform("min"))
    listed = listed.assign(cycle_from=listed["cycle_date"].fillna(since),
                           undated=listed["cycle_date"].isna())  # fmt: skip
    keys = ["patient_id", "cycle_from", "undated", "number", "row"]
    ordered = listed.sort_values(keys, kind="stable", ignore_index=True)
    ids = ordered["patient_id"]
    ordered = ordered.assign(cycle=ordered.groupby("patient_id", sort=False).cumcount() + 1)
    dated = ordered[~ordered["undated"]].groupby("patient_id", sort=False)
    gap, parts = dated["cycle_date"].diff().dt.days, dated["cycle"].diff()
    starts = (gap >= course_gap_days * parts).astype("float64")
    course = (starts.groupby(ids[starts.index]).cumsum() + 1).reindex(ordered.index)
    before, after = course.groupby(ids).ffill(), course.groupby(ids).bfill()
    return ordered.assign(course_no=before.where(before == after)).drop(
        columns=["number", "undated"]
    )


def without_first_date(cycles: pd.DataFrame) -> list[str]:
    """Patients whose first PRRT has no usable date: none dated, or cycle 1 is the undated one."""
    undated = cycles["cycle_date"].isna()
    numbers = pd.to_numeric(cycles["cycle_no"])
    smallest = numbers.groupby(cycles["patient_id"]).transform("min")
    lost = undated & numbers.notna() & (numbers == smallest)
    all_undated = undated.groupby(cycles["patient_id"]).transform("all")
    return sorted(cycles.loc[lost | all_undated, "patient_id"].unique())


def exposure(ordered: pd.DataFrame) -> pd.DataFrame:
    """Per patient with a dated administration: time zero, courses and exposure.

    ``ordered``: administrations up to the cut-off, as :func:`in_order` places them.
    ``cumulative_gbq`` is missing where it is only a lower bound (decision 33) and where
    isotopes differ, whose activities are never added. ``retreatment`` is the first day of the
    second course, ``first_course_end`` the last known day of the first.
    """
    by_patient = ordered.groupby("patient_id", sort=True)
    first = by_patient["cycle_date"].min().dropna()
    ids = first.index
    frame = pd.DataFrame({"first_prrt": first}, index=ids)
    for end in ("lo", "hi"):
        frame[f"first_prrt_{end}"] = by_patient[f"cycle_{end}"].min()
    frame["last_prrt"] = by_patient["cycle_date"].max()
    frame["n_cycles"] = by_patient.size().reindex(ids).astype("int64")
    frame["n_courses"] = by_patient["course_no"].max().reindex(ids).astype("int64")
    again = ordered[ordered["course_no"] == 2].groupby("patient_id")
    for end, name in (("", "cycle_date"), ("_lo", "cycle_lo"), ("_hi", "cycle_hi")):
        frame[f"retreatment{end}"] = again[name].min().reindex(ids)
    course = ordered[ordered["course_no"] == 1].groupby("patient_id")["cycle_date"]
    frame["first_course_end"] = course.max().reindex(ids)
    unknown = ordered[list(ADDENDS)].isna().any(axis=1).groupby(ordered["patient_id"]).any()
    one = by_patient["isotope"].nunique() == 1
    total = by_patient["activity_gbq"].sum()
    frame["cumulative_gbq"] = total.where(one & ~unknown).reindex(ids)
    return frame.join(_at_cycle_one(ordered, ids))


def _at_cycle_one(ordered: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    names = {"isotope": "isotope_cycle1", "ssa_at_time": "ssa_cycle1",
             "treat_site": "treat_site_cycle1"}  # fmt: skip
    first = one_per_patient(ordered[ordered["cycle"] == 1], ids)
    return first[list(names)].rename(columns=names)


def day_of_cycle(ordered: pd.DataFrame, number: int, ids: pd.Index) -> pd.Series:
    """Date of the ``number``-th administration for each of ``ids``; missing where not known."""
    chosen = ordered[ordered["cycle"] == number].set_index("patient_id")["cycle_date"]
    return chosen.reindex(ids)


def dated_after_cycle(ordered: pd.DataFrame, number: int, ids: pd.Index) -> pd.Series:
    """First known date of an administration after the ``number``-th, for each of ``ids``."""
    later = ordered[ordered["cycle"] > number]
    return later.groupby("patient_id")["cycle_date"].min().reindex(ids)
