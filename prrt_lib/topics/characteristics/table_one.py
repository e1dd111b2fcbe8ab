"""Table 1 with standardised differences and tests beside the groups, where they were asked for."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.draw import tables
from prrt_lib.draw.tables import Cell, Table

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
