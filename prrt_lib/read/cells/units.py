"""Units as clinics write them -> one spelling each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.numbers import question
from prrt_lib.read.cells.text import folded, normal

FILE = Path(__file__).parent / "spellings" / "units.yaml"
# Litre and gram prefixes that differ from another unit in case alone: G/L is giga, g/L gram.
CASE_DECIDES = re.compile(
    r"(?<![A-Za-z])(?:G|T)\s?/\s?[lL]\b|(?<![A-Za-z])M(?:U|IU|mol|g)\s?/|\bM\b"
)


@cache
def spellings(group: str) -> Mapping[str, str]:
    """Squeezed spelling -> canonical unit, of one group of units.yaml."""
    table: dict[str, str] = {}
    for unit, others in load_words(FILE)[group].items():
        for text in (unit, *others):
            key = squeezed(str(text))
            if table.setdefault(key, unit) != unit:
                raise ValueError(f"units.yaml: {text!r} means two units")
    return table


@lru_cache(maxsize=4096)
def squeezed(text: str) -> str:
    """A unit without blanks, case, closing points and brackets around it."""
    text = folded(text).replace("μ", "u").replace("µ", "u").replace("×", "x").replace("⁄", "/")
    text = re.sub(r" per | pro |^per ", "/", text)
    text = re.sub(r"\s+", "", text).rstrip(".")
    inner = re.fullmatch(r"[(\[]([^()\[\]]*)[)\]]", text)
    return inner[1] if inner else text


def unit(text: str, group: str) -> str | None:
    """Canonical unit of ``text``, None for no text; raises Refused on an unknown unit."""
    if not text:
        return None
    found = spellings(group).get(squeezed(text))
    if found is None:
        raise question("unknown-unit")
    return found


def declared(column_unit: str | None, group: str) -> str | None:
    """The unit of the header or profile, None where none is declared."""
    if column_unit is None or not normal(column_unit):
        return None
    return unit(column_unit, group)


def decided(cell: str | None, column_unit: str | None, group: str) -> str:
    """The unit of the cell, else of the column; raises Refused where neither has one."""
    chosen = cell or declared(column_unit, group)
    if chosen is None:
        raise question("no-unit")
    return chosen
