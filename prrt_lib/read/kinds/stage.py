"""Stage as reported: a Roman numeral with its letter. TNM alone gives a stage only with M1."""

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

TNM = (
    r"[pcyra]*t ?(?:[0-4][a-d]?|x|is)(?:\(m\))?[\s,]*[pcyra]*n ?(?:[0-3][a-c]?|"
    r"x)[\s,]*[pcyra]*m ?(?P<m>[01][a-c]?|x)"
)
TNM_ALONE = re.compile(rf"{TNM}|[pc]?m ?(?P<only>1[a-c]?)")
SITES = (
    r"(?:liver|hepatic|bone|nodal|node|nodes|lymph nodes|peritoneal|lung|mets|metastases|"
    r"metastatic|only|and|with|,|\s)+"
)
STAGE = re.compile(
    r"(?:(?:ajcc|uicc|enets|tnm)(?: ?(?:v|ed(?:ition)?\.?)? ?[678](?:th)?(?: ed(?:ition|\.)?)?)?"
    r"[\s:,]*)?"
    r"(?:(?:clinical|pathological|overall) )?(?:(?:stage|stadium|stade|estadio|stadio|stg|"
    r"st)[\s.:-]*)?"
    r"(?P<roman>iv|i{1,3}|[1-4])[\s-]?(?P<letter>[abc])?"
    rf"(?:\s*\((?:{TNM}|{SITES})\)|\s*[-,:] ?{SITES})?"
)
ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}
UNSTAGED = {"not staged", "unstaged", "x", "not stageable", "stage x", "stage unknown"}


def read_stage(raw: Any, context: Context) -> Parsed:
    """I to IV with a letter where there is one; with a codebook, the codebook's meaning."""
    if isinstance(raw, bool):
        return invalid("boolean")
    refused = settled(raw, context)
    if refused:
        return refused
    through = through_codebook(raw, context, lambda text: read_stage(text, EMPTY))
    if through:
        return through
    number = number_of(raw)
    if number is not None:
        whole = number in (1.0, 2.0, 3.0, 4.0)
        return missing_number(raw) or (
            ok(ROMAN[str(int(number))], "stage") if whole else invalid("no-such-stage")
        )
    text = as_text(raw)
    return missing("not-staged") if text in UNSTAGED else _words(text)


def _words(text: str) -> Parsed:
    found = STAGE.fullmatch(text)
    if found:
        stage = ROMAN.get(found["roman"], found["roman"].upper())
        spread = found["m"]
        if spread and (spread[0] == "1") != (stage == "IV"):
            return ambiguous("contradicts-itself")
        return ok(stage + (found["letter"] or "").upper(), "stage")
    tnm = TNM_ALONE.fullmatch(text)
    if tnm:
        distant = (tnm["m"] or tnm["only"] or "")[:1] == "1"
        return ok("IV", "m1-is-stage-iv") if distant else ambiguous("tnm-is-no-stage")
    return unknown(text)
