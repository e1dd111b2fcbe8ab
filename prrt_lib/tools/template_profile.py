"""The profile of the blank abstraction template, made from the dictionary."""

from __future__ import annotations

import json

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.template import UNIT_IN_CELL, template_layout

HEAD = """\
# Made from the data dictionary: one sheet per table, headers are the columns' labels.
# Written by `python -m prrt_lib.tools.template_profile`; edit the dictionary, not this file.
name: template
label: The abstraction template
sheets:
"""


def template_profile() -> str:
    """YAML text of params/profiles/template.yaml."""
    return (
        HEAD
        + "\n".join(_sheet(name, columns) for name, columns in template_layout().items())
        + "\n"
    )


def _sheet(name: str, columns: list[tuple[str, str]]) -> str:
    table = dictionary().tables[name]
    headers = {column: header for header, column in columns}
    lines = [
        f"  - sheet: {_text(table.name)}",
        f"    id: {_text(headers.pop('patient_id'))}",
        "    records:",
        f"      - table: {name}",
        "        columns:",
    ]
    return "\n".join(
        [*lines, *(f"          {c}: {_entry(name, c, h)}" for c, h in headers.items())]
    )


def _entry(table: str, name: str, header: str) -> str:
    column = dictionary().tables[table].columns[name]
    if column.unit and column.kind not in UNIT_IN_CELL:
        return f"{{header: {_text(header)}, unit: {_text(column.unit)}}}"
    return _text(header)


def _text(text: str) -> str:
    """Text as YAML: quoted (JSON is YAML) unless it is plain words."""
    return text if text.replace(" ", "").replace("_", "").isalpha() else json.dumps(text)


if __name__ == "__main__":
    print(template_profile(), end="")
