"""Multiple imputation by chained equations with predictive mean matching.

van Buuren 2018 (FCS, PMM with five donors); White and Royston 2009: the event and the
Nelson-Aalen increment over the time under observation are in every model (decision 23).
statsmodels 0.15 (``MICEData``) knows neither bounds of a value nor matching on a drawn estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import truncnorm

from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.curves.risk_table import hazard_at_risk
from prrt_lib.estimate.records import arrays, prepared, refuse, require_columns

RIDGE = 1e-5
DONORS = 5


@dataclass(frozen=True, repr=False)
class Imputations(Shown):
    """Completed frames, and how the chains moved."""

    frames: tuple[pd.DataFrame, ...]
    trace: pd.DataFrame  # imputation, iteration, column, mean, sd of the imputed values
    missing: Mapping[str, int]
    method: str

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """How many values of each column were imputed."""
        size = len(self.frames[0]) if self.frames else 0
        lines = {"column": list(self.missing), "imputed": list(self.missing.values())}
        heading = f"{len(self.frames)} completed data sets of {size} records"
        return heading, pd.DataFrame(lines), [self.method]


def impute(
    frame: pd.DataFrame, columns: Sequence[str], duration: str, event: str, seed: int,
    entry: str | None = None, auxiliary: Sequence[str] = (), m: int | None = None,
    iterations: int = 10, bounds: Mapping[str, tuple[str, str]] | None = None,
    derive: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> Imputations:  # fmt: skip
    """Imputations of the missing values of ``columns``; ``frame`` is left as it is.

    Each model has the other columns, ``auxiliary`` (complete), the event and H(exit) - H(entry).
    ``bounds`` names the columns with the known lower and upper end of a value: donors lie
    inside, and where no donor does the value is drawn from the model inside the bounds.
    ``derive`` recomputes derived columns of each completed frame. Without ``m`` it is
    max(20, per cent of incomplete records).
    """
    require_columns(frame, [*columns, *auxiliary])
    if frame[list(auxiliary)].isna().to_numpy().any():
        refuse(f"columns {list(auxiliary)}", "missing values", "complete auxiliary columns")
    gaps = {name: int(frame[name].isna().sum()) for name in columns}
    share = float(frame[list(columns)].isna().any(axis=1).mean())
    count = m or max(20, int(np.ceil(100 * share)))
    exits, codes, entries = arrays(prepared(frame, duration, event, entry), duration, event, entry)
    whole = [encoded(frame[name]) for name in (*auxiliary, *columns) if not gaps.get(name)]
    hazard = hazard_at_risk(exits, codes > 0, entries)
    base = np.column_stack([np.ones(len(frame)), codes, hazard, *whole])
    parts = [incomplete(frame, name, bounds or {}) for name in columns if gaps[name]]
    parts.sort(key=lambda part: int(part.missing.sum()))
    frames, trace = [], []
    for number in range(1, count + 1):
        rng = np.random.default_rng([seed, number])
        values = [part.started(rng) for part in parts]
        for iteration in range(1, iterations + 1):
            for place, part in enumerate(parts):
                others = [other.columns(value)
                          for other, value in zip(parts, values, strict=True)
                          if other is not part]  # fmt: skip
                values[place] = draw(part, np.column_stack([base, *others]), rng)
                drawn = values[place][part.missing]
                trace.append({"imputation": number, "iteration": iteration, "column": part.name,
                              "mean": float(drawn.mean()), "sd": float(drawn.std())})  # fmt: skip
        done = frame.assign(**{part.name: part.decoded(frame[part.name], value)
                               for part, value in zip(parts, values, strict=True)})  # fmt: skip
        frames.append(done if derive is None else derive(done))
    words = f"chained equations, predictive mean matching ({DONORS} donors), m = {count}"
    return Imputations(tuple(frames), pd.DataFrame(trace), gaps, words)


@dataclass(frozen=True)
class Incomplete:
    """A column with missing values; factors as level numbers."""

    name: str
    values: np.ndarray
    missing: np.ndarray
    levels: tuple | None
    low: np.ndarray
    high: np.ndarray

    def columns(self, values: np.ndarray) -> np.ndarray:
        """(n, k) as predictors of other columns."""
        if self.levels is None:
            return values[:, None]
        return (values[:, None] == np.arange(1, len(self.levels))).astype(float)

    def started(self, rng: np.random.Generator) -> np.ndarray:
        """Values with each gap filled from the observed values, inside its bounds."""
        values, seen = self.values.copy(), self.values[~self.missing]
        for row in np.flatnonzero(self.missing):
            low, high = self.low[row], self.high[row]
            inside = seen[(seen >= low) & (seen <= high)]
            if len(inside):
                values[row] = rng.choice(inside)
            elif np.isfinite(low + high):
                values[row] = (low + high) / 2
            else:
                values[row] = np.clip(0.0, low, high)
        return values

    def decoded(self, series: pd.Series, values: np.ndarray) -> pd.Series:
        """``series`` with its gaps filled."""
        if self.levels is None:
            kept = series.to_numpy(dtype="float64", na_value=np.nan)
            return pd.Series(np.where(self.missing, values, kept), series.index)
        found = series.astype(object).copy()
        names = np.array(self.levels, dtype=object)
        found[self.missing] = names[values[self.missing].astype(int)]
        return found.astype(series.dtype)


def encoded(series: pd.Series) -> np.ndarray:
    """(n, k) numbers of a complete column; k = 1, or one per level of a factor but the first."""
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return series.to_numpy(dtype="float64")[:, None]
    codes, levels = pd.factorize(series, sort=True)
    return (codes[:, None] == np.arange(1, len(levels))).astype(float)


def incomplete(frame: pd.DataFrame, name: str, bounds: Mapping) -> Incomplete:
    """The Incomplete of one column; AnalysisError when nothing is observed."""
    series, n = frame[name], len(frame)
    missing = series.isna().to_numpy()
    if missing.all():
        refuse(f"column {name!r}", "no observed value", "observed values to learn from")
    low, high = np.full(n, -np.inf), np.full(n, np.inf)
    if name in bounds:
        low, high = (
            pd.to_numeric(frame[end]).to_numpy(dtype="float64", na_value=np.nan)
            for end in bounds[name]
        )
        low, high = np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf)
        if (low > high).any():
            refuse(f"column {name!r}", f"{int((low > high).sum())} reversed bounds", "low <= high")
    numeric = pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)
    if numeric:
        values = series.to_numpy(dtype="float64", na_value=np.nan)
        return Incomplete(name, values, missing, None, low, high)
    codes, levels = pd.factorize(series, sort=True)
    values = np.where(missing, np.nan, codes)
    return Incomplete(name, values, missing, tuple(levels), low, high)


def draw(part: Incomplete, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """All values of ``part`` with the missing ones drawn anew by predictive mean matching.

    Type 1 matching: observed records by the estimate, missing ones by a draw of it. Factors
    match on the predicted share of every level.
    """
    seen, gaps = ~part.missing, np.flatnonzero(part.missing)
    centred = x - x.mean(axis=0)
    spread = centred.std(axis=0)
    scaled = centred / np.where(spread > 1e-12, spread, 1.0)
    scaled[:, 0] = 1.0  # the constant
    target = part.values[:, None]
    if part.levels is not None:
        target = (part.values[:, None] == np.arange(len(part.levels))).astype(float)
    estimate, drawn, sigma = posterior(scaled[seen], target[seen], rng)
    predicted, wished = scaled[seen] @ estimate, scaled[gaps] @ drawn
    pool, values = part.values[seen], part.values.copy()
    for place, row in enumerate(gaps):
        low, high = part.low[row], part.high[row]
        allowed = np.flatnonzero((pool >= low) & (pool <= high))
        if len(allowed):
            distance = ((predicted[allowed] - wished[place]) ** 2).sum(axis=1)
            nearest = min(DONORS, len(allowed))
            # breaks ties between equally near donors at random
            jitter = rng.random(len(distance)) * 1e-12 * (1.0 + distance)
            order = np.argpartition(distance + jitter, nearest - 1)[:nearest]
            values[row] = pool[allowed[rng.choice(order)]]
        elif low == high:
            values[row] = low
        else:
            # A draw of the model's normal distribution inside the bounds.
            middle, sd = wished[place, 0], max(float(sigma[0]), 1e-12)
            value = truncnorm.rvs((low - middle) / sd, (high - middle) / sd, middle, sd,
                                  random_state=rng)  # fmt: skip
            values[row] = np.clip(value, low, high)
    return values


def posterior(x: np.ndarray, y: np.ndarray, rng: np.random.Generator):
    """Estimate, one draw of the coefficients, and one draw of the residual SD per target."""
    cross = x.T @ x
    inverse = np.linalg.inv(cross + RIDGE * np.diag(np.diag(cross) + 1e-12))
    estimate = inverse @ (x.T @ y)
    residual = ((y - x @ estimate) ** 2).sum(axis=0)
    df = max(len(x) - x.shape[1], 1)
    sigma = np.sqrt(residual / rng.chisquare(df, y.shape[1]))
    root = np.linalg.cholesky((inverse + inverse.T) / 2)
    noise = root @ rng.standard_normal((x.shape[1], y.shape[1]))
    return estimate, estimate + noise * sigma, sigma
