"""The response at fixed times after the last cycle of the first course, a class for everybody."""

from __future__ import annotations

import pandas as pd

from prrt_lib.study.derive.response_rules import CLASSES, NOT_EVALUABLE

# Days after the last cycle, and how far from that day the scan may lie.
MOMENTS = {"response_3_months": (91, 45), "response_12_months": (365, 91)}
DIED, PROGRESSED = "died before", "progressed before"
NO_SCAN, NOT_REACHED = "no evaluable scan", "not yet reached"
REACHED = (*(name for name in CLASSES if name != NOT_EVALUABLE), PROGRESSED, DIED, NO_SCAN)


def after_last_cycle(
    told: pd.DataFrame, cohort: pd.DataFrame, cutoff: pd.Timestamp
) -> pd.DataFrame:
    """A column per moment of MOMENTS: the class of the evaluable scan in its window, closest to it.

    Of two scans as close the later. Who died or progressed before the window is classed so
    whatever comes later. Without a scan, "not yet reached" where a patient who is alive was last
    seen, or the data end, before the window does. None where the workbook has no scans at all.
    """
    evaluable = told[(told["response_class"] != NOT_EVALUABLE) & (told["scan_date"] <= cutoff)]
    frame = pd.DataFrame(index=cohort.index, columns=list(MOMENTS), dtype=object)
    if told["scan_date"].isna().all():
        return frame
    for name, (after, around) in MOMENTS.items():
        target = cohort["first_course_end"] + pd.Timedelta(days=after)
        start, end = (target + pd.Timedelta(days=days) for days in (-around, around))
        away = (evaluable["scan_date"] - evaluable["patient_id"].map(target)).dt.days.abs()
        near = evaluable.assign(away=away)[away <= around]
        near = near.sort_values(["away", "scan_date"], ascending=[True, False], kind="stable")
        closest = near.drop_duplicates("patient_id").set_index("patient_id")["response_class"]
        shown = closest.reindex(cohort.index).astype(object)
        waiting = shown.isna() & (cohort["died"] == "no") & (cohort["last_seen"] < end)
        state = shown.where(shown.notna(), NO_SCAN).mask(waiting, NOT_REACHED)
        state = state.mask(cohort["progression"] < start, PROGRESSED)
        frame[name] = state.mask(cohort["death"] < start, DIED)
    return frame
