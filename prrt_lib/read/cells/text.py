"""The same text however it was typed; the many ways in which a cell says that nothing is known."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.parsed import Parsed, invalid, missing

# Data files of words, and of what they mean.
SPELLINGS = Path(__file__).parent / "spellings"
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
# Other signs that printing and copying put for the plain ones; trade marks say nothing.
SIGNS = {ord(sign): "/" for sign in "⁄∕／"} | {ord(sign): '"' for sign in "“”„‟«»"}
SIGNS |= {ord("‹"): "<", ord("›"): ">", ord("≤"): "<=", ord("≥"): ">=", ord("⩽"): "<=",
          ord("⩾"): ">=", ord("®"): "", ord("™"): "", ord("©"): ""}  # fmt: skip
# The British decimal point; before a power of ten it multiplies.
MIDDLE_DOT = re.compile(r"(?<=\d)·(?=\d)(?!10\^)")
SPACES = re.compile(r"\s+")
# A trailing mark that points to a note under the table is no part of the value.
FOOTNOTE = re.compile(r"(?<=[^\s*†‡§¶#])\s*[*†‡§¶#]+$|(?<=[^\s\dmM])[¹²³⁴⁵⁶⁷⁸⁹]$")
# Raised and lowered digits stay told apart: 3¹ must never become 31, nor 62½ become 621/2.
RAISED = {ord(sign): f"^{digit}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
RAISED |= {ord(sign): f"_{digit}" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")}
RAISED |= {
    ord(part): " " + unicodedata.normalize("NFKC", part).replace("⁄", "/") for part in "¼½¾⅓⅔⅛⅜⅝⅞"
}
ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9,
         "x": 10, "xi": 11, "xii": 12}  # fmt: skip
# Strokes through a character cross it out: they are no accents.
STRUCK = "\u0334\u0335\u0336\u0337\u0338"
# Characters of no width that Unicode counts among letters and marks: fillers and joiners.
FILLERS = dict.fromkeys([0x034F, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)])
# An invisible hyphen between digits may have been a range: it stays, so that no number is read.
SOFT_HYPHEN = re.compile(r"(?<=\d)\u00ad(?=\d)")


@lru_cache(maxsize=65536)
def seen(text: str) -> str:
    r"""A name as the eye sees it: nothing of no width, one blank for any, plain dashes; raised
    digits stay raised.

    >>> seen("Date\u200b of\u00a0\n death\ufeff"), seen("Ki\u201167"), seen("10\u2079/L")
    ('Date of death', 'Ki-67', '10^9/L')
    """
    text = text.replace("_x000D_", " ")
    if not text.isascii():
        plain = text.translate(FILLERS).translate(DASHES).translate(RAISED)
        text = unicodedata.normalize("NFKC", plain).translate(DASHES)
    shown = (ch for ch in text if ch.isspace() or unicodedata.category(ch) not in ("Cf", "Cc"))
    return " ".join("".join(shown).split())


@lru_cache(maxsize=65536)
def normal(text: str) -> str:
    """``text`` with plain spaces, ASCII dashes, raised digits as ^2, no footnote mark."""
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ")
    if text.isascii():
        return SPACES.sub(" ", FOOTNOTE.sub("", text.strip())).strip()
    text = SOFT_HYPHEN.sub("\ue000", text.translate(DASHES).translate(SIGNS))
    text = "".join(ch for ch in text if unicodedata.category(ch) != "Cf").strip()
    text = FOOTNOTE.sub("", text).translate(RAISED)
    text = FOOTNOTE.sub("", unicodedata.normalize("NFKC", text).translate(DASHES))
    return SPACES.sub(" ", MIDDLE_DOT.sub(".", text)).strip()


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """:func:`normal` without case and accents, for looking words up."""
    if text.isascii():
        return normal(text).lower()
    spread = unicodedata.normalize("NFKD", normal(text).casefold())
    return "".join(ch for ch in spread if not unicodedata.combining(ch) or ch in STRUCK)


def spelled(text: str) -> str:
    """A word as it is compared: width, case, blanks, hyphens, footnote marks do not matter."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub(r"[\s_\u2010-\u2015-]+", " ", plain).strip()
    return re.sub(r"[\s*†‡.:]+$", "", plain) or plain


def turned(
    name: str, words: Mapping[str, list[str]], compared: Callable[[str], str]
) -> dict[str, str]:
    """Spelling, as it is compared -> value; ValueError where one spelling stands for two values."""
    table: dict[str, str] = {}
    for value, spellings in words.items():
        for text in spellings:
            same = compared(str(text))
            if table.setdefault(same, value) != value:
                raise ValueError(f"{name}: {text!r} stands for {table[same]} and {value}")
    return table


WORDS = load_words(SPELLINGS / "absent.yaml")
ABSENT, EXCEL_ERRORS = frozenset(WORDS["words"]), frozenset(WORDS["errors"])
# Sentinels that no clinical value in this study can be; 99, 999 and 9999 are left to each kind.
SENTINELS = {-9.0, -99.0, -999.0, -9999.0, -1.0, -8.0, -88.0, -888.0}


def absent(raw: Any) -> Parsed | None:
    """The refusal of a cell that holds no information or an Excel error; None otherwise."""
    if raw is None:
        return missing()
    if isinstance(raw, float) and math.isnan(raw):
        return missing("not-a-number")
    if isinstance(raw, str):
        word = folded(raw)
        if word in EXCEL_ERRORS:
            return invalid("excel-error")
        if word in ABSENT or word.strip("().[] ") in ABSENT:
            return missing("said-unknown" if word else "blank")
    return None


def is_date(raw: Any) -> bool:
    """A true date or time: in any other kind of column Excel made it out of something else."""
    return isinstance(raw, (dt.date, dt.time, dt.timedelta))


def sentinel(number: float) -> bool:
    """A negative code for missing, such as -99."""
    return number in SENTINELS
