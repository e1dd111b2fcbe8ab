"""Covariates as columns of numbers: factor levels, interactions, splines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import pandas as pd

from prrt_lib.declare.levels import level_text, matched
from prrt_lib.estimate.records import finite_numbers, refuse, require_columns
from prrt_lib.estimate.regression.splines import harrell_knots, spline_basis


@dataclass(frozen=True)
class Column:
    """One column of the design and the words that its result row carries."""

    term: str
    variable: str
    level: str = ""
    reference: str = ""

    @property
    def name(self) -> str:
        """The variable, with its level where it has one."""
        return f"{self.variable}[{self.level}]" if self.level else self.variable


@dataclass(frozen=True)
class Design:
    """How to turn a frame into numbers, learned once; the same for new patients."""

    covariates: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]  # factors only; the reference first
    knots: Mapping[str, np.ndarray]
    interactions: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...] = ()
    columns: tuple[Column, ...] = field(default=())

    @property
    def names(self) -> list[str]:
        """One name per column."""
        return [column.name for column in self.columns]

    def terms(self) -> dict[str, list[int]]:
        """Column numbers of each term, in order."""
        found: dict[str, list[int]] = {}
        for place, column in enumerate(self.columns):
            found.setdefault(column.term, []).append(place)
        return found

    def places(self, term: str) -> list[int]:
        """Column numbers of one term."""
        return self.terms()[term]

    def matrix(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, p) numbers; AnalysisError for a level that the design has not seen."""
        require_columns(frame, self.covariates)
        blocks = {name: self._block(frame, name) for name in self.covariates}
        parts = [blocks[name] for name in self.covariates]
        for names in self.interactions:
            factors = product(*[blocks[name].T for name in names])
            parts.append(np.column_stack([np.prod(columns, axis=0) for columns in factors]))
        return np.hstack(parts) if parts else np.empty((len(frame), 0))

    def _block(self, frame: pd.DataFrame, name: str) -> np.ndarray:
        if name not in self.levels:
            truth = pd.api.types.is_bool_dtype(frame[name])
            values = finite_numbers(frame[[name]].astype("int64") if truth else frame, name)
            knots = self.knots.get(name)
            return values[:, None] if knots is None else spline_basis(values, knots)
        codes = pd.Index(self.levels[name]).get_indexer(_texts(frame[name]))
        if (codes < 0).any():
            found = f"{int((codes < 0).sum())} records with another level"
            refuse(f"column {name!r}", found, f"one of {list(self.levels[name])}")
        return (codes[:, None] == np.arange(1, len(self.levels[name]))).astype(float)


def design(
    frame: pd.DataFrame,
    covariates: Sequence[str],
    reference: Mapping[str, object] | None = None,
    interactions: Sequence[Sequence[str]] = (),
    splines: Mapping[str, int | Sequence[float]] | None = None,
) -> Design:
    """The Design of ``covariates`` as found in ``frame`` (no missing values).

    Text and categorical columns are factors; the first category, or the first level in
    alphabetical order, is the reference unless ``reference`` names another. ``splines`` gives
    the number of knots or the knots. Raises AnalysisError for what cannot be one.
    """
    require_columns(frame, covariates)
    _require_known(covariates, reference, interactions, splines)
    wanted, levels, warnings = dict(reference or {}), {}, []
    for name in covariates:
        kind = pd.api.types
        number = kind.is_numeric_dtype(frame[name]) or kind.is_bool_dtype(frame[name])
        if number and name not in wanted:
            continue
        levels[name], said = _levels(frame[name], wanted.get(name))
        warnings += said
    knots = {
        name: harrell_knots(frame[name], chosen) if np.ndim(chosen) == 0 else np.asarray(chosen)
        for name, chosen in (splines or {}).items()
    }
    made = Design(
        tuple(covariates), levels, knots, tuple(map(tuple, interactions)), tuple(warnings)
    )
    return replace(made, columns=_named_columns(made))


def _texts(series: pd.Series) -> np.ndarray:
    """The level of every record as text."""
    codes, values = pd.factorize(series, use_na_sentinel=False)
    return np.array([level_text(value) for value in values], dtype=object)[codes]


def _levels(series: pd.Series, reference: object) -> tuple[tuple[str, ...], list[str]]:
    """Levels in use, the reference first, and a sentence for declared levels without records."""
    present = set(_texts(series))
    categories = getattr(series, "cat", None)
    values = np.sort(series.unique()) if categories is None else categories.categories
    declared = [level_text(value) for value in values]
    used = [level for level in declared if level in present]
    unused = [level for level in declared if level not in present]
    if len(used) < 2:
        found = f"one level in {len(series)} records"
        refuse(f"column {series.name!r}", found, "two levels or more", "leave the column out")
    where = f"column {series.name!r}, reference"
    first = used[0] if reference is None else matched(reference, used, where)
    said = [f"{series.name}: no record with level {', '.join(unused)}"] if unused else []
    return (first, *[level for level in used if level != first]), said


def _require_known(covariates, reference, interactions, splines) -> None:
    named = [*(reference or {}), *(splines or {}), *[n for pair in interactions for n in pair]]
    unknown = sorted(set(named) - set(covariates))
    if unknown:
        refuse(f"columns {unknown}", "no covariate of that name", f"one of {list(covariates)}")
    if len(set(covariates)) != len(list(covariates)):
        refuse("covariates", "a column named twice", "each once", "name each covariate once")


def _named_columns(made: Design) -> tuple[Column, ...]:
    single = {name: _columns_of(made, name) for name in made.covariates}
    columns = [column for name in made.covariates for column in single[name]]
    for names in made.interactions:
        term = ":".join(names)
        for parts in product(*[single[name] for name in names]):
            level = ":".join(part.level for part in parts if part.level)
            reference = ":".join(part.reference for part in parts if part.reference)
            columns.append(Column(term, term, level, reference))
    return tuple(columns)


def _columns_of(made: Design, name: str) -> list[Column]:
    if name in made.levels:
        first, *rest = made.levels[name]
        return [Column(name, name, level, first) for level in rest]
    if name in made.knots:
        return [Column(name, name, f"rcs{j}") for j in range(1, len(made.knots[name]))]
    return [Column(name, name)]
