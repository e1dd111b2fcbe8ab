"""The maximum of the partial likelihood by Newton's method, and what stood in its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dposv, dpotrf

from prrt_lib.estimate.regression.partial_likelihood import Likelihood, Sums, evaluate
from prrt_lib.estimate.regression.risk_sets import RiskSets

LIMIT = 60
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
    converged: bool
    separated: np.ndarray  # bool per column: the estimate runs to infinity
    loglik: float  # with the penalty where there is one, on the covariates' own scale
    loglik_start: float


def maximise(sets: RiskSets) -> Maximum:
    """The Maximum of the log partial likelihood; raises Singular for dependent columns."""

    def newton(here: Likelihood):
        """Sums, information, Newton's step and its squared length in standard errors."""
        sums = here.sums()
        score, information = here.score(sums), here.information(sums)
        if len(score) == 0:
            return sums, information, score, 0.0
        _, step, failed = dposv(information, score)
        if failed:
            step = np.linalg.pinv(information, hermitian=True) @ score
        return sums, information, step, float(score @ step)

    here = first = evaluate(sets, np.zeros(len(sets.x)))
    sums, information, step, decrement = newton(here)
    require_rank(information)
    score_chi2, taken = decrement, 0
    separated, previous = np.zeros(len(step), bool), np.full(len(step), np.inf)
    while decrement > DECREMENT and taken < LIMIT:
        size = np.abs(step)
        if decrement <= FLAT:
            # Columns that still move although the likelihood no longer does: it is monotone.
            separated = (size > MOVING) & (size > 0.5 * previous)
        if separated.any():
            break
        previous = size
        there = uphill(lambda beta: evaluate(sets, beta), here, here.beta, step, 1e-12)
        if there is here:
            break
        here, taken = there, taken + 1
        sums, information, step, decrement = newton(here)
    done = decrement <= DECREMENT or decrement <= 1e-12 * abs(here.loglik)
    if not done and not separated.any() and np.ptp(here.eta) > APART:
        # Columns on the move when the risks have grown too far apart to be summed.
        separated = np.abs(step) > MOVING
    variance, failed = information, False
    if len(step):
        _, inverse, failed = dposv(information, np.eye(len(step)))
        variance = (inverse + inverse.T) / 2
    if failed:
        variance = np.linalg.pinv(information, hermitian=True)
    final = here.beta if separated.any() else here.beta + (step if done else 0.0)
    return Maximum(final, here, first, score_chi2, sums, information, variance, done, separated,
                   here.loglik, first.loglik)  # fmt: skip


def uphill(at: Callable, here, beta: np.ndarray, step: np.ndarray, slack: float):
    """``at`` of beta + step, the step halved until the likelihood does not fall; else ``here``."""
    for halving in range(30):
        there = at(beta + step / 2**halving)
        if there.loglik >= here.loglik - slack * abs(here.loglik):
            return there
    return here


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
