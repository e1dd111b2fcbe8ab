"""When a column is known, and which of them may group patients at risk-set entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.declare.covariates import column_of
from prrt_lib.declare.dictionary import Dictionary, dictionary
from prrt_lib.declare.yaml_files import load_words

SOURCE = Path(__file__).with_name("known_at.yaml")
MOMENTS = ("diagnosis", "first_prrt", "later")
PER_PATIENT = ("patients", "tumour", "followup")


@cache
def known_at() -> Mapping[str, str]:
    """Column -> diagnosis | first_prrt | later. A companion is known when its value is."""
    content = load_words(SOURCE)
    moments = {name: moment for moment in MOMENTS for name in content[moment]}
    return {**_companions(dictionary(), moments), **moments}


@cache
def of_specimen() -> frozenset[str]:
    """Columns that pathology read from the specimen, with their companions."""
    names = dict.fromkeys(load_words(SOURCE)["of_specimen"], "specimen")
    return frozenset({**_companions(dictionary(), names), **names})


def _companions(declared: Dictionary, moments: Mapping[str, str]) -> dict[str, str]:
    return {
        part: moments[column.value_column]
        for table in PER_PATIENT
        for column in declared.tables[table].columns.values()
        if column.value_column in moments
        for part in column.companions.values()
    }


def audit(columns: Iterable[str], entry: str, where: str) -> None:
    """Nothing; raises AnalysisError for columns not known when the risk set is entered.

    ``entry``: the derived date at which patients enter, first PRRT or later unless "diagnosis".
    """
    allowed = MOMENTS[: MOMENTS.index(entry) + 1 if entry in MOMENTS else 2]
    problems = [
        Problem(
            f"{where}, column {name!r}", f"a column that is {_when(name)}",
            f"a grouping or covariate known at {entry.replace('_', ' ')} (decision 10)",
            "use it descriptively, from a landmark, or as a time-dependent covariate",
        )
        for name in columns
        if _moment(name) not in allowed
    ]  # fmt: skip
    if problems:
        raise AnalysisError(problems)


def _moment(name: str) -> str | None:
    return known_at().get(column_of(name).rpartition(".")[2])


def _when(name: str) -> str:
    moment = _moment(name)
    if moment is None:
        return "not declared in known_at.yaml"
    return "known only after first PRRT" if moment == "later" else f"known at {moment}"
