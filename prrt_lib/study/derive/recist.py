"""Best RECIST class of each patient."""

from __future__ import annotations

import pandas as pd

BEST_FIRST = ("CR", "PR", "SD", "PD")


def best_recist(told: pd.DataFrame, cohort: pd.DataFrame, cutoff: pd.Timestamp) -> pd.Series:
    """``best_recist``: CR before PR before SD before PD, None without such a scan.

    On scans strictly after first PRRT, up to and including the first PD, new anticancer therapy,
    retreatment, and the horizon. Unconfirmed, and stable disease has no minimum duration.
    """
    classed = told[told["after_prrt"] & told["recist_class"].isin(BEST_FIRST)]
    grown = classed[classed["recist_class"] == "PD"].groupby("patient_id")["scan_date"].min()
    limits = cohort[["new_therapy", "retreatment", "horizon"]].assign(grown=grown, cutoff=cutoff)
    counted = classed[classed["scan_date"] <= classed["patient_id"].map(limits.min(axis=1))]
    place = counted["recist_class"].map(BEST_FIRST.index).groupby(counted["patient_id"]).min()
    best = place.map(dict(enumerate(BEST_FIRST))).reindex(cohort.index)
    return best.astype(object).rename("best_recist")
