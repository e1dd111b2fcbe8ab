"""Findings of the study layer: one per record, or one for the column when it concerns all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from prrt_lib.declare.asked.findings import finding


def ask(rule: str, table: str, column: str, records: Iterable[str]) -> list[dict[str, str]]:
    """One finding of ``rule`` for each of ``records``, at ``table``.``column``."""
    return [finding(rule, table=table, column=column, record=record) for record in records]


def ask_rows(rule: str, table: str, column: str, rows: pd.DataFrame) -> list[dict[str, str]]:
    """One finding for each of ``rows`` (patient_id, row), so that the exact cell is found."""
    pairs = zip(rows["patient_id"], rows["row"], strict=True)
    return [
        finding(rule, table=table, column=column, record=record, row=row) for record, row in pairs
    ]


def ask_once_if_all(
    rule: str, table: str, column: str, records: Sequence[str], everyone: Sequence[str]
) -> list[dict[str, str]]:
    """A single finding without a record when it would concern every patient, else one each."""
    if len(everyone) > 1 and len(records) == len(everyone):
        return ask(rule, table, column, [""])
    return ask(rule, table, column, records)
