"""What this process has really read: columns, parameters, results; and the figures it drew."""

from __future__ import annotations

KINDS = ("columns", "parameters", "results", "figures")

_seen: dict[str, set[str]] = {kind: set() for kind in KINDS}


def record(kind: str, *names: str) -> None:
    """Notes that ``names`` were read ("columns": "table.column") or, for figures, written."""
    _seen[kind].update(names)


def snapshot() -> dict[str, list[str]]:
    """Everything noted so far, by kind, sorted."""
    return {kind: sorted(_seen[kind]) for kind in KINDS}
