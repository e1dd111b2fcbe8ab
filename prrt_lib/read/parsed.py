"""What a cell was read as: a value with certainty, or a refusal with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

VALUED = ("ok", "imputed-partial", "censored-low", "censored-high", "range")
REFUSED = ("ambiguous", "invalid", "missing")


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
