"""Tumour grade as a report states it, stage from words or TNM, CTCAE grade of an adverse event."""

from __future__ import annotations

import re

from prrt_lib.read.cells.notes import words_of
from prrt_lib.read.cells.parsed import Parsed, ambiguous, missing, ok
from prrt_lib.read.cells.text import ROMAN
from prrt_lib.read.cells.vocabulary import Opening, looked_up, spellings, unknown

TOKEN = re.compile(
    r"(?P<system>\b(?:who|enets|ajcc)(?:/enets)?(?![a-z])(?: grade(?= 20))?"
    r"(?:[ -]?(?P<year>20(?:00|10|17|19|22)))?)|"
    r"(?P<nec>\b(?:(?:small|large)[ -]cell )?(?:poorly[ -]diff(?:erentiated|\.)? )?"
    r"(?:high[ -]grade )?"
    r"(?:nec\b|neuroendocrine carcinoma\b)|\bscnec\b|\blcnec\b|\bpd-?nec\b|"
    r"\bneuroendokrines karzinom\b|\bcarcinome neuroendocrine\b|"
    r"\bcarcinoma neuroendocrino\b|\bneuroendocrien carcinoom\b|\bneuroendokrin cancer\b|"
    r"\bsmall[ -]cell(?: carcinoma)?\b|"
    r"\blarge[ -]cell(?: carcinoma)?\b)|"
    r"(?P<net>\b(?:p|si|gep|pan)?-?nets?(?=g[123]\b)|(?:\b|(?<=\bwd))(?:p|si|gep|pan)?-?nets?\b|"
    r"\bneuroendocrine tumou?r\b|\b(?:histolog(?:ic(?:al)?|y) |tumou?r )(?=grade))|"
    r"(?P<well>\bwd\b-?|\bwd-?(?=nets?\b)|\bwell[ -]?diff(?:erentiated|\b\.?)|"
    r"\bgut differenziert\b|\bbien differencie\b)|"
    r"(?P<moderate>\bmod(?:erately|\.)?[ -]?diff(?:erentiated|\b\.?))|"
    r"(?P<poor>\bpoor(?:ly)?[ -]?diff(?:erentiated|\b\.?)|\bschlecht differenziert\b|"
    r"\bundifferentiated\b)|"
    r"(?P<low>\blow(?:[ -]grade)?\b)|(?P<middle>\bintermed(?:iate|\.)?(?:[ -]grade)?\b)|"
    r"(?P<high>\bhigh(?:[ -]grade)?\b)|"
    r"(?P<ki67>\(?\b(?:ki[ -]?67|mib[ -]?1)(?: index| li)?(?: - |[ :=]*)(?P<index>[<>~]?=? ?"
    r"\d{1,2}(?:[.,]\d+)?(?:-\d{1,2})?) ?%\)?)|"
    r"(?P<mitoses>\bmitos[ei]s [<>]?\d{1,2}(?:-\d{1,2})? ?(?:/|per) ?(?:10 ?hpf|2 ?mm\^?2)\b)|"
    r"(?P<grade>(?:\b(?:grade|graad|grado|grad|gr|g)[ .:_-]*)?(?<![\d.,/])(?:\b|(?<=_))"
    r"(?P<value>[123]|i{1,3})\b(?![\d.,]*\d|[ ]?[%/]))|"
    r"(?P<stuck>(?:\b|(?<=net)|(?<=nets))(?:g|gr|grad|grade)\.?(?P<digit>[123]|i{1,3})\b)"
)
# "Grade 1/low grade": number and word of one grade, or of two that contradict each other.
GRADE_WITH_WORD = re.compile(r"(?<=[123])/(?=low|intermed|ki|mib)|\bw/ ?")
SPELT = re.compile(r"(?<=grade )(?:one|two|three)\b")
SPELT_OUT = {"one": "1", "two": "2", "three": "3"}
LONG_WORDS = (
    "differentiated", "neuroendocrine", "carcinoma", "intermediate", "poorly", "moderately",
)  # fmt: skip
# Where the specimen is from.
NOTE = re.compile(
    r" \((?:liver|lung|node|core|needle|primary)?(?: ?(?:biopsy|met|resection|histology|path))?\)$"
)
DOT = re.compile(r"\bg\. ?(?=[123]\b)")
NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
BETWEEN = re.compile(r"[\s,;:().-]*")
UNGRADED = {"gx", "g x", "not graded", "ungraded", "cannot be assessed", "grade x", "not gradable"}


