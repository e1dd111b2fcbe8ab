"""How close an invented cohort comes to what PRRT studies have published."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.tools.demo.adverse import MDS, terms
from prrt_lib.tools.demo.cohort import SyntheticCohort
from prrt_lib.tools.demo.scans import seen_progression

# Anchor -> lowest and highest plausible value.
LIMITS = {
    "median_os_from_prrt_months": (40, 63),
    "median_ttp_months": (23, 29),
    "median_pfs_months": (22, 29),
    "any_magnitude_response_pct": (60, 80),
    "recist_response_pct": (15, 40),
    "grade_3_haematological_pct": (5, 14),
    "mds_leukaemia_pct": (1, 3),
    "median_lag_years": (2, 4),
    "median_age_at_diagnosis": (51, 58),
    "median_cycles": (4, 4),
    "small_bowel_pct": (33, 43),
    "pancreas_pct": (22, 30),
    "no_evaluable_scan_pct": (5, 18),
}


def anchors(cohort: SyntheticCohort) -> pd.DataFrame:
    """Each anchor with its value in ``cohort``, its limits, and whether it lies within them."""
    values = {**_times(cohort), **_response(cohort), **_events(cohort), **_people(cohort)}
    frame = pd.DataFrame(
        [(name, values[name], low, high) for name, (low, high) in LIMITS.items()],
        columns=["anchor", "value", "low", "high"],
    )
    return frame.assign(within=frame["value"].between(frame["low"], frame["high"]))


def kaplan_meier_median(days: np.ndarray, event: np.ndarray) -> float:
    """First day on which the product-limit estimate is at most one half; NaN if never."""
    times, at = np.unique(days, return_inverse=True)
    died = np.bincount(at, weights=event)
    gone = np.bincount(at)
    at_risk = len(days) - np.concatenate([[0], np.cumsum(gone)[:-1]])
    below = np.cumprod(1 - died / at_risk) <= 0.5
    return float(times[below.argmax()]) if below.any() else float("nan")


def _times(cohort: SyntheticCohort) -> dict[str, float]:
    people, scans = cohort.people, cohort.records["imaging"]
    alive = (people["end"] - people["first"]).dt.days.to_numpy()
    died = people["died"].to_numpy()
    progressed = seen_progression(people, scans).to_numpy()
    last_scan = scans[scans["day"] > 0].groupby("who")["day"].max()
    last_scan = last_scan.reindex(people.index, fill_value=0).to_numpy()
    event = ~np.isnan(progressed)
    free = np.where(event, np.nan_to_num(progressed), np.where(died, alive, last_scan))
    return {
        "median_os_from_prrt_months": kaplan_meier_median(alive, died) / DAYS_PER_MONTH,
        "median_ttp_months": kaplan_meier_median(free, event) / DAYS_PER_MONTH,
        "median_pfs_months": kaplan_meier_median(free, event | died) / DAYS_PER_MONTH,
    }


def _response(cohort: SyntheticCohort) -> dict[str, float]:
    """Best response up to the first progression, among patients with an evaluable scan."""
    scans = cohort.records["imaging"]
    after = scans[(scans["day"] > 0) & scans["any_lesion_increase"].notna()]
    free = after[~after["progressed"]]
    n = after["who"].nunique()
    return {
        "any_magnitude_response_pct": 100
        * free.loc[free["any_lesion_decrease"] == "yes", "who"].nunique() / n,
        "recist_response_pct": 100
        * free.loc[free["response_raw"] == "PR", "who"].nunique() / n,
        "no_evaluable_scan_pct": 100 * (1 - n / len(cohort.people)),
    }  # fmt: skip


def _events(cohort: SyntheticCohort) -> dict[str, float]:
    events, n = cohort.records["adverse_events"], len(cohort.people)
    haematological = [name for name, spec in terms().items() if spec["haematological"]]
    severe = events[events["term"].isin(haematological) & (events["grade_number"] >= 3)]
    return {
        "grade_3_haematological_pct": 100 * severe["who"].nunique() / n,
        "mds_leukaemia_pct": 100 * events.loc[events["term"] == MDS, "who"].nunique() / n,
    }


def _people(cohort: SyntheticCohort) -> dict[str, float]:
    people, doses = cohort.people, cohort.records["prrt_cycles"]
    groups = people["primary_group"].value_counts(normalize=True) * 100
    return {
        "median_lag_years": people["lag_days"].median() / 365.25,
        "median_age_at_diagnosis": people["age"].median(),
        "median_cycles": doses.groupby("who").size().median(),
        "small_bowel_pct": groups.get("small bowel", 0.0),
        "pancreas_pct": groups.get("pancreas", 0.0),
    }
