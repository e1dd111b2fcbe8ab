"""The manifest of a run: what went in, what came out, and which stages are still fresh."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import Places, write_text
from prrt_lib.run.keys import file_digest


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
    return bool(recorded) and next(altered(root, recorded), None) is None


def altered(root: Path, recorded: Mapping[str, str]) -> Iterator[str]:
    """Recorded outputs that are gone or are not as they were written."""
    return (name for name, expected in recorded.items() if file_digest(root / name) != expected)


# Used without being imported by name: pandas' files, and the kernels that notebooks run in.
UNNAMED = ("ipykernel", "pyarrow")


def versions(modules: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of the packages that ``modules`` belong to, by name."""
    import platform
    from importlib.metadata import packages_distributions, version

    owners = packages_distributions()
    names = {name for module in (*modules, *UNNAMED) for name in owners.get(module, ())}
    known = {"python": platform.python_version(), **{name: version(name) for name in names}}
    return dict(sorted(known.items()))


def commit(project: Path) -> dict[str, str]:
    """``commit`` of the code and its ``tree``: clean, or changed since; both unknown without git.

    Only what git tracks of ``project`` counts: a copy inside another repository is unknown.
    """
    unknown = {"commit": "unknown", "tree": "unknown"}
    if not _git(project, "ls-files", "prrt_lib/__init__.py"):
        return unknown
    name, changes = _git(project, "rev-parse", "HEAD"), _git(project, "status", "--porcelain", ".")
    if not name or changes is None:
        return unknown
    return {"commit": name, "tree": "changed" if changes else "clean"}


def _git(project: Path, *command: str) -> str | None:
    """What git says; None when it is not there or refuses. It takes no lock of the repository."""
    import subprocess

    try:
        done = subprocess.run(
            ["git", "-C", str(project), *command], capture_output=True, text=True, timeout=20,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
