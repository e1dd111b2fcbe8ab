"""What this process has really read: columns, parameters, results; and the files it made."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KINDS = ("columns", "populations", "parameters", "results", "figures", "reports")

_seen: dict[str, set[str]] = {kind: set() for kind in KINDS}
_scopes: list[dict[str, set[str]]] = []


def record(kind: str, *names: str) -> None:
    """Notes that ``names`` were read ("columns": "table.column"); figures, reports: written."""
    for noted in (_seen, *_scopes):
        noted[kind].update(names)


@contextmanager
def scope() -> Iterator[dict[str, set[str]]]:
    """What is noted inside the block alone, by kind; the process notes it as well."""
    own: dict[str, set[str]] = {kind: set() for kind in KINDS}
    _scopes.append(own)
    try:
        yield own
    finally:
        _scopes.pop()


def snapshot() -> dict[str, list[str]]:
    """Everything noted so far, by kind, sorted."""
    return {kind: sorted(_seen[kind]) for kind in KINDS}


def clear() -> None:
    """Forgets everything; for a process that serves several notebooks."""
    for names in _seen.values():
        names.clear()


def save(folder: Path, notebook: str) -> Path:
    """The file <folder>/<notebook>.json that now holds the snapshot, written in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    half, whole = folder / f".{notebook}.json.part", folder / f"{notebook}.json"
    half.write_text(json.dumps(snapshot(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(half, whole)
    return whole