@Opening(
    "grade",
    numbers={one: one for one in "123"},
    number_reasons=("grade", "no-such-grade"),
    words=frozenset(LONG_WORDS),
    unmarked=re.compile(r"(?:grade|g|gr|net|who) ?"),
)
def read_grade(text: str) -> Parsed:
    """ "1", "2", "3" or "NEC". High grade alone may be G3 or NEC and is a question."""
    text = DOT.sub("g", NOTE.sub("", text))
    text = GRADE_WITH_WORD.sub(" ", text)
    text = SPELT.sub(lambda found: SPELT_OUT[found[0]], text)
    if text in UNGRADED:
        return missing("not-graded")
    # Known words, and nothing else, must fill the whole cell.
    tokens: dict[str, list[str]] = {}
    years = set()
    for match in TOKEN.finditer(text):
        name = "grade" if match.lastgroup in ("stuck", "digit", "value") else match.lastgroup
        if name == "year":
            name = "system"
        years.add(match["year"])
        tokens.setdefault(name, []).append(
            match["value"] or match["digit"] or match["index"] or match[0]
        )
    if text.endswith(("-", "+")) or not tokens or not BETWEEN.fullmatch(TOKEN.sub(" ", text)):
        return unknown(text)
    values = {str(ROMAN.get(value, value)) for value in tokens.get("grade", [])}
    for index in tokens.get("ki67", ()):
        # The Ki-67 beside a grade asks for a higher one (WHO 2022: G2 from 3 %, G3 above 20 %).
        # A grade above its index may stand on the mitoses.
        number = NUMBER.match(index)
        least = float(number[0].replace(",", ".")) if number else 0.0
        if ("1" in values and least >= 3) or ("2" in values and least > 20):
            return ambiguous("contradicts-itself")
    if len(tokens.get("grade", [])) > 1:
        return ambiguous("several-grades")
    return _decided(set(tokens), next(iter(values), None), years)


