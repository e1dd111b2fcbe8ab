"""Cells of one word: yes or no, sex, categories, ids and text."""

from __future__ import annotations

import re
from typing import Any

from prrt_lib.read.cells.absent import absent, is_date
from prrt_lib.read.cells.notes import bare
from prrt_lib.read.cells.opening import Opening
from prrt_lib.read.cells.respelt import words_of
from prrt_lib.read.cells.text import normal
from prrt_lib.read.cells.vocabulary import (
    as_text,
    coded,
    looked_up,
    missing_number,
    number_of,
    settled,
    spellings,
    unknown,
)
from prrt_lib.read.context import EMPTY, Context
from prrt_lib.read.parsed import Parsed, ambiguous, invalid, ok

# What may stand behind a yes without changing it: the analogue with its dose and interval.
DRUG = (
    r"(?:octreotide|sandostatin|sando|lanreotide|somatuline|autogel|lar|ssa|im|sc|monthly|"
    r"q ?[1-8] ?w(?:k|eeks?)?|[0-9]{2,3} ?(?:mg|mcg|ug))"
)
SINCE = r"(?:since|from|seit|depuis) (?:[a-z]{3,9}\.? |[01]?[0-9]/)?(?:19|20)[0-9]{2}"
YES = ok("yes", "known-word")
DETAIL = re.compile(
    rf"(yes|y|ja|oui|si)(?: ?[-:,] ?| ?\(| )(?:(?:on )?{DRUG}(?:[ ,]+{DRUG})*|{SINCE})\)?"
)
# Excel shows 1 as 001.
ZEROS = re.compile("0+")
APOSTROPHE = re.compile(r"^[\s']+")
PAIR = re.compile(r"([a-z0-9]{1,3}) ?(?:[-:=.)]|\(|) ?(.+?)\)?")


def _boolean(raw: bool, context: Context) -> Parsed:
    """A true or false cell; under a codebook only where the codebook has it."""
    if context.codebook:
        meaning = coded(raw, context)
        return read_yes_no(meaning, EMPTY) if meaning else invalid("not-in-codebook")
    return ok("yes" if raw else "no", "boolean")


@Opening("yes_no", _boolean, {"1": "yes", "0": "no"}, ("one-zero", ""), values=frozenset("x"))
def read_yes_no(text: str) -> Parsed:
    """yes or no; 1 and 0 are read as such, 2 may be either in a 1/2 coding."""
    detail = DETAIL.fullmatch(text)
    known = looked_up("yes_no", detail[1] if detail else text)
    if known is None and looked_up("yes_no", bare(text, "yes")) == YES:
        return YES
    return known or unknown(text)


@Opening("sex", words=words_of(spellings("sex")), values=frozenset("x"))
def read_sex(text: str) -> Parsed:
    """female, male or other."""
    return looked_up("sex", text) or unknown(text)


def read_category(raw: Any, context: Context) -> Parsed:
    """The codebook's meaning of the cell; without a codebook the cell's own text."""
    if isinstance(raw, bool):
        return invalid("boolean")
    refused = settled(raw, context)
    if refused:
        return refused
    if not context.codebook:
        code = number_of(raw)
        return missing_number(raw) or (
            ambiguous("code-without-codebook")
            if code is not None
            else ok(_shown(raw), "as-written")
        )
    meaning = coded(raw, context)
    if meaning is None:
        meanings = {as_text(item): str(item) for item in context.codebook.values()}
        meaning = meanings.get(as_text(raw))
    if meaning is None:
        meaning = _code_and_meaning(raw, context)
    if meaning is None:
        return missing_number(raw) or invalid("not-in-codebook")
    return absent(meaning) or ok(meaning, "codebook")


def _code_and_meaning(raw: Any, context: Context) -> str | None:
    """The meaning where a cell holds a code and that code's own meaning, as "1 - pancreas"."""
    pair = PAIR.fullmatch(as_text(raw))
    if pair is None:
        return None
    meaning = coded(pair[1], context)
    return meaning if meaning is not None and as_text(meaning) == pair[2] else None


def read_id(raw: Any, context: Context) -> Parsed:
    """The study id as text; 7.0 is 7. Excel's apostrophe before a text is no part of it."""
    if isinstance(raw, str):
        raw = APOSTROPHE.sub("", raw)
    if isinstance(raw, bool):
        return invalid("boolean")
    refused = settled(raw, context)
    if refused:
        return refused
    if isinstance(raw, float) and not raw.is_integer():
        return invalid("not-an-id")
    number = number_of(raw) if not isinstance(raw, str) else None
    if number is not None and not 0 <= number < 1e15:
        return invalid("not-an-id")
    zeros = ZEROS.fullmatch(context.number_format or "") if number is not None else None
    return ok(_shown(raw).zfill(len(zeros[0]) if zeros else 0), "as-written")


def read_text(raw: Any, context: Context) -> Parsed:
    """The cell's text with plain spaces."""
    refused = absent(raw)
    if refused:
        return refused
    if is_date(raw):
        return invalid("excel-made-a-date")
    return ok(_shown(raw), "as-written")


def _shown(raw: Any) -> str:
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return normal(raw) if isinstance(raw, str) else str(raw)
