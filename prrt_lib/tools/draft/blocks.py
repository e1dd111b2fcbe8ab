"""The records blocks of a drafted sheet: which headers belong together, and what they may mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.read.sheets.headers import Header
from prrt_lib.tools.draft.conditional import listed_tests, mixed_date
from prrt_lib.tools.draft.content import Codebooks, by_codebook, checked, codes_in
from prrt_lib.tools.draft.entries import (
    PARTS,
    UNIT_NEEDED,
    chosen,
    entry,
    numbered,
    text,
    three_columns,
)
from prrt_lib.tools.draft.headers import (
    CERTAIN,
    POSSIBLE,
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
Key = tuple[str, str, str, str]


@dataclass
class DraftBlock:
    """One records block of a draft."""

    table: str
    group: str = ""
    constant: str = ""
    only: str = ""
    visits: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    # (column, header) -> the cells of all columns of the sheet that share the entry.
    cells: dict[tuple[str, str], list] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The block as lines of YAML."""
        yield f"      - table: {self.table}"
        if self.group:
            yield f"        group: {text(self.group)}"
        if self.only:
            yield f"        only: {self.only}"
        if self.visits and "last_contact_date" in self.columns:
            yield "        latest: TODO last_contact_date if the rows are visits, else remove"
        if self.constant:
            yield f"        constants: {{{self.constant.replace('=', ': ')}{self._point()}}}"
            yield "        needs: [value]"
        if self._per_patient():
            yield "        spread: TODO true if abstracted once per patient"
        if self.columns:
            yield "        columns:"
            yield from (f"          {name}: {line}" for name, line in self.columns.items())

    def _point(self) -> str:
        """A question where nothing tells when the sample was taken."""
        dated = {"timepoint_label", "sample_date"} & set(self.columns)
        known = dated or "timepoint_label" in self.constant
        return "" if known else ", timepoint_label: TODO which time point"

    def _per_patient(self) -> bool:
        own = {"cycle_date", "cycle_no", "activity_gbq"}
        return self.table == "prrt_cycles" and not own & set(self.columns)


@dataclass
class DraftedSheet:
    """The blocks of a sheet, headers that nothing is known about, rows to decide about."""

    blocks: list[DraftBlock]
    ignored: list[str]
    rows: str = ""


def drafted(sheet: DraftSheet, meanings: Codebooks) -> DraftedSheet:
    """What a sheet's headers and cells suggest."""
    mixed, tests = mixed_date(sheet), listed_tests(sheet)
    done = ({mixed.column} if mixed else set()) | (tests.columns if tests else set())
    blocks, ignored = _of_headers(sheet, meanings, done)
    parts = mixed.blocks() if mixed else ()
    blocks += [DraftBlock("followup", only=only, columns=columns) for only, columns in parts]
    parts = tests.blocks() if tests else ()
    blocks += [DraftBlock(table, only=only, columns=own) for table, only, own in parts]
    told = " ".join(line for block in blocks for line in block.columns.values())
    units = {sheet.shown[h.column] for h in sheet.heads if is_unit(h) and "unit_header" in told}
    ignored = [name for name in dict.fromkeys(ignored) if name not in units]
    return DraftedSheet(blocks, ignored, tests.others() if tests else "")


def _of_headers(
    sheet: DraftSheet, meanings: Codebooks, done: set[int]
) -> tuple[list[DraftBlock], list[str]]:
    """(blocks, headers that nothing is known about) of the columns that are not done."""
    blocks: dict[Key, DraftBlock] = {}
    ignored: list[str] = []
    groups: dict[str, list[Header]] = {}
    for head in sheet.heads:
        groups.setdefault(head.group, []).append(head)
    for group, members in groups.items():
        caption = sheet.captions.get(group, group)
        left = _three_columns(sheet, members, group, caption, blocks)
        favourite = table_of(caption) or sheet.favourite or _favourite(left)
        for head in left:
            taken = head.column in done or _take(sheet, head, left, favourite, meanings, blocks)
            if not taken:
                ignored.append(sheet.shown[head.column])
    return _with_dates(blocks), ignored


def _three_columns(
    sheet: DraftSheet, members: list[Header], group: str, caption: str, blocks: dict
) -> list[Header]:
    """The headers that remain when a date in three columns has its entry."""
    if date := three_columns(members, sheet.shown, caption if group else ""):
        meant, score = guess(group, "")
        table, _, column = meant.partition(" ")[0].partition(".")
        if score >= POSSIBLE and "date" in column:
            line = date if score >= CERTAIN else date.replace("header: ", "header: TODO ", 1)
            block = blocks.setdefault((table, "", "", ""), DraftBlock(table))
            block.columns[column] = line
            return [member for member in members if member.text not in PARTS]
    return list(members)


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
    alike = [m for m in members if guess(m.text, favourite, m.group)[0] == meant]
    header = _numbered(shown, sheet, alike, table)
    known = dictionary().tables[table].columns[column]
    why = _doubt(sheet, known, favourite)
    told = header if score >= CERTAIN and not why else f"TODO {header}"
    part = column if column in APART and sheet.favourite != "imaging" else ""
    group = _caption(sheet.captions.get(head.group, head.group), table)
    key = (table, group, constant, part)
    visits = sheet.repeated and table == "followup"
    block = blocks.setdefault(key, DraftBlock(table, group, constant, visits=visits))
    if column in block.columns and (column, told) not in block.cells:
        return False
    same = block.cells.setdefault((column, told), [])
    same += cells
    line = _line(sheet, head, known, told, same, codes)
    block.columns[column] = f"{line}  # {why}" if why else line
    return True


# Tables with several rows per patient: a sheet that speaks of one holds its columns, not others'.
SUBJECTS = ("prrt_cycles", "biomarkers", "imaging", "adverse_events", "labs")
EVENT = {"adverse_events.term_verbatim", "adverse_events.grade"}
SHOWS_PROGRESSION = {
    f"imaging.{name}" for name in ("response_raw", "any_lesion_increase", "new_lesions")
}


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


def _line(
    sheet: DraftSheet,
    head: Header,
    column: Column,
    told: str,
    cells: list,
    codes: Mapping[str, str],
) -> str:
    """The entry of one column, with what the sheet tells of its unit and its codes."""
    below, given = sheet.units.get(head.column, ""), sheet.choices.get(head.column)
    unit = sheet.unit_of(head) if column.kind in UNIT_NEEDED and not below else None
    if unit:
        return f"{{header: {text(told)}, unit_header: {text(sheet.shown[unit.column])}}}"
    return chosen(column, told, given) if given else entry(column, told, cells, below, codes)


def _numbered(header: str, sheet: DraftSheet, members: list[Header], table: str) -> str:
    """The header, its number replaced where headers of this table are numbered."""
    if table not in NUMBERS or not (
        numbered_part(header)[0] or header[-1:].isdigit() or "(" in header
    ):
        return header
    return numbered([sheet.shown[m.column] for m in members], NUMBERS[table]).get(header, header)


def _caption(caption: str, table: str) -> str:
    """The caption as written, its number replaced where groups of this table are numbered."""
    return re.sub(r"\d+", f"{{{NUMBERS[table]}}}", caption) if table in NUMBERS else caption


def _favourite(members: list[Header]) -> str:
    """The table that most headers of a group point to; its columns win ties."""
    tables = Counter(guess(head.text, "")[0].split(".")[0] for head in members)
    tables.pop("", None)
    return tables.most_common(1)[0][0] if tables else ""


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
