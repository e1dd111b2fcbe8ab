"""Pages of docs/ as the site takes them: links and pictures that lead nowhere become text."""

from __future__ import annotations

import re
from pathlib import Path

from prrt_lib.tools.site import contents

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
TITLE = re.compile(r"^# .*$", re.MULTILINE)
HEADING = re.compile(r"^(#+ )", re.MULTILINE)
PICTURES = (".png", ".svg")


def reference_pages(target: Path) -> list[str]:
    """Writes the reference pages with their pictures to ``target``; their names."""
    names = contents.reference()
    for name in names:
        text = one_title((contents.DOCS / f"{name}.md").read_text(encoding="utf-8"))
        (target / f"{name}.md").write_text(LINK.sub(_local(target), text), encoding="utf-8")
    return names


def one_title(text: str) -> str:
    """``text`` with one title: where there are several, the later headings go down a level."""
    titles = [found.start() for found in TITLE.finditer(text)]
    rest = titles[1] if len(titles) > 1 else len(text)
    return text[:rest] + HEADING.sub(r"#\1", text[rest:])


def _local(target: Path):
    def changed(link: re.Match) -> str:
        picture, text, place = link.groups()
        source = contents.DOCS / place
        if picture and place.endswith(PICTURES) and source.is_file() and "/" not in place:
            (target / place).write_bytes(source.read_bytes())
            return link[0]
        page = place.split("#")[0].removesuffix(".md")
        kept = place.startswith("#") or (page in contents.reference() and not picture)
        return link[0] if kept else text

    return changed
