"""The seeded bootstrap of a Cox model: many fits at once.

A patient drawn c times is c tied records (Efron), so each resample has its own terms; sums over
risk sets run over all resamples in one array.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.records import refuse
from prrt_lib.estimate.regression.risk_sets import RiskSets

ENOUGH = 1e-10  # squared distance to the maximum in standard errors, before the last step
STEPS = 25
ROOM = 100_000  # numbers per block: resamples x columns x rows, to stay in the cache


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


def bootstrap_cox(fit, resamples: int, seed: int) -> Replicates:
    """Replicates of a CoxFit's coefficients, patients drawn one by one or by its clusters."""
    data = fit.data
    if data.weight is not None or fit.penalty is not None:
        refuse("bootstrap", "case weights or a penalty", "a plain fit", "fit without them")
    unit = np.arange(fit.n) if data.cluster is None else data.cluster
    groups = int(unit.max()) + 1
    counts = np.empty((resamples, len(fit.sets.row)), np.int64)
    for b in range(resamples):
        drawn = np.random.default_rng([seed, b]).integers(0, groups, groups)
        counts[b] = np.bincount(drawn, minlength=groups)[unit[fit.sets.row]]
    values = fit_resamples(fit.sets, counts, fit.maximum.beta) / fit.sets.scale
    return Replicates(fit.coefficients.to_numpy(), values)


def fit_resamples(sets: RiskSets, counts: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(B, p) estimates on the scaled columns; NaN where a resample has no finite estimate.

    ``counts`` (B, n kernel rows) says how often each row is drawn. The search starts at
    ``start``, best the estimate of the whole sample. Case weights other than one are not used.
    """
    block = max(1, ROOM // max(sets.x.size, 1))
    found = np.full((len(counts), len(start)), np.nan)
    for first in range(0, len(counts), block):
        drawn = counts[first : first + block].astype(float)
        beta = np.tile(start, (len(drawn), 1))
        alive = np.flatnonzero((drawn[:, sets.death] > 0).any(axis=1))
        terms = _Terms(sets, drawn[alive])
        for _ in range(STEPS):
            if not len(alive):
                break
            step, decrement, usable = newton_steps(*derivatives(sets, terms, beta[alive]))
            beta[alive] += step
            done = usable & (decrement < ENOUGH) & (np.abs(step).max(axis=1, initial=0.0) < 1e-3)
            found[first + alive[done]] = beta[alive[done]]
            left = usable & ~done
            if not left.all():
                alive = alive[left]
                terms = _Terms(sets, drawn[alive])
    return found


class _Terms:
    """The factors of each resample's likelihood in one list, ordered by resample and time."""

    def __init__(self, sets: RiskSets, counts: np.ndarray):
        self.counts = counts
        drawn = np.add.reduceat(counts[:, sets.death], sets.death_start, axis=1)
        self.died = counts[:, sets.death] @ sets.x[:, sets.death].T
        self.shape = drawn.shape
        self.place = np.flatnonzero(drawn)
        size = drawn.ravel()[self.place]
        if sets.ties == "breslow":
            self.at, self.share, self.mass = self.place, None, size
            self.first = np.arange(len(self.place))
            return
        copies = size.astype(np.int64)
        self.at = np.repeat(self.place, copies)
        self.first = np.cumsum(copies) - copies
        number = np.arange(len(self.at)) - np.repeat(self.first, copies)
        self.share, self.mass = number / np.repeat(size, copies), 1.0

    def spread(self, values: np.ndarray) -> np.ndarray:
        """(B, K) sums of ``values`` over the factors of each resample and time."""
        total = np.zeros(self.shape[0] * self.shape[1])
        if len(self.place):
            total[self.place] = np.add.reduceat(values, self.first)
        return total.reshape(self.shape)


def derivatives(sets: RiskSets, terms: _Terms, beta: np.ndarray):
    """(B, p) score and (B, p, p) information at ``beta`` (B, p)."""
    eta = beta @ sets.x
    risk = np.exp(eta - eta.max(axis=1, keepdims=True))
    risk *= terms.counts
    # (T,) mass / denominator and mass / denominator^2 of every factor of every resample.
    denominator = sets.suffix(risk).ravel()[terms.at]
    if terms.share is not None:
        dying = np.add.reduceat(risk[:, sets.death], sets.death_start, axis=1)
        denominator = denominator - terms.share * dying.ravel()[terms.at]
    denominator = np.maximum(denominator, 1e-140)
    hazard = terms.mass / denominator
    square = hazard / denominator
    weighted = sets.x * risk[:, None, :]
    at_risk = sets.suffix(weighted)
    total = terms.spread(hazard)
    score = terms.died - np.einsum("bpk,bk->bp", at_risk, total)
    inside = sets.while_at_risk(total)
    left, extra = at_risk * terms.spread(square)[:, None, :], 0.0
    if terms.share is not None:
        own = terms.spread(hazard * terms.share)
        inside[:, sets.death] -= own[:, sets.death_at]
        tied = np.add.reduceat(weighted[:, :, sets.death], sets.death_start, axis=2)
        score += np.einsum("bpk,bk->bp", tied, own)
        cross = terms.spread(square * terms.share)[:, None, :]
        left -= tied * cross
        right = tied * terms.spread(square * terms.share**2)[:, None, :]
        right -= at_risk * cross
        extra = right @ tied.transpose(0, 2, 1)
    weighted *= inside[:, None, :]
    within = (weighted.reshape(-1, weighted.shape[2]) @ sets.x.T).reshape(*beta.shape, -1)
    return score, within - left @ at_risk.transpose(0, 2, 1) - extra


def newton_steps(score: np.ndarray, information: np.ndarray):
    """Newton's steps (at most 2 per column), their squared lengths, and which are usable."""
    own = np.einsum("bpp->bp", information)
    usable = np.isfinite(score).all(axis=1) & (own > 1e-8).all(axis=1)
    root = np.sqrt(np.where(usable[:, None], own, 1.0))
    correlation = information / (root[:, :, None] * root[:, None, :])
    correlation[~usable] = np.eye(score.shape[1])
    usable &= np.linalg.det(correlation) > 1e-12
    correlation[~usable] = np.eye(score.shape[1])
    scaled = np.where(usable[:, None], score / root, 0.0)
    step = np.linalg.solve(correlation, scaled[..., None])[..., 0]
    decrement = (step * scaled).sum(axis=1)
    step = step / root
    longest = np.abs(step).max(axis=1, initial=0.0, keepdims=True)
    return step * np.minimum(1.0, 2.0 / np.maximum(longest, 2.0)), decrement, usable
