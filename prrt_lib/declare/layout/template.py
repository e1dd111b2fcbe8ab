"""The abstraction template's layout, derived from the dictionary.

One sheet per table under the table's name; one header per abstracted column: its label, with the
unit in brackets. The blank template, the `template` profile and the synthetic workbooks share it.
"""

from __future__ import annotations

from functools import cache

from prrt_lib.declare.dictionary import Column, dictionary

ABOUT, CODEBOOK = "About", "Codebook"

# Activities are written with their unit in the cell: centres mix mCi, MBq and GBq.
UNIT_IN_CELL = ("activity",)


def header(column: Column) -> str:
    """Header of ``column`` in the template: "Ki-67 index (%)"."""
    if column.unit and column.kind not in UNIT_IN_CELL:
        return f"{column.label} ({column.unit})"
    return column.label


@cache
def template_layout() -> dict[str, list[tuple[str, str]]]:
    """Sheet name -> (header, dictionary column) in order, for every table that is abstracted."""
    return {
        name: [(header(column), column.name) for column in table.columns.values()]
        for name, table in dictionary().tables.items()
    }
