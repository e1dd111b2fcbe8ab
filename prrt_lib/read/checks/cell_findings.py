"""What to ask about single cells: refusals, partial dates, implausible values, formatting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from prrt_lib.declare.dictionary import Column, dictionary
from prrt_lib.declare.findings import finding, rules
from prrt_lib.declare.yaml_files import load_words
from prrt_lib.read.cells.reader import implausible
from prrt_lib.read.records import Record, Seen

EXPECTED = Path(__file__).with_name("expected.yaml")
RULE_OF_STATUS = {
    "ambiguous": "cell-ambiguous",
    "invalid": "cell-invalid",
    "imputed-partial": "cell-imputed-partial",
}


@cache
def expected() -> Mapping[str, str]:
    """Kind of cell -> how to write it."""
    return load_words(EXPECTED)


def about_record(record: Record, printed: str) -> Iterator[dict[str, str]]:
    """Findings about the record's own cells; copies of a per-patient cell ask nothing again."""
    ranged = _ranged(record.table)
    for column, seen in record.seen.items():
        refused = seen.status in RULE_OF_STATUS
        if seen.source in ("constant", "spread") or not (refused or column in ranged):
            continue
        if not refused and not implausible(ranged[column], record.values):
            continue
        where = {
            "table": record.table,
            "column": column,
            "record": printed,
            "sheet": seen.sheet,
            "cell": seen.cell,
            "status": seen.status,
        }
        yield _refusal(seen, where) if refused else finding("implausible", **where)


@cache
def _ranged(table: str) -> Mapping[str, Column]:
    """Columns of a table that have a plausible range."""
    return {name: c for name, c in dictionary().tables[table].columns.items() if c.range}


def _refusal(seen: Seen, where: Mapping[str, str]) -> dict[str, str]:
    """The message names the reading rule that decided, never what the cell says."""
    rule = RULE_OF_STATUS[seen.status]
    kind = dictionary().tables[where["table"]].columns[where["column"]].kind
    declared = rules()[rule]
    how = declared.how_to_resolve
    if rule != "cell-imputed-partial":
        how = f"{how} Here: {expected()[kind]}."
    return finding(rule, **where, message=f"{declared.message} ({seen.rule}).", how_to_resolve=how)
