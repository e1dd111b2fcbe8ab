"""Findings of two runs: opened, closed, still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from prrt_lib.declare.answers import Answer
from prrt_lib.read.questions import asked


@dataclass(frozen=True)
class QuestionChanges:
    """Findings as records: asked by the second run alone, by the first alone, by both.

    ``answered``: (before, after) of those whose state is another one now.
    """

    opened: list[dict[str, Any]]
    closed: list[dict[str, Any]]
    still: list[dict[str, Any]]
    answered: list[tuple[dict[str, Any], dict[str, Any]]]


def question_changes(before: pd.DataFrame, after: pd.DataFrame) -> QuestionChanges:
    """What became of the questions, by their ids."""
    old = {item["finding_id"]: item for item in before.to_dict("records")}
    new = {item["finding_id"]: item for item in after.to_dict("records")}
    both = [name for name in new if name in old]
    return QuestionChanges(
        opened=[item for name, item in new.items() if name not in old],
        closed=[item for name, item in old.items() if name not in new],
        still=[new[name] for name in both],
        answered=[(old[n], new[n]) for n in both if old[n]["state"] != new[n]["state"]],
    )


def states(findings: pd.DataFrame, lineage: pd.DataFrame) -> list[Answer]:
    """Answers that give the questions of a finished run the states they had there."""
    given = {"answered": {"answer": "answered"}, "confirmed": {"confirmed": "yes"}}
    if not findings["state"].isin(given).any():
        return []
    questions = asked(findings, lineage)
    return [
        Answer(**{**vars(question), **given.get(state, {})})
        for question, state in zip(questions, findings["state"], strict=True)
    ]
