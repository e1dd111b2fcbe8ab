"""One sheet as a draft sees it: its header row, captions, row of units, study id and cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from prrt_lib.declare.layout.profiles import Sheet as SheetProfile
from prrt_lib.read.cells.reader import text_of, unit_in_header
from prrt_lib.read.sheets.headers import Header, compared, headers
from prrt_lib.read.sheets.ids import looks_like_id
from prrt_lib.read.sheets.redcap import open_export
from prrt_lib.read.workbook.excel import Sheet
from prrt_lib.tools.draft.entries import per_field
from prrt_lib.tools.draft.headers import VOCABULARY, canonical, is_header, table_of

SEARCHED_ROWS = 15
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
    row = _header_row(sheet)
    above = [cell for cell in sheet.rows.get(row - 1, {}).values() if not cell.blank]
    group = row - 1 if len(above) > 1 else 0
    heads = headers(sheet, SheetProfile(sheet.name, "", (), row, group))
    cells = {head.column: _below(sheet, row, head.column) for head in heads}
    id_head = _id(heads, cells)
    # The row right below the header where it holds texts and no study id.
    first = [cell for cell in sheet.rows.get(row + 1, {}).values() if not cell.blank]
    texts = bool(first) and all(isinstance(cell.value, str) for cell in first)
    units = 0
    if id_head and texts and all(cell.column != id_head.column for cell in first):
        units = row + 1
        cells = {head.column: _below(sheet, units, head.column) for head in heads}
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
    return bool(re.fullmatch(VOCABULARY["unit"], canonical(head.text)))


def _shown(value: object) -> str:
    return " ".join(str(value).split())


def _header_row(sheet: Sheet) -> int:
    """The row, among the first ones, with the most texts that are headers for certain."""
    best, row = (0, 0), 1
    for number in sorted(sheet.rows):
        texts = {
            compared(cell.value)
            for cell in sheet.rows[number].values()
            if isinstance(cell.value, str) and not cell.blank
        }
        certain = [
            text for text in texts
            if is_header(text) or text in VOCABULARY["parts"]
            or re.search(VOCABULARY["ids"][0], canonical(text))
        ]  # fmt: skip
        score = (len(certain), len(texts))
        if number <= SEARCHED_ROWS and score > best:
            best, row = score, number
    return row


def _id(heads: Sequence[Header], cells: Mapping[int, list]) -> Header | None:
    """The header of the study id: one that says so, or one that may be it above ids."""
    for rank, words in enumerate(VOCABULARY["ids"]):
        for head in heads:
            if re.search(words, canonical(head.text)):
                like = [looks_like_id(text_of(cell)) for cell in cells[head.column]]
                if rank == 0 or sum(like) * 2 >= len(like):
                    return head
    return None


def _below(sheet: Sheet, row: int, column: int) -> list:
    """The filled values below a header."""
    return [
        line[column].value
        for number, line in sorted(sheet.rows.items())
        if number > row and column in line and not line[column].blank
    ]


def look_at_export(path: Path, dictionary: Path) -> list[DraftSheet]:
    """One draft sheet per instrument of the export that has records."""
    export = open_export(path, dictionary)
    fields = {compared(one.name): one for one in export.known}
    record = compared(export.known[0].name)
    found = []
    for name in export.sheet_names:
        sheet = export[name]
        if len(sheet.rows) < 2:
            continue
        every = headers(sheet, SheetProfile(name, "", ()))
        heads, units, choices = [], {}, {}
        for head in every:
            field = fields.get(head.text)
            if head.text == INSTANCE and table_of(name) == "prrt_cycles":
                heads.append(replace(head, text="cycle number"))
            elif field and head.text != record:
                heads.append(replace(head, text=compared(field.label or head.text)))
            label = field.label if field else ""
            units[head.column] = unit_in_header(label) or per_field(label) if label else ""
            if field and field.choices:
                choices[head.column] = field.choices
        cells = {head.column: _below(sheet, 1, head.column) for head in every}
        found.append(DraftSheet(
            name=name,
            header_row=1,
            group_row=0,
            units_row=0,
            id=next(head for head in every if head.text == record),
            heads=tuple(heads),
            shown={head.column: text_of(sheet.cell(1, head.column).value) for head in every},
            captions={},
            cells={c: [choices.get(c, {}).get(text_of(v), v) for v in vs]
                   for c, vs in cells.items()},
            units=units,
            choices=choices,
        ))  # fmt: skip
    return found
