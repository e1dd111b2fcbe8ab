"""Imaging response in the words of reports and of RECIST."""

from __future__ import annotations

import re

from prrt_lib.read.cells.notes import words_of
from prrt_lib.read.cells.parsed import Parsed, ambiguous, missing, ok
from prrt_lib.read.cells.vocabulary import Opening, looked_up, spellings, unknown

# Words around a response that leave it what it is.
AROUND = re.compile(
    r"^(?:(?:recist|irecist|mrecist|who|choi)(?: ?v?1\.[01])?[:\s]+|confirmed |radiological |"
    r"radiographic(?:ally)? |radiologically |overall |frank |rapid |clear |definite |further |"
    r"(?:best (?:overall )?response|bor)[:\s]+|(?:ct|mri|pet|pet/ct): ?)|"
    r"(?:,|;| -| with| and)? no new (?:lesions?|disease|mets|metastas[ei]s)$|"
    r"(?:\s*\(?(?:by |per |acc\.? to )?(?:recist|irecist|mrecist|who|choi)(?: ?v?1\.[01])?\)?|"
    r",? confirmed|"
    r" \(confirmed\)| (?:by|on) (?:ct|mri|pet|pet/ct|imaging)|"
    r",? (?:at|after) [0-9]{1,2} ?(?:m|mo|months?|cycles?)|"
    r",? (?:at|after|post) (?:cycle|c|prrt|dose) ?[1-9])$"
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
NEW = (
    r"new (?:(?:liver|hepatic|bone|lung|nodal|lymph node|peritoneal|osseous|brain) )?"
    r"(?:lesions?|mets|metastas[ei]s|nodes?|sites?)"
)
PLACES = r"(?:liver|bones?|lungs?|nodes?|nodal|lymph|peritoneum|primary|lesions?|mets|other|others)"
SIGN = r"(?P<sign>[+-]) ?[0-9]{1,3} ?%"
DETAIL = re.compile(
    r"(cr|pr|sd|pd|progression|progressive disease|disease progression|minor response)"
    rf"(?: ?\((?:{SIGN}|{NEW})\)| (?P<bare>[+-])[0-9]{{1,3}} ?%|"
    rf"(?: ?[,:;] ?| - | with | w/ ?| due to ){NEW}(?: in (?:the )?{PLACES})?)"
)
# A mixed response says itself that lesions differ.
DIRECTIONS = r"(?:cr|pr|sd|pd|smaller|larger|better|worse|stable|decreased?|increased?|new)"
MIXED = re.compile(
    rf"mixed(?: response)?[ ,:(-]+"
    rf"(?:(?:some |other )?{PLACES} (?:mets |lesions? )?{DIRECTIONS}"
    r"(?:(?:[,;/]| and| but)? ?|\)?$))+"
)
ABBREVIATED = re.compile(r"(.+) \((cr|pr|sd|pd|ne|ned)\)")
BEFORE = {"baseline", "baseline scan", "pre-prrt", "pre prrt", "before prrt", "staging"}


@Opening(
    "response",
    ambiguous("boolean"),
    words=words_of(spellings("response")),
    unmarked=re.compile(
        r"(?:cr|pr|sd|pd|ned|ne|stable disease|(?:partial|complete) response|progressive disease) "
    ),
    values=frozenset(spellings("response")),
)
def read_response(text: str) -> Parsed:
    """CR, PR, SD, PD, mixed, any response, NED or NE; a bare MR and any course are questions."""
    if text in BEFORE:
        return missing("baseline-scan")
    if LETTERS.match(text):
        text = text.replace(".", "")
    if MIXED.fullmatch(text):
        return ok("mixed", "known-word")
    detail = DETAIL.fullmatch(text)
    if detail:
        # The class, unless the change behind it goes the other way.
        value = spellings("response")[detail[1]]
        wrong = {"CR": "+", "PR": "+", "any response": "+", "PD": "-"}.get(value)
        sign = detail["sign"] or detail["bare"]
        if sign == wrong if sign else value != "PD":
            return ambiguous("contradicts-itself")
        return ok(value, "class-with-change")
    bare = AROUND.sub("", AROUND.sub("", text)).strip()
    known = looked_up("response", text) or looked_up("response", bare)
    if known:
        return known
    if twice := ABBREVIATED.fullmatch(bare):
        # A phrase with its own abbreviation behind it: partial response (PR).
        one, two = (looked_up("response", part) for part in twice.groups())
        if one and two:
            return one if one == two else ambiguous("contradicts-itself")
    change = CHANGE.fullmatch(text)
    if change:
        return ok("any response" if change["down"] or change["less"] else "PD", "change-in-size")
    return unknown(text)
