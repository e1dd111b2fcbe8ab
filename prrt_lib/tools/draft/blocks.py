"""The records blocks of a drafted sheet: which headers belong together, and what they may mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.read.sheets.headers import Header
from prrt_lib.tools.draft.conditional import listed_tests, mixed_date
from prrt_lib.tools.draft.content import Codebooks, by_codebook, checked, codes_in
from prrt_lib.tools.draft.entries import (
    UNIT_NEEDED,
    DraftBlock,
    chosen,
    entry,
    numbered,
    text,
)
from prrt_lib.tools.draft.headers import (
    CERTAIN,
    POSSIBLE,
    VOCABULARY,
    canonical,
    guess,
    numbered_part,
    table_of,
)
from prrt_lib.tools.draft.sheet import DraftSheet, is_unit

# How the number of a repeated group is called.
NUMBERS = {"prrt_cycles": "cycle_no", "adverse_events": "ae_id", "imaging": "scan_no"}
# Columns that are records of their own where a sheet has one row per patient.
APART = ("progression_date_reported", "status_last_followup")
# Tables with several rows per patient: a sheet that speaks of one holds its columns, not others'.
SUBJECTS = ("prrt_cycles", "biomarkers", "imaging", "adverse_events", "labs")
EVENT = {"adverse_events.term_verbatim", "adverse_events.grade"}
SHOWS_PROGRESSION = {
    f"imaging.{name}" for name in ("response_raw", "any_lesion_increase", "new_lesions")
}
# Table, caption, constant, and the column where it is a record of its own.
Key = tuple[str, str, str, str]


@dataclass
class DraftedSheet:
    """The blocks of a sheet, headers that nothing is known about, rows to decide about."""

    blocks: list[DraftBlock]
    ignored: list[str]
    rows: str = ""


def drafted(sheet: DraftSheet, meanings: Codebooks) -> DraftedSheet:
    """What a sheet's headers and cells suggest."""
    mixed, tests = mixed_date(sheet), listed_tests(sheet)
    done = mixed.columns | tests.columns
    blocks: dict[Key, DraftBlock] = {}
    ignored: list[str] = []
    groups: dict[str, list[Header]] = {}
    for head in sheet.heads:
        groups.setdefault(head.group, []).append(head)
    for group, members in groups.items():
        left = _without_date_parts(sheet, members, group, blocks)
        # The table that most headers point to; its columns win ties.
        tables = Counter(guess(head.text, "")[0].split(".")[0] for head in left)
        tables.pop("", None)
        most = tables.most_common(1)[0][0] if tables else ""
        favourite = table_of(sheet.captions.get(group, group)) or sheet.favourite or most
        for head in left:
            taken = head.column in done or _take(sheet, head, left, favourite, meanings, blocks)
            if not taken:
                ignored.append(sheet.shown[head.column])
    found = [*_with_dates(blocks), *mixed.blocks, *tests.blocks]
    told = " ".join(line for block in found for line in block.columns.values())
    units = {sheet.shown[h.column] for h in sheet.heads if is_unit(h) and "unit_header" in told}
    ignored = [name for name in dict.fromkeys(ignored) if name not in units]
    return DraftedSheet(found, ignored, tests.rows)


def _without_date_parts(
    sheet: DraftSheet, members: list[Header], group: str, blocks: dict[Key, DraftBlock]
) -> list[Header]:
    """The headers that remain when a date whose year, month and day stand below one caption has
    its entry."""
    parts = {
        VOCABULARY["parts"][member.text]: text(sheet.shown[member.column])
        for member in members
        if member.text in VOCABULARY["parts"]
    }
    meant, score = guess(group, "")
    table, _, column = meant.partition(" ")[0].partition(".")
    if not group or len(parts) < 3 or score < POSSIBLE or "date" not in column:
        return list(members)
    given = ", ".join(f"{key}: {parts[key]}" for key in ("header", "month", "day"))
    if score < CERTAIN:
        given = given.replace("header: ", "header: TODO ", 1)
    block = blocks.setdefault((table, "", "", ""), DraftBlock(table))
    block.columns[column] = f"{{{given}, group: {text(sheet.captions.get(group, group))}}}"
    return [member for member in members if member.text not in VOCABULARY["parts"]]


