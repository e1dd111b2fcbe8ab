"""Numbers without a unit: counts, scores, percent change."""

from __future__ import annotations

from functools import partial
from typing import Any

from prrt_lib.read.context import Context
from prrt_lib.read.kinds.amounts import Amount
from prrt_lib.read.kinds.measured import measured, reader, refuse_codes
from prrt_lib.read.kinds.numbers import impossible, question
from prrt_lib.read.kinds.units import squeezed
from prrt_lib.read.normal import folded
from prrt_lib.read.parsed import Parsed

# Nothing that is counted or scored here comes near it.
ZERO = ("zero", "cero")
BEYOND, BEYOND_NUMBER = 1e9, 1e15


def no_unit(column_unit: str | None, text: str) -> None:
    """None; raises Refused on a text beside the number other than the column's own unit."""
    if text and squeezed(text) != squeezed(column_unit or ""):
        raise question("text-beside-number")


@reader
def read_number(raw: Any, context: Context) -> Parsed:
    """Any number, negative ones too."""
    amount = _amount(raw, context)
    if abs(amount.low) > BEYOND_NUMBER or (amount.high or 0.0) > BEYOND_NUMBER:
        raise impossible("too-large")
    return Parsed(amount.status, amount.low, amount.high, reason=amount.reason)


@reader
def read_integer(raw: Any, context: Context) -> Parsed:
    """A whole number."""
    amount = _amount(raw, context)
    if any(end is not None and end != int(end) for end in (amount.low, amount.high)):
        raise impossible("not-whole")
    if abs(amount.low) > BEYOND or (amount.high or 0.0) > BEYOND:
        raise impossible("too-large")
    return Parsed(amount.status, amount.low, amount.high, reason=amount.reason)


def _amount(raw: Any, context: Context) -> Amount:
    if isinstance(raw, str) and folded(raw) in ZERO:
        raw = 0.0
    amount = measured(raw, context, partial(no_unit, context.column_unit), signed=True)
    refuse_codes(amount)
    if amount.status == "ok" and amount.low == 99.0:
        raise question("code-or-value")
    return amount
