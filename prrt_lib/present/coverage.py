"""What the report answers: clauses of the registry entry and items of reporting checklists."""

from __future__ import annotations

import pandas as pd

from prrt_lib.declare.checklists import AUTHORS, checklists
from prrt_lib.declare.clauses import clauses, matching, rows_of
from prrt_lib.present.tables import Cell, Table

ANSWERED, NOT_ABSTRACTED, OPEN = "answered", "not abstracted", "no result row"


def registry(rows: pd.DataFrame) -> Table:
    """Each clause of the registry entry: where it is answered, and whether it could be."""
    body = []
    for name, item in clauses().items():
        found = rows_of(name, rows) if item["rows"] else rows[:0]
        page = item["notebook"]
        body.append([Cell(name), Cell(item["clause"]), Cell(item["shows"]),
                     Cell(page.replace("_", " "), page=page), Cell(state(found))])  # fmt: skip
    header = ["clause", "what the registry entry asks", "shown in", "page", "state"]
    return Table("Coverage of the registry entry", header, body, [_counted(body)])


def checklist(name: str, rows: pd.DataFrame) -> Table:
    """A reporting checklist: each item with a link to the page that answers it."""
    content, body = checklists()[name], []
    for item in content["items"]:
        own = item["page"] == AUTHORS
        page = "" if own else item["page"]
        said = "by the authors" if own else state(matching(item.get("rows", {}), rows))
        body.append([Cell(item["item"]), Cell(item["asks"]), Cell(item["where"]),
                     Cell(page.replace("_", " "), page=page), Cell(said)])  # fmt: skip
    return Table(content["title"], ["item", "asks", "where", "page", "state"], body,
                 ["In this project's words: compare with the published list.",
                  _counted(body)])  # fmt: skip


def state(rows: pd.DataFrame) -> str:
    """Whether ``rows`` hold an answer; all of them "not abstracted" is said, as is none at all."""
    if rows.empty:
        return OPEN
    if (rows["state"] == "not-abstracted").all():
        return NOT_ABSTRACTED
    return ANSWERED if (rows["state"] == "ok").any() else "not estimable"


def _counted(body: list[list[Cell]]) -> str:
    states = pd.Series([line[-1].text for line in body]).value_counts(sort=False)
    told = ", ".join(f"{count} {state}" for state, count in states.items())
    return f"{len(body)} in all: {told}."
