"""Seeded bootstrap and permutation, and the limits taken from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import norm

from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.guards import refuse, require_columns
from prrt_lib.estimate.resampling.batched_fits import fit_resamples

BCA_LEAST = 2000

Estimator = Callable[[pd.DataFrame], Sequence[float] | float]


@dataclass(frozen=True, repr=False)
class Replicates(Shown):
    """(k,) estimates of the sample and (B, k) of its resamples; NaN where there is none."""

    estimate: np.ndarray
    values: np.ndarray

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """A line per estimate: the sample's, and the spread of its resamples."""
        lines = {"estimate": self.estimate, "SE": self.std_error,
                 "2.5%": np.nanquantile(self.values, 0.025, axis=0),
                 "97.5%": np.nanquantile(self.values, 0.975, axis=0),
                 "without an estimate": self.missing}  # fmt: skip
        return f"{len(self.values)} resamples", pd.DataFrame(lines), []

    @property
    def missing(self) -> np.ndarray:
        """Share of resamples without an estimate, such as a median that is not reached."""
        return np.isnan(self.values).mean(axis=0)

    @property
    def std_error(self) -> np.ndarray:
        """Standard deviation over the resamples with an estimate."""
        return np.nanstd(self.values, axis=0, ddof=1)


def bootstrap(
    frame: pd.DataFrame, estimator: Estimator, resamples: int, seed: int,
    cluster: str | None = None, strata: str | None = None, jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Replicates:  # fmt: skip
    """Replicates of ``estimator`` over patients (or whole clusters) drawn with replacement.

    Drawing is within ``strata``. A drawn cluster keeps all its records. Resample b depends on
    ``seed`` and b alone, so ``jobs`` and order change nothing; ``progress(done, all)`` is called
    after each part. ``estimator`` has to be importable when ``jobs`` > 1.
    """
    units = _units(frame, cluster, strata)
    work = partial(_bootstrap_part, frame, estimator, units, seed)
    return Replicates(_as_array(estimator(frame)), _spread(work, resamples, jobs, progress))


def permutation_test(
    frame: pd.DataFrame, group: str, estimator: Estimator, permutations: int, seed: int,
    strata: str | None = None, jobs: int = 1,
) -> tuple[float, Replicates]:  # fmt: skip
    """Two-sided p and the Replicates with ``group`` shuffled (within ``strata``).

    p = (1 + as extreme) / (1 + permutations), so never zero (Phipson and Smyth 2010).
    """
    require_columns(frame, [group])
    units = _units(frame, None, strata)
    work = partial(_permutation_part, frame, group, estimator, units, seed)
    found = Replicates(_as_array(estimator(frame)), _spread(work, permutations, jobs, None))
    limit = abs(found.estimate[0]) * (1 - 1e-12)
    extreme = int((np.abs(found.values[:, 0]) >= limit).sum())
    return (1 + extreme) / (1 + permutations), found


def bootstrap_cox(fit, resamples: int, seed: int) -> Replicates:
    """Replicates of a CoxFit's coefficients, patients drawn one by one or by its clusters."""
    data = fit.data
    if data.weight is not None or fit.penalty is not None:
        refuse("bootstrap", "case weights or a penalty", "a plain fit", "use bootstrap()")
    unit = np.arange(fit.n) if data.cluster is None else data.cluster
    groups = int(unit.max()) + 1
    counts = np.empty((resamples, len(fit.sets.row)), np.int64)
    for b in range(resamples):
        drawn = np.random.default_rng([seed, b]).integers(0, groups, groups)
        counts[b] = np.bincount(drawn, minlength=groups)[unit[fit.sets.row]]
    values = fit_resamples(fit.sets, counts, fit.maximum.beta) / fit.sets.scale
    return Replicates(fit.coefficients.to_numpy(), values)


def percentile_limits(found: Replicates, conf_level: float = 0.95):
    """Lower and upper percentile limits, (k,) each; replicates without an estimate count as +inf.

    That is right for a median that is not reached; a limit of +inf means "not reached".
    """
    values = np.where(np.isnan(found.values), np.inf, found.values)
    tail = (1 - conf_level) / 2
    return _quantile(values, tail), _quantile(values, 1 - tail)


def bca_limits(found: Replicates, leave_one_out: np.ndarray, conf_level: float = 0.95):
    """Bias-corrected and accelerated limits (Efron 1987), (k,) each.

    ``leave_one_out`` (n, k) are the estimates without each patient. Raises AnalysisError below
    2,000 resamples or when a resample has no estimate: for those use percentile limits.
    """
    if len(found.values) < BCA_LEAST or np.isnan(found.values).any():
        said = (
            f"{len(found.values)} resamples, {int(np.isnan(found.values).sum())} without estimate"
        )
        refuse("BCa limits", said, f"at least {BCA_LEAST}, all estimated", "use percentile limits")
    centred = leave_one_out.mean(axis=0) - leave_one_out
    with np.errstate(invalid="ignore"):
        skew = (centred**3).sum(axis=0) / (6 * (centred**2).sum(axis=0) ** 1.5)
    skew = np.nan_to_num(skew)
    below = (found.values < found.estimate).mean(axis=0)
    below = below + (found.values == found.estimate).mean(axis=0) / 2
    count = len(found.values)
    bias = norm.ppf(np.clip(below, 1 / (count + 1), count / (count + 1)))
    limits = []
    for side in (-1, 1):
        shifted = bias + side * norm.ppf(0.5 + conf_level / 2)
        level = norm.cdf(bias + shifted / (1 - skew * shifted))
        pairs = zip(found.values.T, level, strict=True)
        limits.append(np.array([np.quantile(column, share) for column, share in pairs]))
    return limits[0], limits[1]


def jackknife(frame: pd.DataFrame, estimator: Estimator, cluster: str | None = None) -> np.ndarray:
    """(n, k) estimates without each patient (or cluster)."""
    unit = np.arange(len(frame)) if cluster is None else pd.factorize(frame[cluster])[0]
    return np.array([_as_array(estimator(frame[unit != u])) for u in range(int(unit.max()) + 1)])


def _quantile(values: np.ndarray, share: float) -> np.ndarray:
    """Order statistic at (B + 1) x share, so that infinite values are not interpolated."""
    ordered, count = np.sort(values, axis=0), len(values)
    place = (count + 1) * share - 1
    near = np.ceil(place - 1e-9) if share > 0.5 else np.floor(place + 1e-9)
    return ordered[int(np.clip(near, 0, count - 1))]


def _units(frame, cluster, strata) -> list[list[np.ndarray]]:
    """Row numbers by stratum and, inside, by unit of drawing."""
    require_columns(frame, [name for name in (cluster, strata) if name])
    unit = np.arange(len(frame)) if cluster is None else pd.factorize(frame[cluster])[0]
    level = np.zeros(len(frame), int) if strata is None else pd.factorize(frame[strata])[0]
    found = []
    for value in range(int(level.max()) + 1):
        rows = np.flatnonzero(level == value)
        order = rows[np.argsort(unit[rows], kind="stable")]
        found.append(np.split(order, np.flatnonzero(np.diff(unit[order])) + 1))
    return found


def _bootstrap_part(frame, estimator, units, seed, numbers) -> np.ndarray:
    found = []
    for b in numbers:
        rng = np.random.default_rng([seed, b])
        rows = [group[pick] for group in units for pick in rng.integers(0, len(group), len(group))]
        found.append(_attempt(estimator, frame.iloc[np.concatenate(rows)]))
    return _stacked(found)


def _permutation_part(frame, group, estimator, units, seed, numbers) -> np.ndarray:
    values, found = frame[group].to_numpy(), []
    for b in numbers:
        rng = np.random.default_rng([seed, b])
        shuffled = values.copy()
        for parts in units:
            rows = np.concatenate(parts)
            shuffled[rows] = values[rng.permutation(rows)]
        found.append(_attempt(estimator, frame.assign(**{group: shuffled})))
    return _stacked(found)


def _attempt(estimator: Estimator, frame: pd.DataFrame) -> np.ndarray:
    """The estimate, or an empty array where the resample allows none."""
    try:
        return _as_array(estimator(frame))
    except AnalysisError:
        return np.empty(0)


def _stacked(found: list[np.ndarray]) -> np.ndarray:
    width = max((len(values) for values in found), default=0)
    return np.array([values if len(values) else np.full(width, np.nan) for values in found])


def _as_array(value) -> np.ndarray:
    return np.atleast_1d(np.asarray(value, dtype=float))


def _spread(work, count: int, jobs: int, progress) -> np.ndarray:
    """(count, k) results of ``work`` over the numbers 0 .. count - 1, in order."""
    parts = np.array_split(np.arange(count), max(1, min(count, 10 * max(jobs, 2))))
    found, done = [], 0
    pool = ProcessPoolExecutor(jobs) if jobs > 1 else None
    try:
        for part, values in zip(parts, (pool.map if pool else map)(work, parts), strict=True):
            found.append(values)
            done += len(part)
            if progress is not None:
                progress(done, count)
    finally:
        if pool is not None:
            pool.shutdown()
    width = max(part.shape[1] if part.ndim == 2 else 0 for part in found)
    return np.concatenate([_widened(part, width) for part in found])


def _widened(part: np.ndarray, width: int) -> np.ndarray:
    """``part``, or NaN of the right width where none of its resamples has an estimate."""
    fits = part.ndim == 2 and part.shape[1] == width
    return part if fits else np.full((len(part), width), np.nan)
