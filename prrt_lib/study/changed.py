"""A built scenario under other parameters: derived anew in memory, nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.base.errors import ParameterError, Problem
from prrt_lib.base.paths import Places
from prrt_lib.declare import reads
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.findings import of_reading
from prrt_lib.declare.parameters import Parameters, from_mapping
from prrt_lib.study.build import all_findings, stored_tables
from prrt_lib.study.cohort import Cohort, build
from prrt_lib.study.data import Study

READ_ONCE = ("workbook", "profile", "more_workbooks", "more_profiles")


@dataclass(frozen=True, repr=False)
class ChangedStudy(Study):
    """The tables of a built scenario, with cohort and endpoints by the parameters ``given``.

    Rows have the ids of the built scenario's rows; stamp them with ``words``, which say what was
    changed, as rows of a part of the patients are.
    """

    given: Parameters
    words: str

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """As of the built study, and what was changed."""
        heading, lines, notes = super().shown()
        return heading, lines, [f"changed in memory: {self.words}", *notes]

    @property
    def findings(self) -> pd.DataFrame:
        """The questions of reading, and those of the cohort derived anew."""
        lineage = pd.read_parquet(self.places.processed / "lineage.parquet")
        asked = super().findings
        return all_findings(asked[asked["rule"].isin(of_reading())], self._anew[0], lineage)

    @property
    def flow(self) -> pd.DataFrame:
        """The named steps to each population; their numbers add up."""
        reads.record("columns", "flow")
        return self._anew[0].flow

    @property
    def _stored(self) -> Parameters:
        return self.given

    @cached_property
    def _anew(self) -> tuple[Cohort, dict[str, pd.DataFrame]]:
        """The cohort, and the tables as the cohort stage would leave them."""
        files = {name: self.places.tables / f"{name}.parquet" for name in dictionary().tables}
        tables = {name: pd.read_parquet(file).drop(columns="used") for name, file in files.items()}
        cohort = build(tables, self.given, super().findings)
        return cohort, stored_tables(tables, cohort)

    def _from_disk(self, path: Path) -> pd.DataFrame:
        cohort, tables = self._anew
        return cohort.patients if path.stem == "cohort" else tables[path.stem]


def changed(places: Places, built: Parameters, changes: Mapping[str, Any]) -> ChangedStudy:
    """The built scenario below ``places`` with some of its parameters as ``changes`` have them.

    Raises ParameterError for what a scenario file could not say either, and for what only
    reading the workbook anew could change.
    """
    where = f"open_study({built.scenario!r})"
    fixed = [
        Problem(f"{where}, {name}", repr(changes[name]), "the one that was read: only reading the "
                "workbook anew can change it", "write a scenario file in params/ and run it")
        for name in READ_ONCE if name in changes
    ]  # fmt: skip
    if fixed:
        raise ParameterError(fixed)
    told = {name: _text(value) for name, value in {**asdict(built), **changes}.items()
            if name != "scenario"}  # fmt: skip
    given = from_mapping(built.scenario, told, where)
    words = "; ".join(f"{name} {getattr(given, name)}" for name in changes)
    return ChangedStudy(places, given, words)


def _text(value: Any) -> Any:
    """``value`` as a scenario file would hold it: texts, lists of texts and sections."""
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return value if isinstance(value, dict) else str(value)
