"""One spelling of a read value that reads back as the same value."""

from __future__ import annotations

import re
from collections.abc import Callable

from prrt_lib.read.parsing import VALUED, Parsed

BOUND = {"ok": "", "censored-low": "<", "censored-high": ">"}
# Three decimals after at most three digits could be a thousands group: one zero more cannot.
LIKE_THOUSANDS = re.compile(r"^(-?[1-9][0-9]{0,2}\.[0-9]{3})(?![0-9])")


def write_value(kind: str, parsed: Parsed) -> str:
    """Text that the kind reads as the same status, value, high and unit without any context.

    An interval that the cut-off clipped needs that cut-off again. Raises ValueError on a question
    or an invalid cell: they have no value to write.
    """
    if parsed.status == "missing":
        return ""
    if parsed.status not in VALUED:
        raise ValueError(f"status {parsed.status!r} has no value to write")
    return WRITERS.get(kind, _word)(parsed)


def number(value: float) -> str:
    """A number without thousands marks that no locale reads otherwise."""
    text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
    return LIKE_THOUSANDS.sub(r"\g<1>0", text)


def _quantity(unit: str | None) -> Callable[[Parsed], str]:
    """A writer for amounts with this unit, or with the parsed one where it is None."""

    def write(parsed: Parsed) -> str:
        beside = (parsed.unit or "") if unit is None else unit
        gap = " " if beside else ""
        if parsed.status == "range":
            return f"{number(parsed.value)}-{number(parsed.high)}{gap}{beside}"
        return f"{BOUND[parsed.status]}{number(parsed.value)}{gap}{beside}"

    return write


def _date(parsed: Parsed) -> str:
    return parsed.value[: {"day": 10, "month": 7, "year": 4}[parsed.precision]]


def _word(parsed: Parsed) -> str:
    return str(parsed.value)


def _smoking(parsed: Parsed) -> str:
    beside = "" if parsed.high is None else f", {number(parsed.high)} pack-years"
    return f"{parsed.value}{beside}"


WRITERS: dict[str, Callable[[Parsed], str]] = {
    "date": _date, "partial_date": _date,
    "activity": _quantity(None), "percent_or_range": _quantity(None), "mitoses": _quantity(None),
    "lab_value": _quantity(None), "age": _quantity("y"),
    "integer": _quantity(""), "number": _quantity(""), "smoking": _smoking,
}  # fmt: skip
