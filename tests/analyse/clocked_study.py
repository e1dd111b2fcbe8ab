"""A study in memory whose endpoints tick: typed patients, or a frame of times as it is."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from small_study import SmallStudy

from prrt_lib.declare.parameters import Parameters
from prrt_lib.study import times as study_times
from prrt_lib.study.data import Part
from prrt_lib.study.endpoints import ENDPOINTS


class ClockedStudy(SmallStudy):
    """Typed patients with the times of their endpoints."""

    def times(self, endpoint: str, setting: str = "", population: str | None = None,
              columns: Sequence[str] = ()) -> study_times.Times:  # fmt: skip
        people = Part(self.cohort, self.parameters)
        chosen = population or self.headline
        return study_times.times(people, endpoint, setting, chosen, columns)


class GivenTimes:
    """A study that hands out one frame (patient_id, entry, exit, event, covariates)."""

    headline = "gep"

    def __init__(self, frame: pd.DataFrame, **parameters):
        given = {"cutoff": "2020-12-31", "workbook": "w.xlsx", "profile": "p", **parameters}
        self.parameters = Parameters(scenario="given", **given)
        ids = [f"A{number}" for number in range(len(frame))]
        self.frame = frame.assign(patient_id=ids, entry=frame.get("entry", 0))

    def times(self, endpoint: str, setting: str = "", population: str = "gep",
              columns: Sequence[str] = ()) -> study_times.Times:  # fmt: skip
        kept = self.frame[["patient_id", "entry", "exit", "event", *columns]]
        counts = {"deaths": int(kept["event"].sum()), "undated_deaths": 0}
        return study_times.Times(kept, ENDPOINTS[endpoint], setting, population, counts, ())

    def patients(self, *columns: str, population: str | None = None) -> pd.DataFrame:
        return self.frame[["patient_id", *columns]]
