"""What is declared about a cell's column: used when given, never invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

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


NAMES = tuple(field.name for field in fields(Context))
EMPTY = Context()


def context(**given) -> Context:
    """A Context; raises ValueError on a name that is not one."""
    unknown = sorted(set(given) - set(NAMES))
    if unknown:
        raise ValueError(f"unknown context {unknown}; allowed: {list(NAMES)}")
    return Context(**given) if given else EMPTY
