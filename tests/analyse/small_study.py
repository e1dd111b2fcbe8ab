"""A study in memory, of a few patients typed into a test: what a notebook is offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from prrt_lib.declare import rows as rows_module
from prrt_lib.declare.covariates import column_of
from prrt_lib.declare.parameters import Parameters
from prrt_lib.study import times as study_times
from prrt_lib.study.cohort import build
from prrt_lib.study.data import PER_PATIENT, Part
from prrt_lib.study.derive.responses import landmark_states
from prrt_lib.study.levels import in_declared_order
from prrt_lib.study.typed import complete

DATES = ("_date", "_lo", "_hi", "_in", "_out")


class SmallStudy:
    """The cohort of typed rows; every table as the study stage leaves it."""

    def __init__(self, tables: Mapping[str, Sequence[Mapping[str, Any]]], **parameters: Any):
        given = {"cutoff": "2020-12-31", "workbook": "w.xlsx", "profile": "p", **parameters}
        self.parameters = Parameters(scenario="small", **given)
        cohort = build(_frames(tables), self.parameters)
        self.cohort = in_declared_order(cohort.patients, "derived")
        self.tables, self.flow = cohort.tables, cohort.flow
        gep = self.cohort["in_gep"].any() and self.parameters.population == "gep"
        self.headline = "gep" if gep else "all_treated"
        self.findings = pd.DataFrame(cohort.findings)

    def patients(self, *columns: str, population: str | None = None) -> pd.DataFrame:
        inside = self.cohort[f"in_{population or self.headline}"]
        frame = self.cohort[inside]
        for table in PER_PATIENT:
            more = [name for name in columns if name not in frame and name in self.tables[table]]
            if more:
                own = self.tables[table].drop_duplicates("patient_id")[["patient_id", *more]]
                own = in_declared_order(own, table)
                frame = frame.merge(own, on="patient_id", how="left")
        return frame[["patient_id", *columns]].reset_index(drop=True)

    def table(self, name: str, *columns: str) -> pd.DataFrame:
        frame = self.tables[name]
        inside = frame["patient_id"].isin(self.cohort["patient_id"])
        kept = frame.loc[inside, ["patient_id", *columns]].reset_index(drop=True)
        return in_declared_order(kept, name)

    def times(
        self, endpoint: str, setting: str = "", population: str | None = None,
        columns: Sequence[str] = (),
    ) -> study_times.Times:  # fmt: skip
        extra = [name for name in map(column_of, columns) if name not in self.cohort]
        more = self.patients(*extra, population="all_treated")
        part = Part(self.cohort.merge(more, on="patient_id", how="left"), self.parameters)
        return study_times.times(part, endpoint, setting, population or self.headline, columns)

    def landmark_states(self, population: str | None = None) -> pd.DataFrame:
        scans = self.table("scans", "response_class", "after_prrt", "days_from_prrt")
        people = self.patients("first_prrt", "progression", population=population)
        return landmark_states(scans, people)

    def abstracted(self, table: str, column: str) -> int:
        return int(self.table(table, column)[column].notna().sum())


def _frames(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, pd.DataFrame]:
    frames = {}
    for name, records in tables.items():
        frame = pd.DataFrame(list(records))
        for column in frame:
            if column.endswith(DATES[0]) or column in ("sample_lo", "sample_hi"):
                frame[column] = pd.to_datetime(frame[column])
        frames[name] = frame
    kinds = complete({})
    for name, frame in frames.items():
        for column in frame:
            frames[name][column] = frame[column].astype(kinds[name][column].dtype)
    return frames


def treated(*ids: str, first: str = "2015-01-01") -> list[dict[str, Any]]:
    """One administration of PRRT for each of ``ids``."""
    return [{"patient_id": name, "cycle_no": 1, "cycle_date": first} for name in ids]


def one(rows: pd.DataFrame, **key: Any) -> pd.Series:
    """The single result row that matches ``key``."""
    kept = rows
    for name, value in key.items():
        kept = kept[kept[name] == value]
    assert len(kept) == 1, f"{len(kept)} rows match {key}"
    return kept.iloc[0]


def n_of(rows: pd.DataFrame, **key: Any) -> tuple[int, int]:
    """n and total of the single row that matches ``key``."""
    row = one(rows, **key)
    return int(row["n"]), int(row["total"])


def check(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows``, after the checks that saving them would make."""
    return rows_module.check(rows_module.combine([rows]))
