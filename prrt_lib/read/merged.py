"""Cells merged over several rows: what stands in the first of them holds for all."""

from __future__ import annotations

from dataclasses import replace

from prrt_lib.read.workbook.excel import Sheet


def filled_down(sheet: Sheet, first_row: int) -> Sheet:
    """The sheet with every cell merged downwards repeated on the rows that it covers.

    Rows that hold nothing else stay blank; captions above ``first_row`` are left alone.
    """
    spans = [span for span in sheet.merged if span[2] > span[0] >= first_row]
    if not spans:
        return sheet
    rows = {row: dict(line) for row, line in sheet.rows.items()}
    for top, left, bottom, _ in spans:
        anchor = sheet.rows.get(top, {}).get(left)
        for row in range(top + 1, bottom + 1):
            if anchor is not None and any(not c.blank for c in sheet.rows.get(row, {}).values()):
                rows[row][left] = anchor._replace(row=row)
    return replace(sheet, rows=rows)
