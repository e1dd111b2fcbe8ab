"""Counts and scores, age, administered activity, laboratory values: one number with its unit."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from prrt_lib.read.cells.measured import (
    CASE_DECIDES,
    decided,
    declared,
    known_unit,
    measured,
    reader,
    refuse_codes,
    shown,
    squeezed,
)
from prrt_lib.read.cells.notes import bare
from prrt_lib.read.cells.numbers import Amount, numeral, plain, read_amount, tidy
from prrt_lib.read.cells.parsed import Ambiguous, Context, Invalid, Parsed
from prrt_lib.read.cells.text import folded, normal

ZERO = ("zero", "cero")
# None was counted, or nothing was abstracted.
NONE = re.compile(
    r"(?:none|nil|no|kein|keine|keiner|aucune?|ningun[oa]?|nessun[oa]?|geen)(?: [a-z]+)?"
)
# "change: -30%": the label goes; "minus 30" may be a dash spelt out and asks.
CHANGE = re.compile(r"^(?:change|size|δ|delta)(?: ?[:=] ?| (?=[+-][0-9]))")
SIGN = re.compile(r"(?:-|minus|plus) (?!0)(?=[0-9])")
NO_CHANGE = re.compile(r"(?:\+/-|±) ?(?=0 ?%?$)")
COUNT = re.compile(r"(?:cycles?|zyklus|zyklen|c) ?(?=[1-9]$)")
# Nothing that is counted or scored here comes near it.
BEYOND_COUNT, BEYOND_NUMBER = 1e9, 1e15


def no_unit(column_unit: str | None, text: str) -> None:
    """None; raises Refused on a text beside the number other than the column's own unit."""
    if text and squeezed(text) != squeezed(column_unit or ""):
        raise Ambiguous("text-beside-number")


@reader
def read_number(raw: Any, context: Context) -> Parsed:
    """Any number, negative ones too. In a column of percent a number below 1 may be a fraction."""
    told = raw
    if isinstance(raw, str):
        told = NO_CHANGE.sub("", CHANGE.sub("", plain(raw)))
        if SIGN.match(told):
            raise Ambiguous("dash-or-minus")
    amount = _amount(told, context, BEYOND_NUMBER)
    plain_cell = not isinstance(raw, str) and not shown(context.number_format).percent
    if plain_cell and context.column_unit == "%" and 0 < abs(amount.low) < 1:
        raise Ambiguous("fraction-or-percent")
    return Parsed(amount.status, amount.low, amount.high, reason=amount.reason)


@reader
def read_integer(raw: Any, context: Context) -> Parsed:
    """A whole number."""
    told = COUNT.sub("", folded(raw)) if isinstance(raw, str) else raw
    amount = _amount(told, context, BEYOND_COUNT)
    if any(end is not None and end != int(end) for end in (amount.low, amount.high)):
        raise Invalid("not-whole")
    return Parsed(amount.status, amount.low, amount.high, reason=amount.reason)


def _amount(raw: Any, context: Context, most: float) -> Amount:
    if isinstance(raw, str) and folded(raw) in ZERO:
        raw = 0.0
    elif isinstance(raw, str) and NONE.fullmatch(folded(raw)):
        raise Ambiguous("none-or-nothing")
    amount = measured(raw, context, partial(no_unit, context.column_unit), signed=True)
    refuse_codes(amount)
    if amount.status == "ok" and amount.low == 99.0:
        raise Ambiguous("code-or-value")
    if abs(amount.low) > most or (amount.high or 0.0) > most:
        raise Invalid("too-large")
    return amount


AGE_LABEL = re.compile(
    r"^(?:(?:dx |diagnosis )?aged?|alter)(?: (?:at|bei) (?:dx|diagnosis|diagnose|ed))?"
    r"(?: ?[:=] ?| - ?| )"
)
TWO_PARTS = re.compile(
    r"([0-9]{1,3}) ?(y|yo|yrs?|years?|jahre?|j\.?|ans?|anos?|anni|anno|jaar|ar)"
    r"(?:,? (?:and |und |et |y |e |en |och |og )?|,)?([0-9]{1,2}) ?([a-z]+)\.?"
)
TWELFTHS = re.compile(r"([0-9]{1,3})(?: ?y(?:rs?|ears)?)? ([0-9]{1,2})/12(?: ?y(?:rs?|ears)?)?")
HALF = re.compile(r"([0-9]{1,3}) 1[/⁄]2(?: ?y(?:rs?|ears)?)?")
# The sex beside an age. A lone m may be months.
SEX = re.compile(
    r"^(?:m|f|male|female) ?(?=[0-9]{1,3}(?: ?y.*)?$)|(?<=[0-9]) ?(?:f|female|male|woman|man)$"
    r"|(?<=yo|ld|rs|/o|o\.) ?(?:m|f|male|female|woman|man|gentleman|lady)$"
)
OLDEST = 120.0


