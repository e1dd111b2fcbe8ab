"""Finished pages moved to where they are read: each file whole, the start page last."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

# Folders that belong to the site alone: what a new site does not have is removed from them.
OWN = ("_static", "_images", "_downloads")


def place(pages: Path, reports: Path) -> list[Path]:
    """The files of the site in ``reports``, moved there from ``pages``."""
    names = sorted(
        (path.relative_to(pages) for path in pages.rglob("*") if path.is_file()), key=_order
    )
    for name in names:
        (reports / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(pages / name, reports / name)
    placed = [reports / name for name in names]
    for folder in OWN:
        for path in (reports / folder).rglob("*"):
            if path.is_file() and path not in placed:
                path.unlink()
    return placed


def _order(name: Path) -> tuple[bool, bool, str]:
    """What pages need comes before the pages, and the page that leads to all others last."""
    return (name.suffix == ".html", name.name == "index.html", str(name))


def remove(reports: Path, pages: Iterable[str]) -> None:
    """Takes the site away: its pages would show what is no longer so."""
    for name in ("index", *pages, "search"):
        (reports / f"{name}.html").unlink(missing_ok=True)
    for name in (*OWN, "trace"):
        shutil.rmtree(reports / name, ignore_errors=True)
    for name in ("searchindex.js", "sign-off-items.js"):
        (reports / name).unlink(missing_ok=True)
