"""Confidence limits of a probability, on the scale that is asked for.

Formulas as in R's survfit (Klein and Moeschberger 2003, section 4.3); a limit that a
transformation does not define is NaN, and a probability without any event has limits 1 and 1.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from prrt_lib.estimate.guards import refuse

TYPES = ("log-log", "log", "plain", "logit", "arcsin")


def normal_quantile(conf_level: float) -> float:
    """The two-sided standard normal quantile; AnalysisError unless 0 < conf_level < 1."""
    if not 0 < conf_level < 1:
        refuse("conf_level", f"{conf_level}", "a number between 0 and 1", "give for example 0.95")
    return float(ndtri(1 - (1 - conf_level) / 2))


def probability_limits(
    probability: np.ndarray, std_error: np.ndarray, conf_type: str, conf_level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits of ``probability`` from its standard error."""
    if conf_type not in TYPES:
        refuse("conf_type", f"{conf_type!r}", f"one of {TYPES}", "name one of these")
    z = normal_quantile(conf_level)
    p = np.asarray(probability, dtype="float64")
    se = np.asarray(std_error, dtype="float64")
    with np.errstate(all="ignore"):
        low, high = _LIMITS[conf_type](p, se, z)
    certain = (p == 1) & (se == 0)
    return np.where(certain, 1.0, low), np.where(certain, 1.0, high)


def _plain(p, se, z):
    return np.maximum(p - z * se, 0), np.minimum(p + z * se, 1)


def _log(p, se, z):
    inside = np.where(p > 0, p, np.nan)
    width = z * se / inside
    return inside * np.exp(-width), np.minimum(inside * np.exp(width), 1)


def _log_log(p, se, z):
    inside = np.where((p > 0) & (p < 1), p, np.nan)
    width = z * se / np.abs(inside * np.log(inside))
    centre = -np.log(inside)
    return np.exp(-centre * np.exp(width)), np.exp(-centre * np.exp(-width))


def _logit(p, se, z):
    inside = np.where((p > 0) & (p < 1), p, np.nan)
    width = z * se / (inside * (1 - inside))
    centre = np.log(inside / (1 - inside))
    return 1 / (1 + np.exp(width - centre)), 1 / (1 + np.exp(-width - centre))


def _arcsin(p, se, z):
    inside = np.where((p > 0) & (p < 1), p, np.nan)
    width = 0.5 * z * se / np.sqrt(inside * (1 - inside))
    centre = np.arcsin(np.sqrt(inside))
    low = np.sin(np.maximum(0, centre - width)) ** 2
    return low, np.sin(np.minimum(np.pi / 2, centre + width)) ** 2


_LIMITS = {"plain": _plain, "log": _log, "log-log": _log_log, "logit": _logit, "arcsin": _arcsin}
