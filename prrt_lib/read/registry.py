"""One entry to all kinds of cell."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from prrt_lib.read.context import context as declared
from prrt_lib.read.parsed import Parsed, missing

# Kind -> module of prrt_lib.read.kinds whose `read_<kind>(raw, context) -> Parsed` reads it.
KINDS = {
    "date": "dates", "partial_date": "dates",
    "activity": "activity", "percent_or_range": "percent", "mitoses": "mitoses",
    "lab_value": "lab", "age": "age", "integer": "plain_numbers", "number": "plain_numbers",
    "yes_no": "words", "sex": "words", "category": "words", "id": "words", "text": "words",
    "isotope": "isotope", "response": "response", "relatedness": "relatedness",
    "ctcae_grade": "ctcae", "grade": "grade", "stage": "stage", "smoking": "smoking",
}  # fmt: skip


def parse(kind: str, raw: Any, **context: Any) -> Parsed:
    """What the raw cell is read as under its declared kind and context.

    Raises ValueError on an unknown kind or context name; never on any raw value.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; allowed: {sorted(KINDS)}")
    facts = declared(**context)
    if raw is None:
        return missing()
    return _reader(kind)(raw, facts)


def _reader(kind: str):
    found = _readers.get(kind)
    if found is None:
        module = import_module(f"prrt_lib.read.kinds.{KINDS[kind]}")
        found = _readers[kind] = getattr(module, f"read_{kind}")
    return found


_readers: dict[str, Any] = {}
