"""What a check says: a rule, the record and column it concerns, the values it makes unused."""

from __future__ import annotations

from dataclasses import dataclass

from prrt_lib.declare.findings import finding
from prrt_lib.read.records import Record

Place = tuple[Record, str]


@dataclass(frozen=True)
class Question:
    """One contradiction or remark within a patient.

    ``unused`` are the values that the rule's message says are not used; ``related`` are the
    other cells that the abstractor has to look at.
    """

    rule: str
    record: Record
    column: str
    related: tuple[Place, ...] = ()
    unused: tuple[Place, ...] = ()


def row(question: Question, printed: str) -> dict[str, str]:
    """The finding row of a question."""
    seen = question.record.seen.get(question.column)
    place = {"sheet": seen.sheet, "cell": seen.cell} if seen else _record_place(question.record)
    gone = any(
        record is question.record and column == question.column
        for record, column in question.unused
    )
    return finding(
        question.rule,
        table=question.record.table,
        column=question.column,
        record=printed,
        related_cells="; ".join(address(*other) for other in question.related),
        status="invalid" if gone else seen.status if seen else "missing",
        **place,
    )


def address(record: Record, column: str) -> str:
    """Sheet and cell of a record's column."""
    seen = record.seen.get(column)
    place = {"sheet": seen.sheet, "cell": seen.cell} if seen else _record_place(record)
    return f"{place['sheet']}!{place['cell']}"


def _record_place(record: Record) -> dict[str, str]:
    _, sheet, number = record.origin
    return {"sheet": sheet, "cell": f"A{number}"}
