"""The rows of one sheet -> records; rows that are none are reported, never dropped in silence."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from prrt_lib.declare.asked.findings import finding
from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.declare.layout.profiles import Sheet as SheetProfile
from prrt_lib.declare.layout.profiles import Source
from prrt_lib.read.cells.reader import CellRead, CellReader
from prrt_lib.read.cells.text import absent
from prrt_lib.read.parsing import parse
from prrt_lib.read.records import Record, Seen, by_patient, one_per_patient
from prrt_lib.read.sheets import ids
from prrt_lib.read.sheets.headers import headers, second_table
from prrt_lib.read.sheets.layout import Instance, Layout, Place
from prrt_lib.read.workbook.excel import Cell, Sheet, letters

# One of these makes the row a record: an onset without an event is none.
ESSENTIAL = {
    "adverse_events": ("term_verbatim", "grade"), "subsequent_therapies": ("therapy",),
    "prior_therapies": ("therapy",), "metastases": ("metastasis_site",),
}  # fmt: skip
Cells = Mapping[int, Cell]
Values = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One claimed column of the sheet: the dictionary column it fills and what reads its cells."""

    name: str
    place: Place
    letters: str
    reader: CellReader
    blank: CellRead
    in_unit: dict[str, CellReader] = field(default_factory=dict)

    def read(self, cells: Cells) -> CellRead:
        """The entry's cell; with its month and day, or in the unit that stands beside it."""
        place, reader = self.place, self.reader
        if place.parts and not place.source.unit_header:
            return reader.read(joined(*map(cells.get, (place.column, *place.parts))))
        cell = cells.get(place.column)
        if cell is None:
            return self.blank
        if place.source.unit_header and (unit := _text(cells.get(place.parts[0]))):
            if unit not in self.in_unit:
                source = replace(reader.source, unit=unit)
                self.in_unit[unit] = CellReader(reader.column, source, reader.epoch)
            reader = self.in_unit[unit]
        return reader.read(cell.value, cell.number_format)


def joined(year: Cell | None, month: Cell | None, day: Cell | None = None) -> Any:
    """The date that three cells say, as text: 2014-03-05, 2014-03 or 2014; None where none.

    A two-digit year, or a day without a month, gives a text that no reader of dates accepts:
    what cannot be understood with certainty becomes a question.
    """
    y, m, d = (_text(cell) for cell in (year, month, day))
    if not any((y, m, d)):
        return None
    whole = len(y) == 4 and y.isdigit() and not (d and not m)
    if whole and all(part.isdigit() for part in (m, d) if part):
        return "-".join([y, *(part.zfill(2) for part in (m, d) if part)])
    if whole and m.isalpha() and (d.isdigit() or not d):
        return " ".join(part for part in (d, m, y) if part)
    return f"year {y}, month {m}, day {d}"


def _text(cell: Cell | None) -> str:
    """The text of a part of a date or of a unit; blank, "UNK" and the like are none."""
    if cell is None or absent(cell.value) is not None:
        return ""
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


