"""Proliferative index (Ki-67, MIB-1) in percent."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from prrt_lib.read.cells.amounts import Amount, one_of, plain
from prrt_lib.read.cells.measured import measured, reader, refuse_codes
from prrt_lib.read.cells.notes import bare, harmless
from prrt_lib.read.cells.number_formats import shown
from prrt_lib.read.cells.numbers import impossible, marks, question, tidy
from prrt_lib.read.cells.units import decided, unit
from prrt_lib.read.context import Context
from prrt_lib.read.parsed import Parsed

NAME = r"(?:ki ?-? ?67|mib ?-? ?1)"
INDEX = r"(?: (?:prolif\.? |proliferation |labell?ing )?(?:index|li|pi|rate))?"
BOUND = "|".join(map(one_of, ("upper", "lower")))
LABEL = re.compile(
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
LIST = re.compile(r"[0-9],[0-9]{2}")

FROM = ("from", "aus", "von")

percent_unit = partial(unit, group="percent")


@reader
def read_percent_or_range(raw: Any, context: Context) -> Parsed:
    """Percent from 0 to 100; a bare number between 0 and 1 may be a fraction and is a question."""
    told = ""
    if isinstance(raw, str):
        told = plain(raw)
        if SHARE_OF.search(told):
            raise question("share-of-what")
        raw = _named(told)
        raw = AFTER.sub("", LABEL.sub("", bare(raw, "percent", marked=False), count=1))
        raw = _without_method(bare(raw, "percent", marked=False))
        if LIST.search(raw) and marks(context.locale) is None:
            raise question("list-or-decimal")
    amount = measured(raw, context, percent_unit)
    if _formatted_percent(raw, amount, context):
        amount = Amount(amount.status, tidy(amount.low), None, "%", "percent-format")
    refuse_codes(amount)
    ends = [end for end in (amount.low, amount.high) if end is not None]
    _bare(amount, ends, context.column_unit)
    if _against_verdict(told, min(ends), max(ends)):
        raise question("contradicts-itself")
    if max(ends) > 100 or (amount.status == "censored-high" and amount.low >= 100):
        raise impossible("beyond-100-percent")
    return Parsed(amount.status, amount.low, amount.high, "%", reason=amount.reason)


def _named(text: str) -> str:
    """``text`` without the name of the index where more than the number stands beside it."""
    site = SITE.match(text)
    if site and harmless(site["note"], "percent"):
        text = text[site.end() :]
    stained = STAINED.fullmatch(text)
    text = (stained["inside"] or stained["value"]) if stained else text
    return "0%" if text == "zero" else text


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
    return LABEL.sub("", found["value"] or found["inside"], count=1)


def _formatted_percent(raw: Any, amount: Amount, context: Context) -> bool:
    return not isinstance(raw, str) and shown(context.number_format).percent


def _bare(amount: Amount, ends: list[float], column_unit: str | None) -> None:
    """Raises Refused where a number without its percent sign may mean something else."""
    if amount.unit is not None:
        return
    if column_unit:
        decided(None, column_unit, "percent")
    if any(0 < end < 1 for end in ends):
        raise question("fraction-or-percent")
    if amount.low == 99 and amount.status == "ok":
        raise question("code-or-value")
