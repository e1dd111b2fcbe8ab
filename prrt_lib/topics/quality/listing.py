"""Counts and words of a frame, shown as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from prrt_lib.draw.tables import Cell, Table


def listed(frame: pd.DataFrame, title: str, notes: Sequence[str] = ()) -> Table:
    """A frame of counts or words shown as it is; ``row_id``, if there, names each line's rows."""
    shown = frame.drop(columns="row_id", errors="ignore")
    ids = [tuple(str(one).split()) for one in frame.get("row_id", [""] * len(frame))]
    body = [
        [Cell(_word(value), own if _is_number(value) else ()) for value in line]
        for line, own in zip(shown.itertuples(index=False), ids, strict=True)
    ]
    return Table(title, [str(name) for name in shown.columns], body, list(notes))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _word(value: Any) -> str:
    return "" if value is None or value != value else str(value)
