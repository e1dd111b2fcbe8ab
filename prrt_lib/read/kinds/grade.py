"""Tumour grade as a report states it: G1, G2, G3 or carcinoma (NEC)."""

from __future__ import annotations

import re
from typing import Any

from prrt_lib.read.context import EMPTY, Context
from prrt_lib.read.kinds.vocabulary import (
    as_text,
    missing_number,
    number_of,
    settled,
    through_codebook,
    unknown,
)
from prrt_lib.read.parsed import Parsed, ambiguous, invalid, missing, ok

TOKEN = re.compile(
    r"(?P<system>\b(?:who|enets|ajcc)(?:/enets)?(?![a-z])(?: grade(?= 20))?"
    r"(?:[ -]?(?P<year>20(?:00|10|17|19|22)))?)|"
    r"(?P<nec>\b(?:(?:small|large)[ -]cell )?(?:poorly[ -]diff(?:erentiated|\.)? )?"
    r"(?:high[ -]grade )?"
    r"(?:nec\b|neuroendocrine carcinoma\b)|\bscnec\b|\blcnec\b|\bpdnec\b|"
    r"\bsmall[ -]cell(?: carcinoma)?\b|"
    r"\blarge[ -]cell(?: carcinoma)?\b)|"
    r"(?P<net>\b(?:p|si|gep)?-?nets?(?=g[123]\b)|\b(?:p|si|gep)?-?nets?\b|"
    r"\bneuroendocrine tumou?r\b)|"
    r"(?P<well>\bwd\b|\bwell[ -]?diff(?:erentiated|\b\.?)|\bgut differenziert\b|"
    r"\bbien differencie\b)|"
    r"(?P<moderate>\bmod(?:erately|\.)?[ -]?diff(?:erentiated|\b\.?))|"
    r"(?P<poor>\bpoor(?:ly)?[ -]?diff(?:erentiated|\b\.?)|\bschlecht differenziert\b|"
    r"\bundifferentiated\b)|"
    r"(?P<low>\blow(?:[ -]grade)?\b)|(?P<middle>\bintermediate(?:[ -]grade)?\b)|"
    r"(?P<high>\bhigh(?:[ -]grade)?\b)|"
    r"(?P<ki67>\(?\b(?:ki[ -]?67|mib[ -]?1)(?: index| li)?[ :=]*[<>~]?=? ?\d{1,2}(?:[.,]\d+)?"
    r"(?:-\d{1,2})? ?%\)?)|"
    r"(?P<grade>(?:\b(?:grade|graad|grado|grad|gr|g)[ .:-]*)?(?<![\d.,/])\b(?P<value>[123]|"
    r"i{1,3})\b(?![\d.,]*\d|[ ]?[%/]))|"
    r"(?P<stuck>(?:\b|(?<=net)|(?<=nets))g(?P<digit>[123])\b)"
)
ROMAN = {"i": "1", "ii": "2", "iii": "3"}
# Where the specimen is from.
NOTE = re.compile(
    r" \((?:liver|lung|node|core|needle|primary)?(?: ?(?:biopsy|met|resection|histology|path))?\)$"
)
DOT = re.compile(r"\bg\. ?(?=[123]\b)")
BETWEEN = re.compile(r"[\s,;:().-]*")
UNGRADED = {"gx", "g x", "not graded", "ungraded", "cannot be assessed", "grade x", "not gradable"}


def read_grade(raw: Any, context: Context) -> Parsed:
    """ "1", "2", "3" or "NEC". High grade alone may be G3 or NEC and is a question."""
    if isinstance(raw, bool):
        return invalid("boolean")
    refused = settled(raw, context)
    if refused:
        return refused
    through = through_codebook(raw, context, lambda text: read_grade(text, EMPTY))
    if through:
        return through
    number = number_of(raw)
    if number is not None:
        whole = number in (1.0, 2.0, 3.0)
        return missing_number(raw) or (
            ok(str(int(number)), "grade") if whole else invalid("no-such-grade")
        )
    text = DOT.sub("g", NOTE.sub("", as_text(raw)))
    return missing("not-graded") if text in UNGRADED else _words(text)


def _words(text: str) -> Parsed:
    """The grade when known words, and nothing else, fill the whole cell."""
    tokens: dict[str, list[str]] = {}
    years = set()
    for match in TOKEN.finditer(text):
        name = "grade" if match.lastgroup in ("stuck", "digit", "value") else match.lastgroup
        if name == "year":
            name = "system"
        years.add(match["year"])
        tokens.setdefault(name, []).append(match["value"] or match["digit"] or match[0])
    if text.endswith(("-", "+")) or not tokens or not BETWEEN.fullmatch(TOKEN.sub(" ", text)):
        return unknown(text)
    values = {ROMAN.get(value, value) for value in tokens.get("grade", [])}
    if len(tokens.get("grade", [])) > 1:
        return ambiguous("several-grades")
    return _decided(set(tokens), next(iter(values), None), years)


def _decided(said: set[str], value: str | None, years: set) -> Parsed:
    if "nec" in said:
        clash = {"well", "moderate", "low", "middle", "net"} & said or value in ("1", "2")
        return ambiguous("contradicts-itself") if clash else ok("NEC", "carcinoma")
    if "poor" in said:
        return (
            ok("NEC", "poorly-differentiated")
            if said <= {"poor", "high", "ki67"}
            else ambiguous("g3-or-nec")
        )
    if value is None:
        return _by_word(said)
    if value == "3" and years & {"2000", "2010"}:
        return ambiguous("g3-or-nec")
    clash = ("low" in said and value != "1") or ("middle" in said and value != "2") or (
        "high" in said and value != "3") or ("moderate" in said and value != "2")  # fmt: skip
    return ambiguous("contradicts-itself") if clash else ok(value, "grade")


def _by_word(said: set[str]) -> Parsed:
    """Low is G1 and intermediate G2; high may be G3 or NEC; well differentiated may be any."""
    meant = said & {"low", "middle", "high"}
    if meant == {"low"}:
        return ok("1", "grade-word")
    if meant == {"middle"}:
        return ok("2", "grade-word")
    return ambiguous("g3-or-nec" if meant == {"high"} else "no-grade")
