"""Which edit moved which number: the edits of each patient applied alone to the first run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from prrt_lib.base.errors import InputError, Problem, PrrtError
from prrt_lib.declare.answers import Answer
from prrt_lib.declare.parameters import Parameters
from prrt_lib.read.questions import asked
from prrt_lib.run.rerun import Rerun, rerun
from prrt_lib.tools.compare.changes import NUMBERS, Moved, close, row_changes
from prrt_lib.tools.compare.edits import Edit, effective
from prrt_lib.tools.compare.records import with_records
from prrt_lib.tools.compare.sides import Side

MOST = 50
# Parameters that name things and move no number by themselves.
NAMES = ("scenario", "title", "workbook", "profile", "more_workbooks", "more_profiles",
         "amendments")  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One patient's edits (or the parameters) applied alone: what moved, or why nothing ran."""

    who: str
    records: tuple[str, ...]
    moved: list[Moved]
    failed: str = ""


@dataclass(frozen=True)
class Joint:
    """A row that the steps do not explain; ``rest`` is what is left of its estimate's move."""

    moved: Moved
    rest: float


@dataclass(frozen=True)
class Attribution:
    """``others``: rows of the first run that today's code gives other numbers for."""

    steps: list[Step]
    joint: list[Joint]
    others: int


def attribution(
    before: Side,
    after: Side,
    found: list[Edit],
    total: Iterable[Moved],
    tolerance: float,
    say: Callable[[str], None],
) -> Attribution:
    """Each patient's edits applied alone to the first run, then its parameters alone.

    Raises InputError where the parameters are those of another version.
    """
    old, new = (_parameters(one) for one in (before, after))
    answers = _states(before.findings, before.reading.lineage)
    say("computing the first run again")
    base = rerun(before.reading, old, answers=answers, only=before.notebooks)
    steps = []
    for who, records in _groups(found):
        say(f"edits of {who} alone")
        reading = with_records(before.reading, after.reading, records)
        steps.append(_step(who, records, base, reading, old, answers, tolerance))
    was, now = before.parameters, after.parameters
    if changed := [name for name in was if name not in NAMES and was[name] != now.get(name)]:
        say("parameters alone")
        given = Parameters(**{**vars(old), **{name: vars(new)[name] for name in changed}})
        steps.append(_step("parameters", (), base, before.reading, given, answers, tolerance))
    others = row_changes(before.rows, base.rows, tolerance).moved
    return Attribution(steps, joint(total, steps, tolerance), len(others))


def _parameters(one: Side) -> Parameters:
    try:
        return Parameters(**one.parameters)
    except TypeError:
        found = "parameters of another version"
        raise InputError(
            Problem(str(one.folder / "parameters.json"), found, "those of this version",
                    "run the scenario again, or compare without --attribute")
        ) from None  # fmt: skip


def _states(findings: pd.DataFrame, lineage: pd.DataFrame) -> list[Answer]:
    """Answers that give the questions of a finished run the states they had there."""
    given = {"answered": {"answer": "answered"}, "confirmed": {"confirmed": "yes"}}
    if not findings["state"].isin(given).any():
        return []
    questions = asked(findings, lineage)
    return [
        Answer(**{**vars(question), **given.get(state, {})})
        for question, state in zip(questions, findings["state"], strict=True)
    ]


def _groups(found: list[Edit]) -> list[tuple[str, tuple[str, ...]]]:
    """(name, records) of what is applied together: one patient, under one id or two."""
    ids = {edit.record: edit.after for edit in found if edit.kind == "renamed"}
    return [
        (f"{record}, now {ids[record]}", (record, ids[record])) if record in ids
        else (record, (record,))
        for record in effective(found)
    ]  # fmt: skip


def _step(who, records, base: Rerun, reading, given, answers, tolerance: float) -> Step:
    try:
        made = rerun(reading, given, since=base, answers=answers)
    except PrrtError as error:
        return Step(who, records, [], str(error))
    return Step(who, records, row_changes(base.rows, made.rows, tolerance).moved)


def joint(total: Iterable[Moved], steps: Iterable[Step], tolerance: float) -> list[Joint]:
    """Rows whose move is neither that of one step nor the sum of all steps."""
    whole = {one.row_id: one for one in total}
    by_row: dict[str, list[Moved]] = {}
    for step in steps:
        for one in step.moved:
            by_row.setdefault(one.row_id, []).append(one)
    found = []
    for row_id in {**whole, **by_row}:
        moved, parts = whole.get(row_id), by_row.get(row_id, [])
        if moved is not None and any(_alike(moved, part, tolerance) for part in parts):
            continue
        if moved is None and parts[0].before is None:
            # A key that one step alone would make, such as a day, is in neither run.
            continue
        shown = moved or Moved(parts[0].before, parts[0].before)
        rests = {name: _rest(shown, parts, name) for name in NUMBERS}
        if any(not _small(rest, shown, name, tolerance) for name, rest in rests.items()):
            found.append(Joint(shown, rests["estimate"]))
    return found


def _alike(one: Moved, other: Moved, tolerance: float) -> bool:
    """Whether a step alone ends where the second run ended."""
    a, b = one.after, other.after
    if a is None or b is None:
        return a is b
    numbers = all(close(a[name], b[name], tolerance) for name in NUMBERS)
    return numbers and a["state"] == b["state"]


def _rest(moved: Moved, parts: list[Moved], name: str) -> float:
    own = moved.change(name) if name in moved.columns else 0.0
    return own - sum(part.change(name) if name in part.columns else 0.0 for part in parts)


def _small(rest: float, moved: Moved, name: str, tolerance: float) -> bool:
    """Whether a remainder is nothing beside the number it remains of; an unknown one is not."""
    if moved.before is None or moved.after is None or math.isnan(rest):
        return False
    sizes = [abs(row[name]) for row in (moved.before, moved.after) if not math.isnan(row[name])]
    return abs(rest) <= max(10 * tolerance * max(sizes, default=0.0), 1e-9)
