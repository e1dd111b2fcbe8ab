"""Cells of words: yes or no, sex, smoking, relatedness, categories, ids and text."""

from __future__ import annotations

import re
from typing import Any

from prrt_lib.read.cells.notes import bare, words_of
from prrt_lib.read.cells.parsed import EMPTY, Context, Parsed, ambiguous, invalid, ok
from prrt_lib.read.cells.text import absent, is_date, normal
from prrt_lib.read.cells.vocabulary import (
    Opening,
    as_text,
    coded,
    looked_up,
    missing_number,
    number_of,
    settled,
    spellings,
    unknown,
)

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


def _yes_or_no(raw: bool, context: Context) -> Parsed:
    """A true or false cell; under a codebook only where the codebook has it."""
    if context.codebook:
        meaning = coded(raw, context)
        return read_yes_no(meaning, EMPTY) if meaning else invalid("not-in-codebook")
    return ok("yes" if raw else "no", "boolean")


@Opening("yes_no", _yes_or_no, {"1": "yes", "0": "no"}, ("one-zero", ""), values=frozenset("x"))
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
        if number_of(raw) is None:
            return ok(_shown(raw), "as-written")
        return missing_number(raw) or ambiguous("code-without-codebook")
    meaning = coded(raw, context)
    if meaning is None:
        meanings = {as_text(item): str(item) for item in context.codebook.values()}
        meaning = meanings.get(as_text(raw))
    if meaning is None and (pair := PAIR.fullmatch(as_text(raw))):
        # A code and that code's own meaning: "1 - pancreas".
        told = coded(pair[1], context)
        meaning = told if told is not None and as_text(told) == pair[2] else None
    if meaning is None:
        return missing_number(raw) or invalid("not-in-codebook")
    return absent(meaning) or ok(meaning, "codebook")


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
    if is_date(raw):
        return invalid("excel-made-a-date")
    return refused or ok(_shown(raw), "as-written")


def _shown(raw: Any) -> str:
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return normal(raw) if isinstance(raw, str) else str(raw)


# The column asks about PRRT: naming it again behind a degree adds nothing.
TREATMENT = r"(?:prrt|lu|lu-177|lutathera|(?:the )?(?:study )?(?:treatment|drug|therapy))"
TO_PRRT = re.compile(
    rf"(?<=related) to {TREATMENT}$|"
    rf"(?<=ble|ite|ely|bly) (?:(?:related|relationship|relation|due|attributable) )?"
    rf"(?:to |- )?{TREATMENT}(?:[- ]related)?$"
)


@Opening(
    "relatedness",
    lambda raw, context: ok("related" if raw else "unrelated", "boolean"),
    words=words_of(spellings("relatedness")),
)
def read_relatedness(text: str) -> Parsed:
    """unrelated, unlikely, possible, probable, definite, related, disease or other."""
    known = looked_up("relatedness", text) or looked_up("relatedness", TO_PRRT.sub("", text))
    return known or unknown(text)


NUMBER = r"(\d{1,3}(?:\.\d{1,6}|,\d{1,2})?)"
PACK_YEARS = re.compile(
    rf"\(?(?:with (?:a |an )?)?(?:(?:~|ca\.?|approx\.?|about) ?)?\b{NUMBER} ?"
    r"(?:p\.?y(?:s|rs)?\.?|(?:pack|pk)[ -]?(?:years?|yrs?)|packungsjahre|pa\b|"
    r"paquets?[- ]annees?)\b(?: smoking)?(?: history)?\)?"
)
PER_DAY = re.compile(
    rf"\(?\b(?:{NUMBER}|1/2) ?(?:ppd|packs?/day|packs? per day|packs? a day) ?(?:x|for|"
    rf"\*) ?{NUMBER} ?(?:y|yrs?|years?)\b\)?"
)
# When somebody stopped or began says nothing else than that.
STOPPED = re.compile(
    r"^(?:quit|stopped|stopped smoking|quit smoking|gave up|gave up smoking|"
    r"smoked until)(?: (?:at )?age \d\d| last year|"
    r" [>~<]? ?\d{1,2} ?(?:y|yrs?|years?) ago|(?: smoking)? (?:in |ca\.? ?|~ ?)?(?:19|20)\d\d)$|"
    r"(?:(?<=quit)|(?<=stopped)|(?<=stopped smoking)|(?<=quit smoking)|(?<=smoker)|(?<=ex)|"
    r"(?<=former)) ?[,(]? ?"
    r"(?:(?:quit|stopped) )?(?:in |since |ca\.? ?|~|before )?(?:\d{1,2}/)?(?:19|20)\d\d\)?$|"
    r"(?<=quit|pped) \d{1,2} (?:y|yrs?|years?) ago$|(?<=smoking) \d{1,2} (?:y|yrs?|years?) ago$"
)
# The patient, and a no that the word behind it explains.
BEFORE_SMOKING = re.compile(r"^(?:(?:the )?(?:patient|pt\.?) (?:has )?|no[,;:] (?=never))")
YES_OR_NO = {"yes", "no", "y", "n", "ja", "nein", "non", "oui", "nee", "si", "+"}


@Opening("smoking", ambiguous("yes-no-for-smoking"), words=words_of(spellings("smoking")))
def read_smoking(text: str) -> Parsed:
    """Status with pack-years as ``high``; a bare yes or no does not tell never from former."""
    if text in YES_OR_NO:
        return ambiguous("yes-no-for-smoking")
    amount, rest = _pack_years(BEFORE_SMOKING.sub("", text))
    rest = _trimmed(re.sub(r"\s*,(?:\s*,)+", ",", rest))
    if STOPPED.fullmatch(rest):
        rest = "former"
    since = None if rest in spellings("smoking") else STOPPED.search(rest)
    rest = _trimmed(STOPPED.sub("", rest)) if since else rest
    found = looked_up("smoking", rest)
    if since and found:
        # A year of stopping goes with former alone; "since 1990" also with current.
        begun = found.value == "current" and since[0].strip(" ,(").startswith("since")
        if found.value != "former" and not begun:
            return ambiguous("contradicts-itself")
    if found is None or found.status != "ok":
        return found or ambiguous("unknown-word")
    if amount is None:
        return found
    if found.value == "never":
        return ambiguous("contradicts-itself")
    if amount > 200:
        return invalid("out-of-range")
    return Parsed("ok", found.value, amount, reason="status-and-pack-years")


def _pack_years(text: str) -> tuple[float | None, str]:
    """Pack-years and what is left of the text; a second amount is left for the refusal."""
    for pattern in (PER_DAY, PACK_YEARS):
        found = pattern.search(text)
        if found and (found.start() == 0 or text[found.start() - 1] not in "-+<>~0123456789."):
            parts = [float(part.replace(",", ".")) for part in found.groups() if part]
            if pattern is PER_DAY:
                amount = round(parts[0] * parts[1] if len(parts) == 2 else parts[0] / 2, 6)
            else:
                amount = parts[0]
            return amount, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def _trimmed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" ,;:.()-")
