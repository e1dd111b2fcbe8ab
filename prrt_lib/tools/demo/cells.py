"""One cell as the abstractor left it, beside what is true."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

CLEAN, VARIANT, DEFECT = "clean", "variant", "defect"


@dataclass(frozen=True, slots=True)
class Cell:
    """``true`` and ``expected`` are canonical texts: ISO dates, GBq, percent, dictionary words.

    ``expected`` is what a faultless reading of ``written`` gives: the truth, less of it where
    the abstractor wrote less ("Mar 2014" -> "2014-03", "<2%" -> "<2"), "" where nothing certain
    can be read. ``rule`` names an injected defect.
    """

    true: str
    written: Any
    expected: str
    state: str = CLEAN
    format: str = ""
    rule: str = ""

    def spoilt(self, written: Any, rule: str, format: str = "") -> Cell:
        """The same truth with a defect written in its place."""
        return replace(
            self, written=written, expected="", state=DEFECT, format=format, rule=rule
        )  # fmt: skip


@dataclass(slots=True)
class Record:
    """One abstracted record; ``copy`` says which defect the whole row is, if it is one."""

    table: str
    patient_id: str
    number: int
    cells: dict[str, Cell] = field(default_factory=dict)
    copy: str = ""
