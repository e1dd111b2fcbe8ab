"""An export of REDCap as a draft sees it: labels for headers, choices for codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from prrt_lib.declare.layout.profiles import Sheet as SheetProfile
from prrt_lib.declare.layout.redcap import Field
from prrt_lib.read.cells.reader import text_of, unit_in_header
from prrt_lib.read.sheets.headers import Header, compared, headers
from prrt_lib.read.sheets.redcap import Export, open_export
from prrt_lib.read.workbook.excel import Sheet
from prrt_lib.tools.draft.entries import per_field
from prrt_lib.tools.draft.header_guess import table_of
from prrt_lib.tools.draft.sheet import DraftSheet, below

INSTANCE = "redcap_repeat_instance"


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
