"""One column that holds the date of death of the dead and the last contact of all others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.layout.profiles import Source
from prrt_lib.read.cells.reader import CellReader, text_of
from prrt_lib.tools.draft.content import LONGEST, MOST_WORDS
from prrt_lib.tools.draft.entries import text
from prrt_lib.tools.draft.header_guess import guess
from prrt_lib.tools.draft.header_text import canonical
from prrt_lib.tools.draft.sheet import DraftSheet

DEATH = re.compile(r"\b(death|died|dod|deceased|deces|tod|todesdatum|verstorben)\b")
LAST = re.compile(r"\b(last|contact|followup|alive|kontakt|nouvelles|censor\w*|nachsorge)\b")


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