def _decided(said: set[str], value: str | None, years: set) -> Parsed:
    """The grade that all the words of a cell leave, or the question between two of them."""
    if "nec" in said:
        clash = {"well", "moderate", "low", "middle", "net"} & said or value in ("1", "2")
        return ambiguous("contradicts-itself") if clash else ok("NEC", "carcinoma")
    if "poor" in said:
        return (
            ok("NEC", "poorly-differentiated")
            if said <= {"poor", "high", "ki67", "mitoses"}
            else ambiguous("g3-or-nec")
        )
    if value is None:
        # Low is G1 and intermediate G2; high may be G3 or NEC; well differentiated may be any.
        meant = said & {"low", "middle", "high"}
        if meant in ({"low"}, {"middle"}):
            return ok("1" if meant == {"low"} else "2", "grade-word")
        return ambiguous("g3-or-nec" if meant == {"high"} else "no-grade")
    if value == "3" and years & {"2000", "2010"}:
        return ambiguous("g3-or-nec")
    meant = {"low": "1", "middle": "2", "moderate": "2", "high": "3"}
    clash = any(meant.get(word, value) != value for word in said)
    return ambiguous("contradicts-itself") if clash else ok(value, "grade")


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
STAGE_WORD = re.compile(
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
STAGES = {"1": "I", "2": "II", "3": "III", "4": "IV", "one": "I", "two": "II", "three": "III",
         "four": "IV"}  # fmt: skip
UNSTAGED = {"not staged", "unstaged", "x", "not stageable", "stage x", "stage unknown",
            "unknown stage"}  # fmt: skip


@Opening(
    "stage",
    numbers={one: STAGES[one] for one in "1234"},
    number_reasons=("stage", "no-such-stage"),
    words=frozenset({"stadium", "estadio", "stadio"}),
    unmarked=re.compile(rf"{STAGE_WORD.pattern}|i"),
)
def read_stage(text: str) -> Parsed:
    """I to IV with a letter where there is one; with a codebook, the codebook's meaning."""
    if text in UNSTAGED:
        return missing("not-staged")
    tnm = TNM.search(text)
    rest = STAGE_WORD.sub(" ", SYSTEM.sub(" ", TNM.sub(" ", text, count=1)))
    group = SITES.sub(" ", rest)
    if not group.strip(" ,;:()-/"):
        if tnm is None:
            return unknown(text)
        return ok("IV", "m1-is-stage-iv") if _m(tnm) == "1" else ambiguous("tnm-is-no-stage")
    found = GROUP.fullmatch(group)
    if found is None:
        return unknown(text)
    stage = STAGES.get(found["roman"], found["roman"].upper())
    spread = SITES.search(rest) and FAR.search(rest)
    # M1 is stage IV, M0 is not; MX says nothing.
    against = tnm and _m(tnm) != "x" and (_m(tnm) == "1") != (stage == "IV")
    if against or (spread and stage != "IV"):
        return ambiguous("contradicts-itself")
    return ok(stage + (found["letter"] or "").upper(), "stage")


def _m(tnm: re.Match) -> str:
    """The M of a TNM: 0, 1 or x."""
    return (tnm["m"] or tnm["only"] or tnm["any"])[0]


CTCAE_GRADE = re.compile(
    r"(?:(?:max(?:imum|\.)?|worst|highest|nci)[\s:]*)?"
    r"(?:(?:nci[ -])?(?:ctcae|ctc)\s*(?:v(?:ersion)?\.?\s*\d(?:\.\d+)?|\d\.\d+)?[\s:,]*)?"
    r"(?:(?:toxicity )?(?:grade|graad|grado|grad|gr|g)[\s.:-]*|°)?"
    r"([1-5]|i{1,3}|iv|v)°?"
)
SEVERAL = re.compile(r"(?<![v0-9.])[1-5](?![0-9.]).*(?<![v0-9.])[1-5](?![0-9])")
CTCAE_SPELT_OUT = re.compile(r"^(?:ctcae )?grade (?=[a-z])")

# The grade and the word that CTCAE gives it: "3 (severe)", "severe (3)", "3 - severe".
CTCAE_WORD = r"(mild|moderate|severe|life[- ]threatening|fatal|death)"
CTCAE_WITH_WORD = re.compile(
    rf"(?:grade |gr\.? ?|g)?([1-5])(?: ?[-:,=] ?| ?\(){CTCAE_WORD}\)?|"
    rf"{CTCAE_WORD}(?: ?[-:,=] ?| ?\()(?:grade |gr\.? ?|g)?([1-5])\)?"
)
VERSION = re.compile(r" \((?:nci[ -])?ctc(?:ae)?(?: v?[345](?:\.[0-9]{1,2})?)?\)$")


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
    pair = CTCAE_WITH_WORD.fullmatch(text)
    if pair:
        number, word = pair[1] or pair[4], pair[2] or pair[3]
        agree = spellings("ctcae_grade")[word] == number
        return ok(number, "grade") if agree else ambiguous("contradicts-itself")
    found = CTCAE_GRADE.fullmatch(text)
    if found:
        return ok(str(ROMAN.get(found[1], found[1])), "grade")
    known = looked_up("ctcae_grade", CTCAE_SPELT_OUT.sub("", text))
    return known or (ambiguous("several-grades") if SEVERAL.search(text) else unknown(text))
