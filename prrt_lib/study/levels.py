"""Grades, bands and stages in their declared order, as a notebook gets them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from prrt_lib.declare.dictionary import Column, dictionary


def columns_of(table: str) -> Mapping[str, Column]:
    """The declared columns of a canonical table, or of the cohort ("derived")."""
    if table == "derived":
        return dictionary().derived
    declared = dictionary().tables.get(table)
    return declared.columns if declared else {}


def in_declared_order(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """``frame`` with the scales among its columns (``ordered`` in the dictionary) as ordered
    categoricals.

    All declared levels are categories, whether or not anybody has them, so that they compare:
    ``grade_group >= "G2"``. Levels off the scale ("more than one band", "undetermined") stand
    last and are larger than all others: leave them out before comparing. A value that the
    dictionary does not name keeps its place behind the declared ones.
    """
    scales = {}
    for name, column in columns_of(table).items():
        if column.ordered and name in frame:
            values = frame[name]
            whole = pd.api.types.is_numeric_dtype(values)
            declared = [float(level) if whole else level for level in column.allowed]
            more = sorted(set(values.dropna()) - set(declared))
            scales[name] = pd.Categorical(values, [*declared, *more], ordered=True)
    return frame.assign(**scales) if scales else frame
