"""Mitotic count per 10 HPF or per 2 mm2."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from prrt_lib.read.cells.amounts import plain
from prrt_lib.read.cells.measured import measured, reader, refuse_codes
from prrt_lib.read.cells.notes import bare
from prrt_lib.read.cells.numbers import impossible, marks, question, tidy
from prrt_lib.read.context import Context
from prrt_lib.read.parsed import Parsed

LABEL = re.compile(
    r"(?:^mi\b|mitos[ei]s|mitotic (?:count|rate|index|figures|activity)|mitosen)(?: ?[:=] ?| - ?| )"
)
NO = (
    r"(?:no se observan|non si osservano|absence de|assenza di|pas de|sin|null|no|zero|nil|none|"
    r"absent|keine?|aucune?|ninguna?|ningun|nessuna?|geen|ing[ae]n?|cero|0)"
)
FIGURES = r"(?:mitos[ei]s|mitosen?|mitosi|mitoser|mitotic (?:figures?|activity)|figures?)"
SEEN = r"(?: (?:seen|identified|found|present|detected|observed|gesehen|nachweisbar|vue?s?))?"
NONE = re.compile(rf"{NO}(?: {FIGURES})?{SEEN}(?= ?(?:/|per |in |en |pro |par |por |for ))")
# Nothing else in the cell: zero of the area that the column declares.
NOTHING = re.compile(
    rf"{NO}(?: {FIGURES})?{SEEN}|"
    rf"(?:{FIGURES} )?(?:absent|not (?:seen|identified)|absentes?|assenti|ausentes)"
)
AREA = re.compile(
    r"(?:(?:mitos[ei]s|mitos[ei]n?|mitosi|mitoser|mits?\.?|mitotic figures?|mf)? ?"
    r"(?:/|\bper |\bpro |\bin |\ben |\bpar |\bpor |\bpour |\bfor |\bout of |:)) ?"
    r"(?P<number>[0-9]{1,3}|ten|fifty)? ?(?:(?P<hpf>hpfs?|h\.p\.f\.?|hpf's|"
    r"high[ -]power(?:ed)?[ -]fields?|cfg|cga|hgf|champs? (?:a |au |de )?(?:fort )?grossissement|"
    r"campos? de gran aumento|campi ad alto ingrandimento|hauptgesichtsfelder)"
    r"|(?P<mm2>mm\^?2|sq\.? ?mm|square mm|qmm|square millimet(?:er|re)s?))\.?"
)
SPELT_OUT = {"ten": "10", "fifty": "50"}
# Counts are whole: without a declared locale a comma may separate two of them.
LIST = re.compile(r"[1-9],[0-9]")
BEYOND = 500.0
Scale = tuple[str, float]
IN_BRACKETS = re.compile(r"((?:[a-z]+ )?)\(((?:/|per |in )?[0-9]{1,3} ?[a-z].*)\)")
# "2/2" may be two counts; nobody finds ten fields twice.
ECHO = re.compile(r"/ ?([1-9][0-9])")


def area(text: str) -> Scale | None:
    """Unit and divisor of the text after a count; None where it is only the word mitoses."""
    if text in ("", "mitoses", "mitosis", "mitosen", "mitotic figures"):
        return None
    bracketed = IN_BRACKETS.fullmatch(text)
    if bracketed:
        text = f"{bracketed[1]}/ {re.sub('^(?:/|per |in )', '', bracketed[2])}"
    found = AREA.fullmatch(text)
    number = SPELT_OUT.get(found["number"], found["number"]) if found else None
    if not found or not int(number or 1) or (found["hpf"] and not number):
        raise question("unknown-area")
    if found["hpf"]:
        return "/10 HPF", int(number) / 10
    return "/2 mm2", int(number or 1) / 2


@reader
def read_mitoses(raw: Any, context: Context) -> Parsed:
    """Count per 10 HPF (50 HPF divided by 5) or per 2 mm2; without an area it is a question."""
    if isinstance(raw, str):
        told = plain(raw).strip(" .")
        if told == "no":
            raise question("none-or-nothing")
        raw = "0" if context.column_unit and NOTHING.fullmatch(told) else raw
        raw = NONE.sub("0", LABEL.sub("", bare(plain(raw), "mitoses", marked=False), count=1))
        if LIST.search(raw) and marks(context.locale) is None:
            raise question("list-or-decimal")
    declared = _as_area(context.column_unit) if context.column_unit else None
    amount = measured(raw, context, partial(_area_of_cell, declared))
    refuse_codes(amount)
    scale = amount.unit or (area(declared) if declared else None)
    if scale is None:
        raise question("no-area")
    if amount.unit is None and amount.low == 99:
        raise question("code-or-value")
    unit, divisor = scale
    low = tidy(amount.low / divisor)
    high = None if amount.high is None else tidy(amount.high / divisor)
    if max(low, high or 0.0) > BEYOND:
        raise impossible("beyond-any-count")
    return Parsed(amount.status, low, high, unit, reason=amount.reason)


def _area_of_cell(declared: str | None, text: str) -> Scale | None:
    """The area beside a count; "2/10" is spelt out where the column counts per 10 fields."""
    echo = ECHO.fullmatch(text)
    found = AREA.fullmatch(declared) if echo and declared else None
    return area(declared if found and found["number"] == echo[1] else text)


def _as_area(column_unit: str) -> str:
    text = plain(column_unit).strip("()[] ")
    return text if AREA.fullmatch(text) else f"/{text}"
