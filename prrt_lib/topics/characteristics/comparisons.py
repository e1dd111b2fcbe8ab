"""How far groups lie apart in each characteristic: standardised differences and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from prrt_lib.analyse.columns import one_each
from prrt_lib.analyse.summaries import as_text, levels_of
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare import numbers
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.dictionary import INTERVAL_KINDS, dictionary
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.draw import tables
from prrt_lib.draw.tables import Cell, Table
from prrt_lib.estimate.fisher import fisher_exact
from prrt_lib.estimate.rank_tests import kruskal_wallis
from prrt_lib.estimate.standardised_mean_difference import standardised_difference
from prrt_lib.study.data import Study
from prrt_lib.topics.characteristics.describe import TABLE_1

ANALYSIS = "comparisons"
# Columns that repeat what the groups themselves are made of say nothing about a difference.
SAME_AS = {"primary_group": ("primary_site", "gep_primary", "stage_ajcc8"),
           "grade_group": ("grade", "grade_basis", "grade_reported", "ki67_index", "ki67_band",
                           "differentiation", "mitoses_value")}  # fmt: skip


@checked
def comparisons(
    study: Study, by: str, tests: bool = True, population: str | None = None,
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
    return combine(
        _compared(study, address, by, chosen) for address in (variables if tests else ())
        if not dictionary().column(address).multiple and address.split(".")[1] not in skipped
    )  # fmt: skip


@traced
def _compared(study: Study, address: str, by: str, population: str) -> pd.DataFrame:
    patients = one_each(study, [address, f"derived.{by}"], population)
    column = dictionary().column(address)
    name = column.name
    known = patients.dropna(subset=[by, name])
    if known[by].nunique() < 2 or known[name].nunique() < 2:
        return result_rows([])
    groups = pd.Categorical(as_text(known[by]), levels_of(known[by], by), ordered=True)
    known = known.assign(**{by: groups})
    if column.kind in INTERVAL_KINDS or column.unit:
        test = kruskal_wallis(known, name, by)
    else:
        known = known.assign(**{name: as_text(known[name])})
        test = _fisher(known, name, by)
    rows = combine([standardised_difference(known, [name], by), test])
    return stamp(rows, analysis=ANALYSIS, population=population, role="exploratory")


def _fisher(known: pd.DataFrame, name: str, by: str) -> pd.DataFrame:
    counts = pd.crosstab(as_text(known[name]), as_text(known[by])).to_numpy()
    words = {"group": by, "variable": name, "n": len(known)}
    try:
        rows = fisher_exact(counts.tolist())
    except AnalysisError:
        record = {"statistic": "p_value", "state": "not-estimable", "method": "Fisher's exact test"}
        return result_rows([record], **words, warning=f"{name}: too many tables to enumerate")
    return stamp(rows[rows["statistic"] == "p_value"].reset_index(drop=True), **words)


NOTE = (
    "Difference: the largest standardised difference from the first group, and its group. "
    "p: Kruskal-Wallis for quantities, Fisher's exact test for categories, of those with a value, "
    "not corrected for multiple testing."
)


def table_one(rows: pd.DataFrame, compared: pd.DataFrame, title: str) -> Table:
    """:func:`tables.characteristics`, with two columns more where ``compared`` has rows."""
    table = tables.characteristics(rows, title)
    if compared.empty:
        return table
    named = dict(zip(sorted(table.sections), tables.levels(rows, "variable"), strict=True))
    body = [
        [*line, *_cells(compared[compared["variable"] == named.get(number)])]
        for number, line in enumerate(table.body)
    ]
    notes = [*table.notes, *tables.warnings(compared), NOTE]
    header = [*table.header, "difference", "p"]
    return replace(table, header=header, body=body, notes=notes)


def _cells(rows: pd.DataFrame) -> list[Cell]:
    apart = rows[(rows["statistic"] == "standardised_difference") & (rows["state"] == "ok")]
    tests = rows[rows["statistic"].isin(["chi2", "p_value"])]
    far = Cell("")
    if len(apart):
        widest = apart.loc[apart["estimate"].abs().idxmax()]
        text = f"{widest['estimate']:.2f} ({widest['group_level']})"
        far = Cell(text, (widest["row_id"],))
    test = tests.iloc[0].to_dict() if len(tests) else None
    shown = tables.cell(test, lambda row: numbers.p_value(row["p"]) or "not estimable")
    return [far, shown]
