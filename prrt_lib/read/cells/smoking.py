"""Smoking: never, former or current, and pack-years where the cell has them."""

from __future__ import annotations

import re

from prrt_lib.read.cells.opening import Opening
from prrt_lib.read.cells.respelt import words_of
from prrt_lib.read.cells.vocabulary import looked_up, spellings
from prrt_lib.read.parsed import Parsed, ambiguous, invalid

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
SINCE = re.compile(
    r"^(?:quit|stopped|stopped smoking|quit smoking|gave up|gave up smoking|"
    r"smoked until)(?: (?:at )?age \d\d| last year|"
    r" [>~<]? ?\d{1,2} ?(?:y|yrs?|years?) ago|(?: smoking)? (?:in |ca\.? ?|~ ?)?(?:19|20)\d\d)$|"
    r"(?:(?<=quit)|(?<=stopped)|(?<=stopped smoking)|(?<=quit smoking)|(?<=smoker)|(?<=ex)|"
    r"(?<=former)) ?[,(]? ?"
    r"(?:(?:quit|stopped) )?(?:in |since |ca\.? ?|~|before )?(?:\d{1,2}/)?(?:19|20)\d\d\)?$|"
    r"(?<=quit|pped) \d{1,2} (?:y|yrs?|years?) ago$|(?<=smoking) \d{1,2} (?:y|yrs?|years?) ago$"
)
# The patient, and a no that the word behind it explains.
BEFORE = re.compile(r"^(?:(?:the )?(?:patient|pt\.?) (?:has )?|no[,;:] (?=never))")
BARE = {"yes", "no", "y", "n", "ja", "nein", "non", "oui", "nee", "si", "+"}


@Opening("smoking", ambiguous("yes-no-for-smoking"), words=words_of(spellings("smoking")))
def read_smoking(text: str) -> Parsed:
    """Status with pack-years as ``high``; a bare yes or no does not tell never from former."""
    return ambiguous("yes-no-for-smoking") if text in BARE else _status(BEFORE.sub("", text))


def _status(text: str) -> Parsed:
    amount, rest = _pack_years(text)
    rest = _trimmed(re.sub(r"\s*,(?:\s*,)+", ",", rest))
    if SINCE.fullmatch(rest):
        rest = "former"
    since = None if rest in spellings("smoking") else SINCE.search(rest)
    rest = _trimmed(SINCE.sub("", rest)) if since else rest
    found = looked_up("smoking", rest)
    if since and found and not _year_fits(since[0], found.value):
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


def _year_fits(text: str, status: str | None) -> bool:
    """A year of stopping goes with former alone; "since 1990" also with current."""
    return status == "former" or (status == "current" and text.strip(" ,(").startswith("since"))


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
