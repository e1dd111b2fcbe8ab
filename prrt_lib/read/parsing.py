"""One raw cell under its kind and the facts of its column -> :class:`Parsed`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from prrt_lib.read.cells.parsed import (
    EMPTY,
    FACTS,
    REFUSED,
    VALUED,
    Context,
    Parsed,
    ambiguous,
    invalid,
    missing,
    reasons,
)

__all__ = ["KINDS", "REFUSED", "VALUED", "Context", "Parsed", "parse", "reasons"]

# Each is read by `read_<kind>(raw, context) -> Parsed` of a module of prrt_lib.read.cells.
KINDS = (
    "date", "partial_date", "activity", "percent_or_range", "mitoses", "lab_value", "age",
    "integer", "number", "yes_no", "sex", "category", "id", "text", "isotope", "response",
    "relatedness", "ctcae_grade", "grade", "stage", "smoking",
)  # fmt: skip
CELLS = (str, bool, int, float, dt.datetime, dt.date, dt.time, dt.timedelta)
# A cell of Excel holds 32,767 characters; what a clinic types as a value holds far fewer.
LONGEST = 300


def parse(kind: str, raw: Any, **context: Any) -> Parsed:
    """What the raw cell is read as under its declared kind and context.

    Raises ValueError on an unknown kind or context name; never on any raw value.
    """
    readers = _readers()
    if kind not in readers:
        raise ValueError(f"unknown kind {kind!r}; allowed: {sorted(KINDS)}")
    if unknown := sorted(set(context).difference(FACTS)):
        raise ValueError(f"unknown context {unknown}; allowed: {list(FACTS)}")
    facts = Context(**context) if context else EMPTY
    if type(raw) not in CELLS:
        raw = plain_cell(raw)
        if raw is None:
            return missing()
        if not isinstance(raw, CELLS):
            return invalid("not-a-cell")
    if type(raw) is str and len(raw) > LONGEST and kind != "text":
        return invalid("too-long")
    found = readers[kind](raw, facts)
    if found.value is not None and type(raw) is str and "\n" in raw.strip() and kind != "text":
        return ambiguous("several-lines")
    return found


def plain_cell(raw: Any) -> Any:
    """The Python value of a numpy or pandas scalar; None for their empty ones; else ``raw``."""
    if raw is None or type(raw).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(raw, dt.datetime):
        return raw.to_pydatetime(warn=False) if hasattr(raw, "to_pydatetime") else raw
    if type(raw).__module__ != "numpy" or getattr(raw, "ndim", None) != 0:
        return raw
    try:
        if raw.dtype.kind == "M":
            plain = raw.astype("datetime64[us]").item()
            return plain if plain is None or isinstance(plain, dt.date) else raw
        return float(raw.item()) if raw.dtype.kind == "f" else raw.item()
    except (TypeError, ValueError, OverflowError):
        return raw


@cache
def _readers() -> Mapping[str, Callable[[Any, Context], Parsed]]:
    """Kind -> what reads its cells; imported with the first cell, because it takes a second."""
    from prrt_lib.read.cells import (
        dates,
        grades,
        isotope,
        proliferation,
        quantities,
        response,
        words,
    )

    families = (dates, grades, isotope, proliferation, quantities, response, words)
    found = {name: one for family in families for name, one in vars(family).items()}
    return {kind: found[f"read_{kind}"] for kind in KINDS}
