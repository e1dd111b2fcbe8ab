"""Administered activity in GBq."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from prrt_lib.read.cells.amounts import Amount, plain, read_amount
from prrt_lib.read.cells.measured import measured, reader, refuse_codes
from prrt_lib.read.cells.notes import bare
from prrt_lib.read.cells.numbers import impossible, question, tidy
from prrt_lib.read.cells.units import decided, declared, unit
from prrt_lib.read.context import Context
from prrt_lib.read.parsed import Parsed

# 1 Ci = 37 GBq exactly, by definition.
GBQ = {"GBq": 1.0, "MBq": 1e-3, "kBq": 1e-6, "mCi": 0.037, "Ci": 37.0,
       "uCi": 37e-6}  # fmt: skip
# No single administration reaches it: a wrong unit, whichever.
BEYOND_GBQ = 60.0
BOTH = re.compile(r"(.+?) ?(?:\((.+)\)|\[(.+)\]|(?<![<>=])= ?(?![<>])(.+)|(?:/|, ) ?(?=[0-9])(.+))")
# Both units rounded as clinics round them: 7.4 GBq and 200 mCi, 7.0 GBq and 190 mCi.
SAME = 0.01

# What stands beside an activity without changing it: route, "given", the nuclide, the cycle.
NUCLIDE = (
    r"\[?(?:lu[ -]?177|177 ?-?lu|y[ -]?90|90 ?-?y|lutathera|lutetium)\]?(?:lu|y)?"
    r"(?:[ -]?dota[ -]?(?:tate|toc))?"
)
ROUTE = r"(?:i\.?v\.?|intravenous(?:ly)?|i\.?a\.?|intra-?arterial(?:ly)?)"
BESIDE = (
    rf"(?:{NUCLIDE}|{ROUTE}|given|administered|infused|injected|"
    r"(?:over|in|within) [0-9]{1,3} ?min(?:utes|s)?)"
)
BEFORE = re.compile(
    rf"^(?:(?:prrt|cycle|c|#) ?[1-9][0-9]?(?: ?[:=-] ?| )(?=.*[a-z]))?"
    rf"(?:(?:administered )?(?:activity|dose|dosis)(?: ?[:=] ?| )|{BESIDE}(?: ?[:,] ?| - ?| ))?"
)
BEHIND = re.compile(rf"(?:,? \(?{BESIDE}\)?){{1,2}}\.?$")
UNIT_FIRST = re.compile(r"^([gmk]bq|mci) ?([0-9.,]+)$")

activity_unit = partial(unit, group="activity")


@reader
def read_activity(raw: Any, context: Context) -> Parsed:
    """GBq, from the unit of the cell, else of the column."""
    first = None
    if isinstance(raw, str):
        raw = BEFORE.sub("", bare(plain(raw), "activity", marked=False), count=1)
        raw = UNIT_FIRST.sub(r"\2 \1", BEHIND.sub("", raw))
        first = _in_two_units(raw, context)
    amount = first or measured(raw, context, activity_unit)
    refuse_codes(amount)
    factor = GBQ[decided(amount.unit, context.column_unit, "activity")]
    low = tidy(amount.low * factor)
    high = None if amount.high is None else tidy(amount.high * factor)
    if amount.low == 0:
        raise impossible("no-activity")
    if max(low, high or 0.0) > BEYOND_GBQ:
        raise question("beyond-any-administration")
    return Parsed(amount.status, low, high, "GBq", reason=amount.reason)


def _in_two_units(raw: str, context: Context) -> Amount | None:
    """The first of two spellings of one activity; None where the cell is not of that form."""
    found = BOTH.fullmatch(plain(raw))
    if found is None:
        return None
    second = next(part for part in found.groups()[1:] if part)
    if not re.search(r"[0-9]", second):
        return None
    one, two = (read_amount(text, context.locale, activity_unit) for text in (found[1], second))
    first = one.unit or declared(context.column_unit, "activity")
    if {one.status, two.status} != {"ok"} or first == two.unit or not (first and two.unit):
        raise question("several-values")
    ours, theirs = one.low * GBQ[first], two.low * GBQ[two.unit]
    if abs(ours - theirs) > SAME * ours:
        raise question("two-units-disagree")
    return one
