"""How the rows of a sheet become records of one block: worked out once, followed for each row."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.declare.layout.profiles import Source
from prrt_lib.read.cells.reader import CellRead, CellReader
from prrt_lib.read.records import Seen
from prrt_lib.read.sheets.date_parts import joined, unit_of
from prrt_lib.read.sheets.layout import Instance, Place
from prrt_lib.read.workbook.excel import Cell, letters

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


@dataclass(frozen=True)
class Plan:
    """The columns of one block, which of them make a record, and what is the same in every row."""

    sheet: str
    table: str
    entries: tuple[Entry, ...]
    columns: frozenset[int]
    needed: frozenset[str]
    blanks_say: bool
    fixed: tuple[tuple[str, CellRead, str], ...]
    id_letters: str

    def reads(self, cells: Cells) -> dict[str, CellRead] | None:
        """Dictionary column -> what became of its cell; None where the row makes no record."""
        # A row of `patients` is a patient; anything else exists only where something is said.
        always = self.table == "patients"
        if not (always or self.blanks_say) and self.columns.isdisjoint(cells):
            return None
        found = {entry.name: _read(entry, cells) for entry in self.entries}
        said = always or any(found[name].status != "missing" for name in self.needed)
        return found if said else None

    def seen(self, row: int, reads: Mapping[str, CellRead]) -> dict[str, Seen]:
        """Where each column of the record came from."""
        new, sheet, number = tuple.__new__, self.sheet, str(row)
        found = {
            entry.name: new(Seen, (sheet, entry.letters + number, read.raw, read.status, read.rule,
                                   "cell"))
            for entry, read in zip(self.entries, reads.values(), strict=True)
        }  # fmt: skip
        for name, read, source in self.fixed:
            cell = self.id_letters + number
            found[name] = Seen(sheet, cell, read.raw, read.status, read.rule, source)
        return found

    def values(self, reads: Mapping[str, CellRead]) -> Iterator[Values]:
        """Typed values of each record that the row makes: one, or one for each symptom it names."""
        parts = [read.values for read in reads.values()]
        parts += [read.values[:1] for _, read, _ in self.fixed]
        if all(len(part) == 1 for part in parts):
            together: Values = {}
            for (part,) in parts:
                together.update(part)
            yield together
            return
        for chosen in itertools.product(*parts):
            yield {name: value for part in chosen for name, value in part.items()}


def _read(entry: Entry, cells: Cells) -> CellRead:
    place = entry.place
    if place.source.unit_header:
        return _in_unit(entry, cells)
    if place.parts:
        return entry.reader.read(joined(*map(cells.get, (place.column, *place.parts))))
    cell = cells.get(entry.place.column)
    return entry.blank if cell is None else entry.reader.read(cell.value, cell.number_format)


def _in_unit(entry: Entry, cells: Cells) -> CellRead:
    """The cell in the unit that the cell beside it names, else in the column's own."""
    cell = cells.get(entry.place.column)
    if cell is None:
        return entry.blank
    unit, own = unit_of(cells.get(entry.place.parts[0])), entry.reader
    if unit and unit not in entry.in_unit:
        source = replace(own.source, unit=unit)
        entry.in_unit[unit] = CellReader(own.column, source, own.epoch)
    return (entry.in_unit[unit] if unit else own).read(cell.value, cell.number_format)


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
        sheet=sheet,
        table=block.table,
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
