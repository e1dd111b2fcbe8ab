"""One sheet as a draft sees it: its header row, captions, row of units, study id and cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from prrt_lib.declare.layout.profiles import Sheet as SheetProfile
from prrt_lib.declare.layout.redcap import Field
from prrt_lib.read.cells.reader import text_of, unit_in_header
from prrt_lib.read.sheets.headers import Header, compared, headers
from prrt_lib.read.sheets.ids import looks_like_id
from prrt_lib.read.sheets.redcap import Export, open_export
from prrt_lib.read.workbook.excel import Sheet
from prrt_lib.tools.draft.entries import PARTS, per_field
from prrt_lib.tools.draft.headers import canonical, is_header, table_of

SEARCHED_ROWS = 15
UNIT = re.compile(r"(.*\b)?(units?|einheit(en)?|unite?s?|uom)")
# Words of a study id, the likeliest first; a hospital's number is the last to be taken.
ID_WORDS = (
    r"\b(id|patid|record id|subject|patienten id|patientennummer)\b",
    r"^(study|subject|patient)$|\b(pat|patients?|patienten|pt|case|fallnummer|fall|record|paciente|"
    r"paziente|code|studiennummer|(study|trial|registry) (number|no|nr|code))\b",
    r"\b(mrn|hospital (number|no|nr)|chart number)\b",
)
INSTANCE = "redcap_repeat_instance"


@dataclass(frozen=True)
class DraftSheet:
    """What stands where; ``group_row`` and ``units_row`` are 0 where there is none.

    ``choices`` are the meanings of codes that reading knows without the profile, as REDCap's.
    """

    name: str
    header_row: int
    group_row: int
    units_row: int
    id: Header | None
    heads: tuple[Header, ...]
    shown: Mapping[int, str]
    captions: Mapping[str, str]
    cells: Mapping[int, list]
    units: Mapping[int, str]
    choices: Mapping[int, Mapping[str, str]] = field(default_factory=dict)

    @property
    def repeated(self) -> bool:
        """Whether study ids stand on several rows."""
        ids = [text_of(cell) for cell in self.cells[self.id.column]] if self.id else []
        return len(set(ids)) < len(ids)

    def unit_of(self, head: Header) -> Header | None:
        """The header of a column of units in the group of ``head``."""
        near = [h for h in self.heads if h.group == head.group and is_unit(h)]
        return near[0] if len(near) == 1 else None

    @property
    def favourite(self) -> str:
        """The table that the sheet's name speaks of; "" where none."""
        return table_of(self.name)


def look(sheet: Sheet) -> DraftSheet:
    """The sheet as a draft sees it."""
    row = header_row(sheet)
    above = [cell for cell in sheet.rows.get(row - 1, {}).values() if not cell.blank]
    group = row - 1 if len(above) > 1 else 0
    heads = headers(sheet, SheetProfile(sheet.name, "", (), row, group))
    cells = {head.column: below(sheet, row, head.column) for head in heads}
    id_head = _id(heads, cells)
    units = _units_row(sheet, row, id_head.column) if id_head else 0
    if units:
        cells = {head.column: below(sheet, units, head.column) for head in heads}
    return DraftSheet(
        name=sheet.name,
        header_row=row,
        group_row=group,
        units_row=units,
        id=id_head,
        heads=tuple(head for head in heads if head is not id_head),
        shown={head.column: _shown(sheet.cell(row, head.column).value) for head in heads},
        captions={compared(cell.value): _shown(cell.value) for cell in above} if group else {},
        cells=cells,
        units={h.column: text_of(sheet.cell(units, h.column).value) for h in heads if units},
    )


def is_unit(head: Header) -> bool:
    """Whether a header says that its column names units."""
    return bool(UNIT.fullmatch(canonical(head.text)))


def _shown(value: object) -> str:
    return " ".join(str(value).split())


def header_row(sheet: Sheet) -> int:
    """The row, among the first ones, with the most texts that are headers for certain."""
    best, row = (0, 0), 1
    for number in sorted(sheet.rows):
        texts = {
            compared(cell.value)
            for cell in sheet.rows[number].values()
            if isinstance(cell.value, str) and not cell.blank
        }
        score = (sum(map(_is_header, texts)), len(texts))
        if number <= SEARCHED_ROWS and score > best:
            best, row = score, number
    return row


def _is_header(text: str) -> bool:
    return is_header(text) or text in PARTS or bool(re.search(ID_WORDS[0], canonical(text)))


def _id(heads: Sequence[Header], cells: Mapping[int, list]) -> Header | None:
    """The header of the study id: one that says so, or one that may be it above ids."""
    for rank, words in enumerate(ID_WORDS):
        for head in heads:
            named = re.search(words, canonical(head.text))
            if named and (not rank or _are_ids(cells[head.column])):
                return head
    return None


def _are_ids(cells: list) -> bool:
    texts = [text_of(cell) for cell in cells]
    return sum(map(looks_like_id, texts)) * 2 >= len(texts)


def below(sheet: Sheet, row: int, column: int) -> list:
    """The filled values below a header."""
    return [
        line[column].value
        for number, line in sorted(sheet.rows.items())
        if number > row and column in line and not line[column].blank
    ]


def _units_row(sheet: Sheet, row: int, id_column: int) -> int:
    """The row right below the header where it holds texts and no study id; else 0."""
    cells = [cell for cell in sheet.rows.get(row + 1, {}).values() if not cell.blank]
    texts = all(isinstance(cell.value, str) for cell in cells)
    return row + 1 if cells and texts and all(c.column != id_column for c in cells) else 0


def look_at_export(path: Path, dictionary: Path) -> list[DraftSheet]:
    """One draft sheet per instrument of the export that has records."""
    export = open_export(path, dictionary)
    sheets = [(name, export[name]) for name in export.sheet_names]
    return [_look(export, name, sheet) for name, sheet in sheets if len(sheet.rows) > 1]


def _look(export: Export, name: str, sheet: Sheet) -> DraftSheet:
    heads = headers(sheet, SheetProfile(name, "", ()))
    fields = {compared(one.name): one for one in export.known}
    record = next(head for head in heads if head.text == compared(export.known[0].name))
    kept = [_said(head, fields, name) for head in heads if head is not record]
    cells = {head.column: below(sheet, 1, head.column) for head in heads}
    coded = {h.column: fields[h.text].choices for h in heads if h.text in fields}
    return DraftSheet(
        name=name,
        header_row=1,
        group_row=0,
        units_row=0,
        id=record,
        heads=tuple(head for head in kept if head is not None),
        shown={head.column: text_of(sheet.cell(1, head.column).value) for head in heads},
        captions={},
        cells={c: [coded.get(c, {}).get(text_of(v), v) for v in vs] for c, vs in cells.items()},
        units={h.column: _unit(fields.get(h.text)) for h in heads},
        choices={column: given for column, given in coded.items() if given},
    )


def _said(head: Header, fields: dict[str, Field], form: str) -> Header | None:
    """The header with the field's label for its text; None for columns that are no data."""
    if head.text == INSTANCE and table_of(form) == "prrt_cycles":
        return replace(head, text="cycle number")
    if head.text not in fields:
        return None
    return replace(head, text=compared(fields[head.text].label or head.text))


def _unit(field: Field | None) -> str:
    return (unit_in_header(field.label) or per_field(field.label)) if field else ""