def age_unit(text: str) -> str | None:
    """Years or months; a lone m may also be the sex and is a question."""
    if text == "m":
        raise Ambiguous("months-or-male")
    return known_unit(text, "years")


@reader
def read_age(raw: Any, context: Context) -> Parsed:
    """Years, from years, months or both; 99 without its unit may be a code and is a question."""
    if isinstance(raw, str):
        raw = AGE_LABEL.sub("", bare(plain(raw), "age", marked=False), count=1)
        raw = SEX.sub("", raw)
        months = _with_months(raw)
        if months is not None:
            return _checked(Amount("ok", months, None, "y", "years-and-months"), 1.0)
    amount = measured(raw, context, age_unit)
    refuse_codes(amount)
    if amount.unit is None and amount.status == "ok" and amount.low in (0.0, 99.0):
        raise Ambiguous("code-or-value")
    chosen = amount.unit or (context.column_unit and decided(None, context.column_unit, "years"))
    return _checked(amount, 12.0 if chosen == "m" else 1.0)


def _with_months(text: str) -> float | None:
    """Years of "62 y 6 m"; None where the text is of another form."""
    for pattern in (TWO_PARTS, TWELFTHS):
        found = pattern.fullmatch(text)
        if found:
            years, months = numeral(found[1]), numeral(found[3 if found.re is TWO_PARTS else 2])
            if found.re is TWO_PARTS and found[4] != "m" and age_unit(found[4]) != "m":
                raise Ambiguous("unknown-unit")
            if months >= 12:
                raise Ambiguous("twelve-months-or-more")
            return tidy(years + months / 12)
    found = HALF.fullmatch(text)
    return numeral(found[1]) + 0.5 if found else None


def _checked(amount: Amount, divisor: float) -> Parsed:
    age = amount.converted(lambda number: number / divisor)
    if age.most > OLDEST:
        raise Invalid("older-than-anyone")
    return Parsed(age.status, age.low, age.high, reason=age.reason)


# 1 Ci = 37 GBq exactly, by definition.
GBQ = {"GBq": 1.0, "MBq": 1e-3, "kBq": 1e-6, "mCi": 0.037, "Ci": 37.0,
       "uCi": 37e-6}  # fmt: skip
# No single administration reaches it: a wrong unit, whichever.
BEYOND_GBQ = 60.0
IN_TWO_UNITS = re.compile(
    r"(.+?) ?(?:\((.+)\)|\[(.+)\]|(?<![<>=])= ?(?![<>])(.+)|(?:/|, ) ?(?=[0-9])(.+))"
)
# Both units rounded as clinics round them: 7.4 GBq and 200 mCi, 7.0 GBq and 190 mCi.
SAME_ACTIVITY = 0.01

# What stands beside an activity without changing it: route, "given", the nuclide, the cycle.
NUCLIDE = (
    r"\[?(?:lu[ -]?177|177 ?-?lu|y[ -]?90|90 ?-?y|lutathera|lutetium)\]?(?:lu|y)?"
    r"(?:[ -]?dota[ -]?(?:tate|toc))?"
)
ROUTE = r"(?:i\.?v\.?|intravenous(?:ly)?|i\.?a\.?|intra-?arterial(?:ly)?)"
BESIDE_ACTIVITY = (
    rf"(?:{NUCLIDE}|{ROUTE}|given|administered|infused|injected|"
    r"(?:over|in|within) [0-9]{1,3} ?min(?:utes|s)?)"
)
BEFORE_ACTIVITY = re.compile(
    rf"^(?:(?:prrt|cycle|c|#) ?[1-9][0-9]?(?: ?[:=-] ?| )(?=.*[a-z]))?"
    rf"(?:(?:administered )?(?:activity|dose|dosis)(?: ?[:=] ?| )|"
    rf"{BESIDE_ACTIVITY}(?: ?[:,] ?| - ?| ))?"
)
BEHIND_ACTIVITY = re.compile(rf"(?:,? \(?{BESIDE_ACTIVITY}\)?){{1,2}}\.?$")
GBQ_FIRST = re.compile(r"^([gmk]bq|mci) ?([0-9.,]+)$")

activity_unit = partial(known_unit, group="activity")


