"""Normal regression of values that may be known only between bounds (Tobin 1958)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr

from prrt_lib.declare.rows import result_rows
from prrt_lib.declare.shown import Fit
from prrt_lib.estimate.guards import refuse, require_columns
from prrt_lib.estimate.limits import normal_quantile

METHOD = "Tobit: normal, maximum likelihood, exact and bounded values, Wald limits"
SMALLEST_LOG = -745.0


@dataclass(frozen=True, repr=False)
class TobitFit(Fit):
    """Coefficients of an intercept and the columns, and the log standard deviation last."""

    names: tuple[str, ...]
    estimate: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    n: int
    bounded: int

    @property
    def sd(self) -> float:
        """Residual standard deviation."""
        return float(np.exp(self.estimate[-1]))

    def rows(self, conf_level: float = 0.95) -> pd.DataFrame:
        """Rows ``coefficient`` per column (``variable``) and ``sd``."""
        z = normal_quantile(conf_level)
        error = np.sqrt(np.diag(self.covariance))
        records = [
            {"statistic": "coefficient", "variable": name, "estimate": b, "std_error": s,
             "low": b - z * s, "high": b + z * s, "p": 2 * ndtr(-abs(b / s)),
             "conf_level": conf_level}
            for name, b, s in zip(self.names, self.estimate[:-1], error[:-1], strict=True)
        ]  # fmt: skip
        records.append({"statistic": "sd", "variable": "residual", "estimate": self.sd})
        return result_rows(records, n=self.n, method=METHOD)


def tobit(frame: pd.DataFrame, low: str, high: str, columns: Sequence[str] = ()) -> TobitFit:
    """The TobitFit of a value between ``low`` and ``high`` on an intercept and ``columns``.

    Equal bounds are an exact value; a missing (or infinite) bound is open. Raises AnalysisError
    when fewer than three records are exact, or they do not differ.
    """
    require_columns(frame, [low, high, *columns])
    a = frame[low].to_numpy(dtype=float)
    b = frame[high].to_numpy(dtype=float)
    a, b = np.where(np.isnan(a), -np.inf, a), np.where(np.isnan(b), np.inf, b)
    x = np.column_stack([np.ones(len(frame)), *(frame[name].to_numpy(float) for name in columns)])
    exact = a == b
    if (a > b).any() or exact.sum() < 3 or np.ptp(a[exact]) == 0:
        refuse("Tobit", f"{int(exact.sum())} exact values of {len(a)}", "three that differ")
    if np.linalg.matrix_rank(x[exact]) < x.shape[1] or exact.sum() <= x.shape[1]:
        refuse("Tobit", f"{int(exact.sum())} exact values", "exact values in every group")
    middle = np.linalg.lstsq(x[exact], a[exact], rcond=None)[0]
    spread = max(float((a[exact] - x[exact] @ middle).std()), 1e-3)
    start = np.append(middle, np.log(spread))
    found = minimize(_loss, start, (a, b, x, exact), method="BFGS", jac="3-point")
    for _ in range(20):
        step = np.linalg.solve(_hessian(found.x, a, b, x, exact), _slope(found.x, a, b, x, exact))
        found.x = found.x - step
        if np.abs(step).max() < 1e-10:
            break
    covariance = np.linalg.inv(_hessian(found.x, a, b, x, exact))
    top = -_loss(found.x, a, b, x, exact)
    return TobitFit(("intercept", *columns), found.x, covariance, top, len(a), int((~exact).sum()))


def _loss(theta, a, b, x, exact) -> float:
    """Minus the log likelihood."""
    middle, sd = x @ theta[:-1], np.exp(theta[-1])
    z = (a[exact] - middle[exact]) / sd
    known = -0.5 * z**2 - theta[-1] - 0.5 * np.log(2 * np.pi)
    lower, upper = ((ends[~exact] - middle[~exact]) / sd for ends in (a, b))
    return -float(known.sum() + _between(lower, upper).sum())


def _between(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """log(Phi(upper) - Phi(lower)), taken in the tail where both lie."""
    flip = lower > 0
    lower, upper = np.where(flip, -upper, lower), np.where(flip, -lower, upper)
    top, rest = log_ndtr(upper), log_ndtr(lower)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = top + np.log1p(-np.exp(np.minimum(rest - top, 0)))
    return np.maximum(share, SMALLEST_LOG)


def _slope(theta, *data, step: float = 1e-5) -> np.ndarray:
    moves = np.eye(len(theta)) * step
    return np.array([(_loss(theta + m, *data) - _loss(theta - m, *data)) / (2 * step)
                     for m in moves])  # fmt: skip


def _hessian(theta, *data, step: float = 1e-4) -> np.ndarray:
    moves = np.eye(len(theta)) * step
    rows = [(_slope(theta + m, *data) - _slope(theta - m, *data)) / (2 * step) for m in moves]
    return (np.array(rows) + np.array(rows).T) / 2
