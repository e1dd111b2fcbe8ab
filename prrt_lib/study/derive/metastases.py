"""Where the disease had spread by first PRRT."""

from __future__ import annotations

import pandas as pd

NONE, LIVER_ONLY, ELSEWHERE, BOTH, NODES = (
    "none", "liver only", "extra-hepatic only", "liver and extra-hepatic", "lymph nodes only",
)  # fmt: skip
LIVER, NODE, FREE = "liver", "node", "none"


def pattern(metastases: pd.DataFrame, first_prrt: pd.Series) -> pd.Series:
    """Pattern of each patient of ``first_prrt`` (its index); None where no site was abstracted.

    Sites dated after first PRRT do not count. Lymph nodes beside other sites do not count
    either: the records do not say whether they are regional or distant.
    """
    site = metastases["metastasis_site"]
    start = metastases["patient_id"].map(first_prrt)
    known = metastases[site.notna() & ~(metastases["metastasis_date"] > start)]
    sets = known.groupby("patient_id")["metastasis_site"].agg(frozenset)
    found = sets.map(_named).reindex(first_prrt.index).astype(object)
    return found.where(found.notna(), None)


def _named(sites: frozenset[str]) -> str:
    liver, other = LIVER in sites, bool(sites - {LIVER, NODE, FREE})
    if liver or other:
        return BOTH if liver and other else LIVER_ONLY if liver else ELSEWHERE
    return NODES if NODE in sites else NONE
