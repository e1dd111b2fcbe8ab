"""The maximum of the partial likelihood by Newton's method, and what stood in its way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dposv, dpotrf

from prrt_lib.estimate.regression.partial_likelihood import Likelihood, Sums, evaluate
from prrt_lib.estimate.regression.risk_sets import RiskSets

DECREMENT = 1e-18  # squared distance to the maximum in standard errors
FLAT = 1e-8
MOVING = 1e-3
APART = 100.0  # of the linear predictors
PIVOT = 1e-10  # of a column of standard deviation 1: less information than this is rounding


class Singular(ValueError):
    """A column is a combination of the columns before it, or constant; ``columns`` numbers them."""

    def __init__(self, columns: list[int]):
        super().__init__(f"columns {columns} carry no information of their own")
        self.columns = columns


@dataclass(frozen=True)
class Maximum:
    """Where the search ended, on the scaled columns."""

    beta: np.ndarray
    at: Likelihood
    start: Likelihood
    score_chi2: float  # at beta = 0
    sums: Sums
    information: np.ndarray
    variance: np.ndarray
    iterations: int
    converged: bool
    separated: np.ndarray  # bool per column: the estimate runs to infinity
    loglik: float  # with the penalty where there is one, on the covariates' own scale
    loglik_start: float


def maximise(sets: RiskSets, start: np.ndarray | None = None, limit: int = 60) -> Maximum:
    """The Maximum of the log partial likelihood; raises Singular for dependent columns."""
    beta = np.zeros(len(sets.x)) if start is None else np.asarray(start, float)
    here = first = evaluate(sets, beta)
    sums, information = _curvature(here)
    require_rank(information)
    step, decrement = _step(here.score(sums), information)
    score_chi2 = decrement
    separated, previous = np.zeros(len(beta), bool), np.full(len(beta), np.inf)
    taken = 0
    while decrement > DECREMENT and taken < limit:
        separated = _running_away(step, previous, decrement)
        if separated.any():
            break
        previous = np.abs(step)
        there = _improve(sets, here, step)
        if there is here:
            break
        here, taken = there, taken + 1
        sums, information = _curvature(here)
        step, decrement = _step(here.score(sums), information)
    done = decrement <= DECREMENT or decrement <= 1e-12 * abs(here.loglik)
    if not done and not separated.any():
        separated = _vanished(here, step)
    final = here.beta if separated.any() else here.beta + (step if done else 0.0)
    return Maximum(
        final, here, first, score_chi2, sums, information, _inverse(information), taken,
        done, separated, here.loglik, first.loglik,
    )  # fmt: skip


def _curvature(here: Likelihood):
    sums = here.sums()
    return sums, here.information(sums)


def _step(score: np.ndarray, information: np.ndarray) -> tuple[np.ndarray, float]:
    """Newton's step and the squared length of it in standard errors."""
    if len(score) == 0:
        return score, 0.0
    _, step, failed = dposv(information, score)
    if failed:
        step = np.linalg.pinv(information, hermitian=True) @ score
    return step, float(score @ step)


def _improve(sets: RiskSets, here: Likelihood, step: np.ndarray) -> Likelihood:
    """The likelihood after the step, halved until it does not fall."""
    for halving in range(30):
        there = evaluate(sets, here.beta + step / 2**halving)
        if there.loglik >= here.loglik - 1e-12 * abs(here.loglik):
            return there
    return here


def _running_away(step, previous, decrement) -> np.ndarray:
    """Columns that still move although the likelihood no longer does (monotone likelihood)."""
    if decrement > FLAT:
        return np.zeros(len(step), bool)
    size = np.abs(step)
    return (size > MOVING) & (size > 0.5 * previous)


def _vanished(here: Likelihood, step: np.ndarray) -> np.ndarray:
    """Columns on the move when the risks have grown too far apart to be summed."""
    apart = float(np.ptp(here.eta)) > APART
    return (np.abs(step) > MOVING) & apart


def _inverse(information: np.ndarray) -> np.ndarray:
    """The inverse, or the pseudo-inverse where an estimate has run to infinity."""
    if len(information) == 0:
        return information
    _, inverse, failed = dposv(information, np.eye(len(information)))
    return np.linalg.pinv(information, hermitian=True) if failed else (inverse + inverse.T) / 2


def require_rank(information: np.ndarray) -> None:
    """Nothing, or Singular: columns whose part of the information is explained by earlier ones."""
    if not len(information):
        return
    root, failed = dpotrf(information)
    if not failed and (np.diag(root) ** 2 > PIVOT * np.maximum(np.diag(information), 1.0)).all():
        return
    left = information.copy()
    own = np.diag(information).copy()
    dependent = []
    for j in range(len(own)):
        if not left[j, j] > PIVOT * max(own[j], 1.0):
            dependent.append(j)
            continue
        left[j + 1 :, j + 1 :] -= np.outer(left[j + 1 :, j], left[j, j + 1 :]) / left[j, j]
    if dependent:
        raise Singular(dependent)
