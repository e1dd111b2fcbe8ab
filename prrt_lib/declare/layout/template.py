"""The abstraction template's layout, derived from the dictionary.

One sheet per table under the table's name; one header per abstracted column: its label, with the
unit in brackets. The blank template, the `template` profile and the synthetic workbooks share it.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

from prrt_lib.declare.dictionary import Column, dictionary

ABOUT, CODEBOOK = "About", "Codebook"
# Written into every workbook of this library, so that equal content gives equal bytes.
CREATED = dt.datetime(2026, 7, 15)
HOW_TO = {
    "date": "A full date. Leave empty when not known.",
    "partial_date": "A date; when only month or year is known write Mar 2014 or 2014.",
    "activity": "Number and unit in the cell: 200 mCi or 7.4 GBq.",
    "percent_or_range": "As reported: 5, <2, 2-5 or >20.",
    "mitoses": "As reported, with the area when it is not 2 mm2: 2/10 HPF, 3/50 HPF.",
    "lab_value": "As reported, with the unit unless the header names it: 245 ng/mL, >5000 pg/mL.",
    "id": "The study id, the same on every sheet; never a name or a hospital number.",
    "yes_no": "yes or no; leave empty when not known.",
    "text": "Free text; never a name.",
}
CODEBOOK_HEADER = ("Sheet", "Header", "Column", "Kind", "Unit", "Allowed", "Plausible",
                   "How to write", "Meaning")  # fmt: skip

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


def codebook_rows() -> list[tuple[str, ...]]:
    """Header and one row per column: what may be written where."""
    rows = [CODEBOOK_HEADER]
    for table in dictionary().tables.values():
        for column in table.columns.values():
            plausible = " to ".join("" if v is None else str(v) for v in column.range or ())
            rows.append((
                table.name, header(column), column.name, column.kind, column.unit,
                "; ".join(column.allowed), plausible, HOW_TO.get(column.kind, ""),
                column.description,
            ))  # fmt: skip
    return rows
