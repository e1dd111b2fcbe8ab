"""The Cox partial likelihood and all that follows from it, by cumulative sums.

Efron, JASA 1977; Breslow, Biometrics 1974. The information is
sum_i r_i L_i x_i x_i' - sum mass xbar xbar', L_i being the hazard collected while at risk: two
matrix products instead of one matrix per event time. An Efron mean is (S1 - f D1) / (S0 - f D0),
f = l/d, S over the risk set and D over the tied events, so that sums over l need numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prrt_lib.estimate.regression.risk_sets import RiskSets

SMALLEST = 1e-140  # of a sum over a risk set, the largest risk being 1: squares must not vanish


@dataclass(frozen=True)
class Likelihood:
    """The partial likelihood at one ``beta`` (scaled columns): values kept for what follows.

    ``hazard`` (K,) is the sum of mass / denominator, ``hazard_own`` (tied times) the part of it
    that tied events are spared.
    """

    sets: RiskSets
    beta: np.ndarray
    eta: np.ndarray
    risk: np.ndarray  # weight x exp(eta - shift)
    shift: float
    loglik: float
    denominator: np.ndarray  # (T,)
    hazard: np.ndarray
    hazard_own: np.ndarray
    expected: np.ndarray  # (n,) weighted expected events of each row

    def score(self, sums: Sums) -> np.ndarray:
        """(p,) first derivatives of the log-likelihood."""
        sets = self.sets
        died = sets.x[:, sets.death] @ sets.weight[sets.death]
        return died - sums.at_risk @ self.hazard + sums.tied @ self.hazard_own

    def sums(self) -> Sums:
        """What the second derivatives need: sums of the columns over risk sets and ties."""
        sets, risk = self.sets, self.risk
        at_risk = sets.suffix(sets.x * risk)
        over = sets.term_mass / self.denominator**2
        if not len(sets.tied):
            empty = np.empty(0)
            return Sums(sets, at_risk, np.empty((len(at_risk), 0)), over, empty, empty)
        tied = sets.per_tied_time(sets.tied_x * risk[sets.tied_death])
        first = over[sets.term_tied] * sets.term_share
        return Sums(
            sets, at_risk, tied, sets.per_time(over), sets.per_tied_time(first),
            sets.per_tied_time(first * sets.term_share),
        )  # fmt: skip

    def information(self, sums: Sums, by_time: np.ndarray | None = None) -> np.ndarray:
        """(p, p) minus the second derivatives of the log-likelihood.

        With ``by_time`` (K,) each event time's part is multiplied by it.
        """
        sets, expected = self.sets, self.expected
        if by_time is not None:
            own = self.hazard_own * by_time[sets.tied]
            expected = self.risk * collected(sets, self.hazard * by_time, own)
        return (sets.x * expected) @ sets.x.T - sums.outer(by_time)

    def score_residuals(self, sums: Sums) -> np.ndarray:
        """(p, n) each row's own part of the score, unweighted; weighted they sum to the score."""
        sets = self.sets
        path = collected(sets, sums.hazard_mean(), sums.hazard_mean_own())
        passed = collected(sets, self.hazard, self.hazard_own)
        residual = (path - sets.x * passed) * np.exp(self.eta - self.shift)
        residual[:, sets.death] += self.schoenfeld(sums)
        return residual

    def schoenfeld(self, sums: Sums) -> np.ndarray:
        """(p, events) columns of each event minus their mean in its risk set."""
        sets = self.sets
        return sets.x[:, sets.death] - self.risk_set_means(sums)[:, sets.death_at]

    def risk_set_means(self, sums: Sums) -> np.ndarray:
        """(p, K) weighted mean of the columns at each event time, averaged over its factors."""
        sets, once = self.sets, 1.0 / self.denominator
        if not len(sets.tied):
            return sums.at_risk * once
        means = sums.at_risk * (sets.per_time(once) / np.bincount(sets.term_at))
        share = sets.per_tied_time(once[sets.term_tied] * sets.term_share)
        means[:, sets.tied] -= sums.tied * (share / np.bincount(sets.tied_at))
        return means


@dataclass(frozen=True)
class Sums:
    """Sums of the columns over each risk set and each set of tied events, with their factors.

    ``square``, ``square_f``, ``square_ff`` are sums of mass f^j / denominator^2, j = 0, 1, 2.
    """

    sets: RiskSets
    at_risk: np.ndarray  # (p, K)
    tied: np.ndarray  # (p, tied times)
    square: np.ndarray  # (K,)
    square_f: np.ndarray  # (tied times,)
    square_ff: np.ndarray

    def outer(self, by_time: np.ndarray | None = None) -> np.ndarray:
        """(p, p) sum of mass xbar xbar', each event time's part multiplied by ``by_time``."""
        factor = 1.0 if by_time is None else by_time
        total = (self.at_risk * (self.square * factor)) @ self.at_risk.T
        tied = self.sets.tied
        if len(tied):
            factor = 1.0 if by_time is None else by_time[tied]
            cross = (self.at_risk[:, tied] * (self.square_f * factor)) @ self.tied.T
            total += (self.tied * (self.square_ff * factor)) @ self.tied.T - cross - cross.T
        return total

    def hazard_mean(self) -> np.ndarray:
        """(p, K) sum of hazard x mean over the factors of each event time."""
        total = self.at_risk * self.square
        total[:, self.sets.tied] -= self.tied * self.square_f
        return total

    def hazard_mean_own(self) -> np.ndarray:
        """(p, tied times) the part of ``hazard_mean`` that tied events are spared."""
        return self.at_risk[:, self.sets.tied] * self.square_f - self.tied * self.square_ff


def evaluate(sets: RiskSets, beta: np.ndarray) -> Likelihood:
    """The partial likelihood at ``beta``; loglik is -inf where it cannot be computed."""
    eta = beta @ sets.x
    shift = float(eta.max())
    risk = np.exp(eta - shift)
    risk *= sets.weight
    denominator, tied = sets.suffix(risk), len(sets.tied) > 0
    if tied:
        denominator = denominator[sets.term_at]
        dying = sets.per_tied_time(risk[sets.tied_death])
        denominator[sets.term_tied] -= sets.term_share * dying[sets.tied_at]
    if not denominator.min() > SMALLEST:
        return Likelihood(sets, beta, eta, risk, shift, -np.inf, denominator, *[risk * np.nan] * 3)
    terms = sets.term_mass / denominator
    own = sets.per_tied_time(terms[sets.term_tied] * sets.term_share) if tied else np.empty(0)
    died = sets.weight[sets.death] @ (eta[sets.death] - shift)
    loglik = float(died - sets.term_mass @ np.log(denominator))
    hazard = sets.per_time(terms)
    expected = risk * collected(sets, hazard, own)
    return Likelihood(sets, beta, eta, risk, shift, loglik, denominator, hazard, own, expected)


def collected(sets: RiskSets, increments: np.ndarray, own: np.ndarray) -> np.ndarray:
    """(..., n) sum of ``increments`` (..., K) while at risk; tied events are spared ``own``."""
    inside = sets.while_at_risk(increments)
    if len(sets.tied):
        inside[..., sets.tied_death] -= own[..., sets.tied_at]
    return inside
