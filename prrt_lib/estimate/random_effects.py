"""Linear mixed model of one grouping: fixed effects and random effects by profiled REML.

lme4 1.1-31 gives the same numbers (to 1e-8). statsmodels 0.15 (``MixedLM``) has, with the
optimiser BFGS and gtol 1e-10, the same coefficients to 1e-8, but standard errors that differ by
0.3 to 5 % on pbcseq, and found no maximum of 30 patients with a slope each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtr

from prrt_lib.declare.rows import result_rows
from prrt_lib.declare.shown import Fit
from prrt_lib.estimate.proportions import normal_quantile
from prrt_lib.estimate.records import finite_numbers, refuse, require_columns

METHOD = "linear mixed model, REML, optimiser Nelder-Mead and Newton, Wald limits"
# The deviance is a sum over records: its rounding noise grows with their number.
NOISE_PER_RECORD = 1e-13
# From where the search stops, so many steps of at most so much reach the last digits.
NEWTON_STEPS, NEWTON_WIDTH = 3, 1e-4
# A spread between groups so many times that within them means that nothing is left within.
PERFECT = 1e4


@dataclass(frozen=True, repr=False)
class MixedFit(Fit):
    """Fixed effects in the order of their columns; variances of the random effects and the rest."""

    names: tuple[str, ...]
    estimate: np.ndarray
    covariance: np.ndarray
    random_covariance: np.ndarray
    residual_variance: float
    log_likelihood: float
    converged: bool
    n: int
    groups: int

    def rows(self, conf_level: float = 0.95) -> pd.DataFrame:
        """Rows ``coefficient`` per column (``variable``), then ``variance_component`` rows."""
        z = normal_quantile(conf_level)
        error = np.sqrt(np.diag(self.covariance))
        words = {"method": METHOD, "n": self.groups, "total": self.n}
        words["warning"] = "" if self.converged else "the search for the variances stopped short"
        records = [
            {"statistic": "coefficient", "variable": name, "estimate": b, "std_error": s,
             "low": b - z * s, "high": b + z * s, "p": 2 * ndtr(-abs(b / s)),
             "conf_level": conf_level}
            for name, b, s in zip(self.names, self.estimate, error, strict=True)
        ]  # fmt: skip
        between = np.diag(self.random_covariance)
        parts = [*(f"between, {name}" for name in ("intercept", "slope")[: len(between)]), "within"]
        records += [
            {"statistic": "variance_component", "variable": part, "estimate": value}
            for part, value in zip(parts, [*between, self.residual_variance], strict=True)
        ]
        return result_rows(records, **words)


def mixed_model(
    frame: pd.DataFrame, response: str, fixed: Sequence[str], group: str, slope: str | None = None
) -> MixedFit:
    """The MixedFit of ``response`` on an intercept and the numeric columns ``fixed``.

    Each level of ``group`` has an intercept of its own and, with ``slope``, a slope in that
    column, free to correlate. Deviance profiled over fixed effects and residual variance as in
    Bates et al. 2015 (lme4), minimised over the relative Cholesky factor.
    Raises AnalysisError when the columns or the repeats do not carry the model.
    """
    require_columns(frame, [response, group, *fixed, *([slope] if slope else [])])
    y = finite_numbers(frame, response)
    x = np.column_stack([np.ones(len(frame)), *(frame[name].to_numpy(float) for name in fixed)])
    z = np.ones((len(frame), 1)) if slope is None else x[:, [0, 1 + list(fixed).index(slope)]]
    codes, levels = pd.factorize(frame[group])
    if np.linalg.matrix_rank(x) < x.shape[1] or len(y) <= x.shape[1] + z.shape[1]:
        refuse("mixed model", f"{len(y)} records", "columns with information of their own")
    if len(levels) < 3 or len(levels) == len(y):
        refuse("mixed model", f"{len(levels)} groups of {len(y)} records", "repeats in 3 groups")
    sums = _Sums(y, x, z, codes, len(levels))
    start = np.eye(z.shape[1])[np.tril_indices(z.shape[1])]
    precision = {"xatol": 1e-8, "fatol": max(1e-10, NOISE_PER_RECORD * len(y))}
    found = minimize(sums.deviance, start, method="Nelder-Mead", options=precision)
    again = minimize(sums.deviance, found.x, method="Nelder-Mead", options=precision)
    if np.abs(again.x).max() > PERFECT:
        refuse("mixed model", "records that the groups explain without rest", "repeats that differ")
    theta = _sharpened(sums, again.x)
    beta, covariance, variance, deviance = sums.solve(theta)
    factor = _lower(theta, z.shape[1])
    return MixedFit(("intercept", *fixed), beta, covariance, variance * factor @ factor.T,
                    variance, -deviance / 2, bool(again.success), len(y), len(levels))  # fmt: skip


def _sharpened(sums: _Sums, theta: np.ndarray) -> np.ndarray:
    """``theta`` at the zero of the deviance's gradient, by Newton steps from close by.

    The deviance is flat at its minimum: its values alone place it to about 1e-6, which would
    differ between processors. On the border (a variance of 0) the gradient says nothing: no step.
    """
    for _ in range(NEWTON_STEPS):
        steps = NEWTON_WIDTH * np.eye(len(theta))
        hessian = np.array([sums.gradient(theta + h) - sums.gradient(theta - h) for h in steps])
        hessian = (hessian + hessian.T) / (4 * NEWTON_WIDTH)
        if np.linalg.eigvalsh(hessian)[0] <= 0:
            break
        move = np.linalg.solve(hessian, sums.gradient(theta))
        if np.abs(move).max() > NEWTON_WIDTH * max(1.0, np.abs(theta).max()):
            break
        theta = theta - move
    return theta


def _lower(theta: np.ndarray, size: int) -> np.ndarray:
    factor = np.zeros((size, size))
    factor[np.tril_indices(size)] = theta
    return factor


class _Sums:
    """Cross-products per group: all that the deviance needs, whatever the number of records.

    Groups whose random-effect columns have the same products are summed once and for all.
    """

    def __init__(self, y, x, z, codes: np.ndarray, count: int):
        self.n, self.p, self.q = len(y), x.shape[1], z.shape[1]
        own = np.column_stack([x, y])
        zz, zo = (_grouped(z[:, :, None] * part[:, None, :], codes, count) for part in (z, own))
        flat, kind, self.times = np.unique(
            zz.reshape(count, -1), axis=0, return_inverse=True, return_counts=True
        )
        self.zz = flat.reshape(-1, self.q, self.q)
        outer = zo[:, :, None, :, None] * zo[:, None, :, None, :]
        self.outer = _grouped(outer, kind.reshape(-1), len(flat))
        self.oo = own.T @ own

    def solve(self, theta: np.ndarray):
        """Fixed effects, their covariance, residual variance, and the deviance at ``theta``."""
        factor = _lower(theta, self.q)
        inner = np.eye(self.q) + factor.T @ self.zz @ factor
        weight = factor @ np.linalg.solve(inner, np.broadcast_to(factor.T, inner.shape))
        left = self.oo - np.tensordot(weight, self.outer, axes=([0, 1, 2], [0, 1, 2]))
        xx, xy, yy = left[: self.p, : self.p], left[: self.p, -1], left[-1, -1]
        beta = np.linalg.solve(xx, xy)
        free = self.n - self.p
        variance = max(float(yy - xy @ beta), 1e-300) / free
        logs = (self.times * np.linalg.slogdet(inner)[1]).sum() + np.linalg.slogdet(xx)[1]
        deviance = logs + free * (1 + np.log(2 * np.pi * variance))
        return beta, variance * np.linalg.inv(xx), variance, float(deviance)

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """Derivative of the deviance by the entries of the relative factor L.

        With W = L (1 + L'Z'ZL)^-1 L': d log|1 + LL'Z'Z| = tr(Z'Z (1 - W Z'Z) d(LL')) and
        dW = (1 - W Z'Z) d(LL') (1 - Z'Z W), which the cross-products carry on.
        """
        beta, covariance, variance, _ = self.solve(theta)
        factor, one = _lower(theta, self.q), np.eye(self.q)
        inner = one + factor.T @ self.zz @ factor
        weight = factor @ np.linalg.solve(inner, np.broadcast_to(factor.T, inner.shape))
        rest = one - weight @ self.zz
        residual = np.append(-beta, 1.0)
        # Both quadratic forms of the change of the cross-products, in one matrix.
        form = np.outer(residual, residual) / variance
        form[: self.p, : self.p] += covariance / variance
        slopes = []
        for row, column in zip(*np.tril_indices(self.q), strict=True):
            unit = np.zeros((self.q, self.q))
            unit[row, column] = 1.0
            change = unit @ factor.T + factor @ unit.T
            logs = np.einsum("k,kij,kjl,li->", self.times, self.zz, rest, change)
            moved = rest @ change @ np.swapaxes(rest, 1, 2)
            left = np.tensordot(moved, self.outer, axes=([0, 1, 2], [0, 1, 2]))
            slopes.append(logs - (form * left).sum())
        return np.array(slopes)

    def deviance(self, theta: np.ndarray) -> float:
        try:
            return self.solve(theta)[3]
        except np.linalg.LinAlgError:
            return np.inf


def _grouped(products: np.ndarray, codes: np.ndarray, count: int) -> np.ndarray:
    """Sums of ``products`` over the records of each group."""
    total = np.zeros((count, *products.shape[1:]))
    np.add.at(total, codes, products)
    return total
