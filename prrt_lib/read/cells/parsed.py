"""What a read cell is: a value with certainty, or a refusal with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.yaml_files import load_words

FOLDER = Path(__file__).parent
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


class Refused(Exception):
    """The same refusals, raised out of the depth of a grammar with their reason."""

    status = ""

    @property
    def parsed(self) -> Parsed:
        return Parsed(self.status, reason=self.args[0])


class Missing(Refused):
    status = "missing"


class Ambiguous(Refused):
    status = "ambiguous"


class Invalid(Refused):
    status = "invalid"


# Facts of a column that may say one of few things only.
CHOICES = {"date_order": ("MDY", "DMY"), "epoch": (1900, 1904), "role": ("birth", "treatment")}


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


@dataclass(frozen=True, slots=True)
class Reason:
    """``means`` is a sentence on the cell; ``resolve`` is empty where nothing is to be done."""

    means: str
    resolve: str = ""


@cache
def reasons() -> Mapping[str, Reason]:
    """Reason id -> what it means and how to resolve it."""
    return {name: Reason(**parts) for name, parts in load_words(FOLDER / "reasons.yaml").items()}
