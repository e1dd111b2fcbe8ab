"""The rows of one sheet -> records; rows that are none are reported, never dropped in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.declare.findings import finding
from prrt_lib.declare.profiles import Block, Source
from prrt_lib.declare.profiles import Sheet as SheetProfile
from prrt_lib.read.cells.reader import CellReader
from prrt_lib.read.records import Record, one_per_patient
from prrt_lib.read.registry import parse
from prrt_lib.read.sheets import ids, second_table, visits
from prrt_lib.read.sheets.headers import headers
from prrt_lib.read.sheets.layout import Instance, Layout
from prrt_lib.read.sheets.plans import ESSENTIAL, Plan, plan
from prrt_lib.read.workbook.excel import Cell, Sheet, letters


@dataclass
class SheetRows:
    """What a sheet's rows gave."""

    records: list[Record] = field(default_factory=list)
    spread: list[Record] = field(default_factory=list)
    findings: list[dict[str, str]] = field(default_factory=list)
    # (id as compared, as written, cell) of every row.
    spellings: list[tuple[str, str, str]] = field(default_factory=list)
    readers: dict[tuple[str, str, str], CellReader] = field(default_factory=dict)
    passed: list[Record] = field(default_factory=list)
    sheet: str = ""
    rows: int = 0
    held_out: int = 0


