"""How fast a tumour grows: proliferative index (Ki-67, MIB-1) in percent, and mitotic count."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from prrt_lib.read.cells.measured import decided, known_unit, measured, reader, refuse_codes, shown
from prrt_lib.read.cells.notes import bare, harmless
from prrt_lib.read.cells.numbers import Amount, marks, one_of, plain, tidy
from prrt_lib.read.cells.parsed import Ambiguous, Context, Invalid, Parsed

NAME = r"(?:ki ?-? ?67|mib ?-? ?1)"
INDEX = r"(?: (?:prolif\.? |proliferation |labell?ing )?(?:index|li|pi|rate))?"
BOUND = "|".join(map(one_of, ("upper", "lower")))
INDEX_LABEL = re.compile(
    rf"^(?:(?:indice )?{NAME}(?: ?/ ?{NAME})?{INDEX}|proliferation rate|pi|proliferationsindex|"
    r"(?:prolif\.? |proliferation |proliferative |labell?ing )?index)"
    rf"(?: ?\({NAME}\))?(?: ?:-? ?| ?[=-] ?| is | of | at(?! (?:least|most))"
    rf" | (?=[<>~0-9(]|{BOUND})| |(?=[<>~]))"
)
AFTER = re.compile(rf" (?:\({NAME}\)|{NAME})$")

# Words, then one number with its bound and sign: what the words are is looked up.
ONE = r"(?:<=|>=|[<>~])? ?[0-9][0-9.,]* ?%?(?: ?- ?[0-9][0-9.,]* ?%)?"
BEFORE = re.compile(
    rf"(?P<note>[a-z][a-z ./-]*?)(?: ?[:=,;-] ?| )(?:(?P<value>{ONE})|\((?P<inside>{ONE})\))"
)
# "Ki-67 (liver biopsy): 5%".
SITE = re.compile(rf"^{NAME} ?\((?P<note>[a-z /-]+)\) ?[:=] ?")
STAINED = re.compile(r"^(?:\+ ?\((?P<inside>[^()]+)\)|positive \(\+\)[:,]? ?(?P<value>.+))$")
# "5% of liver" is a share of the organ; of the cells or nuclei it is the index.
SHARE_OF = re.compile(r"% (?:of|der|des|du|del) (?!.*(?:cell|zell|kern|nucle|tumou?r))")
# A verdict that its number contradicts: low above 20 % (G3), high below 3 % (G1).
VERDICTS = {
    "low": re.compile(r"\b(?:low|niedrig|gering|faible|bas|basse|bajo|baja|basso|bassa)\b"),
    "high": re.compile(r"\b(?:high|hoch|eleve|elevee|alto|alta|elevato|elevado)\b"),
    "positive": re.compile(r"\bpositi(?:ve|v|f|vo|va)\b"),
    "negative": re.compile(r"\bnegati(?:ve|v|f|vo|va)\b"),
}
# Two percentages typed without a blank, where no locale says that a comma is a decimal mark.
PERCENT_LIST = re.compile(r"[0-9],[0-9]{2}")

FROM = ("from", "aus", "von")

percent_unit = partial(known_unit, group="percent")


@reader
def read_percent_or_range(raw: Any, context: Context) -> Parsed:
    """Percent from 0 to 100; a bare number between 0 and 1 may be a fraction and is a question."""
    told = ""
    if isinstance(raw, str):
        told = plain(raw)
        if SHARE_OF.search(told):
            raise Ambiguous("share-of-what")
        site = SITE.match(told)
        raw = told[site.end() :] if site and harmless(site["note"], "percent") else told
        if stained := STAINED.fullmatch(raw):
            raw = stained["inside"] or stained["value"]
        raw = "0%" if raw == "zero" else raw
        raw = AFTER.sub("", INDEX_LABEL.sub("", bare(raw, "percent", marked=False), count=1))
        raw = _without_method(bare(raw, "percent", marked=False))
        if PERCENT_LIST.search(raw) and marks(context.locale) is None:
            raise Ambiguous("list-or-decimal")
    amount = measured(raw, context, percent_unit)
    if not isinstance(raw, str) and shown(context.number_format).percent:
        amount = Amount(amount.status, tidy(amount.low), None, "%", "percent-format")
    refuse_codes(amount)
    ends = [end for end in (amount.low, amount.high) if end is not None]
    if amount.unit is None:
        # A number without its percent sign may mean something else.
        if context.column_unit:
            decided(None, context.column_unit, "percent")
        if any(0 < end < 1 for end in ends):
            raise Ambiguous("fraction-or-percent")
        if amount.low == 99 and amount.status == "ok":
            raise Ambiguous("code-or-value")
    if _against_verdict(told, min(ends), max(ends)):
        raise Ambiguous("contradicts-itself")
    if max(ends) > 100 or (amount.status == "censored-high" and amount.low >= 100):
        raise Invalid("beyond-100-percent")
    return Parsed(amount.status, amount.low, amount.high, "%", reason=amount.reason)


def _against_verdict(text: str, low: float, high: float) -> bool:
    said = {name for name, words in VERDICTS.items() if words.search(text)}
    return (
        ("low" in said and low > 20)
        or ("high" in said and high < 3)
        or {"low", "high"} <= said
        or ("positive" in said and high == 0)
        or ("negative" in said and high > 1)
    )


def _without_method(text: str) -> str:
    """ "ihc: 15%" or "low (2%)" without the method, site or verdict before the one number."""
    found = BEFORE.fullmatch(text)
    # "from 5 %" is a bound or a beginning;
    # "tumour 70 %" may be the share of the specimen that is tumour.
    if (
        not found
        or found["note"].startswith("tumo")
        or found["note"] in FROM
        or not harmless(found["note"].replace(" to ", " "), "percent")
    ):
        return text
    return INDEX_LABEL.sub("", found["value"] or found["inside"], count=1)


MITOSES_LABEL = re.compile(
    r"(?:^mi\b|mitos[ei]s|mitotic (?:count|rate|index|figures|activity)|mitosen)(?: ?[:=] ?| - ?| )"
)
NO = (
    r"(?:no se observan|non si osservano|absence de|assenza di|pas de|sin|null|no|zero|nil|none|"
    r"absent|keine?|aucune?|ninguna?|ningun|nessuna?|geen|ing[ae]n?|cero|0)"
)
FIGURES = r"(?:mitos[ei]s|mitosen?|mitosi|mitoser|mitotic (?:figures?|activity)|figures?)"
SEEN = r"(?: (?:seen|identified|found|present|detected|observed|gesehen|nachweisbar|vue?s?))?"
NONE = re.compile(rf"{NO}(?: {FIGURES})?{SEEN}(?= ?(?:/|per |in |en |pro |par |por |for ))")
# Nothing else in the cell: zero of the area that the column declares.
NOTHING = re.compile(
    rf"{NO}(?: {FIGURES})?{SEEN}|"
    rf"(?:{FIGURES} )?(?:absent|not (?:seen|identified)|absentes?|assenti|ausentes)"
)
AREA = re.compile(
    r"(?:(?:mitos[ei]s|mitos[ei]n?|mitosi|mitoser|mits?\.?|mitotic figures?|mf)? ?"
    r"(?:/|\bper |\bpro |\bin |\ben |\bpar |\bpor |\bpour |\bfor |\bout of |:)) ?"
    r"(?P<number>[0-9]{1,3}|ten|fifty)? ?(?:(?P<hpf>hpfs?|h\.p\.f\.?|hpf's|"
    r"high[ -]power(?:ed)?[ -]fields?|cfg|cga|hgf|champs? (?:a |au |de )?(?:fort )?grossissement|"
    r"campos? de gran aumento|campi ad alto ingrandimento|hauptgesichtsfelder)"
    r"|(?P<mm2>mm\^?2|sq\.? ?mm|square mm|qmm|square millimet(?:er|re)s?))\.?"
)
SPELT_OUT = {"ten": "10", "fifty": "50"}
# Counts are whole: without a declared locale a comma may separate two of them.
COUNT_LIST = re.compile(r"[1-9],[0-9]")
BEYOND_COUNT = 500.0
Scale = tuple[str, float]
IN_BRACKETS = re.compile(r"((?:[a-z]+ )?)\(((?:/|per |in )?[0-9]{1,3} ?[a-z].*)\)")
# "2/2" may be two counts; nobody finds ten fields twice.
ECHO = re.compile(r"/ ?([1-9][0-9])")


def area(text: str) -> Scale | None:
    """Unit and divisor of the text after a count; None where it is only the word mitoses."""
    if text in ("", "mitoses", "mitosis", "mitosen", "mitotic figures"):
        return None
    bracketed = IN_BRACKETS.fullmatch(text)
    if bracketed:
        text = f"{bracketed[1]}/ {re.sub('^(?:/|per |in )', '', bracketed[2])}"
    found = AREA.fullmatch(text)
    number = SPELT_OUT.get(found["number"], found["number"]) if found else None
    if not found or not int(number or 1) or (found["hpf"] and not number):
        raise Ambiguous("unknown-area")
    if found["hpf"]:
        return "/10 HPF", int(number) / 10
    return "/2 mm2", int(number or 1) / 2


@reader
def read_mitoses(raw: Any, context: Context) -> Parsed:
    """Count per 10 HPF (50 HPF divided by 5) or per 2 mm2; without an area it is a question."""
    if isinstance(raw, str):
        told = plain(raw).strip(" .")
        if told == "no":
            raise Ambiguous("none-or-nothing")
        raw = "0" if context.column_unit and NOTHING.fullmatch(told) else raw
        raw = MITOSES_LABEL.sub("", bare(plain(raw), "mitoses", marked=False), count=1)
        raw = NONE.sub("0", raw)
        if COUNT_LIST.search(raw) and marks(context.locale) is None:
            raise Ambiguous("list-or-decimal")
    declared = None
    if context.column_unit:
        declared = plain(context.column_unit).strip("()[] ")
        declared = declared if AREA.fullmatch(declared) else f"/{declared}"
    amount = measured(raw, context, partial(_area_of_cell, declared))
    refuse_codes(amount)
    scale = amount.unit or (area(declared) if declared else None)
    if scale is None:
        raise Ambiguous("no-area")
    if amount.unit is None and amount.low == 99:
        raise Ambiguous("code-or-value")
    unit, divisor = scale
    count = amount.converted(lambda number: number / divisor)
    if count.most > BEYOND_COUNT:
        raise Invalid("beyond-any-count")
    return Parsed(count.status, count.low, count.high, unit, reason=count.reason)


def _area_of_cell(declared: str | None, text: str) -> Scale | None:
    """The area beside a count; "2/10" is spelt out where the column counts per 10 fields."""
    echo = ECHO.fullmatch(text)
    found = AREA.fullmatch(declared) if echo and declared else None
    return area(declared if found and found["number"] == echo[1] else text)
