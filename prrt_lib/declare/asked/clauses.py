"""The registry entry's clauses: which notebook answers each, and by which result rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.declare.yaml_files import load_words

SOURCE = Path(__file__).with_name("clauses.yaml")
EXHIBITS = Path(__file__).with_name("exhibits.yaml")


@cache
def clauses() -> Mapping[str, Mapping[str, Any]]:
    """Clause id -> clause, notebook, rows, shows."""
    return load_words(SOURCE)


@cache
def exhibits() -> Mapping[str, Mapping[str, Any]]:
    """Number of a table or figure of a paper -> title, notebook, figure, rows."""
    return load_words(EXHIBITS)


def columns_of(clause: str) -> list[Column]:
    """The dictionary's columns that carry ``clause`` (L also serves L1 to L4)."""
    served = {clause, *clauses()[clause].get("also", ()), *("L" if clause[0] == "L" else "")}
    return [
        column
        for table in dictionary().tables.values()
        for column in table.columns.values()
        if column.clause in served
    ]


def each(keys: Mapping[str, Any]) -> list[dict[str, str]]:
    """Keys of the rows that are asked for, where a key names several values: each of them."""
    lists = [value if isinstance(value, list) else [value] for value in keys.values()]
    return [dict(zip(keys, chosen, strict=True)) for chosen in product(*lists)]


def matching(keys: Mapping[str, str], rows: pd.DataFrame) -> pd.DataFrame:
    """The result rows that equal ``keys`` in every column."""
    kept = rows
    for name, value in keys.items():
        text = kept[name].map(lambda cell: f"{cell:g}") if name == "time" else kept[name]
        wanted = value if isinstance(value, list) else [value]
        kept = kept[text.isin([str(one) for one in wanted])]
    return kept


def rows_of(item: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The result rows that answer a clause, or stand behind a table or figure of a paper."""
    keys = each((clauses().get(item) or exhibits()[item])["rows"])
    return pd.concat([matching(one, rows) for one in keys])
