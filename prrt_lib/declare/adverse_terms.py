"""The terms of adverse events that PRRT studies meet: spelling, organ class, grades."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("ctcae_terms.csv")
OTHER_CLASS = "class not known"


@dataclass(frozen=True)
class Term:
    """A CTCAE v5 term, its system organ class and the grades it has, such as "123"."""

    name: str
    organ_class: str
    grades: str


@cache
def terms() -> Mapping[str, Term]:
    """Every declared spelling, as :func:`spelled` writes it -> its term. Nothing is guessed."""
    with SOURCE.open(encoding="utf-8", newline="") as stream:
        return {
            spelled(word): Term(line["term"], line["soc"], line["grades"])
            for line in csv.DictReader(stream)
            for word in (line["term"], *filter(None, line["also"].split(";")))
        }


def spelled(text: str) -> str:
    """An event's words as they are compared: case, hyphens and stops do not matter."""
    return re.sub(r"[^a-z0-9]+", " ", str(text).casefold()).strip()


def one_spelling(text: str) -> str:
    """The term that ``text`` spells; an undeclared one keeps its words, one capital."""
    found = terms().get(spelled(text))
    words = " ".join(str(text).split())
    return found.name if found else words[:1].upper() + words[1:]


def organ_class(term: str) -> str:
    """System organ class of a declared term; undeclared ones have none."""
    found = terms().get(spelled(term))
    return found.organ_class if found else OTHER_CLASS
