"""CTCAE grades: one whole number from 1 to 5."""

from __future__ import annotations

import re

from prrt_lib.read.cells.opening import Opening
from prrt_lib.read.cells.respelt import words_of
from prrt_lib.read.cells.vocabulary import looked_up, spellings, unknown
from prrt_lib.read.parsed import Parsed, ambiguous, ok

ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
GRADE = re.compile(
    r"(?:(?:max(?:imum|\.)?|worst|highest|nci)[\s:]*)?"
    r"(?:(?:nci[ -])?(?:ctcae|ctc)\s*(?:v(?:ersion)?\.?\s*\d(?:\.\d+)?|\d\.\d+)?[\s:,]*)?"
    r"(?:(?:toxicity )?(?:grade|graad|grado|grad|gr|g)[\s.:-]*|°)?"
    r"([1-5]|i{1,3}|iv|v)°?"
)
SEVERAL = re.compile(r"(?<![v0-9.])[1-5](?![0-9.]).*(?<![v0-9.])[1-5](?![0-9])")
SPELT_OUT = re.compile(r"^(?:ctcae )?grade (?=[a-z])")

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


@Opening(
    "ctcae_grade",
    numbers={one: one for one in "12345"},
    number_reasons=("grade", "no-such-grade"),
    words=words_of(spellings("ctcae_grade")),
    unmarked=re.compile(r"(?:grade|ctcae|ctc|g|gr) ?"),
)
def read_ctcae_grade(text: str) -> Parsed:
    """ "1" to "5"; a range, a course and a bound are questions."""
    text = VERSION.sub("", text)
    pair = WITH_WORD.fullmatch(text)
    if pair:
        return _agreeing(pair[1] or pair[4], pair[2] or pair[3])
    found = GRADE.fullmatch(text)
    if found:
        return ok(ROMAN.get(found[1], found[1]), "grade")
    known = looked_up("ctcae_grade", SPELT_OUT.sub("", text))
    return known or (ambiguous("several-grades") if SEVERAL.search(text) else unknown(text))
