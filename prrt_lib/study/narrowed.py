"""A part of a built scenario's patients, or a shorter horizon, for looking around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import pandas as pd

from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.levels import level_text, matched
from prrt_lib.declare.parameters import days
from prrt_lib.study.data import Study, open_study
from prrt_lib.study.times import Times

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
        limit = kept["patient_id"].map(start) + pd.Timedelta(days=days(self.horizon_months))
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
