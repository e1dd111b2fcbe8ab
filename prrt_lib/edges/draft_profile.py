"""A first profile for an unknown workbook; every choice that is not certain is a TODO."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.profiles import Sheet as SheetProfile
from prrt_lib.declare.template import template_layout
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.categories import read_category
from prrt_lib.read.gate import admit
from prrt_lib.read.headers import Header, compared, headers
from prrt_lib.read.workbook import Sheet, open_workbook

WORDS = Path(__file__).with_name("header_words.yaml")
SEARCHED_ROWS = 15
CERTAIN, POSSIBLE = 0.95, 0.72
ID_WORDS = re.compile(r"\b(id|patient|subject|mrn|record|case)\b")
# How the number of a repeated group is called in the dictionary.
NUMBERED = {"prrt_cycles": "cycle_no", "adverse_events": "ae_id"}
Guess = tuple[str, float]


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
    id_head = next((head for head in heads if ID_WORDS.search(head.text)), None)
    yield f"  - sheet: {_text(sheet.name)}"
    yield f"    header_row: {row}"
    if grouped:
        yield f"    group_row: {row - 1}"
    yield f"    id: {_text(shown[id_head.column]) if id_head else 'TODO header of the study id'}"
    rest = [head for head in heads if head is not id_head]
    yield from _blocks(rest, shown, captions)


def _header_row(sheet: Sheet) -> int:
    """The row, among the first ones, with the most different texts."""
    rows = [row for row in sorted(sheet.rows) if row <= SEARCHED_ROWS]
    texts = {
        row: len({compared(c.value) for c in sheet.rows[row].values() if isinstance(c.value, str)})
        for row in rows
    }
    return max(rows, key=lambda row: (texts[row], -row), default=1)


def _blocks(
    heads: list[Header], shown: Mapping[int, str], captions: Mapping[str, str]
) -> Iterator[str]:
    blocks: dict[tuple[str, str, str], dict[str, str]] = {}
    ignored = []
    for group, members in _groups(heads).items():
        favourite = _favourite(members, group)
        for head in members:
            guess, score = _guess(head.text, favourite)
            if score < POSSIBLE:
                ignored.append(f"TODO {shown[head.column]}")
                continue
            place, _, constant = guess.partition(" ")
            table, column = place.split(".")
            caption = _caption(group, captions, table)
            header = shown[head.column] if score >= CERTAIN else f"TODO {shown[head.column]}"
            taken = blocks.setdefault((table, caption, constant), {})
            if column in taken and taken[column] != header:
                ignored.append(f"TODO {shown[head.column]}")
            else:
                taken[column] = header
    if ignored:
        yield f"    ignore: [{', '.join(map(_text, dict.fromkeys(ignored)))}]"
    yield "    records:"
    yield from _written(_with_dates(blocks))


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
    tables = Counter(_guess(head.text, "")[0].split(".")[0] for head in members)
    return tables.most_common(1)[0][0]


@cache
def _known() -> dict[str, list[str]]:
    """Header text -> the places it may mean."""
    known: dict[str, list[str]] = {}
    for place, texts in load_words(WORDS).items():
        for text in texts:
            known.setdefault(compared(text), []).append(place)
    for table, columns in template_layout().items():
        for header, column in columns:
            if column != "patient_id":
                known.setdefault(_bare(header), []).append(f"{table}.{column}")
    return known


def _bare(text: str) -> str:
    """A header without unit and question mark."""
    return compared(re.sub(r"\([^()]*\)|[?#:*]", " ", text))


def _guess(text: str, favourite: str) -> Guess:
    """(place, certainty) of a header; the favourite table's columns win."""
    bare = _bare(text)
    if bare in ("date", "date of event") and favourite in dictionary().tables:
        dated = [
            c.name for c in dictionary().tables[favourite].columns.values() if "date" in c.name
        ]
        return (f"{favourite}.{dated[0]}", CERTAIN) if dated else ("", 0.0)
    if bare == "grade" and favourite == "adverse_events":
        return "adverse_events.grade", 1.0
    best: Guess = ("", 0.0)
    for known, places in _known().items():
        score = difflib.SequenceMatcher(None, bare, known).ratio()
        for place in places:
            bonus = 0.01 if favourite and place.startswith(f"{favourite}.") else 0.0
            if score + bonus > best[1]:
                best = (place, score + bonus)
    return best


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
        yield from (f"          {name}: {_text(text)}" for name, text in columns.items())


def _time_point(caption: str) -> str:
    column = dictionary().tables["biomarkers"].columns["timepoint_label"]
    status, values, _ = read_category(column, caption, {})
    return values[0] if status == "ok" else "TODO which time point"


def _text(text: str) -> str:
    """Text as YAML: quoted unless it is plain words."""
    plain = re.fullmatch(r"[A-Za-z][\w .-]*[\w.]|[A-Za-z]", text)
    reserved = text.lower() in ("yes", "no", "true", "false", "null")
    return text if plain and not reserved else json.dumps(text)
