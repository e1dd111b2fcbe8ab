"""What happened to each patient and when: the lanes and marks of a swimmer plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.summaries import UNKNOWN_GROUP, as_text, levels_of
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.parameters import DAYS_PER_MONTH
from prrt_lib.study.derive.response_rules import NOT_EVALUABLE

CYCLE, PROGRESSION, NEW_THERAPY, DEATH = "PRRT", "progression date", "new therapy", "death"
DIED, SEEN_ALIVE, STATUS_UNKNOWN = "died", "alive at last contact", "not known"


@dataclass(frozen=True)
class PatientRows:
    """Patient-level frames, for figures of the analyst's machine only.

    ``lanes``: patient_id, group, months from first PRRT to death or last contact, ended.
    ``marks``: patient_id, months, what (a cycle, a scan's class, progression, ...).
    """

    lanes: pd.DataFrame
    marks: pd.DataFrame
    without_lane: int


@checked
def patient_rows(study: Any, by: str = "", population: str | None = None) -> PatientRows:
    """Lanes sorted by level of ``by``, then the longest first; marks up to the end of each lane.

    A patient whose last contact is not known has no lane and is counted.
    """
    names = ("first_prrt", "last_seen", "died", "progression", "new_therapy", *([by] if by else []))
    people = study.patients(*dict.fromkeys(names), population=population or study.headline)
    ends = {"yes": DIED, "no": SEEN_ALIVE}
    level = as_text(people[by]).fillna(UNKNOWN_GROUP) if by else pd.Series("", index=people.index)
    lanes = pd.DataFrame({
        "patient_id": people["patient_id"], "group": level,
        "months": _months(people["last_seen"] - people["first_prrt"]),
        "ended": people["died"].map(ends).fillna(STATUS_UNKNOWN),
    })  # fmt: skip
    order = [*(levels_of(people[by], by) if by else []), UNKNOWN_GROUP, ""]
    place = lanes["group"].map({name: number for number, name in enumerate(order)})
    kept = lanes.assign(place=place)[lanes["months"] >= 0]
    kept = kept.sort_values(["place", "months", "patient_id"], ascending=[True, False, True])
    marks = pd.concat([_cycles(study, people), _scans(study, people), *_dates(people)])
    limit = marks["patient_id"].map(kept.set_index("patient_id")["months"])
    inside = (marks["months"] >= 0) & (marks["months"] <= limit)
    return PatientRows(
        kept.drop(columns="place").reset_index(drop=True),
        marks[inside].reset_index(drop=True), len(lanes) - len(kept),
    )  # fmt: skip


def _months(span: pd.Series) -> pd.Series:
    return span.dt.days / DAYS_PER_MONTH


def _cycles(study: Any, people: pd.DataFrame) -> pd.DataFrame:
    given = rows_of(study, people["patient_id"], "prrt_cycles", "cycle_date")
    start = given["patient_id"].map(people.set_index("patient_id")["first_prrt"])
    return _marks(given["patient_id"], _months(given["cycle_date"] - start), CYCLE)


def _scans(study: Any, people: pd.DataFrame) -> pd.DataFrame:
    names = ("after_prrt", "days_from_prrt", "response_class")
    scans = rows_of(study, people["patient_id"], "scans", *names)
    seen = scans[scans["after_prrt"] & (scans["response_class"] != NOT_EVALUABLE)]
    months = seen["days_from_prrt"] / DAYS_PER_MONTH
    return _marks(seen["patient_id"], months, seen["response_class"])


def _dates(people: pd.DataFrame) -> list[pd.DataFrame]:
    return [
        _marks(people["patient_id"], _months(people[name] - people["first_prrt"]), what)
        for name, what in (("progression", PROGRESSION), ("new_therapy", NEW_THERAPY))
    ]


def _marks(ids: pd.Series, months: pd.Series, what: Any) -> pd.DataFrame:
    return pd.DataFrame({"patient_id": ids, "months": months, "what": what}).dropna()
