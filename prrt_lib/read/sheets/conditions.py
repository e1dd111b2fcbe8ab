"""Rows that count only where another cell holds one of the words a profile names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prrt_lib.base.errors import Problem
from prrt_lib.declare.profiles import Source
from prrt_lib.read.cells.reader import text_of
from prrt_lib.read.sheets.headers import Header, Numbers, compared, matches
from prrt_lib.read.workbook.excel import Cell

Declared = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Condition:
    """A column of a sheet and the words of which its cell must hold one."""

    column: int
    words: frozenset[str]

    def holds(self, cells: Mapping[int, Cell]) -> bool:
        """Whether the row's cell holds one of the words; case and outer blanks do not matter."""
        cell = cells.get(self.column)
        return cell is not None and compared(text_of(cell.value)) in self.words


def conditions(
    heads: Sequence[Header], declared: Declared, groups: Sequence[str], numbers: Numbers = ()
) -> tuple[Condition, ...]:
    """One condition per declared header, looked for in each of ``groups`` in turn.

    Where the header is numbered, the one with ``numbers`` is meant. A header that is not found, or
    found more than once, gives none: see :func:`problem`.
    """
    found = []
    for header, words in declared.items():
        for group in groups:
            hits = matches(heads, Source(header, group))
            own = [c for n, c in hits if n in (numbers, ())]
            if len(own) == 1:
                found.append(Condition(own[0], frozenset(map(compared, words))))
                break
    return tuple(found)


def problem(where: str, declared: Declared, found: Sequence[Condition]) -> list[Problem]:
    """What is wrong where a declared header does not stand exactly once among the headers."""
    if len(found) == len(declared):
        return []
    names = ", ".join(repr(header) for header in declared)
    expected = "each header that `only` or `ignore_rows` names once"
    todo = "correct the header or the profile"
    return [Problem(where, f"not one column each for {names}", expected, todo)]
