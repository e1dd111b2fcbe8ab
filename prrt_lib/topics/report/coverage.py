"""What the report answers: clauses of the registry entry and items of reporting checklists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from prrt_lib.declare.asked.checklists import AUTHORS, checklists
from prrt_lib.declare.asked.clauses import clauses, columns_of, each, matching
from prrt_lib.declare.dictionary import NOWHERE, USED, dictionary
from prrt_lib.draw.tables import Cell, Table

ANSWERED, IN_PART, NOT_ABSTRACTED, OPEN = (
    "answered", "answered in part", "not abstracted", "not shown"
)  # fmt: skip
FOUND = ("An item counts as answered where a result row of this run is found for each of the "
         "variables that it asks for.")  # fmt: skip


def registry(rows: pd.DataFrame) -> Table:
    """Each clause of the registry entry: where it is answered, and whether it could be."""
    body = []
    for name, item in clauses().items():
        page = item["notebook"]
        columns = {column.label: column.shown_by for column in columns_of(name)
                   if column.clause == name or column.clause == "L"}  # fmt: skip
        said = answer(asked(item["rows"]), rows, columns)
        body.append([Cell(name), Cell(item["clause"]), Cell(item["shows"]),
                     Cell(page.replace("_", " "), page=page), Cell(said)])  # fmt: skip
    header = ["clause", "what the registry entry asks", "shown in", "page", "state"]
    return Table("Coverage of the registry entry", header, body, [FOUND, _counted(body)])


def checklist(name: str, rows: pd.DataFrame) -> Table:
    """A reporting checklist: each item with a link to the page that answers it."""
    content, body = checklists()[name], []
    for item in content["items"]:
        own = item["page"] == AUTHORS
        page = "" if own else item["page"]
        said = "by the authors" if own else answer(asked(item.get("rows", {})), rows)
        body.append([Cell(item["item"]), Cell(item["asks"]), Cell(item["where"]),
                     Cell(page.replace("_", " "), page=page), Cell(said)])  # fmt: skip
    return Table(content["title"], ["item", "asks", "where", "page", "state"], body,
                 ["In this project's words: compare with the published list.", FOUND,
                  _counted(body)])  # fmt: skip


def asked(keys: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Name of each thing that is asked for -> keys of the rows that show it."""
    if not keys:
        return {}
    named = [name for name, value in keys.items() if isinstance(value, list)] or [next(iter(keys))]
    return {", ".join(dictionary().label(one[name]) for name in named): one for one in each(keys)}


def answer(
    wanted: Mapping[str, Mapping[str, str]], rows: pd.DataFrame,
    columns: Mapping[str, Mapping[str, str] | str] | None = None,
) -> str:  # fmt: skip
    """Whether ``rows`` show all that is ``wanted``, and what of it, or of the ``columns`` that
    belong to it, is not abstracted or not shown."""
    main = {name: state(matching(keys, rows)) for name, keys in wanted.items()}
    found = set(main.values()) or {OPEN}
    head = found.pop() if len(found) == 1 else IN_PART
    beside = {name: OPEN if keys == NOWHERE else state(matching(keys, rows))
              for name, keys in (columns or {}).items() if keys != USED}  # fmt: skip
    parts = {**beside, **(main if head == IN_PART else {})}
    lacking = ((word, [name for name, own in parts.items() if own == word])
               for word in (NOT_ABSTRACTED, OPEN) if word != head)  # fmt: skip
    return "; ".join([head, *(f"{word}: {', '.join(names)}" for word, names in lacking if names)])


def state(rows: pd.DataFrame) -> str:
    """Whether ``rows`` hold an answer; all of them "not abstracted" is said, as is none at all."""
    if rows.empty:
        return OPEN
    if (rows["state"] == "not-abstracted").all():
        return NOT_ABSTRACTED
    return ANSWERED if (rows["state"] == "ok").any() else "not estimable"


def _counted(body: Iterable[list[Cell]]) -> str:
    states = pd.Series([line[-1].text.partition(";")[0] for line in body])
    told = ", ".join(f"{count} {state}" for state, count in
                     states.value_counts(sort=False).items())  # fmt: skip
    return f"{len(states)} in all: {told}."
