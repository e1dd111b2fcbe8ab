"""From a clause of the registry entry to its columns, notebook and result rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prrt_lib.declare.clauses import clauses, exhibits, rows_of
from prrt_lib.declare.dictionary import dictionary

EXHIBIT = ["number", "table or figure", "notebook", "figure file", "result rows"]

__all__ = ["clauses", "columns_of", "exhibits", "rows_of", "traceability_page"]


def columns_of(clause: str) -> list[str]:
    """Addresses of the dictionary columns that carry ``clause`` (L also serves L1 to L4)."""
    served = {clause, *clauses()[clause].get("also", ()), *("L" if clause[0] == "L" else "")}
    return [
        column.address
        for table in dictionary().tables.values()
        for column in table.columns.values()
        if column.clause in served
    ]


def traceability_page() -> str:
    """docs/traceability.md."""
    from prrt_lib.edges.document import NOTE, table

    lines = []
    for clause, item in clauses().items():
        keys = _keys(item) or "not yet"
        columns = ", ".join(f"`{address}`" for address in columns_of(clause))
        lines.append([clause, item["clause"], columns, item["notebook"], keys, item["shows"]])
    header = ["id", "registry clause", "columns", "notebook", "result rows", "shown in"]
    return (
        f"{NOTE}# Traceability\n\nEach clause of the registry entry, the columns that hold it, "
        "the notebook that answers it and the result rows where the answer stands.\n\n"
        f"{table(header, lines)}\n## Tables and figures of a paper\n\nWhere each stands. "
        "A figure of single patients is drawn from them and has no result row.\n\n"
        f"{table(EXHIBIT, _shown())}"
    )


def _keys(item: Mapping[str, Any]) -> str:
    texts = {name: " or ".join(value) if isinstance(value, list) else value
             for name, value in item["rows"].items()}  # fmt: skip
    return ", ".join(f"{name} = {text}" for name, text in texts.items())


def _shown() -> list[list[str]]:
    """A line per table or figure of a paper."""
    return [
        [number, item["title"], item["notebook"],
         f"`{item['figure']}`" if "figure" in item else "", _keys(item) or "single patients"]
        for number, item in exhibits().items()
    ]  # fmt: skip
