"""CTCAE grades: one whole number from 1 to 5."""

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
from prrt_lib.read.parsed import Parsed, ambiguous, invalid, ok

ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
GRADE = re.compile(
    r"(?:(?:max(?:imum|\.)?|worst|highest|nci)[\s:]*)?"
    r"(?:(?:ctcae|ctc|nci-ctcae)\s*(?:v(?:ersion)?\.?\s*\d(?:\.\d+)?|\d\.\d+)?[\s:,]*)?"
    r"(?:(?:toxicity )?(?:grade|graad|grado|grad|gr|g)[\s.:-]*)?"
    r"([1-5]|i{1,3}|iv|v)"
)

# The grade and the word that CTCAE gives it: "3 (severe)", "severe (3)", "3 - severe".
WORD = r"(mild|moderate|severe|life[- ]threatening|fatal|death)"
WITH_WORD = re.compile(
    rf"(?:grade |gr\.? ?|g)?([1-5])(?: ?[-:,=] ?| ?\(){WORD}\)?|"
    rf"{WORD}(?: ?[-:,=] ?| ?\()(?:grade |gr\.? ?|g)?([1-5])\)?"
)
VERSION = re.compile(r" \((?:nci[ -])?ctc(?:ae)?(?: v?[345](?:\.[0-9]{1,2})?)?\)$")


def _agreeing(number: str, word: str) -> Parsed:
    if spellings("ctcae_grade")[word] != number:
        return ambiguous("contradicts-itself")
    return ok(number, "grade")


def read_ctcae_grade(raw: Any, context: Context) -> Parsed:
    """ "1" to "5"; a range, a course and a bound are questions."""
    if isinstance(raw, bool):
        return invalid("boolean")
    refused = settled(raw, context)
    if refused:
        return refused
    through = through_codebook(raw, context, lambda text: read_ctcae_grade(text, EMPTY))
    if through:
        return through
    number = number_of(raw)
    if number is not None:
        whole = number in (1.0, 2.0, 3.0, 4.0, 5.0)
        return missing_number(raw) or (
            ok(str(int(number)), "grade") if whole else invalid("no-such-grade")
        )
    text = as_text(raw)
    pair = WITH_WORD.fullmatch(VERSION.sub("", text))
    if pair:
        return _agreeing(pair[1] or pair[4], pair[2] or pair[3])
    found = GRADE.fullmatch(VERSION.sub("", text))
    if found:
        return ok(ROMAN.get(found[1], found[1]), "grade")
    return looked_up("ctcae_grade", text) or (
        ambiguous("several-grades") if re.search(r"[1-5].*[1-5]", text) else unknown(text)
    )
