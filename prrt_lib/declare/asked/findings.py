"""The finding row: one question about the workbook, addressed to the exact cell."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.declare.yaml_files import load_words

SEVERITIES = ("error", "warning", "note")
STATUSES = (
    "ok", "imputed-partial", "censored-low", "censored-high", "range",
    "ambiguous", "invalid", "missing",
)  # fmt: skip
STATES = ("open", "answered", "confirmed", "closed")
COLUMNS = (
    "finding_id", "rule", "severity", "table", "column", "record", "sheet", "cell",
    "related_cells", "status", "message", "how_to_resolve", "state", "first_seen",
)  # fmt: skip
RULES = tuple(Path(__file__).with_name(name) for name in ("rules.yaml", "rules_study.yaml"))


@dataclass(frozen=True)
class Rule:
    """A declared check: what it says, how serious it is, how to resolve it."""

    id: str
    severity: str
    message: str
    how_to_resolve: str


@cache
def rules() -> Mapping[str, Rule]:
    """All declared rules by id: those of reading, then those of the study layer."""
    files = [load_words(file) for file in RULES if file.exists()]
    return {name: Rule(name, **body) for content in files for name, body in content.items()}


def of_reading() -> frozenset[str]:
    """Ids of the rules that reading asks by; all others are of the study layer."""
    return frozenset(load_words(RULES[0]))


def finding(rule: str, **where: Any) -> dict[str, str]:
    """One finding of a declared rule; ``where`` sets table, column, record, sheet, cell, ...

    ``message`` and ``severity`` come from the rule unless given. Raises KeyError on an
    undeclared rule, so that every rule has its line in the generated page.
    """
    declared = rules()[rule]
    return {
        "rule": rule,
        "severity": declared.severity,
        "message": declared.message,
        "how_to_resolve": declared.how_to_resolve,
        **{name: str(value) for name, value in where.items()},
    }


def findings_frame(records: Iterable[Mapping[str, Any]], first_seen: str = "") -> pd.DataFrame:
    """All findings in a stable order, with ids: the hash of rule, table, record and column.

    Where a rule speaks more than once of the same record and column, the second and later
    ones take a running number in the order of their cells.
    """
    frame = pd.DataFrame.from_records(list(records), columns=list(COLUMNS)).fillna("").astype(str)
    frame = frame.replace({"state": {"": "open"}, "first_seen": {"": first_seen}})
    order = ["severity", "rule", "record", "table", "column", "sheet", "cell"]
    rank = frame["severity"].map(SEVERITIES.index)
    frame = frame.assign(severity=rank).sort_values(order, kind="stable", ignore_index=True)
    frame["severity"] = frame["severity"].map(dict(enumerate(SEVERITIES)))
    frame["finding_id"] = _ids(frame)
    return frame


def _ids(frame: pd.DataFrame) -> list[str]:
    seen: Counter[str] = Counter()
    ids = []
    for parts in frame[["rule", "table", "record", "column"]].itertuples(index=False):
        text = "\t".join(parts)
        seen[text] += 1
        numbered = text if seen[text] == 1 else f"{text}\t{seen[text]}"
        ids.append(hashlib.sha256(numbered.encode()).hexdigest()[:12])
    return ids
