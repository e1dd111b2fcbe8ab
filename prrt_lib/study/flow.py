"""The flow diagram as rows: named steps whose numbers add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

# The rule of a population's last step: who is in it.
END = "population"
COLUMNS = ("step", "population", "n_before", "n_excluded", "n_after", "reason", "rule")


@dataclass(frozen=True)
class Step:
    """One exclusion: the ids that leave, the reason in words, the rule of its finding."""

    name: str
    reason: str
    rule: str
    leaves: frozenset[str]


def walk(start: Sequence[str], population: str, title: str, steps: Sequence[Step]):
    """The ids that remain after ``steps``, and one flow row per step plus the population's own.

    A patient leaves at the first step that names it. The last row has rule "population".
    """
    remaining, rows = sorted(start), []
    for step in steps:
        kept = [name for name in remaining if name not in step.leaves]
        rows.append(_row(step.name, population, len(remaining), len(kept), step.reason, step.rule))
        remaining = kept
    rows.append(_row(title, population, len(remaining), len(remaining), "", END))
    return remaining, rows


def _row(step: str, population: str, before: int, after: int, reason: str, rule: str) -> dict:
    values = (step, population, before, before - after, after, reason, rule)
    return dict(zip(COLUMNS, values, strict=True))


def flow_frame(rows: Sequence[dict]) -> pd.DataFrame:
    """Flow rows as a frame with integer counts."""
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    return frame.astype({"n_before": "int64", "n_excluded": "int64", "n_after": "int64"})


def row_keys(step: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of a line of the flow: the row that counts who is left, and the one of who left."""
    stayed = {"analysis": "quality", "population": step["population"], "variable": "flow",
              "level": step["step"], "statistic": "count"}  # fmt: skip
    left = {**stayed, "group": "excluded", "group_level": step["reason"]}
    return [stayed] if step["rule"] == END else [stayed, left]
