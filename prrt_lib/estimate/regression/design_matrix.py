"""Covariates as columns of numbers: factor levels, interactions, splines.

formulaic makes the same columns of factors and interactions, but not Harrell's spline, and
its names would have to be taken apart for the variable, level and reference of a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd

from prrt_lib.declare.arguments import level_text, matched
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

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """One Column per column, interactions last."""
        single: dict[str, list[Column]] = {}
        for name in self.covariates:
            if name in self.levels:
                first, *rest = self.levels[name]
                single[name] = [Column(name, name, level, first) for level in rest]
            elif name in self.knots:
                single[name] = [Column(name, name, f"rcs{j}")
                                for j in range(1, len(self.knots[name]))]  # fmt: skip
            else:
                single[name] = [Column(name, name)]
        columns = [column for name in self.covariates for column in single[name]]
        for names in self.interactions:
            term = ":".join(names)
            for parts in product(*[single[name] for name in names]):
                level = ":".join(part.level for part in parts if part.level)
                reference = ":".join(part.reference for part in parts if part.reference)
                columns.append(Column(term, term, level, reference))
        return tuple(columns)

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

    def matrix(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, p) numbers; AnalysisError for a level that the design has not seen."""
        require_columns(frame, self.covariates)
        blocks = {}
        for name in self.covariates:
            if name in self.levels:
                codes = pd.Index(self.levels[name]).get_indexer(_texts(frame[name]))
                if (codes < 0).any():
                    found = f"{int((codes < 0).sum())} records with another level"
                    refuse(f"column {name!r}", found, f"one of {list(self.levels[name])}")
                blocks[name] = codes[:, None] == np.arange(1, len(self.levels[name]))
                continue
            truth = pd.api.types.is_bool_dtype(frame[name])
            values = finite_numbers(frame[[name]].astype("int64") if truth else frame, name)
            knots = self.knots.get(name)
            blocks[name] = values[:, None] if knots is None else spline_basis(values, knots)
        parts = list(blocks.values())
        for names in self.interactions:
            factors = product(*[blocks[name].T for name in names])
            parts.append(np.column_stack([np.prod(columns, axis=0) for columns in factors]))
        return np.hstack(parts).astype(float) if parts else np.empty((len(frame), 0))


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
    wanted, splines = dict(reference or {}), dict(splines or {})
    named = [*wanted, *splines, *(name for pair in interactions for name in pair)]
    unknown = sorted(set(named) - set(covariates))
    if unknown:
        refuse(f"columns {unknown}", "no covariate of that name", f"one of {list(covariates)}")
    if len(set(covariates)) != len(list(covariates)):
        refuse("covariates", "a column named twice", "each once", "name each covariate once")
    levels, warnings = {}, []
    for name in covariates:
        column, kind = frame[name], pd.api.types
        if (kind.is_numeric_dtype(column) or kind.is_bool_dtype(column)) and name not in wanted:
            continue
        present, categories = set(_texts(column)), getattr(column, "cat", None)
        values = np.sort(column.unique()) if categories is None else categories.categories
        declared = [level_text(value) for value in values]
        used = [level for level in declared if level in present]
        if len(used) < 2:
            found = f"one level in {len(column)} records"
            refuse(f"column {name!r}", found, "two levels or more", "leave the column out")
        where = f"column {name!r}, reference"
        first = matched(wanted[name], used, where) if wanted.get(name) is not None else used[0]
        levels[name] = (first, *[level for level in used if level != first])
        unused = [level for level in declared if level not in present]
        if unused:
            warnings.append(f"{name}: no record with level {', '.join(unused)}")
    knots = {
        name: harrell_knots(frame[name], chosen) if np.ndim(chosen) == 0 else np.asarray(chosen)
        for name, chosen in splines.items()
    }
    pairs = tuple(map(tuple, interactions))
    return Design(tuple(covariates), levels, knots, pairs, tuple(warnings))


def _texts(series: pd.Series) -> np.ndarray:
    """The level of every record as text."""
    codes, values = pd.factorize(series, use_na_sentinel=False)
    return np.array([level_text(value) for value in values], dtype=object)[codes]
