"""Every reason that a read cell may carry, with its meaning and how to resolve a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prrt_lib.declare.yaml_files import load_words

FILE = Path(__file__).with_name("reasons.yaml")


@dataclass(frozen=True, slots=True)
class Reason:
    """``means`` is a sentence on the cell; ``resolve`` is empty where nothing is to be done."""

    means: str
    resolve: str = ""


@cache
def reasons() -> Mapping[str, Reason]:
    """Reason id -> what it means and how to resolve it."""
    return {name: Reason(**parts) for name, parts in load_words(FILE).items()}
