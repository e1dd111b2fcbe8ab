"""Whether a later scan confirms the first progression on imaging."""

from __future__ import annotations

import pandas as pd

# A scan closer to the scan of progression than this neither confirms nor refutes it.
DAYS_APART = 28
CONFIRMED, NOT_CONFIRMED = "confirmed", "not confirmed (possible pseudoprogression)"
DIED, NO_LATER = "died before another scan", "no later scan"
ANSWERS = (CONFIRMED, NOT_CONFIRMED, DIED, NO_LATER)


def progression_confirmed(
    told: pd.DataFrame, cohort: pd.DataFrame, mixed_is_progression: bool, max_gap_days: int,
    cutoff: pd.Timestamp,
) -> pd.Series:  # fmt: skip
    """``progression_confirmed``: what the first scan at least 28 days after progression shows.

    Of scans that say whether there is progression. Death counts within ``max_gap_days``. None
    where there is no progression, or it is only reported.
    """
    known = told[
        told["after_prrt"] & (told["progression"] != "unknown") & (told["scan_date"] <= cutoff)
    ]
    shows = (known["progression"] == "yes") & (mixed_is_progression | ~known["size_only_mixed"])
    since = (known["scan_date"] - known["patient_id"].map(cohort["progression"])).dt.days
    later = known[since >= DAYS_APART]
    following = shows[later.index].groupby(later["patient_id"]).first().reindex(cohort.index)
    lived = (cohort["death"] - cohort["progression"]).dt.days
    answer = pd.Series(NO_LATER, index=cohort.index, dtype=object)
    answer = answer.mask(lived <= max_gap_days, DIED)
    answer = answer.mask(following.eq(True), CONFIRMED).mask(following.eq(False), NOT_CONFIRMED)
    by_scan = cohort.index.isin(known.loc[shows & (since == 0), "patient_id"])
    return answer.where(by_scan, None).rename("progression_confirmed")
