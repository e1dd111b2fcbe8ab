"""What Excel shows beside a number: a bound, a unit, a percent sign, or a date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

PIECE = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|(\[[^\]]*\])|(.)', re.DOTALL)
PLACEHOLDER = re.compile(r"[0#?]")
DATE_LETTER = re.compile(r"[dmyhsjt]", re.IGNORECASE)
CONDITION = re.compile(r"\[[<>=]")
ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """``before`` and ``after`` are the literals around the number as the reader sees them."""

    before: str = ""
    after: str = ""
    percent: bool = False
    is_date: bool = False
    doubtful: bool = False


NOTHING = Shown()


@lru_cache(maxsize=4096)
def shown(number_format: str | None, negative: bool = False) -> Shown:
    """The meaning that a number format adds to a positive or a negative number.

    A section of its own for negative numbers that shows neither minus nor brackets nor a colour
    leaves the reader a positive one: doubtful.
    """
    if not number_format or number_format.strip().lower() in ("general", "standard", "@"):
        return NOTHING
    section, own = _section(number_format, negative)
    literal_before, literal_after, code = _literals(section)
    signed = not own or any(mark in section for mark in "-([")
    if ELAPSED.search(code):
        return Shown(is_date=True)
    bare = re.sub(r"\[[^\]]*\]", "", code)
    if not PLACEHOLDER.search(bare):
        return Shown(is_date=bool(DATE_LETTER.search(bare)), doubtful=True)
    return Shown(
        literal_before.strip("-( ") if negative else literal_before.strip(),
        literal_after.strip(") ") if negative else literal_after.strip(),
        "%" in bare,
        bool(re.search(r"[dmyhs]", bare, re.IGNORECASE)),
        bool(CONDITION.search(number_format)) or not signed,
    )


def _section(number_format: str, negative: bool = False) -> tuple[str, bool]:
    """The section for positive or negative numbers, and whether negative ones have their own.

    A semicolon in quotes separates nothing.
    """
    sections = [""]
    for piece in PIECE.finditer(number_format):
        if piece[4] == ";":
            sections.append("")
        else:
            sections[-1] += piece[0]
    own = negative and len(sections) > 1
    return sections[1 if own else 0], own


def _literals(section: str) -> tuple[str, str, str]:
    before, after, code = "", "", ""
    for piece in PIECE.finditer(section):
        literal = piece[1] if piece[1] is not None else piece[2]
        exponent = piece[4] == "+" and code[-1:] in ("e", "E")
        if literal is None and piece[4] and piece[4] in "<>~$€£+" and not exponent:
            literal = piece[4]
        if literal is None:
            code += piece[3] or piece[4] or ""
        elif PLACEHOLDER.search(re.sub(r"\[[^\]]*\]", "", code)):
            after += literal
        else:
            before += literal
    return before, after, code


def month_or_year(number_format: str | None) -> str | None:
    """ "month" or "year" where a date format shows no finer part; None otherwise."""
    if not number_format:
        return None
    _, _, code = _literals(_section(number_format)[0])
    letters = re.sub(r"\[[^\]]*\]|am/pm|[^dmyhsjt]", "", code.lower())
    if not letters or set(letters) - set("myj"):
        return None
    return "month" if "m" in letters else "year"
