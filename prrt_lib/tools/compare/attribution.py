"""Which edit moved which number: the edits of each patient applied alone to the first run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pandas as pd

from prrt_lib.base.errors import InputError, Problem, PrrtError
from prrt_lib.declare.asked.answers import Answer
from prrt_lib.declare.parameters import Parameters
from prrt_lib.read.questions import asked
from prrt_lib.read.reading import Reading
from prrt_lib.run.rerun import rerun
from prrt_lib.tools.compare.changes import NUMBERS, Moved, close, row_changes
from prrt_lib.tools.compare.edits import Edit, effective
from prrt_lib.tools.compare.sides import Side

MOST = 50
# Parameters that name things and move no number by themselves.
NAMES = ("scenario", "title", "workbook", "profile", "more_workbooks", "more_profiles",
         "amendments")  # fmt: skip
# Rows that are put into another reading keep their order and meet no row of it.
FAR = 10_000_000


@dataclass(frozen=True)
class Step:
    """One patient's edits (or the parameters) applied alone: what moved, or why nothing ran."""

    who: str
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
    answers = _answers_given(before.findings, before.reading.lineage)
    say("computing the first run again")
    base = rerun(before.reading, old, answers=answers, only=before.notebooks)

    def step(who: str, reading: Reading, parameters: Parameters) -> Step:
        try:
            made = rerun(reading, parameters, since=base, answers=answers)
        except PrrtError as error:
            return Step(who, [], str(error))
        return Step(who, row_changes(base.rows, made.rows, tolerance).moved)

    steps = []
    ids = {edit.record: edit.after for edit in found if edit.kind == "renamed"}
    for record in effective(found):
        # One patient, under one id or two.
        records = [record, ids[record]] if record in ids else [record]
        who = ", now ".join(records)
        say(f"edits of {who} alone")
        steps.append(step(who, with_records(before.reading, after.reading, records), old))
    was, now = before.parameters, after.parameters
    if changed := [name for name in was if name not in NAMES and was[name] != now.get(name)]:
        say("parameters alone")
        given = Parameters(**{**vars(old), **{name: vars(new)[name] for name in changed}})
        steps.append(step("parameters", before.reading, given))
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


def _answers_given(findings: pd.DataFrame, lineage: pd.DataFrame) -> list[Answer]:
    """Answers that give the questions of a finished run the states they had there."""
    given = {"answered": {"answer": "answered"}, "confirmed": {"confirmed": "yes"}}
    if not findings["state"].isin(given).any():
        return []
    questions = asked(findings, lineage)
    return [
        Answer(**{**vars(question), **given.get(state, {})})
        for question, state in zip(questions, findings["state"], strict=True)
    ]


def with_records(base: Reading, other: Reading, records: Iterable[str]) -> Reading:
    """``base`` with everything of ``records`` as ``other`` has it."""
    chosen = set(records)

    def mixed(frame: pd.DataFrame, given: pd.DataFrame | None, key: str) -> pd.DataFrame:
        rest = frame[~frame[key].isin(chosen)]
        own = rest.iloc[:0] if given is None else given[given[key].isin(chosen)]
        if "row" in own:
            own = own.assign(row=own["row"] + FAR)
        if own.empty or rest.empty:
            return (rest if own.empty else own).reset_index(drop=True)
        return pd.concat([rest, own], ignore_index=True)

    tables = {
        name: mixed(frame, other.tables.get(name), "patient_id")
        for name, frame in base.tables.items()
    }
    return replace(
        base,
        tables=tables,
        lineage=mixed(base.lineage, other.lineage, "record"),
        findings=mixed(base.findings, other.findings, "record"),
    )


def joint(total: Iterable[Moved], steps: Iterable[Step], tolerance: float) -> list[Joint]:
    """Rows whose move is neither that of one step nor the sum of all steps."""
    whole = {one.row_id: one for one in total}
    by_row: dict[str, list[Moved]] = {}
    for step in steps:
        for one in step.moved:
            by_row.setdefault(one.row_id, []).append(one)

    def ends_alike(one: Moved, other: Moved) -> bool:
        a, b = one.after, other.after
        if a is None or b is None:
            return a is b
        numbers = close([a[name] for name in NUMBERS], [b[name] for name in NUMBERS], tolerance)
        return a["state"] == b["state"] and bool(numbers.all())

    def change(moved: Moved, name: str) -> float:
        return moved.change(name) if name in moved.columns else 0.0

    found = []
    for row_id in {**whole, **by_row}:
        moved, parts = whole.get(row_id), by_row.get(row_id, [])
        if moved is not None and any(ends_alike(moved, part) for part in parts):
            continue
        if moved is None and parts[0].before is None:
            # A key that one step alone would make, such as a day, is in neither run.
            continue
        shown = moved or Moved(parts[0].before, parts[0].before)
        rests = {
            name: change(shown, name) - sum(change(part, name) for part in parts)
            for name in NUMBERS
        }
        if not all(_is_nothing(rest, shown, name, tolerance) for name, rest in rests.items()):
            found.append(Joint(shown, rests["estimate"]))
    return found


def _is_nothing(rest: float, moved: Moved, name: str, tolerance: float) -> bool:
    """Whether a remainder is nothing beside the number it remains of; an unknown one is not."""
    if moved.before is None or moved.after is None or math.isnan(rest):
        return False
    sizes = [abs(row[name]) for row in (moved.before, moved.after) if not math.isnan(row[name])]
    return abs(rest) <= max(10 * tolerance * max(sizes, default=0.0), 1e-9)
