"""Firth's penalised partial likelihood: finite estimates where the plain one runs away.

Maximises loglik + log|information| / 2 (Firth, Biometrika 1993; Heinze and Schemper, Biometrics
2001) with the same ties, entry, strata and weights; limits and p by profile likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from prrt_lib.estimate.regression.newton import Maximum, require_rank, uphill
from prrt_lib.estimate.regression.partial_likelihood import Likelihood, Sums, collected, evaluate
from prrt_lib.estimate.regression.risk_sets import RiskSets

LIMIT = 200
ENOUGH = 1e-20  # squared distance to the maximum in standard errors
LONGEST = 3.0  # of one step, in standard deviations of a column


@dataclass(frozen=True)
class Penalised:
    """The penalised likelihood at one beta."""

    at: Likelihood
    sums: Sums | None
    information: np.ndarray
    loglik: float

    def score(self) -> np.ndarray:
        """First derivatives: those of the likelihood, and tr(inverse dI/dbeta_r) / 2 per column r.

        dI/dbeta_r is the sum over factors of mass times the third central moment; with
        q = x' inverse x and m the mean, its trace is
        E[x_r q] - m_r E[q] - 2 E[x_r x'] inverse m + 2 m_r m' inverse m.
        """
        at, sums, sets = self.at, self.sums, self.at.sets
        inverse = np.linalg.inv(self.information)
        turned = inverse @ sets.x
        q = np.einsum("pn,pn->n", turned, sets.x)
        mean = _per_term(sets, sums.at_risk, sums.tied) / at.denominator
        tied_q = sets.per_tied_time((q * at.risk)[sets.tied_death]) if len(sets.tied) else None
        mean_q = _per_term(sets, sets.suffix(q * at.risk), tied_q) / at.denominator
        path = collected(sets, sums.hazard_mean(), sums.hazard_mean_own())
        own = at.expected * q - 2 * at.risk * np.einsum("pn,pn->n", turned, path)
        square = np.einsum("pt,pt->t", mean, inverse @ mean)
        trace = sets.x @ own + mean @ (sets.term_mass * (2 * square - mean_q))
        return at.score(sums) + 0.5 * trace


def penalised(sets: RiskSets, beta: np.ndarray) -> Penalised:
    """The penalised likelihood at ``beta``; loglik is -inf where it cannot be computed."""
    at = evaluate(sets, beta)
    if not np.isfinite(at.loglik):
        return Penalised(at, None, np.full((len(beta), len(beta)), np.nan), -np.inf)
    sums = at.sums()
    information = at.information(sums)
    sign, log_volume = np.linalg.slogdet(information)
    loglik = at.loglik + 0.5 * log_volume if sign > 0 else -np.inf
    return Penalised(at, sums, information, loglik)


def _per_term(sets: RiskSets, at_risk: np.ndarray, tied: np.ndarray | None) -> np.ndarray:
    """(..., T) risk set sums with the tied events' share taken out."""
    if not len(sets.tied):
        return at_risk
    total = at_risk[..., sets.term_at]
    total[..., sets.term_tied] -= tied[..., sets.tied_at] * sets.term_share
    return total


def maximise_penalised(sets: RiskSets) -> Maximum:
    """The Maximum of the penalised likelihood; raises Singular for dependent columns."""
    start = penalised(sets, np.zeros(len(sets.x)))
    require_rank(start.information)
    top, done = _climb(sets, start, np.ones(len(sets.x), bool))
    unscaled = float(np.log(sets.scale).sum())
    return Maximum(
        top.at.beta, top.at, start.at, float("nan"), top.sums, top.information,
        np.linalg.inv(top.information), done, np.zeros(len(sets.x), bool),
        top.loglik + unscaled, start.loglik + unscaled,
    )  # fmt: skip


def _climb(sets: RiskSets, here: Penalised, free: np.ndarray) -> tuple[Penalised, bool]:
    """The top reached over the ``free`` coefficients, and whether it is a top."""
    if not free.any() or not np.isfinite(here.loglik):
        return here, not free.any()
    for _ in range(LIMIT):
        score, step = here.score()[free], np.zeros(len(free))
        step[free] = np.linalg.solve(here.information[np.ix_(free, free)], score)
        if score @ step[free] <= ENOUGH:
            return here, True
        step *= min(1.0, LONGEST / float(np.abs(step).max()))
        there = uphill(lambda beta: penalised(sets, beta), here, here.at.beta, step, 1e-13)
        if there is here:
            return here, bool(score @ step[free] < 1e-12)
        here = there
    return here, False


def profile_limits(sets: RiskSets, top: Maximum, column: int, conf_level: float):
    """Lower and upper profile-likelihood limit of one column (scaled) and its p value.

    A limit that cannot be found within 60 standard errors is NaN.
    """
    best = penalised(sets, top.beta)
    free = np.arange(len(top.beta)) != column
    z = float(norm.ppf(0.5 + conf_level / 2))
    error = float(np.sqrt(top.variance[column, column]))
    limits = [_limit(sets, best, free, column, side * z, error) for side in (-1, 1)]
    zero, _ = _fixed(sets, best, free, column, 0.0)
    return (*limits, float(chi2.sf(max(2 * (best.loglik - zero.loglik), 0.0), 1)))


def _limit(sets, best, free, column, target, error) -> float:
    """Newton's method on the signed root of the likelihood ratio, nearly a straight line."""
    here, value = best, best.at.beta[column] + target * error
    for _ in range(50):
        here, done = _fixed(sets, here, free, column, value)
        drop = 2 * (best.loglik - here.loglik)
        slope = here.score()[column] if done else 0.0
        if drop <= 0 or slope * target >= 0:
            break
        root = np.sign(target) * np.sqrt(drop)
        change = float(np.clip((root - target) / (-slope / root), -2 * error, 2 * error))
        value -= change
        if abs(change) < 1e-12 * max(error, abs(value)):
            return float(value)
        if abs(value - best.at.beta[column]) > 60 * error:
            break
    return float("nan")


def _fixed(sets, near: Penalised, free, column, value) -> tuple[Penalised, bool]:
    """The highest point with one coefficient held at ``value``."""
    beta = near.at.beta.copy()
    shift = value - beta[column]
    if free.any():  # follow the ridge, so that the search starts near its end
        own = near.information
        beta[free] -= np.linalg.solve(own[np.ix_(free, free)], own[free, column]) * shift
    beta[column] = value
    return _climb(sets, penalised(sets, beta), free)
