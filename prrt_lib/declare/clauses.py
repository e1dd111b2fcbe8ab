"""The registry entry's clauses: which notebook answers each, and by which result rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

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


def rows_of(item: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The result rows that answer a clause, or stand behind a table or figure of a paper."""
    return matching((clauses().get(item) or exhibits()[item])["rows"], rows)


def matching(keys: Mapping[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    """The ``rows`` whose every column in ``keys`` is equal to its value, or one of its values."""
    kept = rows
    for name, value in keys.items():
        text = kept[name].map(lambda cell: f"{cell:g}") if name == "time" else kept[name]
        wanted = value if isinstance(value, list) else [value]
        kept = kept[text.isin([str(one) for one in wanted])]
    return kept
