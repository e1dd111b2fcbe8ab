"""The same text however it was typed: spaces, widths, dashes, signs, footnote marks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

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
RAISED = {
    ord(raised): f"^{plain}" for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)
}
RAISED |= {
    ord(lowered): f"_{plain}" for lowered, plain in zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)
}
RAISED |= {
    ord(part): " " + unicodedata.normalize("NFKC", part).replace("⁄", "/") for part in "¼½¾⅓⅔⅛⅜⅝⅞"
}
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
