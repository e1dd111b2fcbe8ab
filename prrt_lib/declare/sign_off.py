"""What a reviewer signs: the name of a table or figure, and the print of the rows beneath it."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

# Another machine may differ in the last digits; a reviewer never saw more than these.
DIGITS = 9
COMPARED = ("estimate", "low", "high", "p", "n", "total", "events", "at_risk", "state")


def item_name(kind: str, text: str) -> str:
    """The name of a table or figure within its page: "table-findings-by-rule"."""
    return f"{kind}-" + re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def item_key(page: str, name: str, times_before: int = 0) -> str:
    """The name of an item in its scenario; a name that comes again on a page is counted."""
    return f"{page}/{name}" + (f"-{times_before + 1}" if times_before else "")


def digest(rows: Iterable[Mapping[str, Any]], texts: Iterable[str] = ()) -> str:
    """SHA-256 over the row ids in order of name with their values at 9 significant digits.

    ``texts``: what the item shows without a result row behind it, in the order shown.
    """
    lines = sorted(
        "\t".join([str(row["row_id"]), *(_text(row.get(name)) for name in COMPARED)])
        for row in rows
    )
    return hashlib.sha256("\n".join([*lines, "", *texts]).encode()).hexdigest()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return ""
    # -0.0 and 0.0 are one number.
    return f"{float(value) + 0.0:.{DIGITS}g}"
