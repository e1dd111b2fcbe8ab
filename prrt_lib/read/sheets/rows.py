"""The rows of one sheet -> records; rows that are none are reported, never dropped in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.declare.findings import finding
from prrt_lib.declare.layout.profiles import Block, Source
from prrt_lib.declare.layout.profiles import Sheet as SheetProfile
from prrt_lib.read.cells.reader import CellReader, text_of
from prrt_lib.read.parsing import parse
from prrt_lib.read.records import Record, by_patient, one_per_patient
from prrt_lib.read.sheets import ids
from prrt_lib.read.sheets.headers import Header, compared, headers
from prrt_lib.read.sheets.layout import Instance, Layout
from prrt_lib.read.sheets.plans import ESSENTIAL, Plan, plan
from prrt_lib.read.workbook.excel import Cell, Sheet, letters

# Texts in a row that may be the header of another table.
FEWEST = 3


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
            latest_visits(records, column, found)
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
        other = second_table(self.sheet, rows, heads, self.layout.id_column)
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
                row_cells = [f"{self.sheet.name}!{cells[column].address}" for _, column in others]
                yield finding(
                    "block-without-record" if _held(instance, cells) else "word-not-named",
                    table=instance.block.table, column=name, record=patient,
                    sheet=self.sheet.name, cell=cells[first].address,
                    related_cells="; ".join(row_cells),
                )  # fmt: skip

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


def second_table(
    sheet: Sheet, rows: Sequence[int], heads: Sequence[Header], id_column: int
) -> int | None:
    """The first of ``rows`` that is the header of another table; None where there is none.

    A header is a row of texts with the study id's header or with two other headers of the sheet;
    or, after a blank row, three texts or more without a digit above a row that has some. A header
    repeated as it stands goes on with the same table when it follows a row of it, as for printing;
    below a gap or a caption it starts another one.
    """
    known = {head.text for head in heads}
    own = {head.column: head.text for head in heads}
    for place, row in enumerate(rows):
        texts = _texts(sheet.rows[row])
        if not texts:
            continue
        if {column: own.get(column) for column in texts} == texts:
            # A blank row, or a caption of one cell, stands above it.
            above = sum(not cell.blank for cell in sheet.rows.get(row - 1, {}).values())
            if place and above <= 1:
                return row
            continue
        told = texts.get(id_column, "")
        if ids.looks_like_id(told) or ids.SUMMARY.match(told):
            continue
        named = texts.get(id_column) == own.get(id_column)
        repeated = sum(text in known for text in texts.values()) >= 2
        if (named or repeated) and len(texts) >= 2 or _like_header(sheet, row, texts):
            return row
    return None


def _texts(cells: Mapping[int, Cell]) -> dict[int, str]:
    """The row's texts as headers are compared; empty where it holds anything else."""
    filled = {column: cell for column, cell in cells.items() if not cell.blank}
    if not all(isinstance(cell.value, str) for cell in filled.values()):
        return {}
    return {column: compared(text_of(cell.value)) for column, cell in filled.items()}


def _like_header(sheet: Sheet, row: int, texts: Mapping[int, str]) -> bool:
    above = all(cell.blank for cell in sheet.rows.get(row - 1, {}).values())
    words = not any(c.isdigit() for text in texts.values() for c in text)
    below = sheet.rows.get(row + 1, {})
    data = any(not cell.blank and not isinstance(cell.value, str) for cell in below.values())
    return above and words and data and len(texts) >= FEWEST


def latest_visits(records: Sequence[Record], column: str, found: SheetRows) -> None:
    """Adds each patient's latest record to ``found.records``, the others to ``found.passed``.

    Where two rows can be the latest, because their days overlap, both stay and are compared as
    copies. A row without a date beside dated ones is asked about and not used.
    """
    for own in by_patient(records).values():
        dated = [record for record in own if record.interval(column)]
        latest = max((record.interval(column)[0] for record in dated), default=None)
        for record in own:
            days = record.interval(column)
            if latest is None or (days and days[1] >= latest):
                found.records.append(record)
                continue
            found.passed.append(record)
            if not days:
                seen = record.seen.get(column)
                sheet, cell = (seen.sheet, seen.cell) if seen else (record.origin[1], "")
                found.findings.append(
                    finding("visit-undated", table=record.table, column=column,
                            record=record.patient, sheet=sheet, cell=cell)
                )  # fmt: skip
