"""The tables and figures of a run's pages, each with the digest of the rows beneath it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from prrt_lib.base.paths import Places
from prrt_lib.declare import results
from prrt_lib.declare.sign_off import COMPARED, digest, item_key
from prrt_lib.run.notebook_form import STORY

# Pictures and files inside a page: long, and no item is found in them.
EMBEDDED = re.compile(r'"data:[^"]*"')


@dataclass(frozen=True)
class Item:
    """One table or figure of a page."""

    key: str
    page: str
    title: str
    digest: str


@dataclass
class Found:
    """An item while its HTML is read: its rows, and its texts without a row."""

    name: str
    title: str = ""
    rows: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)


class Finder(HTMLParser):
    """Elements with ``data-item`` in a piece of HTML, with what stands in them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Found] = []
        self.inside, self.depth, self.reading = "", 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not self.inside and "data-item" in given:
            self.inside, self.depth = tag, 0
            self.found.append(Found(given["data-item"] or "", given.get("data-title") or ""))
        if not self.inside:
            return
        self.depth += tag == self.inside
        self.found[-1].rows.update((given.get("data-rows") or "").split())
        if tag in ("caption", "td", "th"):
            self.reading = tag
            self.found[-1].texts += [""] if tag != "caption" else []

    def handle_endtag(self, tag: str) -> None:
        self.reading = "" if tag in ("caption", "td", "th") else self.reading
        if self.inside == tag:
            self.depth -= 1
            self.inside = self.inside if self.depth else ""

    def handle_data(self, data: str) -> None:
        if not (self.inside and self.reading):
            return
        item = self.found[-1]
        if self.reading == "caption":
            item.title = item.title or data
        else:
            item.texts[-1] += data


def items(places: Places) -> list[Item]:
    """Every item of the executed notebooks, in the order of the pages.

    The digest is that of the result rows shown; of an item without any, of its texts.
    """
    known: dict[str, Mapping[str, Any]] = {}
    for path in sorted(places.results.glob("*.csv")):
        frame = results.read(path)[["row_id", *COMPARED]]
        known |= {row["row_id"]: row for row in frame.to_dict("records")}
    made = []
    for page in STORY:
        seen: Counter[str] = Counter()
        for found in _shown(places.reports / f"{page}.ipynb"):
            key = item_key(page, found.name, seen[found.name])
            seen[found.name] += 1
            rows = [known.get(row, {"row_id": row}) for row in found.rows]
            shown = digest(rows, () if rows else found.texts)
            made.append(Item(key, page, found.title, shown))
    return made


def _shown(notebook: Path) -> Iterator[Found]:
    """The items in the HTML that an executed notebook shows; none where there is no notebook."""
    if not notebook.exists():
        return
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            text = "".join(output.get("data", {}).get("text/html", ""))
            if "data-item=" in text:
                finder = Finder()
                finder.feed(EMBEDDED.sub('""', text))
                yield from finder.found
