"""Columns whose rows go to different tables or dates, as a word beside them says."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.profiles import Source
from prrt_lib.read.cells.reader import CellReader, text_of
from prrt_lib.read.sheets.headers import Header
from prrt_lib.tools.draft.content import LONGEST, MOST_WORDS
from prrt_lib.tools.draft.entries import DraftBlock, listed, text
from prrt_lib.tools.draft.headers import VOCABULARY, canonical, guess
from prrt_lib.tools.draft.sheet import DraftSheet

# The same fact under its name in each of the two tables.
FACTS = {
    "biomarkers": {"test": "analyte", "date": "sample_date", "value": "value", "uln": "uln",
                   "lln": "lln"},
    "labs": {"test": "lab_test", "date": "lab_date", "value": "lab_value", "uln": "lab_uln",
             "lln": "lab_lln"},
}  # fmt: skip


@dataclass(frozen=True)
class Conditional:
    """Columns that are done with, the blocks that read them, rows for a person to decide about."""

    columns: Set[int] = frozenset()
    blocks: list[DraftBlock] = field(default_factory=list)
    rows: str = ""


def mixed_date(sheet: DraftSheet) -> Conditional:
    """The sheet's column of "death or last contact", where a status column tells them apart."""
    heads = []
    for head in sheet.heads:
        words = canonical(sheet.shown[head.column])
        both = all(re.search(VOCABULARY[name], words) for name in ("death", "last"))
        if both and "cause" not in words:
            heads.append(head)
    status = [h for h in sheet.heads if guess(h.text, "")[0] == "followup.vital_status"]
    if len(heads) != 1 or not status:
        return Conditional()
    column = dictionary().tables["followup"].columns["vital_status"]
    reader = CellReader(column, Source(""), 1900)
    words_of: dict[str, list[str]] = {"death_date": [], "last_contact_date": []}
    words = dict.fromkeys(text_of(cell).strip() for cell in sheet.cells[status[0].column])
    # Sentences about single patients do not belong in a profile.
    for word in (
        words if len(words) <= MOST_WORDS and max(map(len, words), default=0) <= LONGEST else ()
    ):
        means = reader.read(word).values[0].get("vital_status")
        date = "death_date" if means == "dead" else "last_contact_date"
        words_of[date].append(word if means else f"TODO {word}")
    told, date = text(sheet.shown[status[0].column]), heads[0].column
    blocks = [
        DraftBlock(
            "followup", only=f"{{{told}: {listed(words) if words else '[TODO which words]'}}}",
            columns={column: text(f"TODO {sheet.shown[date]}")},
        )
        for column, words in words_of.items()
    ]  # fmt: skip
    return Conditional({date}, blocks)


def listed_tests(sheet: DraftSheet) -> Conditional:
    """The tests that a sheet lists, where it lists markers and other tests."""
    heads: dict[str, Header] = {}
    for head in sheet.heads:
        for table, names in FACTS.items():
            place = guess(head.text, table)[0]
            for fact, name in names.items():
                any_test = fact == "test" and place in ("biomarkers.analyte", "labs.lab_test")
                if place == f"{table}.{name}" or any_test:
                    heads.setdefault(fact, head)
    if not {"test", "date", "value"} <= set(heads):
        return Conditional()
    readers = {
        table: CellReader(dictionary().tables[table].columns[names["test"]], Source(""), 1900)
        for table, names in FACTS.items()
    }
    words: dict[str, list[str]] = {"biomarkers": [], "labs": [], "": []}
    cells = sheet.cells[heads["test"].column]
    for word in dict.fromkeys(cell.strip() for cell in cells if isinstance(cell, str)):
        known = (table for table, reader in readers.items() if reader.read(word).status == "ok")
        words[next(known, "")].append(word)
    sentences = any(len(word) > LONGEST for word in words[""])
    both = words["labs"] and words["biomarkers"]
    if not both or sentences or len(words[""]) > MOST_WORDS:
        return Conditional()

    test, unit = text(sheet.shown[heads["test"].column]), sheet.unit_of(heads["value"])
    told = f"unit_header: {text(sheet.shown[unit.column])}" if unit else "unit: TODO which unit"
    entries = {fact: text(sheet.shown[head.column]) for fact, head in heads.items()}
    for fact in {"value", "uln", "lln"} & set(entries):
        entries[fact] = f"{{header: {entries[fact]}, {told}}}"
    blocks = [
        DraftBlock(
            table, only=f"{{{test}: {listed(words[table])}}}",
            columns={names[fact]: line for fact, line in entries.items()},
        )
        for table, names in FACTS.items()
    ]  # fmt: skip
    others = [f"TODO {word}" for word in words[""]]
    columns = {head.column for head in (*heads.values(), unit) if head}
    return Conditional(columns, blocks, f"{{{test}: {listed(others)}}}" if others else "")
