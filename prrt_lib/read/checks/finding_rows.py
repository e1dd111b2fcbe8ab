"""What is found wrong: between the cells of a patient, or in one cell; as rows of findings.csv."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prrt_lib.declare.asked.findings import finding, rules
from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.reader import implausible
from prrt_lib.read.records import Record

EXPECTED = Path(__file__).with_name("expected.yaml")
RULE_OF_STATUS = {
    "ambiguous": "cell-ambiguous",
    "invalid": "cell-invalid",
    "imputed-partial": "cell-imputed-partial",
}
CellOfRecord = tuple[Record, str]


@dataclass(frozen=True)
class Finding:
    """One contradiction or remark within a patient.

    ``unused`` are the values that the rule's message says are not used; ``related`` are the
    other cells that the abstractor has to look at.
    """

    rule: str
    record: Record
    column: str
    related: tuple[CellOfRecord, ...] = ()
    unused: tuple[CellOfRecord, ...] = ()

    def row(self, printed: str) -> dict[str, str]:
        """The row of findings.csv, under the patient's id as printed."""
        seen = self.record.seen.get(self.column)
        sheet, cell = _where(self.record, self.column)
        gone = any(
            record is self.record and column == self.column for record, column in self.unused
        )
        return finding(
            self.rule,
            table=self.record.table,
            column=self.column,
            record=printed,
            sheet=sheet,
            cell=cell,
            related_cells="; ".join(address(*other) for other in self.related),
            status="invalid" if gone else seen.status if seen else "missing",
        )


def address(record: Record, column: str) -> str:
    """Sheet and cell of a record's column."""
    sheet, cell = _where(record, column)
    return f"{sheet}!{cell}"


def _where(record: Record, column: str) -> tuple[str, str]:
    """(sheet, cell) of a record's column; the row's first cell where no cell was read for it."""
    seen = record.seen.get(column)
    return (seen.sheet, seen.cell) if seen else (record.origin[1], f"A{record.origin[2]}")


@cache
def expected() -> Mapping[str, str]:
    """Kind of cell -> how to write it."""
    return load_words(EXPECTED)


@cache
def _ranged(table: str) -> Mapping[str, Column]:
    """Columns of a table that have a plausible range."""
    return {name: c for name, c in dictionary().tables[table].columns.items() if c.range}


def about_cells(record: Record, printed: str) -> Iterator[dict[str, str]]:
    """Findings about the record's own cells: refusals, partial dates, implausible values.

    Copies of a per-patient cell are asked about once. A message names the reading rule that
    decided, never what the cell says.
    """
    ranged = _ranged(record.table)
    for column, seen in record.seen.items():
        rule = RULE_OF_STATUS.get(seen.status)
        if seen.source in ("constant", "spread") or not (rule or column in ranged):
            continue
        if not rule and not implausible(ranged[column], record.values):
            continue
        more = {}
        if rule:
            declared, how = rules()[rule], rules()[rule].how_to_resolve
            if rule != "cell-imputed-partial":
                kind = dictionary().tables[record.table].columns[column].kind
                how = f"{how} Here: {expected()[kind]}."
            more = {"message": f"{declared.message} ({seen.rule}).", "how_to_resolve": how}
        yield finding(
            rule or "implausible",
            table=record.table,
            column=column,
            record=printed,
            sheet=seen.sheet,
            cell=seen.cell,
            status=seen.status,
            **more,
        )
