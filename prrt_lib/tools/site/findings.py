"""The page of questions about the workbook: by rule, then every one with its cell."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from prrt_lib.base.paths import Places
from prrt_lib.tools.site.markup import raw, table

HEADER = ("cell", "sheet", "patient", "column", "rule", "severity", "what was found",
          "how to resolve", "state")  # fmt: skip
COUNTED = ("rule", "severity", "questions", "open", "how to resolve")


def findings_page(places: Places) -> str:
    """Markdown of the page; a message holds no text of a cell."""
    found = rows(places.processed / "findings.csv")
    intro = (
        "# Questions about the workbook\n\n"
        "Every cell or record that could not be used as it stands, with where it is and how to "
        "resolve it. What each rule asks stands on the page of [rules](rules.md). A message never "
        "repeats what a cell says.\n\n"
    )
    if not found:
        return intro + "The workbook raised no question.\n"
    return (
        f"{intro}## By rule\n\n{raw(table('Questions by rule', COUNTED, counted(found)))}\n"
        f"## One by one\n\n{raw(table('Every question', HEADER, map(line, found)))}"
    )


def rows(path: Path) -> list[dict[str, str]]:
    """Lines of findings.csv; none where there is no such file."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def counted(found: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """Rule, severity, number, how many are open, what to do; the most frequent first."""
    number = Counter((item["rule"], item["severity"]) for item in found)
    waiting = Counter((i["rule"], i["severity"]) for i in found if i["state"] == "open")
    # What a column adds to its rule's advice stands behind "Here:".
    todo = {
        (item["rule"], item["severity"]): item["how_to_resolve"].split(" Here: ")[0]
        for item in reversed(found)
    }
    return [(*key, str(count), str(waiting[key]), todo[key]) for key, count in number.most_common()]


def line(item: dict[str, str]) -> tuple[str, ...]:
    """One question as a line of the table."""
    return (item["cell"], item["sheet"], item["record"], item["column"], item["rule"],
            item["severity"], item["message"], item["how_to_resolve"], item["state"])  # fmt: skip
