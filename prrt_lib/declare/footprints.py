"""What each result row was computed from: noted while it is computed, saved beside the rows."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.declare import arguments, reads

KINDS = ("columns", "populations", "parameters")
Content = dict[str, list[str]]

# Footprint id -> content, and result row -> footprint id, of this process.
_contents: dict[str, Content] = {}
_rows: dict[str, str] = {}
# Per traced call that is under way: the rows of the calls inside it.
_inner: list[dict[str, str]] = []


def traced(analysis: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    """``analysis`` with checked arguments; each result row it returns is noted with what was read.

    A row belongs to the innermost traced call that returned it, so a traced function reads all
    its data from the study itself. Result rows given as arguments hand on what they came from.
    """

    @functools.wraps(analysis)
    def call(*args: Any, **named: Any) -> pd.DataFrame:
        arguments.check(analysis, args, named)
        _inner.append({})
        try:
            with reads.scope() as noted:
                rows = analysis(*args, **named)
        finally:
            inner = _inner.pop()
        contents = [noted, *(_contents[one] for one in _given([*args, *named.values()]))]
        own = _kept(contents)
        (_inner[-1] if _inner else _rows).update(
            {row: inner.get(row, own) for row in rows["row_id"]}
        )
        return rows

    return call


def _given(arguments: Iterable[Any]) -> set[str]:
    """Footprints of the result rows among ``arguments``."""
    frames = [item for item in arguments if isinstance(item, pd.DataFrame) and "row_id" in item]
    known = [*_inner, _rows]
    return {rows[row] for frame in frames for row in frame["row_id"]
            for rows in known if row in rows}  # fmt: skip


def _kept(contents: Iterable[Content]) -> str:
    """Id of the union of ``contents``, which is remembered."""
    found = list(contents)
    union = {kind: sorted({name for one in found for name in one[kind]}) for kind in KINDS}
    key = hashlib.sha256(json.dumps(union, sort_keys=True).encode()).hexdigest()[:12]
    _contents[key] = union
    return key


def clear() -> None:
    """Forgets everything; for a process that serves several notebooks."""
    _contents.clear()
    _rows.clear()


def save(folder: Path, notebook: str, rows: Iterable[str]) -> Path:
    """The file <folder>/<notebook>.json with the footprint of each of ``rows``.

    A row that no traced call returned counts as made from all that the process has read.
    """
    everything = _kept([reads.snapshot()])
    found = {row: _rows.get(row, everything) for row in rows}
    used = {key: _contents[key] for key in sorted(set(found.values()))}
    folder.mkdir(parents=True, exist_ok=True)
    half, whole = folder / f".{notebook}.json.part", folder / f"{notebook}.json"
    half.write_text(json.dumps({"footprints": used, "rows": found}, indent=0) + "\n", "utf-8")
    os.replace(half, whole)
    return whole


def load(folder: Path) -> tuple[dict[str, Content], dict[str, str]]:
    """Footprint id -> content and row id -> footprint id, of all notebooks of ``folder``."""
    contents: dict[str, Content] = {}
    rows: dict[str, str] = {}
    for file in sorted(folder.glob("*.json")):
        one = json.loads(file.read_text("utf-8"))
        contents.update(one["footprints"])
        rows.update(one["rows"])
    return contents, rows