@reader
def read_activity(raw: Any, context: Context) -> Parsed:
    """GBq, from the unit of the cell, else of the column."""
    first = None
    if isinstance(raw, str):
        raw = BEFORE_ACTIVITY.sub("", bare(plain(raw), "activity", marked=False), count=1)
        raw = GBQ_FIRST.sub(r"\2 \1", BEHIND_ACTIVITY.sub("", raw))
        first = _in_two_units(raw, context)
    amount = first or measured(raw, context, activity_unit)
    refuse_codes(amount)
    factor = GBQ[decided(amount.unit, context.column_unit, "activity")]
    given = amount.converted(lambda number: number * factor)
    if amount.low == 0:
        raise Invalid("no-activity")
    if given.most > BEYOND_GBQ:
        raise Ambiguous("beyond-any-administration")
    return Parsed(given.status, given.low, given.high, "GBq", reason=given.reason)


def _in_two_units(raw: str, context: Context) -> Amount | None:
    """The first of two spellings of one activity; None where the cell is not of that form."""
    found = IN_TWO_UNITS.fullmatch(plain(raw))
    if found is None:
        return None
    second = next(part for part in found.groups()[1:] if part)
    if not re.search(r"[0-9]", second):
        return None
    one, two = (read_amount(text, context.locale, activity_unit) for text in (found[1], second))
    first = one.unit or declared(context.column_unit, "activity")
    if {one.status, two.status} != {"ok"} or first == two.unit or not (first and two.unit):
        raise Ambiguous("several-values")
    ours, theirs = one.low * GBQ[first], two.low * GBQ[two.unit]
    if abs(ours - theirs) > SAME_ACTIVITY * ours:
        raise Ambiguous("two-units-disagree")
    return one


# The laboratory's own mark for above or below its reference range.
FLAG = re.compile(r" ?(?:\((?:h|l|hh|ll|high|low|elevated)\)|[↑↓])$|(?<=[0-9l%]) h$")
FLAG_INSIDE = re.compile(r" \((?:h|l|hh|ll|high|low)\) (?=[a-z])")
LAB_UNIT_FIRST = re.compile(r"^([a-z]{1,4}/[a-z]{1,2}) ?([0-9.,]+)$")
FLAG_FIRST = re.compile(r"^(?:h|↑) ?(?=[0-9])")
# The analyte's name, and the reference range or fasting state that the laboratory prints behind.
ANALYTE = re.compile(r"^(?:cga|chromogranin[ -]a|pancreastatin)(?: ?[:=] ?| ?- ?(?=[0-9])| )")
PRINTED = re.compile(
    r" ?[(\[](?:fasting|fasted|(?:ref(?:erence)?\.?|normal|nl|uln|n)(?: range)?:? ?"
    r"(?:<|<=|up to )?[0-9.]+(?: ?- ?[0-9.]+)?(?: [a-z]+/[a-z]+)?)[)\]]$"
)
# "125+": 125 or more, or 125 and above the reference range.
RAISED = re.compile(r"[0-9][0-9.,]* ?\+")
# A verdict before the value that it is about.
VERDICT = re.compile(
    r"^(?:elevated|raised|high|low|normal|erhoht|hoch|normwertig|eleve|haut|normale?|alto|elevado|"
    r"elevato)(?:[,:] ?| \(?)(?:(?<=\()([^()]+)\)|(?<!\()([0-9].*))$"
)
BEYOND_ASSAY = 1e9

lab_unit = partial(known_unit, group="lab")


@reader
def read_lab_value(raw: Any, context: Context) -> Parsed:
    """The value as written with its unit, from the cell, else from the column."""
    if isinstance(raw, str):
        if CASE_DECIDES.search(normal(raw)):
            raise Ambiguous("unit-differs-by-case")
        if RAISED.fullmatch(plain(raw)):
            raise Ambiguous("bound-or-flag")
        raw = VERDICT.sub(r"\1\2", bare(plain(raw), "lab_value", marked=False))
        raw = FLAG.sub("", PRINTED.sub("", ANALYTE.sub("", FLAG_FIRST.sub("", raw))))
        raw = FLAG_INSIDE.sub(" ", bare(raw, "lab_value", marked=False))
        raw = LAB_UNIT_FIRST.sub(r"\2 \1", raw)
    amount = measured(raw, context, lab_unit)
    if amount.unit is None and amount.status == "ok" and amount.low in (999.0, 9999.0, 99999.0):
        raise Ambiguous("code-or-value")
    if amount.most > BEYOND_ASSAY:
        raise Ambiguous("beyond-any-assay")
    if context.column_unit and CASE_DECIDES.search(normal(context.column_unit)):
        raise Ambiguous("unit-differs-by-case")
    shown_percent = amount.unit == "%" and not isinstance(raw, str) and context.column_unit
    if shown_percent and decided(None, context.column_unit, "lab") != "%":
        raise Ambiguous("number-format")
    chosen = decided(amount.unit, context.column_unit, "lab")
    return Parsed(amount.status, amount.low, amount.high, chosen, reason=amount.reason)
