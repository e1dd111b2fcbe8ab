"""Two runs compared: everything that the terminal and the page show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prrt_lib.run.headline import shown
from prrt_lib.tools.compare.attribution import MOST, Attribution, attribution
from prrt_lib.tools.compare.changes import (
    TOLERANCE,
    Moved,
    QuestionChanges,
    RowChanges,
    question_changes,
    row_changes,
)
from prrt_lib.tools.compare.edits import Edit, edits, effective
from prrt_lib.tools.compare.sides import Side, side

Named = tuple[str, str, str]


@dataclass(frozen=True)
class Comparison:
    """Two runs and what differs. ``edits`` is None where a lineage is missing."""

    before: Side
    after: Side
    tolerance: float
    rows: RowChanges
    headline: list[Moved]
    questions: QuestionChanges
    parameters: list[Named]
    versions: list[Named]
    edits: list[Edit] | None
    attribution: Attribution | None
    notes: list[str]

    @property
    def exit_code(self) -> int:
        """4 where a number of the start page moved; 0 otherwise, also where others moved."""
        return 4 if self.headline else 0

    @property
    def nothing_differs(self) -> bool:
        asked = self.questions
        return not (self.rows.moved or self.rows.worded or asked.opened or asked.closed
                    or asked.answered or self.edits or self.parameters)  # fmt: skip


def compare(
    before: str,
    after: str,
    tolerance: float = TOLERANCE,
    attribute: bool = False,
    everyone: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> Comparison:
    """What differs between two finished runs; see :func:`sides.side` for how they are named.

    ``attribute`` applies the edits of each patient alone to the first run, of up to 50 patients
    or of ``everyone``. Raises InputError where a run is missing or was changed by hand.
    """
    one, other = side(before), side(after)
    rows = row_changes(one.rows, other.rows, tolerance)
    both = one.reading is not None and other.reading is not None
    found = edits(one.reading, other.reading) if both else None
    notes = [f"A: {note}" for note in one.notes] + [f"B: {note}" for note in other.notes]
    on_top = shown(one.rows, one.headline) | shown(other.rows, other.headline)
    made = None
    if found is not None and (attribute or everyone):
        number = len(effective(found))
        if number > MOST and not everyone:
            notes.append(f"{number} patients are edited, more than {MOST}: not attributed; "
                         "--all does it, one run of the analyses each")  # fmt: skip
        else:
            made = attribution(one, other, found, rows.moved, tolerance, say)
    versions = [
        {
            "prrt_lib": record.get("prrt_lib"),
            "code": (record.get("code") or "")[:12],
            "commit": record.get("source", {}).get("commit", "")[:12],
            "locked environment": (record.get("lock") or "")[:12],
            **record.get("versions", {}),
            **{f"{kind} {part}": record.get(kind, {}).get(part, "")[:40]
               for kind in ("workbook", "profile") for part in ("name", "sha256")},
        }
        for record in (one.record, other.record)
    ]  # fmt: skip
    return Comparison(
        one, other, tolerance, rows, [moved for moved in rows.moved if moved.row_id in on_top],
        question_changes(one.findings, other.findings),
        _differences(one.parameters, other.parameters), _differences(*versions),
        found, made, notes,
    )  # fmt: skip


def _differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Named]:
    """(name, before, after) of every value that is another one, as words."""

    def word(value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(map(str, value)) or "none"
        return "none" if value is None or value == "" else str(value)

    return [
        (name, word(one.get(name)), word(other.get(name)))
        for name in {**one, **other}
        if one.get(name) != other.get(name)
    ]