@dataclass(frozen=True)
class Plan:
    """How rows become records of one block: its columns, which of them make a record, and what is
    the same in every row. Worked out once, followed for each row."""

    instance: Instance
    sheet: str
    entries: tuple[Entry, ...]
    columns: frozenset[int]
    needed: frozenset[str]
    blanks_say: bool
    fixed: tuple[tuple[str, CellRead, str], ...]
    id_letters: str

    def held(self, cells: Cells) -> bool:
        """Whether the row holds the words that the block asks for."""
        return all(condition.holds(cells) for condition in self.instance.only)

    def reads(self, cells: Cells) -> dict[str, CellRead] | None:
        """Dictionary column -> what became of its cell; None where the row makes no record."""
        # A row of `patients` is a patient; anything else exists only where something is said.
        always = self.instance.block.table == "patients"
        if not (always or self.blanks_say) and self.columns.isdisjoint(cells):
            return None
        found = {entry.name: entry.read(cells) for entry in self.entries}
        said = always or any(found[name].status != "missing" for name in self.needed)
        return found if said else None

    def records(self, row: int, patient: str, cells: Cells, book: int) -> Iterator[Record]:
        """The records that the row makes: none, one, or one for each symptom it names."""
        if not self.held(cells) or (reads := self.reads(cells)) is None:
            return
        new, sheet, number = tuple.__new__, self.sheet, str(row)
        seen = {
            entry.name: new(Seen, (sheet, entry.letters + number, read.raw, read.status, read.rule,
                                   "cell"))
            for entry, read in zip(self.entries, reads.values(), strict=True)
        }  # fmt: skip
        for name, read, source in self.fixed:
            cell = self.id_letters + number
            seen[name] = Seen(sheet, cell, read.raw, read.status, read.rule, source)
        parts = [read.values for read in reads.values()]
        parts += [read.values[:1] for _, read, _ in self.fixed]
        for chosen in itertools.product(*parts):
            values: Values = {}
            for part in chosen:
                values.update(part)
            yield Record(self.instance.block.table, patient, values, seen, (book, sheet, row))


def plan(
    instance: Instance, sheet: str, id_column: int, reader: Callable[[Column, Source], CellReader]
) -> Plan:
    """What is the same for all rows of a block."""
    block = instance.block
    columns = dictionary().tables[block.table].columns
    entries = []
    for name, place in instance.places.items():
        own = reader(columns[name], place.source)
        entries.append(Entry(name, place, letters(place.column), own, own.read(None)))
    own = frozenset(instance.places)
    # Where the sheet has none of a table's essential columns, any of its cells makes a record.
    needed = frozenset(block.needs or ESSENTIAL.get(block.table, own)) & own or own
    given = [(name, text, "constant") for name, text in block.constants.items()]
    given += [(name, text, "caption") for name, text in instance.numbers if name in columns]
    return Plan(
        instance=instance,
        sheet=sheet,
        entries=tuple(entries),
        columns=frozenset(c for p in instance.places.values() for c in (p.column, *p.parts)),
        needed=needed,
        # A codebook may give an empty cell a meaning.
        blanks_say=any(e.blank.status != "missing" for e in entries if e.name in needed),
        fixed=tuple(
            (name, reader(columns[name], Source(header="")).read(text), source)
            for name, text, source in given
        ),
        id_letters=letters(id_column),
    )


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


