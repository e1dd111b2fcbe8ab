"""Reporting checklists: what each item asks, the page that answers it, and by which rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.yaml_files import load_words

SOURCE = Path(__file__).with_name("checklists.yaml")
AUTHORS = "authors"


@cache
def checklists() -> Mapping[str, Mapping[str, Any]]:
    """Name -> title and items (item, asks, page, where, rows)."""
    return load_words(SOURCE)
