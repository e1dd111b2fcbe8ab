"""From a clause of the registry entry to its columns, notebook and result rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prrt_lib.declare.asked.clauses import clauses, columns_of, exhibits
from prrt_lib.declare.dictionary import NOWHERE, USED, dictionary

EXHIBIT = ["number", "table or figure", "notebook", "figure file", "result rows"]

SAID = {USED: "used, not shown", NOWHERE: "not shown"}


def traceability_page() -> str:
    """docs/traceability.md."""
    from prrt_lib.tools.docs.pages import NOTE, table

    lines = []
    for clause, item in clauses().items():
        keys = _keys(item["rows"])
        columns = ", ".join(f"`{column.address}`" for column in columns_of(clause))
        lines.append([clause, item["clause"], columns, item["notebook"], keys, item["shows"]])
    header = ["id", "registry clause", "columns", "notebook", "result rows", "shown in"]
    return (
        f"{NOTE}# Traceability\n\nEach clause of the registry entry, the columns that hold it, "
        "the notebook that answers it and the result rows where the answer stands.\n\n"
        f"{table(header, lines)}\n## Columns of the workbook\n\nThe result rows that show what a "
        "column holds. What is used and not shown serves other numbers: dates, ids, texts, limits; "
        "what is not shown is read by no page but the one on quality.\n\n"
        f"{table(['column', 'clause', 'result rows'], _columns())}\n"
        "## Tables and figures of a paper\n\nWhere each stands. A figure "
        "of single patients is drawn from them and has no result row.\n\n"
        f"{table(EXHIBIT, _shown())}"
    )


def _keys(keys: Mapping[str, Any]) -> str:
    values = {name: value if isinstance(value, list) else [value] for name, value in keys.items()}
    return ", ".join(f"{name} = {' and '.join(value)}" for name, value in values.items())


def _columns() -> list[list[str]]:
    """A line per column of the workbook that carries a clause."""
    return [
        [f"`{column.address}`", column.clause,
         SAID[shown] if isinstance(shown, str) else _keys(shown)]
        for one in dictionary().tables.values() for column in one.columns.values()
        if column.clause
        for shown in [column.shown_by]
    ]  # fmt: skip


def _shown() -> list[list[str]]:
    """A line per table or figure of a paper."""
    return [
        [number, item["title"], item["notebook"],
         f"`{item['figure']}`" if "figure" in item else "",
         _keys(item["rows"]) or "single patients"]
        for number, item in exhibits().items()
    ]  # fmt: skip