def _take(
    sheet: DraftSheet,
    head: Header,
    members: list[Header],
    favourite: str,
    meanings: Codebooks,
    blocks: dict[Key, DraftBlock],
) -> bool:
    """Whether a header found its place in a block."""
    cells, shown = sheet.cells[head.column], sheet.shown[head.column]
    codes = meanings.get(canonical(shown), {}) or codes_in(shown)
    meant, score = checked(guess(head.text, favourite, head.group), cells)
    if codes:
        meant, score = by_codebook((meant, score), codes)
    if score < POSSIBLE:
        return False
    place, _, constant = meant.partition(" ")
    table, column = place.split(".")
    header, caption = shown, sheet.captions.get(head.group, head.group)
    if table in NUMBERS:
        # The number is replaced where headers or captions of this table are numbered.
        if numbered_part(shown)[0] or shown[-1:].isdigit() or "(" in shown:
            alike = [m for m in members if guess(m.text, favourite, m.group)[0] == meant]
            names = numbered([sheet.shown[m.column] for m in alike], NUMBERS[table])
            header = names.get(shown, shown)
        caption = re.sub(r"\d+", f"{{{NUMBERS[table]}}}", caption)
    known = dictionary().tables[table].columns[column]
    why = _doubt(sheet, known, favourite)
    told = header if score >= CERTAIN and not why else f"TODO {header}"
    part = column if column in APART and sheet.favourite != "imaging" else ""
    visits = sheet.repeated and table == "followup"
    block = blocks.setdefault(
        (table, caption, constant, part), DraftBlock(table, caption, constant, visits=visits)
    )
    if column in block.columns and (column, told) not in block.cells:
        return False
    same = block.cells.setdefault((column, told), [])
    same += cells
    below, given = sheet.units.get(head.column, ""), sheet.choices.get(head.column)
    unit = sheet.unit_of(head) if known.kind in UNIT_NEEDED and not below else None
    if unit:
        line = f"{{header: {text(told)}, unit_header: {text(sheet.shown[unit.column])}}}"
    elif given:
        line = chosen(known, told, given)
    else:
        line = entry(known, told, same, below, codes)
    block.columns[column] = f"{line}  # {why}" if why else line
    return True


def _doubt(sheet: DraftSheet, column: Column, favourite: str) -> str:
    """Why a person has to confirm a header that is known for certain; "" where nothing speaks
    against it."""
    own = sheet.favourite or (favourite if sheet.repeated else "")
    meant = {guess(head.text, own or column.table)[0].split(" ")[0] for head in sheet.heads}
    if column.free_text:
        return "free text: read and kept, never shown; name it under ignore to leave it out"
    if own in SUBJECTS and column.table != own:
        return f"the sheet speaks of {own}, and this column belongs to {column.table}"
    if column.name == "recist_class" and not meant & SHOWS_PROGRESSION:
        return "progression is read from response_raw or the lesion flags, never from recist_class"
    if column.table == "adverse_events" and not meant >= EVENT:
        return "an adverse event has a term and a grade; without them the rows may be anything"
    return ""


def _with_dates(blocks: Mapping[Key, DraftBlock]) -> list[DraftBlock]:
    """Blocks of one marker share the group's date and time point."""
    shared = {key[:2]: block for key, block in blocks.items() if not key[2] and not key[3]}
    marked = {key[:2] for key in blocks if key[2]}
    result = []
    for key, block in blocks.items():
        if key[2] and key[:2] in shared:
            block.columns = {**shared[key[:2]].columns, **block.columns}
        elif not key[2] and not key[3] and key[:2] in marked:
            continue
        result.append(block)
    return result
