"""A built scenario, opened: as it is, under other parameters, or a part of its patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from prrt_lib.base.errors import AnalysisError, InputError, ParameterError, Problem
from prrt_lib.base.paths import Places, places
from prrt_lib.declare import reads
from prrt_lib.declare.arguments import checked, level_text, matched
from prrt_lib.declare.asked.findings import of_reading
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import Parameters, days, from_mapping
from prrt_lib.study.build import all_findings, stored_tables
from prrt_lib.study.cohort import Cohort, build
from prrt_lib.study.data import Study
from prrt_lib.study.times import Times


@checked
def open_study(scenario: str, **changes: Any) -> Study:
    """The built scenario below the output root; raises InputError when it was never built.

    ``changes`` are parameters of the study, such as ``cutoff="2020-01-01"``: cohort and endpoints
    are then derived anew in memory, and nothing is written.
    """
    where = places(scenario)
    if not (where.processed / "parameters.json").exists():
        raise InputError(
            Problem(
                str(where.processed), "no cohort", "a built scenario", f"make SCENARIO={scenario}"
            )
        )
    study = Study(where)
    return changed(where, study._stored, changes) if changes else study


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


EVERYBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, repr=False)
class NarrowedStudy(Study):
    """The patients whose columns have the levels of ``where``, up to ``horizon_months``.

    Endpoints are watched to the shorter horizon; responses and other columns stay as built.
    """

    where: Mapping[str, str] = field(default_factory=dict)
    horizon_months: float | None = None

    @property
    def words(self) -> str:
        """What was narrowed: "Sex: female; horizon 36 months"."""
        told = [f"{dictionary().label(name)}: {level}" for name, level in self.where.items()]
        told += [f"horizon {self.horizon_months:g} months"] if self.horizon_months else []
        return "; ".join(told)

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """As of the whole study, and what was narrowed."""
        heading, _, notes = super().shown()
        lines = {"chosen": [self.words or "everybody"], "patients": [len(self._members)]}
        return heading, pd.DataFrame(lines), notes

    def times(
        self, endpoint: str, setting: str = "", population: str | None = None,
        columns: Sequence[str] = (),
    ) -> Times:  # fmt: skip
        """As of the whole study; a choice of patients must be known at entry like a grouping."""
        return super().times(endpoint, setting, population, (*columns, *self.where))

    @cached_property
    def _members(self) -> set[str]:
        whole = Study(self.places).patients(*self.where, population="all_treated")
        kept = pd.Series(True, index=whole.index)
        for name, level in self.where.items():
            texts = whole[name].map(level_text, na_action="ignore")
            known = sorted(texts.dropna().unique())
            kept &= texts == matched(level, known, f"where, {name}")
        return set(whole.loc[kept, "patient_id"])

    def _cohort(self, *columns: str) -> pd.DataFrame:
        frame = super()._cohort(*columns)
        kept = frame[frame["patient_id"].isin(self._members)].reset_index(drop=True)
        if self.horizon_months is None or "horizon" not in kept:
            return kept
        start = super()._cohort("first_prrt").set_index("patient_id")["first_prrt"]
        limit = kept["patient_id"].map(start) + pd.Timedelta(days(self.horizon_months), "D")
        return kept.assign(horizon=kept["horizon"].where(kept["horizon"] < limit, limit))


@checked
def narrowed(
    scenario: str, where: Mapping[str, object] = EVERYBODY, horizon_months: float | None = None
) -> NarrowedStudy:
    """The built scenario with fewer patients or a shorter horizon.

    Raises AnalysisError where the horizon is longer than the one the scenario was built with.
    """
    if not isinstance(where, Mapping):
        raise AnalysisError(Problem("where", repr(where), "columns with their level",
                                    "write {'sex': 'female'}"))  # fmt: skip
    whole = open_study(scenario)
    built = whole.parameters.horizon_months
    if horizon_months is not None and not 0 < horizon_months <= built:
        raise AnalysisError(
            Problem("horizon", f"{horizon_months:g} months", f"at most the {built:g} months of "
                    f"scenario {scenario}", "choose a shorter horizon, or set horizon_months in "
                    "the scenario file and run it")
        )  # fmt: skip
    return NarrowedStudy(whole.places, dict(where), horizon_months)
