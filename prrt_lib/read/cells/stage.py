"""Stage as reported: a Roman numeral with its letter. TNM alone gives a stage only with M1."""

from __future__ import annotations

import re

from prrt_lib.read.cells.opening import Opening
from prrt_lib.read.cells.vocabulary import unknown
from prrt_lib.read.parsed import Parsed, ambiguous, missing, ok

PART = r"[\s,/-]*"
TNM = re.compile(
    r"\bany t,? ?any n,? ?m ?(?P<any>1[a-c]?)\b|"
    rf"\b[pcyra]*t ?(?:[0-4][a-d]?|x|is)(?:\(m\))?{PART}[pcyra]*n ?(?:[0-3][a-c]?|x){PART}"
    r"[pcyra]*m ?(?P<m>[01][a-c]?|x)\b|"
    r"(?<![a-z0-9])[pc]?m ?(?P<only>1[a-c]?)\b"
)
SYSTEM = re.compile(
    r"\b(?:per |by |acc\.? to )?(?:ajcc|uicc|enets|tnm)(?:\b|(?=[678]))"
    r"(?:[\s/,]*(?:v|ed(?:ition)?\.?)? ?[678](?:th)?\b"
    r"(?: ed(?:ition|\.)?)?)?(?: 20[012][0-9])?"
)
WORD = re.compile(
    r"\b(?:(?:clin(?:ical|\.)?|path(?:ologic(?:al)?|\.)?|overall|anatomic(?:al)?)\s+)?[pc]?"
    r"(?:stage|stadium|stade|estadio|stadio|stg\b|st\b)(?: ?group(?:ing)?\b)?[\s.:_-]*"
)
SITE = (
    r"(?:liver|hep|hepatic|bone|nodal|nodes?|lymph|peritoneal|lung|distant|mets|metastas[ei]s|"
    r"metastatic|only|and|with)\b"
)
SITES = re.compile(rf"(?:[(,:-]| -|(?<=iv)) ?{SITE}(?:[ ,]+{SITE})*\)?")
FAR = re.compile(r"liver|hep|bone|peritoneal|lung|distant|mets|metasta")
GROUP = re.compile(
    r"[\s,;:()-]*(?P<roman>iv|i{1,3}|[1-4]|one|two|three|four)"
    r"(?:[\s.-]?\(?(?P<letter>[abc])\)?)?[\s,;:()/-]*"
)
ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV", "one": "I", "two": "II", "three": "III",
         "four": "IV"}  # fmt: skip
UNSTAGED = {"not staged", "unstaged", "x", "not stageable", "stage x", "stage unknown",
            "unknown stage"}  # fmt: skip


@Opening(
    "stage",
    numbers={one: ROMAN[one] for one in "1234"},
    number_reasons=("stage", "no-such-stage"),
    words=frozenset({"stadium", "estadio", "stadio"}),
    unmarked=re.compile(rf"{WORD.pattern}|i"),
)
def read_stage(text: str) -> Parsed:
    """I to IV with a letter where there is one; with a codebook, the codebook's meaning."""
    if text in UNSTAGED:
        return missing("not-staged")
    tnm = TNM.search(text)
    rest = WORD.sub(" ", SYSTEM.sub(" ", TNM.sub(" ", text, count=1)))
    group = SITES.sub(" ", rest)
    if not group.strip(" ,;:()-/"):
        return _of_tnm(tnm) if tnm else unknown(text)
    found = GROUP.fullmatch(group)
    if found is None:
        return unknown(text)
    stage = ROMAN.get(found["roman"], found["roman"].upper())
    spread = SITES.search(rest) and FAR.search(rest)
    if (tnm and not _agree(stage, tnm)) or (spread and stage != "IV"):
        return ambiguous("contradicts-itself")
    return ok(stage + (found["letter"] or "").upper(), "stage")


def _of_tnm(tnm: re.Match) -> Parsed:
    distant = (tnm["m"] or tnm["only"] or tnm["any"])[0] == "1"
    return ok("IV", "m1-is-stage-iv") if distant else ambiguous("tnm-is-no-stage")


def _agree(stage: str, tnm: re.Match) -> bool:
    """Whether the M of a TNM and the stage say the same: M1 is IV, M0 is not; X says nothing."""
    spread = (tnm["m"] or tnm["only"] or tnm["any"])[0]
    return spread == "x" or (spread == "1") == (stage == "IV")
