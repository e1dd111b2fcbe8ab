"""Tables of adverse events that no other page needs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from prrt_lib.present.tables import RATES, Cell, Table, cell, first, levels, warnings


def yearly(rows: pd.DataFrame, title: str, years: Mapping[float, str]) -> Table:
    """One line per endpoint: its cumulative incidence at ``years``, with limits."""
    counted = rows[rows["statistic"].isin(RATES)]
    body = []
    for label in levels(counted, "label"):
        own = counted[counted["label"] == label]
        bare = first(own[own["time"].isna()])
        shown = [cell(bare or first(own, time=time)) for time in years]
        body.append([Cell(label), *shown])
    header = ["", *(f"{label}, % (95 % limits)" for label in years.values())]
    return Table(title, header, body, warnings(counted))
