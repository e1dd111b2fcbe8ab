"""The manifest of a run: what went in, what came out, and which stages are still fresh."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import Places
from prrt_lib.edges.keys import file_digest


def read(places: Places) -> dict[str, Any]:
    """The manifest of the last run; empty when there is none that can be read."""
    try:
        return json.loads((places.processed / "manifest.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def write(places: Places, manifest: Mapping[str, Any]) -> None:
    """The manifest on disk, replaced in one step."""
    write_text(
        places.processed / "manifest.json",
        json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n",
    )


def write_text(path: Path, text: str) -> None:
    """``text`` at ``path``, replaced in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    half.write_text(text, encoding="utf-8")
    os.replace(half, path)


def outputs(root: Path, files: Iterable[Path]) -> dict[str, str]:
    """Path below ``root`` -> SHA-256, for every file that a stage wrote."""
    return {str(path.relative_to(root)): file_digest(path) for path in sorted(files)}


def workbooks(books: Iterable[tuple[Path, Path]]) -> list[dict[str, dict[str, str]]]:
    """Name and SHA-256 of every workbook of a run and of its profile, the first workbook first."""
    return [
        {"workbook": {"name": book.name, "sha256": file_digest(book)},
         "profile": {"name": profile.stem, "sha256": file_digest(profile)}}
        for book, profile in books
    ]  # fmt: skip


def intact(root: Path, recorded: Mapping[str, str]) -> bool:
    """Whether every recorded output is still there, byte for byte."""
    return bool(recorded) and all(
        file_digest(root / name) == expected for name, expected in recorded.items()
    )


PACKAGES = ("lifelines", "matplotlib", "numpy", "pandas", "papermill", "scipy", "statsmodels")


def versions() -> dict[str, str]:
    """Versions that a run uses, by name."""
    import platform
    from importlib.metadata import version

    known = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    return dict(sorted(known.items()))
