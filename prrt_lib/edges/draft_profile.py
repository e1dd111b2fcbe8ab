"""A first profile for an unknown workbook; every choice that is not certain is a TODO."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.profiles import Sheet as SheetProfile
from prrt_lib.edges.draft_entries import PARTS, below, entry, numbered, three_columns, units_row
from prrt_lib.edges.draft_entries import text as _text
from prrt_lib.edges.header_guess import CERTAIN, POSSIBLE, guess, seen
from prrt_lib.read.categories import read_category
from prrt_lib.read.gate import admit
from prrt_lib.read.headers import Header, compared, headers
from prrt_lib.read.workbook import Sheet, open_workbook

SEARCHED_ROWS = 15
ID_WORDS = re.compile(r"\b(id|patient|patienten|pt|subject|mrn|record|case|fallnummer)\b")
# How the number of a repeated group is called in the dictionary.
NUMBERED = {"prrt_cycles": "cycle_no", "adverse_events": "ae_id"}


def draft(workbook: str | Path) -> str:
    """YAML text of a profile for ``workbook``, to be completed by a person.

    Sheets, header rows and columns are suggested from their texts; a value that starts with
    TODO stops every run until somebody has decided.
    """
    admit(Path(workbook))
    book = open_workbook(Path(workbook))
    stem = re.sub(r"\W+", "_", Path(workbook).stem).strip("_") or "draft"
    lines = [
        f"# Drafted from {Path(workbook).name}. Decide every line marked TODO, or remove it.",
        f"name: {_text(stem)}",
        "label: TODO say in a few words what this workbook is",
        "date_order: TODO MDY or DMY for dates typed as text; remove the line if there are none",
        "sheets:",
    ]
    for sheet in book.sheets.values():
        if sheet.rows:
            lines += _sheet(sheet)
    if "      - table: patients" not in lines and "    records:" in lines:
        # Each row of a `patients` block is a patient, even where it holds no column.
        lines.insert(lines.index("    records:") + 1, "      - table: patients")
    return "\n".join(lines) + "\n"


def _sheet(sheet: Sheet) -> Iterator[str]:
    row = _header_row(sheet)
    grouped = row > 1 and len(sheet.rows.get(row - 1, {})) > 1
    declared = SheetProfile(sheet.name, "", (), row, row - 1 if grouped else 0)
    heads = headers(sheet, declared)
    shown = {head.column: str(sheet.cell(row, head.column).value).strip() for head in heads}
    captions = {
        compared(cell.value): str(cell.value).strip()
        for cell in sheet.rows.get(row - 1, {}).values()
        if grouped and not cell.blank
    }
    id_head = next((h for h in heads if ID_WORDS.search(h.text.replace("_", " "))), None)
    rest = [head for head in heads if head is not id_head]
    if not id_head and all(guess(head.text, "")[1] < POSSIBLE for head in rest):
        yield f"  # sheet {_text(sheet.name)} is left alone: nothing in it looks like a study id"
        return
    units = units_row(sheet, row, id_head.column) if id_head else 0
    yield f"  - sheet: {_text(sheet.name)}"
    yield f"    header_row: {row}"
    if grouped:
        yield f"    group_row: {row - 1}"
    if units:
        yield f"    skip_rows: [{units}]"
    yield f"    id: {_text(shown[id_head.column]) if id_head else 'TODO header of the study id'}"
    cells = {head.column: below(sheet, units or row, head.column) for head in heads}
    said = {h.column: str(sheet.cell(units, h.column).value or "") for h in heads if units}
    yield from _blocks(rest, shown, captions, cells, said)


def _header_row(sheet: Sheet) -> int:
    """The row, among the first ones, with the most different texts."""
    rows = [row for row in sorted(sheet.rows) if row <= SEARCHED_ROWS]
    texts = {
        row: len({compared(c.value) for c in sheet.rows[row].values() if isinstance(c.value, str)})
        for row in rows
    }
    return max(rows, key=lambda row: (texts[row], -row), default=1)


def _blocks(
    heads: list[Header],
    shown: Mapping[int, str],
    captions: Mapping[str, str],
    cells: Mapping[int, list],
    said: Mapping[int, str],
) -> Iterator[str]:
    blocks: dict[tuple[str, str, str], dict[str, str]] = {}
    ignored = []
    for group, members in _groups(heads).items():
        favourite = _favourite(members, group)
        members = list(members)
        if date := three_columns(members, shown, captions.get(group, "")):
            meant, score = guess(group, "")
            table, _, column = meant.partition(" ")[0].partition(".")
            line = date if score >= CERTAIN else date.replace("header: ", "header: TODO ", 1)
            if score >= POSSIBLE and "date" in column:
                blocks.setdefault((table, "", ""), {})[column] = line
                members = [m for m in members if m.text not in PARTS]
        for head in members:
            meant, score = seen(guess(head.text, favourite), cells[head.column])
            if score < POSSIBLE:
                ignored.append(f"TODO {shown[head.column]}")
                continue
            place, _, constant = meant.partition(" ")
            table, column = place.split(".")
            header = _numbered(shown[head.column], shown, members, table)
            header = header if score >= CERTAIN else f"TODO {header}"
            known = dictionary().tables[table].columns[column]
            line = entry(known, header, cells[head.column], said.get(head.column, ""))
            taken = blocks.setdefault((table, _caption(group, captions, table), constant), {})
            if taken.setdefault(column, line) != line and header != _headed(taken[column]):
                ignored.append(f"TODO {shown[head.column]}")
    if ignored:
        yield f"    ignore: [{', '.join(map(_text, dict.fromkeys(ignored)))}]"
    yield "    records:"
    yield from _written(_with_dates(blocks))


def _headed(line: str) -> str:
    """The header that an entry names."""
    content = yaml.safe_load(line)
    return content["header"] if isinstance(content, dict) else content


def _numbered(header: str, shown: Mapping[int, str], members: list[Header], table: str) -> str:
    """The header, its number replaced where headers of this table are numbered."""
    if table not in NUMBERED:
        return header
    return numbered([shown[m.column] for m in members], NUMBERED[table]).get(header, header)


def _groups(heads: list[Header]) -> dict[str, list[Header]]:
    groups: dict[str, list[Header]] = {}
    for head in heads:
        groups.setdefault(head.group, []).append(head)
    return groups


def _caption(group: str, captions: Mapping[str, str], table: str) -> str:
    """The caption as written, its number replaced where groups of this table are numbered."""
    text = captions.get(group, group)
    return re.sub(r"\d+", f"{{{NUMBERED[table]}}}", text) if table in NUMBERED else text


def _favourite(members: list[Header], group: str) -> str:
    """The table that most headers of a group point to; its columns win ties."""
    words = {
        "prrt": "prrt_cycles",
        "cycle": "prrt_cycles",
        "ae": "adverse_events",
        "imaging": "imaging",
        "scan": "imaging",
        "follow": "followup",
    }
    first = re.findall(r"[a-z]+", group)
    if first and first[0] in words:
        return words[first[0]]
    tables = Counter(guess(head.text, "")[0].split(".")[0] for head in members)
    return tables.most_common(1)[0][0]


def _with_dates(blocks: dict) -> dict:
    """Blocks of one marker share the group's date and time point."""
    shared = {(t, g): columns for (t, g, constant), columns in blocks.items() if not constant}
    result = {}
    for (table, group, constant), columns in blocks.items():
        if constant:
            columns = {**shared.get((table, group), {}), **columns}
        elif any(t == table and g == group and c for t, g, c in blocks):
            continue
        result[(table, group, constant)] = columns
    return result


def _written(blocks: dict) -> Iterator[str]:
    for (table, group, constant), columns in blocks.items():
        yield f"      - table: {table}"
        if group:
            yield f"        group: {_text(group)}"
        if constant:
            label = (
                "" if "timepoint_label" in columns else f", timepoint_label: {_time_point(group)}"
            )
            yield f"        constants: {{{constant.replace('=', ': ')}{label}}}"
            yield "        needs: [value]"
        if table == "prrt_cycles" and "cycle_date" not in columns:
            yield "        spread: TODO true if abstracted once per patient"
        yield "        columns:"
        yield from (f"          {name}: {line}" for name, line in columns.items())


def _time_point(caption: str) -> str:
    column = dictionary().tables["biomarkers"].columns["timepoint_label"]
    status, values, _ = read_category(column, caption, {})
    return values[0] if status == "ok" else "TODO which time point"
