"""Levels of a grouping as text, and the level that a caller means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prrt_lib.base.errors import AnalysisError, Problem

# Levels that a message lists.
MOST = 20


def level_text(value: object) -> str:
    """The level as a result row writes it: whole numbers without a decimal point."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def matched(wanted: object, levels: Sequence[str], where: str) -> str:
    """The one of ``levels`` (texts of :func:`level_text`) that ``wanted`` names by value.

    0, 0.0, "0" and "0.0" are the same level; so are True, "True" and "yes". Raises AnalysisError
    naming the levels where none, or more than one, is meant.
    """
    text = level_text(wanted)
    if text in levels:
        return text
    same = [level for level in levels if _value(level) == _value(text)]
    if len(same) == 1:
        return same[0]
    found = f"{wanted!r}" + (f", which is each of {same}" if same else "")
    known = f"one of {list(levels[:MOST])}" + (f" or {len(levels) - MOST} more" if
                                              len(levels) > MOST else "")  # fmt: skip
    raise AnalysisError(Problem(where, found, known, "name an existing level"))


def _value(text: str) -> float | str:
    truth = {"true": "yes", "false": "no"}
    try:
        return float(text)
    except ValueError:
        return truth.get(text.lower(), text)
