"""Columns whose rows go to different tables or dates, as a word beside them says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.profiles import Source
from prrt_lib.read.cells.reader import CellReader, text_of
from prrt_lib.read.sheets.headers import Header
from prrt_lib.tools.draft.content import LONGEST, MOST_WORDS
from prrt_lib.tools.draft.entries import text
from prrt_lib.tools.draft.headers import canonical, guess
from prrt_lib.tools.draft.sheet import DraftSheet

DEATH = re.compile(r"\b(death|died|dod|deceased|deces|tod|todesdatum|verstorben)\b")
LAST = re.compile(r"\b(last|contact|followup|alive|kontakt|nouvelles|censor\w*|nachsorge)\b")
# The same fact under its name in each of the two tables.
FACTS = {
    "biomarkers": {"test": "analyte", "date": "sample_date", "value": "value", "uln": "uln",
                   "lln": "lln"},
    "labs": {"test": "lab_test", "date": "lab_date", "value": "lab_value", "uln": "lab_uln",
             "lln": "lab_lln"},
}  # fmt: skip
LISTED = ("biomarkers.analyte", "labs.lab_test")


@dataclass(frozen=True)
class MixedDate:
    """The column, its header, and which words of a status column go with which date."""

    column: int
    header: str
    status: str
    dead: tuple[str, ...]
    others: tuple[str, ...]

    def blocks(self) -> Iterator[tuple[str, dict[str, str]]]:
        """(condition, columns) of the two blocks that the column needs."""
        for column, words in (("death_date", self.dead), ("last_contact_date", self.others)):
            listed = ", ".join(text(word) for word in words) or "TODO which words"
            yield f"{{{text(self.status)}: [{listed}]}}", {column: text(f"TODO {self.header}")}


def mixed_date(sheet: DraftSheet) -> MixedDate | None:
    """The sheet's column of "death or last contact", where a status column tells them apart."""
    heads = [h for h in sheet.heads if _both(sheet.shown[h.column])]
    status = [h for h in sheet.heads if guess(h.text, "")[0] == "followup.vital_status"]
    if len(heads) != 1 or not status:
        return None
    column = dictionary().tables["followup"].columns["vital_status"]
    reader = CellReader(column, Source(""), 1900)
    dead, others = [], []
    words = dict.fromkeys(text_of(cell).strip() for cell in sheet.cells[status[0].column])
    # Sentences about single patients do not belong in a profile.
    for word in words if len(words) <= MOST_WORDS and max(map(len, words)) <= LONGEST else ():
        means = reader.read(word).values[0].get("vital_status")
        (dead if means == "dead" else others).append(word if means else f"TODO {word}")
    shown = sheet.shown
    return MixedDate(
        heads[0].column, shown[heads[0].column], shown[status[0].column], tuple(dead), tuple(others)
    )


def _both(header: str) -> bool:
    words = canonical(header)
    return bool(DEATH.search(words) and LAST.search(words) and "cause" not in words)


@dataclass(frozen=True)
class ListedTests:
    """The headers of such a sheet, and which of its words are markers, which other tests."""

    heads: Mapping[str, Header]
    shown: Mapping[int, str]
    unit: Header | None
    words: Mapping[str, tuple[str, ...]]

    @property
    def columns(self) -> set[int]:
        """The columns of the sheet that the blocks read."""
        return {head.column for head in (*self.heads.values(), self.unit) if head}

    def blocks(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        """(table, condition, columns) of each block."""
        test = text(self.shown[self.heads["test"].column])
        for table, names in FACTS.items():
            if words := self.words[table]:
                listed = ", ".join(map(text, words))
                entries = {names[fact]: self._line(fact, head) for fact, head in self.heads.items()}
                yield table, f"{{{test}: [{listed}]}}", entries

    def _line(self, fact: str, head: Header) -> str:
        shown = text(self.shown[head.column])
        if fact not in ("value", "uln", "lln"):
            return shown
        if not self.unit:
            return f"{{header: {shown}, unit: TODO which unit}}"
        return f"{{header: {shown}, unit_header: {text(self.shown[self.unit.column])}}}"

    def others(self) -> str:
        """The words that are neither, for a person to decide; "" where there are none."""
        listed = ", ".join(text(f"TODO {word}") for word in self.words[""])
        return f"{{{text(self.shown[self.heads['test'].column])}: [{listed}]}}" if listed else ""


def listed_tests(sheet: DraftSheet) -> ListedTests | None:
    """The tests that a sheet lists, where it lists more than markers; None for any other."""
    heads: dict[str, Header] = {}
    for head in sheet.heads:
        for table, names in FACTS.items():
            place = guess(head.text, table)[0]
            for fact, name in names.items():
                if place == f"{table}.{name}" or (fact == "test" and place in LISTED):
                    heads.setdefault(fact, head)
    if not {"test", "date", "value"} <= set(heads):
        return None
    cells = sheet.cells[heads["test"].column]
    words = _sorted([cell.strip() for cell in cells if isinstance(cell, str)])
    sentences = any(len(word) > LONGEST for word in words[""])
    both = words["labs"] and words["biomarkers"]
    if not both or sentences or len(words[""]) > MOST_WORDS:
        return None
    return ListedTests(heads, sheet.shown, sheet.unit_of(heads["value"]), words)


def _sorted(words: list[str]) -> dict[str, tuple[str, ...]]:
    """Table -> the words that its column of tests knows; "" -> the others."""
    found: dict[str, list[str]] = {"biomarkers": [], "labs": [], "": []}
    for word in dict.fromkeys(words):
        table = next((name for name in FACTS if _known(name, word)), "")
        found[table].append(word)
    return {table: tuple(own) for table, own in found.items()}


def _known(table: str, word: str) -> bool:
    column = dictionary().tables[table].columns[FACTS[table]["test"]]
    return CellReader(column, Source(""), 1900).read(word).status == "ok"
