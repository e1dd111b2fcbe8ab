"""What a raw cell is parsed to: a value with certainty, or a refusal with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.yaml_files import load_words

REASONS = Path(__file__).with_name("reasons.yaml")
# Each is read by `read_<kind>(raw, context) -> Parsed` of a module of prrt_lib.read.cells.
KINDS = (
    "date", "partial_date", "activity", "percent_or_range", "mitoses", "lab_value", "age",
    "integer", "number", "yes_no", "sex", "category", "id", "text", "isotope", "response",
    "relatedness", "ctcae_grade", "grade", "stage", "smoking",
)  # fmt: skip
CELLS = (str, bool, int, float, dt.datetime, dt.date, dt.time, dt.timedelta)
# A cell of Excel holds 32,767 characters; what a clinic types as a value holds far fewer.
LONGEST = 300
VALUED = ("ok", "imputed-partial", "censored-low", "censored-high", "range")
REFUSED = ("ambiguous", "invalid", "missing")
# Facts of a column that may say one of few things only.
CHOICES = {"date_order": ("MDY", "DMY"), "epoch": (1900, 1904), "role": ("birth", "treatment")}


@dataclass(frozen=True, slots=True, repr=False)
class Parsed:
    """A read cell. ``value`` and ``high`` are None wherever ``status`` is a refusal.

    Dates and categories are str, quantities float; ``precision`` is "day", "month", "year" or
    None; ``unit`` is None where there is none; ``reason`` is the id of the rule that decided.
    """

    status: str
    value: Any = None
    high: Any = None
    unit: str | None = None
    precision: str | None = None
    reason: str = ""

    def __repr__(self) -> str:
        ends = [f"{end}" for end in (self.value, self.high) if end is not None]
        words = [" to ".join(ends), self.unit, f"({self.status}: {self.reason})"]
        return " ".join(word for word in words if word)


def ok(value: Any, reason: str = "as-written", **parts: Any) -> Parsed:
    """A value with certainty."""
    return Parsed("ok", value, reason=reason, **parts)


def missing(reason: str = "blank") -> Parsed:
    """Nothing was abstracted, or the cell says so."""
    return Parsed("missing", reason=reason)


def ambiguous(reason: str) -> Parsed:
    """More than one reading is possible."""
    return Parsed("ambiguous", reason=reason)


def invalid(reason: str) -> Parsed:
    """No reading is possible, or the value cannot be."""
    return Parsed("invalid", reason=reason)


@dataclass(frozen=True, slots=True)
class Context:
    """Declared facts of a column; None or empty where nothing was declared."""

    cutoff: str | None = None
    date_order: str | None = None
    epoch: int | None = None
    role: str | None = None
    column_unit: str | None = None
    number_format: str | None = None
    locale: str | None = None
    codebook: Mapping[str, str] | None = None
    zero_unknown: bool = False

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in allowed:
                raise ValueError(f"context {name}={value!r}; allowed: {allowed}")


EMPTY = Context()
FACTS = tuple(field.name for field in fields(Context))


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


@dataclass(frozen=True, slots=True)
class Reason:
    """``means`` is a sentence on the cell; ``resolve`` is empty where nothing is to be done."""

    means: str
    resolve: str = ""


@cache
def reasons() -> Mapping[str, Reason]:
    """Reason id -> what it means and how to resolve it."""
    return {name: Reason(**parts) for name, parts in load_words(REASONS).items()}
