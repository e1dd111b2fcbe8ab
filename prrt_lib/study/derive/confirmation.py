"""Whether a later scan confirms progression on imaging."""

from __future__ import annotations

import pandas as pd

# A scan closer to the scan of progression than this neither confirms nor refutes it.
DAYS_APART = 28
CONFIRMED, NOT_CONFIRMED = "confirmed", "not confirmed (possible pseudoprogression)"
DIED, NO_LATER = "died before another scan", "no later scan"
ANSWERS = (CONFIRMED, NOT_CONFIRMED, DIED, NO_LATER)


def next_scan(shows: pd.DataFrame, told: pd.DataFrame, until: pd.Series) -> pd.Series:
    """For each scan of ``shows`` whether the next one confirms it; None without a next one.

    Next is the first scan of ``told`` at least ``DAYS_APART`` days later that says whether there
    is progression, up to the day ``until`` of its patient: a new treatment, or the cut-off.
    """
    judged = told[told["progression"] != "unknown"]
    judged = judged[judged["scan_date"] <= judged["patient_id"].map(until)]
    judged = judged[["patient_id", "scan_date", "progression"]]
    asked = shows[["patient_id"]].assign(
        scan_date=shows["scan_date"] + pd.Timedelta(days=DAYS_APART)
    )
    found = pd.merge_asof(
        asked.reset_index(names="scan").sort_values("scan_date", kind="stable"),
        judged.sort_values("scan_date", kind="stable"),
        on="scan_date", by="patient_id", direction="forward",
    ).set_index("scan")["progression"]  # fmt: skip
    return found.reindex(shows.index).map({"yes": CONFIRMED, "no": NOT_CONFIRMED})


def progression_confirmed(
    answers: pd.DataFrame, cohort: pd.DataFrame, max_gap_days: int
) -> pd.Series:
    """``progression_confirmed``: what followed the first progression of each patient.

    ``answers``: patient_id, scan_date and the answer of :func:`next_scan` for each scan that
    shows progression. Death counts within ``max_gap_days``. None where there is no progression,
    or it is only reported.
    """
    first = answers[answers["scan_date"] == answers["patient_id"].map(cohort["progression"])]
    by_patient = first.drop_duplicates("patient_id").set_index("patient_id")["answer"]
    lived = (cohort["death"] - cohort["progression"]).dt.days[by_patient.index]
    without = (lived <= max_gap_days).map({True: DIED, False: NO_LATER})
    return by_patient.fillna(without).reindex(cohort.index).rename("progression_confirmed")
