"""The same text however it was typed: spaces, widths, dashes, signs, footnote marks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
SPACES = re.compile(r"\s+")
# A trailing mark that points to a note under the table is no part of the value.
FOOTNOTE = re.compile(r"(?<=[^\s*†‡§¶#])\s*[*†‡§¶#]+$|(?<=[^\s\dmM])[¹²³⁴⁵⁶⁷⁸⁹]$")
# Raised digits stay told apart: 3¹ must never become 31.
RAISED = {ord(raised): f"^{plain}" for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)}


@lru_cache(maxsize=65536)
def normal(text: str) -> str:
    """``text`` with plain spaces, ASCII digits and dashes, raised digits as ^2, no footnote mark."""
    text = FOOTNOTE.sub("", text.strip().translate(DASHES)).translate(RAISED)
    text = text.replace("≤", "<=").replace("≥", ">=").replace("⩽", "<=").replace("⩾", ">=")
    text = unicodedata.normalize("NFKC", text).translate(DASHES)
    text = "".join(ch for ch in text if unicodedata.category(ch) != "Cf")
    return SPACES.sub(" ", text).strip()


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """:func:`normal` without case and accents, for looking words up."""
    spread = unicodedata.normalize("NFKD", normal(text).casefold())
    return "".join(ch for ch in spread if not unicodedata.combining(ch))
