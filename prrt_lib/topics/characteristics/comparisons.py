"""How far groups lie apart in each characteristic: standardised differences and tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from prrt_lib.analyse.columns import one_each
from prrt_lib.analyse.summaries import as_text, levels_of
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.dictionary import INTERVAL_KINDS, dictionary
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.fisher import fisher_exact
from prrt_lib.estimate.rank_tests import kruskal_wallis
from prrt_lib.estimate.standardised_mean_difference import standardised_difference
from prrt_lib.topics.characteristics.describe import TABLE_1

ANALYSIS = "comparisons"
# Columns that repeat what the groups themselves are made of say nothing about a difference.
SAME_AS = {"primary_group": ("primary_site", "gep_primary", "stage_ajcc8"),
           "grade_group": ("grade", "grade_basis", "grade_reported", "ki67_index", "ki67_band",
                           "differentiation", "mitoses_value")}  # fmt: skip


@checked
def comparisons(
    study: Any, by: str, tests: bool = True, population: str | None = None,
    variables: Sequence[str] = TABLE_1,
) -> pd.DataFrame:  # fmt: skip
    """Per variable: each level of ``by`` against the first one, and one test over all levels.

    Kruskal-Wallis for quantities (exact values only), Fisher's exact test for categories, where
    it can be enumerated. Of patients with a value; variables of several answers are left out.
    No rows without ``tests``. Not corrected for the number of comparisons, hence exploratory.
    """
    chosen = population or study.headline
    # The grade of curves and models repeats the grade.
    skipped = (by, "grade_group", *SAME_AS.get(by, ()))
    single = [
        address
        for address in variables
        if not dictionary().column(address).multiple and address.split(".")[1] not in skipped
    ]
    if not tests:
        return result_rows([])
    return combine(_compared(study, address, by, chosen) for address in single)


@traced
def _compared(study: Any, address: str, by: str, population: str) -> pd.DataFrame:
    patients = one_each(study, [address, f"derived.{by}"], population)
    if patients[by].dropna().nunique() < 2:
        return result_rows([])
    patients[by] = pd.Categorical(as_text(patients[by]), levels_of(patients[by], by), ordered=True)
    rows = _one(patients, address, by)
    return stamp(rows, analysis=ANALYSIS, population=population, role="exploratory")


def _one(patients: pd.DataFrame, address: str, by: str) -> pd.DataFrame:
    column = dictionary().column(address)
    name = column.name
    known = patients.dropna(subset=[by, name])
    if known[by].nunique() < 2 or known[name].nunique() < 2:
        return result_rows([])
    known = known.assign(**{by: known[by].cat.remove_unused_categories()})
    quantity = column.kind in INTERVAL_KINDS or bool(column.unit)
    if not quantity:
        known = known.assign(**{name: as_text(known[name])})
    test = kruskal_wallis(known, name, by) if quantity else _fisher(known, name, by)
    return combine([standardised_difference(known, [name], by), test])


def _fisher(known: pd.DataFrame, name: str, by: str) -> pd.DataFrame:
    counts = pd.crosstab(as_text(known[name]), as_text(known[by])).to_numpy()
    words = {"group": by, "variable": name, "n": len(known)}
    try:
        rows = fisher_exact(counts.tolist())
    except AnalysisError:
        record = {"statistic": "p_value", "state": "not-estimable", "method": "Fisher's exact test"}
        return result_rows([record], **words, warning=f"{name}: too many tables to enumerate")
    return stamp(rows[rows["statistic"] == "p_value"].reset_index(drop=True), **words)
