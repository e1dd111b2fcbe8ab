"""The administrations of a patient in order: first and last, courses, exposure."""

from __future__ import annotations

import pandas as pd

from prrt_lib.study.typed import one_per_patient

ENDS = ("", "_lo", "_hi")


def in_order(cycles: pd.DataFrame, course_gap_days: int) -> pd.DataFrame:
    """Dated administrations by patient and date, with ``order`` (1, 2, ...) and ``course_no``.

    A new course starts ``course_gap_days`` or more after the previous cycle (decision 14).
    """
    dated = cycles[cycles["cycle_date"].notna()]
    dated = dated.sort_values(["patient_id", "cycle_date", "row"], kind="stable", ignore_index=True)
    by_patient = dated.groupby("patient_id", sort=False)
    gap = by_patient["cycle_date"].diff().dt.days
    starts = (gap >= course_gap_days).astype("int64")
    course = starts.groupby(dated["patient_id"], sort=False).cumsum() + 1
    return dated.assign(order=by_patient.cumcount() + 1, course_no=course)


def without_first_date(cycles: pd.DataFrame) -> list[str]:
    """Patients whose first PRRT has no usable date: none dated, or cycle 1 is the undated one."""
    undated = cycles["cycle_date"].isna()
    numbers = pd.to_numeric(cycles["cycle_no"])
    smallest = numbers.groupby(cycles["patient_id"]).transform("min")
    lost = undated & numbers.notna() & (numbers == smallest)
    all_undated = undated.groupby(cycles["patient_id"]).transform("all")
    return sorted(cycles.loc[lost | all_undated, "patient_id"].unique())


def exposure(cycles: pd.DataFrame, course_gap_days: int, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Per patient with a dated administration: time zero, courses and exposure to ``cutoff``.

    ``cumulative_gbq`` is missing when the activity of any cycle is: a part is not the sum.
    ``retreatment`` is the first day of the second course.
    """
    used = cycles[~(cycles["cycle_date"] > cutoff)]
    ordered = in_order(used, course_gap_days)
    by_patient = ordered.groupby("patient_id", sort=True)
    ids = pd.Index(sorted(ordered["patient_id"].unique()), name="patient_id")
    first = by_patient["cycle_date"].min()
    frame = pd.DataFrame({"first_prrt": first}, index=ids)
    for end in ("lo", "hi"):
        frame[f"first_prrt_{end}"] = by_patient[f"cycle_{end}"].min()
    frame["last_prrt"] = by_patient["cycle_date"].max()
    frame["n_cycles"] = used.groupby("patient_id").size().reindex(ids).astype("int64")
    frame["n_courses"] = by_patient["course_no"].max().astype("int64")
    again = ordered[ordered["course_no"] == 2].groupby("patient_id")["cycle_date"].min()
    frame["retreatment"] = again.reindex(ids)
    activity = used.groupby("patient_id")["activity_gbq"]
    whole = activity.count() == activity.size()
    frame["cumulative_gbq"] = activity.sum().where(whole).reindex(ids)
    return frame.join(_at_cycle_one(ordered, ids))


def _at_cycle_one(ordered: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    names = {"isotope": "isotope_cycle1", "ssa_at_time": "ssa_cycle1",
             "treat_site": "treat_site_cycle1"}  # fmt: skip
    first = one_per_patient(ordered[ordered["order"] == 1], ids)
    return first[list(names)].rename(columns=names)


def day_of_cycle(ordered: pd.DataFrame, number: int, ids: pd.Index) -> pd.Series:
    """Date of the ``number``-th administration for each of ``ids``; missing where there is none."""
    chosen = ordered[ordered["order"] == number].set_index("patient_id")["cycle_date"]
    return chosen.reindex(ids)
