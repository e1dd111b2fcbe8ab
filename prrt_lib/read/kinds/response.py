"""Imaging response in the words of reports and of RECIST."""

from __future__ import annotations

import re
from typing import Any

from prrt_lib.read.context import EMPTY, Context
from prrt_lib.read.kinds.vocabulary import (
    as_text,
    looked_up,
    missing_number,
    number_of,
    settled,
    spellings,
    through_codebook,
    unknown,
)
from prrt_lib.read.parsed import Parsed, ambiguous, missing, ok

# Words around a response that leave it what it is.
AROUND = re.compile(
    r"^(?:(?:recist|irecist|mrecist|who|choi)(?: ?v?1\.[01])?[:\s]+|confirmed |radiological |"
    r"radiographic |overall )|"
    r"(?:\s*\(?(?:by |per |acc\.? to )?(?:recist|irecist|mrecist|who|choi)(?: ?v?1\.[01])?\)?|"
    r",? confirmed|"
    r" \(confirmed\)| (?:by|on) (?:ct|mri|pet|pet/ct|imaging)|"
    r",? (?:at|after) [0-9]{1,2} ?(?:m|mo|months?)|"
    r"\s*\((?:cr|pr|sd|pd|ne|ned)\))$"
)
LETTERS = re.compile(r"^(?:[a-z]\.){2,3}$|^(?:[a-z]\.)+[a-z]$")
CHANGE = re.compile(
    r"(?:(?P<down>decreas\w*|reduc\w*|shr[aiu]nk\w*|smaller|regress\w*)|increas\w*|growth|grew|"
    r"larger)"
    r"(?: by| of)? \d+(?:[.,]\d+)? ?%|"
    r"\d+(?:[.,]\d+)? ?% (?:(?P<less>decrease|reduction|shrinkage|smaller|regression)|increase|"
    r"growth|larger)"
)
# The change that a class rests on stands behind it: PR (-35%), PD (new lesions).
DETAIL = re.compile(
    r"(cr|pr|sd|pd) ?(?:\((?:(?P<sign>[+-]) ?[0-9]{1,3} ?%|(?P<new>new lesions?))\))"
)
BEFORE = {"baseline", "baseline scan", "pre-prrt", "pre prrt", "before prrt", "staging"}


def read_response(raw: Any, context: Context) -> Parsed:
    """CR, PR, SD, PD, mixed, any response, NED or NE; a bare MR and any course are questions."""
    if isinstance(raw, bool):
        return ambiguous("boolean")
    if isinstance(raw, str) and as_text(raw) in spellings("response"):
        return through_codebook(raw, context, _plain) or ok(
            spellings("response")[as_text(raw)], "known-word"
        )
    refused = settled(raw, context)
    if refused:
        return refused
    through = through_codebook(raw, context, lambda text: read_response(text, EMPTY))
    if through:
        return through
    if number_of(raw) is not None:
        return missing_number(raw) or ambiguous("code-without-codebook")
    return _plain(raw)


def _with_detail(found: re.Match) -> Parsed:
    """The class, unless the change behind it goes the other way."""
    wrong = {"cr": "+", "pr": "+", "pd": "-"}.get(found[1])
    if found["sign"] == wrong if found["sign"] else found[1] != "pd":
        return ambiguous("contradicts-itself")
    return ok(found[1].upper(), "class-with-change")


def _plain(raw: Any) -> Parsed:
    text = as_text(raw)
    if text in BEFORE:
        return missing("baseline-scan")
    if LETTERS.match(text):
        text = text.replace(".", "")
    detail = DETAIL.fullmatch(text)
    if detail:
        return _with_detail(detail)
    bare = AROUND.sub("", AROUND.sub("", text)).strip()
    known = looked_up("response", text) or looked_up("response", bare)
    if known:
        inside = re.search(r"\((cr|pr|sd|pd|ne|ned)\)$", text)
        same = not inside or spellings("response")[inside[1]] == known.value
        return known if same else ambiguous("contradicts-itself")
    change = CHANGE.fullmatch(text)
    if change:
        return ok("any response" if change["down"] or change["less"] else "PD", "change-in-size")
    return unknown(text)
