"""One entry to all kinds of cell."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from typing import Any

from prrt_lib.read.context import context as declared
from prrt_lib.read.parsed import Parsed, ambiguous, invalid, missing

# Kind -> module of prrt_lib.read.cells whose `read_<kind>(raw, context) -> Parsed` reads it.
KINDS = {
    "date": "dates", "partial_date": "dates",
    "activity": "activity", "percent_or_range": "percent", "mitoses": "mitoses",
    "lab_value": "lab", "age": "age", "integer": "plain_numbers", "number": "plain_numbers",
    "yes_no": "words", "sex": "words", "category": "words", "id": "words", "text": "words",
    "isotope": "isotope", "response": "response", "relatedness": "relatedness",
    "ctcae_grade": "ctcae", "grade": "grade", "stage": "stage", "smoking": "smoking",
}  # fmt: skip
CELLS = (str, bool, int, float, dt.datetime, dt.date, dt.time, dt.timedelta)
# A cell of Excel holds 32,767 characters; what a clinic types as a value holds far fewer.
LONGEST = 300


def parse(kind: str, raw: Any, **context: Any) -> Parsed:
    """What the raw cell is read as under its declared kind and context.

    Raises ValueError on an unknown kind or context name; never on any raw value.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; allowed: {sorted(KINDS)}")
    facts = declared(**context)
    if type(raw) not in CELLS:
        raw = plain_cell(raw)
        if raw is None:
            return missing()
        if not isinstance(raw, CELLS):
            return invalid("not-a-cell")
    if type(raw) is str and len(raw) > LONGEST and kind != "text":
        return invalid("too-long")
    found = _reader(kind)(raw, facts)
    if found.value is not None and type(raw) is str and "\n" in raw.strip() and kind != "text":
        return ambiguous("several-lines")
    return found


def plain_cell(raw: Any) -> Any:
    """The Python value of a numpy or pandas scalar; None for their empty ones; else ``raw``."""
    if raw is None or type(raw).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(raw, dt.datetime):
        return raw.to_pydatetime(warn=False) if hasattr(raw, "to_pydatetime") else raw
    if type(raw).__module__ == "numpy" and getattr(raw, "ndim", None) == 0:
        return _of_numpy(raw)
    return raw


def _of_numpy(raw: Any) -> Any:
    if getattr(raw, "dtype", None) is not None and raw.dtype.kind == "M":
        plain = raw.astype("datetime64[us]").item()
        return plain if plain is None or isinstance(plain, dt.date) else raw
    try:
        plain = raw.item()
    except (TypeError, ValueError, OverflowError):
        return raw
    return float(plain) if raw.dtype.kind == "f" else plain


def _reader(kind: str):
    found = _readers.get(kind)
    if found is None:
        module = import_module(f"prrt_lib.read.cells.{KINDS[kind]}")
        found = _readers[kind] = getattr(module, f"read_{kind}")
    return found


_readers: dict[str, Any] = {}
