"""The levels of a grouping column, in a fixed order and as text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from prrt_lib.declare.levels import level_text


def codes_and_levels(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """An integer code per record and the levels as text; categories keep their order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories()
        return used.cat.codes.to_numpy(), [level_text(value) for value in used.cat.categories]
    try:
        codes, levels = pd.factorize(column, sort=True)
    except TypeError:
        codes, levels = pd.factorize(column.astype(str), sort=True)
    return codes, [level_text(value) for value in levels]


def parts(data: pd.DataFrame, by: str | None) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """The key words ``group`` and ``group_level`` with the records of each level."""
    if by is None:
        yield {"group": "", "group_level": ""}, data
        return
    codes, levels = codes_and_levels(data[by])
    for code, level in enumerate(levels):
        yield {"group": by, "group_level": level}, data[codes == code]


def arrays(data: pd.DataFrame, duration: str, event: str, entry: str | None, weights=None):
    """Exit, event, entry and weight arrays of prepared records; None for a column not used."""
    optional = [None if name is None else data[name].to_numpy() for name in (entry, weights)]
    return data[duration].to_numpy(), data[event].to_numpy(), *optional
