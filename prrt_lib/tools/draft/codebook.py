"""Codes and their meanings from a codebook sheet of the workbook, as proposals for a draft."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prrt_lib.read.cells.reader import text_of
from prrt_lib.read.workbook.excel import Sheet
from prrt_lib.tools.draft.header_text import canonical

NAMES = {"variable", "field", "item", "variable name", "field name", "name", "column",
         "variable field name"}  # fmt: skip
CODES = {"code", "codes", "value", "values", "wert", "valeur", "coding", "kodierung"}
MEANINGS = {"meaning", "label", "labels", "description", "bedeutung", "signification", "text",
            "definition", "value label", "libelle"}  # fmt: skip
CHOICES = {"choices", "codes", "coding", "values", "levels", "code list", "codelist", "kodierung",
           "choices calculations or slider labels", "modalites", "options"}  # fmt: skip
PAIR = re.compile(r"\s*(-?\w+)\s*(?:=|:|,)\s*(.+?)\s*")
EQUAL = re.compile(r"(-?\w+)\s*[=:]\s*([^;|,\n=:]+?)\s*(?=[;|,\n]|$)")
Codebooks = Mapping[str, Mapping[str, str]]


def codebooks(sheets: Mapping[str, Sheet]) -> dict[str, dict[str, str]]:
    """Variable as it is compared -> code -> meaning, from every sheet that is a codebook."""
    found: dict[str, dict[str, str]] = {}
    for sheet in sheets.values():
        for row in sorted(sheet.rows)[:10]:
            heads = {
                canonical(str(cell.value)): column
                for column, cell in sheet.rows[row].items()
                if isinstance(cell.value, str)
            }
            if own := _long(sheet, row, heads) or _listed(sheet, row, heads):
                found |= own
                break
    return found


def _place(heads: Mapping[str, int], words: set[str]) -> int:
    return next((column for text, column in heads.items() if text in words), 0)


def _long(sheet: Sheet, row: int, heads: Mapping[str, int]) -> dict[str, dict[str, str]]:
    """One row per code; the variable stands on each row or on the first of its codes."""
    name, code = _place(heads, NAMES), _place(heads, CODES)
    meaning = _place({t: c for t, c in heads.items() if c not in (name, code)}, MEANINGS)
    found: dict[str, dict[str, str]] = {}
    if not (name and code and meaning):
        return found
    current = ""
    for number in sorted(sheet.rows):
        if number <= row:
            continue
        texts = [text_of(sheet.cell(number, c).value).strip() for c in (name, code, meaning)]
        current = texts[0] or current
        if current and texts[1] and texts[2]:
            found.setdefault(canonical(current), {})[texts[1]] = texts[2]
    return found


def _listed(sheet: Sheet, row: int, heads: Mapping[str, int]) -> dict[str, dict[str, str]]:
    """One row per variable with all its codes in one cell: "1=male; 2=female", "1, M | 2, F"."""
    name, choices = _place(heads, NAMES), _place(heads, CHOICES)
    found: dict[str, dict[str, str]] = {}
    for number in sorted(sheet.rows) if name and choices else ():
        text = text_of(sheet.cell(number, choices).value)
        variable = text_of(sheet.cell(number, name).value).strip()
        if number > row and variable and (pairs := _pairs(text)):
            found[canonical(variable)] = pairs
    return found


def codes_in(header: str) -> dict[str, str]:
    """Code -> meaning that a header spells out, as "Sex (1=m, 2=f)" or "(m=1, f=2)" do."""
    bracket = re.search(r"[(\[]([^()\[\]]*=[^()\[\]]*)[)\]]", header)
    pairs = EQUAL.findall(bracket.group(1)) if bracket else []
    return {a: b for a, b in pairs if a.isdigit()} or {b: a for a, b in pairs if b.isdigit()}


def _pairs(text: str) -> dict[str, str]:
    """Code -> meaning of "1=male, 2=female" or "1, Male | 2, Female"; empty for other texts."""
    if equal := EQUAL.findall(text):
        return dict(equal)
    pairs = [PAIR.fullmatch(part) for part in re.split(r"[|;\n]", text) if part.strip()]
    return {p.group(1): p.group(2) for p in pairs if p} if pairs and all(pairs) else {}
