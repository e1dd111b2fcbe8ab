"""Vector files of the figures beside the pages: each once, linked beneath its picture."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

FOLDER = "_downloads"
# The link to the values that every figure has; the vector file has the same name.
VALUES = re.compile(r'<a download="([A-Za-z0-9_]+)\.csv" href="data:[^"]*">[^<]*</a>')


def add(pages: Path, figures: Path) -> None:
    """Links in ``pages`` to the PDF of each figure that has one in ``figures``, copied there."""
    for page in sorted(pages.glob("*.html")):
        text = page.read_text(encoding="utf-8")
        linked = VALUES.sub(lambda found: found[0] + _link(found[1], pages, figures), text)
        if linked != text:
            page.write_text(linked, encoding="utf-8")


def _link(name: str, pages: Path, figures: Path) -> str:
    source, target = figures / f"{name}.pdf", pages / FOLDER / f"{name}.pdf"
    if not source.exists():
        return ""
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, target)
    return f'<a download href="{FOLDER}/{name}.pdf">Vector figure (PDF)</a>'
