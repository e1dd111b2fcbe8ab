"""The blank abstraction workbook, the dictionary as sheets with drop-downs, and its profile."""

from __future__ import annotations

import json
from pathlib import Path

import xlsxwriter

from prrt_lib.declare.dictionary import DATE_KINDS, Column, dictionary
from prrt_lib.declare.layout.template import (
    ABOUT,
    CODEBOOK,
    CODEBOOK_HEADER,
    CREATED,
    HOW_TO,
    UNIT_IN_CELL,
    codebook_rows,
    template_layout,
)

LAST_ROW = 2000
LISTS = {"yes_no": ("yes", "no")}
ABOUT_LINES = (
    "PRRT abstraction template",
    "One sheet per table; the study id links them. Leave unknown cells empty.",
    "The drop-downs list the usual answers; any other may be written and will be asked about.",
    "Write no names, hospital numbers, addresses or telephone numbers anywhere.",
)
HEAD = """\
# Made from the data dictionary: one sheet per table, headers are the columns' labels.
# Written by `python -m prrt_lib.tools.template`; edit the dictionary, not this file.
name: template
label: The abstraction template
sheets:
"""


def write_template(path: Path) -> Path:
    """Writes the blank workbook to ``path`` and returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": "PRRT abstraction template", "created": CREATED})
        about = book.add_worksheet(ABOUT)
        about.set_column(0, 0, 100)
        about.write_column(0, 0, ABOUT_LINES)
        codebook = book.add_worksheet(CODEBOOK)
        codebook.freeze_panes(1, 0)
        codebook.set_column(0, len(CODEBOOK_HEADER) - 1, 24)
        for row, values in enumerate(codebook_rows()):
            for at, value in enumerate(values):
                codebook.write_string(row, at, value)
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        for table, columns in template_layout().items():
            sheet = book.add_worksheet(table)
            sheet.freeze_panes(1, 1)
            for at, (title, name) in enumerate(columns):
                column = dictionary().tables[table].columns[name]
                sheet.write_string(0, at, title, bold)
                sheet.write_comment(0, at, _comment(column))
                sheet.set_column(at, at, 16, date if column.kind in DATE_KINDS else None)
                _drop_down(sheet, at, column)
    return path


def _comment(column: Column) -> str:
    parts = [column.description, HOW_TO.get(column.kind, "")]
    if column.multiple:
        parts.append("Several answers: separate them with a semicolon.")
    if column.required:
        parts.append("Needed: without it the workbook cannot be analysed.")
    return "\n".join(part for part in (column.label, *parts) if part)


def _drop_down(sheet, at: int, column: Column) -> None:
    """A list that advises and does not refuse: charts hold answers that no list foresees."""
    allowed = list(column.allowed or LISTS.get(column.kind, ()))
    # Excel takes lists of up to 255 characters, separated by commas.
    if not allowed or column.multiple or len(",".join(allowed)) > 255 or any(
        "," in word for word in allowed
    ):  # fmt: skip
        return
    sheet.data_validation(1, at, LAST_ROW, at, {
        "validate": "list", "source": allowed, "error_type": "information",
        "error_title": "Not in the list", "error_message": "It will be asked about.",
    })  # fmt: skip


def template_profile() -> str:
    """YAML text of params/profiles/template.yaml."""
    lines = []
    for name, columns in template_layout().items():
        table = dictionary().tables[name]
        headers = {column: header for header, column in columns}
        lines += [
            f"  - sheet: {_text(table.name)}",
            f"    id: {_text(headers.pop('patient_id'))}",
            "    records:",
            f"      - table: {name}",
            "        columns:",
        ]
        for column, header in headers.items():
            unit, entry = table.columns[column].unit, _text(header)
            if unit and table.columns[column].kind not in UNIT_IN_CELL:
                entry = f"{{header: {entry}, unit: {_text(unit)}}}"
            lines.append(f"          {column}: {entry}")
    return HEAD + "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Text as YAML: quoted (JSON is YAML) unless it is plain words."""
    return text if text.replace(" ", "").replace("_", "").isalpha() else json.dumps(text)


if __name__ == "__main__":
    print(template_profile(), end="")
