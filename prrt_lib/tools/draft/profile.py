"""A first profile for an unknown workbook; every choice that is not certain is a TODO."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.read.workbook.excel import open_workbook
from prrt_lib.read.workbook.gate import admit
from prrt_lib.tools.draft.blocks import drafted
from prrt_lib.tools.draft.content import Codebooks, codebooks, has_decimal_comma, proved_order
from prrt_lib.tools.draft.entries import listed, text
from prrt_lib.tools.draft.headers import POSSIBLE, guess
from prrt_lib.tools.draft.sheet import DraftSheet, look, look_at_export

LOCALE = "locale: TODO de-DE, fr-FR or another one; numbers have decimal commas"
ORDER = "date_order: TODO MDY or DMY for dates typed as text"


def draft(workbook: str | Path, dictionary: str | Path = "") -> str:
    """YAML text of a profile for ``workbook``, to be completed by a person.

    Sheets, header rows and columns are suggested from their texts, codes from a codebook sheet; a
    value that starts with TODO stops every run until somebody has decided. With REDCap's data
    ``dictionary`` the workbook is a raw CSV export of that project.
    """
    workbook = Path(workbook)
    stem = re.sub(r"\W+", "_", workbook.stem).strip("_") or "draft"
    meanings: Codebooks = {}
    if dictionary:
        looked = look_at_export(workbook, Path(dictionary))
    elif workbook.suffix.lower() == ".csv":
        expected = "an Excel workbook, or an export of REDCap with its data dictionary"
        todo = "for REDCap add --dictionary FILE.csv; any other file: save it as .xlsx"
        raise WorkbookError(Problem(str(workbook), "a CSV file alone", expected, todo))
    else:
        admit(workbook)
        sheets = {name: one for name, one in open_workbook(workbook).sheets.items() if one.rows}
        looked, meanings = [look(sheet) for sheet in sheets.values()], codebooks(sheets)
    cells = [column for sheet in looked for column in sheet.cells.values()]
    lines = [
        f"# Drafted from {workbook.name}. Decide every line marked TODO, or remove it.",
        f"name: {text(stem)}",
        "label: TODO say in a few words what this workbook is",
    ]
    if dictionary:
        lines += ["source: redcap", f"dictionary: {text(str(dictionary))}"]
    # The order of day and month that text dates of the workbook prove, or the question.
    proofs = proved_order(cells)
    proved = [order for order in ("DMY", "MDY") if proofs[order]]
    if len(proved) == 1:
        lines.append(
            f"date_order: {proved[0]}  # proved by {proofs[proved[0]]} dates typed as text"
        )
    elif proofs:
        lines.append(ORDER)
    if has_decimal_comma(cells):
        lines.append(LOCALE)
    lines.append("sheets:")
    for sheet in looked:
        lines += _sheet(sheet, meanings)
    if "      - table: patients" not in lines and "    records:" in lines:
        # Each row of a `patients` block is a patient, even where it holds no column.
        lines.insert(lines.index("    records:") + 1, "      - table: patients")
    return "\n".join(lines) + "\n"


def _sheet(sheet: DraftSheet, meanings: Codebooks) -> Iterator[str]:
    texts = {text for head in sheet.heads for text in (head.text, head.group)}
    known = any(guess(text, "")[1] >= POSSIBLE for text in texts)
    if not known:
        yield f"  # sheet {text(sheet.name)} is left alone: nothing in it looks like a study's data"
        return
    if not sheet.id and len(sheet.heads) < 4 and not sheet.favourite:
        yield f"  # sheet {text(sheet.name)} is left alone: nothing in it looks like a study id"
        return
    yield f"  - sheet: {text(sheet.name)}"
    yield f"    header_row: {sheet.header_row}"
    if sheet.group_row:
        yield f"    group_row: {sheet.group_row}"
    if sheet.units_row:
        yield f"    skip_rows: [{sheet.units_row}]"
    shown = text(sheet.shown[sheet.id.column]) if sheet.id else "TODO header of the study id"
    yield f"    id: {shown}"
    found = drafted(sheet, meanings)
    if found.ignored:
        yield f"    ignore: {listed(f'TODO {name}' for name in found.ignored)}"
    if found.rows:
        yield f"    ignore_rows: {found.rows}"
    yield "    records:"
    for block in found.blocks:
        yield from block.lines()
