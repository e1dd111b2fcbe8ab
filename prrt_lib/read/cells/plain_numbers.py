"""Numbers without a unit: counts, scores, percent change."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from prrt_lib.read.cells.amounts import Amount, plain
from prrt_lib.read.cells.measured import measured, reader, refuse_codes
from prrt_lib.read.cells.number_formats import shown
from prrt_lib.read.cells.numbers import impossible, question
from prrt_lib.read.cells.text import folded
from prrt_lib.read.cells.units import squeezed
from prrt_lib.read.context import Context
from prrt_lib.read.parsed import Parsed

# Nothing that is counted or scored here comes near it.
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
BEYOND, BEYOND_NUMBER = 1e9, 1e15


def no_unit(column_unit: str | None, text: str) -> None:
    """None; raises Refused on a text beside the number other than the column's own unit."""
    if text and squeezed(text) != squeezed(column_unit or ""):
        raise question("text-beside-number")


@reader
def read_number(raw: Any, context: Context) -> Parsed:
    """Any number, negative ones too. In a column of percent a number below 1 may be a fraction."""
    told = _change(raw) if isinstance(raw, str) else raw
    amount = _amount(told, context)
    plain_cell = not isinstance(raw, str) and not shown(context.number_format).percent
    if plain_cell and context.column_unit == "%" and 0 < abs(amount.low) < 1:
        raise question("fraction-or-percent")
    if abs(amount.low) > BEYOND_NUMBER or (amount.high or 0.0) > BEYOND_NUMBER:
        raise impossible("too-large")
    return Parsed(amount.status, amount.low, amount.high, reason=amount.reason)


@reader
def read_integer(raw: Any, context: Context) -> Parsed:
    """A whole number."""
    amount = _amount(COUNT.sub("", folded(raw)) if isinstance(raw, str) else raw, context)
    if any(end is not None and end != int(end) for end in (amount.low, amount.high)):
        raise impossible("not-whole")
    if abs(amount.low) > BEYOND or (amount.high or 0.0) > BEYOND:
        raise impossible("too-large")
    return Parsed(amount.status, amount.low, amount.high, reason=amount.reason)


def _change(raw: str) -> str:
    """A change in percent with its sign before the number."""
    text = NO_CHANGE.sub("", CHANGE.sub("", plain(raw)))
    if SIGN.match(text):
        raise question("dash-or-minus")
    return text


def _amount(raw: Any, context: Context) -> Amount:
    if isinstance(raw, str) and folded(raw) in ZERO:
        raw = 0.0
    elif isinstance(raw, str) and NONE.fullmatch(folded(raw)):
        raise question("none-or-nothing")
    amount = measured(raw, context, partial(no_unit, context.column_unit), signed=True)
    refuse_codes(amount)
    if amount.status == "ok" and amount.low == 99.0:
        raise question("code-or-value")
    return amount
