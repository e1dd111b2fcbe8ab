"""Several rows of a patient of which the latest counts, such as visits of follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prrt_lib.declare.findings import finding
from prrt_lib.read.records import Record, by_patient


def of_each_patient(records: Sequence[Record], column: str, found: Any) -> None:
    """Adds each patient's latest record to ``found.records``, the others to ``found.passed``.

    Where two rows can be the latest, because their days overlap, both stay and are compared as
    copies. A row without a date beside dated ones is asked about and not used.
    """
    for own in by_patient(records).values():
        dated = [record for record in own if record.interval(column)]
        latest = max((record.interval(column)[0] for record in dated), default=None)
        for record in own:
            days = record.interval(column)
            if latest is None or (days and days[1] >= latest):
                found.records.append(record)
                continue
            found.passed.append(record)
            if not days:
                found.findings.append(_undated(record, column))


def _undated(record: Record, column: str) -> dict[str, str]:
    seen = record.seen.get(column)
    place = {"sheet": seen.sheet, "cell": seen.cell} if seen else {"sheet": record.origin[1]}
    return finding(
        "visit-undated", table=record.table, column=column, record=record.patient, **place
    )
