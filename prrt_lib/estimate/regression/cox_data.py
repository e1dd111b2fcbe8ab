"""The arrays of a Cox model, from a frame, after every check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from prrt_lib.declare.levels import level_text
from prrt_lib.estimate.guards import entries_named, named, prepared, refuse, require_columns
from prrt_lib.estimate.regression.design_matrix import Design, design


@dataclass(frozen=True)
class CoxData:
    """n records in the order of the frame; ``index`` holds their labels there."""

    index: pd.Index
    stop: np.ndarray
    event: np.ndarray
    start: np.ndarray | None
    x: np.ndarray  # (n, p)
    weight: np.ndarray | None
    strata: np.ndarray | None  # numbers into ``strata_names``
    strata_names: tuple[str, ...]
    strata_columns: tuple[str, ...]
    cluster: np.ndarray | None
    cluster_column: str
    offset: np.ndarray | None
    design: Design
    warnings: tuple[str, ...]


def cox_data(
    frame: pd.DataFrame, duration: str, event: str, covariates: Sequence[str],
    entry: str | None = None, strata: str | Sequence[str] | None = None,
    cluster: str | None = None, weights: str | None = None,
    reference: Mapping[str, object] | None = None,
    interactions: Sequence[Sequence[str]] = (),
    splines: Mapping[str, int | Sequence[float]] | None = None,
) -> CoxData:  # fmt: skip
    """CoxData; raises AnalysisError for rows or columns that cannot be used."""
    entries_named(frame, entry)
    groups, extra = named(strata), [cluster] if cluster else []
    wanted = list(dict.fromkeys([*covariates, *groups, *extra]))
    kept, warnings = _usable(frame, [duration, event, entry], wanted, weights)
    data = prepared(
        kept, duration, event, entry, by=groups, covariates=[*covariates, *extra],
        weights=weights, need_event=True, sort=False,
    )  # fmt: skip
    made = design(data, covariates, reference, interactions, splines)
    codes, names = _coded(data, groups)
    return CoxData(
        index=kept.index, stop=data[duration].to_numpy(), event=data[event].to_numpy() == 1,
        start=data[entry].to_numpy() if entry else None, x=made.matrix(data),
        weight=data[weights].to_numpy() if weights else None,
        strata=codes if groups else None, strata_names=names, strata_columns=tuple(groups),
        cluster=pd.factorize(data[cluster])[0] if cluster else None,
        cluster_column=cluster or "", offset=None, design=made,
        warnings=(*warnings, *data.attrs["warnings"], *made.warnings),
    )  # fmt: skip


def _usable(frame, times, wanted, weights) -> tuple[pd.DataFrame, list[str]]:
    """Records with every covariate and a positive weight, and a sentence for the others."""
    columns = [name for name in dict.fromkeys([*times, *wanted, weights]) if name is not None]
    require_columns(frame, columns)
    kept, warnings = frame[columns], []
    gaps = kept[wanted].isna()
    full = ~gaps.any(axis=1).to_numpy()
    if not full.all():
        lost = {name: int(count) for name, count in gaps.sum().items() if count}
        each = [f"{name} ({count})" if len(lost) > 1 else name for name, count in lost.items()]
        warnings.append(f"{int(full.sum())} of {len(kept)} records, {int((~full).sum())} left out "
                        f"for missing {', '.join(each)}")  # fmt: skip
        kept = kept[full]
    if weights and pd.api.types.is_numeric_dtype(kept[weights]) and (kept[weights] == 0).any():
        zero = (kept[weights] == 0).to_numpy()
        warnings.append(f"{int(zero.sum())} records of weight zero left out")
        kept = kept[~zero]
    if not len(kept):
        refuse("the frame", "no record with all covariates", "at least one", "check missing values")
    return kept, warnings


def _coded(data: pd.DataFrame, groups: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Stratum numbers in sorted order and their names ("" without strata)."""
    if not groups:
        return np.zeros(len(data), np.int64), ("",)
    if len(groups) == 1:
        codes, values = pd.factorize(data[groups[0]], sort=True)
        return codes, tuple(level_text(value) for value in values)
    grouped = data.groupby(groups, observed=True, sort=True)
    labels = [", ".join(level_text(part) for part in key) for key, _ in grouped]
    return grouped.ngroup().to_numpy(), tuple(labels)