@dataclass
class RowReader:
    """Reads one sheet of one workbook under its layout."""

    sheet: Sheet
    declared: SheetProfile
    layout: Layout
    epoch: int
    book: int = 0
    namespace: str = ""
    _readers: dict[tuple, CellReader] = field(default_factory=dict)
    _visits: dict[int, tuple[str, list[Record]]] = field(default_factory=dict)
    _plans: dict[int, Plan] = field(default_factory=dict)

    def read(self) -> SheetRows:
        """Records, findings and id spellings of all rows below the header."""
        found = SheetRows(readers=self._by_column())
        lines = self._lines(found)
        identified = [(row, *self._id(row)) for row in lines]
        texts = [text for _, status, text in identified if status == "ok"]
        strict = sum(map(ids.looks_like_id, texts)) * 2 >= len(texts)
        ignored: list[int] = []
        for row, status, text in identified:
            if any(one.holds(self.sheet.rows[row]) for one in self.layout.ignored_rows):
                ignored.append(row)
                continue
            if rule := self._why_not(row, status, text, strict):
                if rule != "blank":
                    found.held_out += 1
                    found.findings.append(self._about_row(rule, row))
                continue
            found.rows += 1
            self._take(row, text, found)
        for column, records in self._visits.values():
            visits.of_each_patient(records, column, found)
        if ignored:
            found.findings.append(self._about_row("rows-ignored", ignored[0], ignored[1:]))
        return found

    def _lines(self, found: SheetRows) -> list[int]:
        """The rows below the header, down to where another table starts."""
        rows = [
            row
            for row in sorted(self.sheet.rows)
            if row >= self.layout.first_row and row not in self.declared.skip_rows
        ]
        heads = headers(self.sheet, self.declared)
        other = second_table.starts(self.sheet, rows, heads, self.layout.id_column)
        below = [row for row in rows if other and row >= other]
        if below:
            found.held_out += len(below)
            found.findings.append(self._about_row("second-table", below[0], below[1:]))
        return rows[: len(rows) - len(below)]

    def _by_column(self) -> dict[tuple[str, str, str], CellReader]:
        """(table, dictionary column, letters of the sheet's column) -> its reader."""
        tables = dictionary().tables
        return {
            (instance.block.table, name, letters(place.column)): self._reader(
                tables[instance.block.table].columns[name], place.source
            )
            for instance in self.layout.instances
            for name, place in instance.places.items()
        }

    def _take(self, row: int, text: str, found: SheetRows) -> None:
        same = self.namespace + ids.key(text)
        found.spellings.append((same, text, f"{letters(self.layout.id_column)}{row}"))
        taken: set[int] = set()
        left: list[Instance] = []
        for instance in self.layout.instances:
            made = list(self._records(row, same, instance))
            self._place(instance.block, found).extend(made)
            if made:
                taken.update(place.column for place in instance.places.values())
            elif instance.block.needs or instance.only or instance.block.table in ESSENTIAL:
                left.append(instance)
        found.findings += self._left(row, same, left, taken)

    def _place(self, block: Block, found: SheetRows) -> list[Record]:
        """Where the records of a block are gathered."""
        if block.latest:
            return self._visits.setdefault(id(block), (block.latest, []))[1]
        return found.spread if block.spread else found.records

    def _left(
        self, row: int, patient: str, left: list[Instance], taken: set[int]
    ) -> Iterator[dict[str, str]]:
        """Cells that say something in blocks of which none took them."""
        cells = self.sheet.rows.get(row, {})
        taken |= {one.column for instance in left for one in instance.only}
        for instance in left:
            said = [
                (entry.name, entry.place.column)
                for entry in self._plan(instance).entries
                if entry.place.column in cells and entry.place.column not in taken
                and entry.reader.read_cell(cells[entry.place.column]).status != "missing"
            ]  # fmt: skip
            if said:
                if instance.only:
                    # Blocks for other words claim the same cells: one question is enough.
                    taken.update(column for _, column in said)
                (name, first), *others = said
                yield finding(
                    "block-without-record" if _held(instance, cells) else "word-not-named",
                    table=instance.block.table, column=name, record=patient,
                    sheet=self.sheet.name, cell=cells[first].address,
                    related_cells=self._addresses(row, [column for _, column in others]),
                )  # fmt: skip

    def _addresses(self, row: int, columns: list[int]) -> str:
        cells = self.sheet.rows[row]
        return "; ".join(f"{self.sheet.name}!{cells[column].address}" for column in columns)

    def _id(self, row: int) -> tuple[str, str]:
        cell = self.sheet.cell(row, self.layout.id_column)
        return _id(cell.value, cell.number_format)

    def _why_not(self, row: int, status: str, text: str, strict: bool) -> str:
        if status == "ok":
            return "row-not-a-record" if strict and not ids.looks_like_id(text) else ""
        cells = self.sheet.rows[row]
        filled = any(c in self.layout.headed and not cell.blank for c, cell in cells.items())
        if not filled:
            return "blank"
        return "row-without-id" if status == "missing" else "id-unreadable"

    def _about_row(self, rule: str, row: int, others: list[int] | None = None) -> dict[str, str]:
        cell = Cell(self.sheet.name, row, self.layout.id_column).address
        more = "; ".join(f"{self.sheet.name}!{other}:{other}" for other in others or ())
        return finding(rule, sheet=self.sheet.name, cell=cell, related_cells=more)

    def _records(self, row: int, patient: str, instance: Instance) -> Iterator[Record]:
        cells = self.sheet.rows.get(row, {})
        follow = self._plan(instance)
        reads = follow.reads(cells) if _held(instance, cells) else None
        if reads is None:
            return
        seen, origin = follow.seen(row, reads), (self.book, self.sheet.name, row)
        for values in follow.values(reads):
            yield Record(instance.block.table, patient, values, seen, origin)

    def _plan(self, instance: Instance) -> Plan:
        if id(instance) not in self._plans:
            made = plan(instance, self.sheet.name, self.layout.id_column, self._reader)
            self._plans[id(instance)] = made
        return self._plans[id(instance)]

    def _reader(self, column: Column, source: Source) -> CellReader:
        known = (column.address, source.header, source.group)
        if known not in self._readers:
            self._readers[known] = CellReader(column, source, self.epoch)
        return self._readers[known]


# A patient's id stands in many rows; 1 and 1.0 are not typed alike.
@lru_cache(maxsize=1 << 16, typed=True)
def _id(value: Any, number_format: str) -> tuple[str, str]:
    parsed = parse("id", value, number_format=number_format)
    return parsed.status, str(parsed.value or "")


def _held(instance: Instance, cells: Mapping[int, Cell]) -> bool:
    return all(condition.holds(cells) for condition in instance.only)


def merged_in_row(records: list[Record]) -> list[Record]:
    """Records in which blocks of one row for a one-per-patient table are one record."""
    joined: dict[tuple, Record] = {}
    others = []
    for record in records:
        if not one_per_patient(record.table):
            others.append(record)
            continue
        place = (record.table, record.patient, record.origin)
        known = joined.get(place)
        joined[place] = known.with_values(record.values, record.seen) if known else record
    return [*joined.values(), *others]
