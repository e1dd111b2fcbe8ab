"""docs/benchmarks.md: one page, of which every benchmark writes its own part."""

from __future__ import annotations

import re
from pathlib import Path

MARK = "<!-- Made by `make bench`: {} -->\n"
ORDER = ("speed", "reading", "truth")


def put(path: Path, part: str, text: str) -> None:
    """Replaces one part of the page; the others stay as they are."""
    parts = _parts(path.read_text(encoding="utf-8")) if path.exists() else {}
    parts[part] = text.strip() + "\n"
    told = [MARK.format(name) + parts[name] for name in ORDER if name in parts]
    path.write_text("\n".join(told), encoding="utf-8")


def _parts(text: str) -> dict[str, str]:
    pieces = re.split(re.escape(MARK).replace(r"\{\}", "([a-z]+)"), text)
    return dict(zip(pieces[1::2], (piece.strip() + "\n" for piece in pieces[2::2]), strict=True))
