"""What a header may mean: places in the data dictionary, and how certain that is."""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path

from prrt_lib.declare.dictionary import DATE_KINDS, dictionary
from prrt_lib.declare.template import template_layout
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.edges.draft_entries import says_whether
from prrt_lib.read.headers import compared

WORDS = Path(__file__).with_name("header_words.yaml")
CERTAIN, POSSIBLE = 0.95, 0.72
Guess = tuple[str, float]


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
    return compared(re.sub(r"\([^()]*\)|[?#:*_]|\s\d+\s*$", " ", text))


def guess(text: str, favourite: str) -> Guess:
    """(place, certainty) of a header; the favourite table's columns win."""
    bare = _bare(text)
    if bare in ("date", "date of event", "datum") and favourite in dictionary().tables:
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


def seen(found: Guess, cells: list) -> Guess:
    """The guess after a look at the cells: "death" with 0 and 1 is no date."""
    place, score = found
    table, _, name = place.partition(" ")[0].partition(".")
    if not name or dictionary().tables[table].columns[name].kind not in DATE_KINDS:
        return found
    if not says_whether(cells):
        return found
    return ("followup.vital_status", POSSIBLE) if name == "death_date" else ("", 0.0)