class RowReader:
    """Reads one sheet of one workbook under its layout."""

    def __init__(
        self,
        sheet: Sheet,
        declared: SheetProfile,
        layout: Layout,
        epoch: int,
        book: int,
        namespace: str,
    ):
        self.sheet, self.declared, self.layout = sheet, declared, layout
        self.book, self.namespace = book, namespace
        readers: dict[tuple, CellReader] = {}

        def reader(column: Column, source: Source) -> CellReader:
            own = CellReader(column, source, epoch)
            return readers.setdefault((column.address, source.header, source.group), own)

        self.plans = [plan(one, sheet.name, layout.id_column, reader) for one in layout.instances]
        self.visits: dict[int, tuple[str, list[Record]]] = {}

    def read(self) -> SheetRows:
        """Records, findings and id spellings of all rows from the header to another table."""
        found = SheetRows(
            sheet=self.sheet.name,
            readers={
                (plan.instance.block.table, entry.name, entry.letters): entry.reader
                for plan in self.plans
                for entry in plan.entries
            },
        )
        rows = [
            row
            for row in sorted(self.sheet.rows)
            if row >= self.layout.first_row and row not in self.declared.skip_rows
        ]
        heads = headers(self.sheet, self.declared)
        other = second_table(self.sheet, rows, heads, self.layout.id_column)
        if other is not None:
            below = [row for row in rows if row >= other]
            found.held_out += len(below)
            found.findings.append(self._about_row("second-table", below[0], below[1:]))
            rows = [row for row in rows if row < other]
        cells = [self.sheet.cell(row, self.layout.id_column) for row in rows]
        identified = [(cell.row, *_id(cell.value, cell.number_format)) for cell in cells]
        texts = [text for _, status, text in identified if status == "ok"]
        strict = sum(map(ids.looks_like_id, texts)) * 2 >= len(texts)
        ignored: list[int] = []
        for row, status, text in identified:
            if any(one.holds(self.sheet.rows[row]) for one in self.layout.ignored_rows):
                ignored.append(row)
            elif rule := self._why_not(row, status, text, strict):
                if rule != "blank":
                    found.held_out += 1
                    found.findings.append(self._about_row(rule, row))
            else:
                found.rows += 1
                self._take(row, text, found)
        for column, records in self.visits.values():
            latest_visits(records, column, found)
        if ignored:
            found.findings.append(self._about_row("rows-ignored", ignored[0], ignored[1:]))
        return found

    def _why_not(self, row: int, status: str, text: str, strict: bool) -> str:
        """The rule by which the row is no record; "" where it is one."""
        if status == "ok":
            return "row-not-a-record" if strict and not ids.looks_like_id(text) else ""
        cells = self.sheet.rows[row]
        if not any(c in self.layout.headed and not cell.blank for c, cell in cells.items()):
            return "blank"
        return "row-without-id" if status == "missing" else "id-unreadable"

    def _about_row(self, rule: str, row: int, others: Sequence[int] = ()) -> dict[str, str]:
        cell = Cell(self.sheet.name, row, self.layout.id_column).address
        more = "; ".join(f"{self.sheet.name}!{other}:{other}" for other in others)
        return finding(rule, sheet=self.sheet.name, cell=cell, related_cells=more)

    def _take(self, row: int, text: str, found: SheetRows) -> None:
        """Adds the records of a row that is one, and the findings about what none of them took."""
        same, cells = self.namespace + ids.key(text), self.sheet.rows[row]
        found.spellings.append((same, text, f"{letters(self.layout.id_column)}{row}"))
        taken: set[int] = set()
        left: list[Plan] = []
        for plan in self.plans:
            instance, block = plan.instance, plan.instance.block
            gathered = found.spread if block.spread else found.records
            if block.latest:
                gathered = self.visits.setdefault(instance.order, (block.latest, []))[1]
            made = list(plan.records(row, same, cells, self.book))
            gathered += made
            if made:
                taken.update(place.column for place in instance.places.values())
            elif block.needs or instance.only or block.table in ESSENTIAL:
                left.append(plan)
        taken |= {one.column for plan in left for one in plan.instance.only}
        for plan in left:
            said = [
                (entry.name, entry.place.column)
                for entry in plan.entries
                if entry.place.column in cells and entry.place.column not in taken
                and entry.reader.read_cell(cells[entry.place.column]).status != "missing"
            ]  # fmt: skip
            if said:
                if plan.instance.only:
                    # Blocks for other words claim the same cells: one question is enough.
                    taken.update(column for _, column in said)
                (name, first), *others = said
                row_cells = [f"{self.sheet.name}!{cells[column].address}" for _, column in others]
                found.findings.append(finding(
                    "block-without-record" if plan.held(cells) else "word-not-named",
                    table=plan.instance.block.table, column=name, record=same,
                    sheet=self.sheet.name, cell=cells[first].address,
                    related_cells="; ".join(row_cells),
                ))  # fmt: skip


# A patient's id stands in many rows; 1 and 1.0 are not typed alike.
@lru_cache(maxsize=1 << 16, typed=True)
def _id(value: Any, number_format: str) -> tuple[str, str]:
    parsed = parse("id", value, number_format=number_format)
    return parsed.status, str(parsed.value or "")


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
