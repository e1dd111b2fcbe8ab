"""The source population's survival, exactly: what a delayed-entry analysis must find.

With a lag independent of covariates and survival, the patients at risk t days after diagnosis
are a random sample of all diagnosed patients alive at t, so that the delayed-entry curve that
starts at t0 estimates S(t) / S(t0) of *all diagnosed* patients, not of the treated.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from prrt_lib.tools.demo.model import (
    AGE_LIMITS,
    AGE_MEAN,
    AGE_SD,
    GEP_GROUPS,
    GRADES,
    MALE,
    MODELS,
    PRIMARIES,
    Model,
)

AGE_NODES = 60


@cache
def _covariates(population: str) -> tuple[np.ndarray, ...]:
    """Weight, age, male, grade, primary of every covariate pattern (Gauss-Legendre over age)."""
    nodes, weights = np.polynomial.legendre.leggauss(AGE_NODES)
    low, high = AGE_LIMITS
    ages = (high - low) / 2 * nodes + (high + low) / 2
    density = weights * norm.pdf(ages, AGE_MEAN, AGE_SD)
    density /= density.sum()
    rows = [
        (share * grade_share * sex_share * weight, age, male, grade, primary)
        for primary, (share, grades, _) in PRIMARIES.items()
        if population == "all_treated" or primary in GEP_GROUPS
        for grade, grade_share in zip(GRADES, grades, strict=True)
        for male, sex_share in ((1.0, MALE), (0.0, 1 - MALE))
        for age, weight in zip(ages, density, strict=True)
    ]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    columns[0] = columns[0] / columns[0].sum()
    return tuple(columns)


def true_survival(days: float | np.ndarray, given: float = 0.0, model: Model | None = None,
                  population: str = "all_treated") -> np.ndarray:  # fmt: skip
    """S(days) / S(given) of the diagnosed source population, both in days from diagnosis.

    ``population`` "gep" restricts the source to gastroenteropancreatic primaries.
    """
    model = model or MODELS["default"]
    weight, age, male, grade, primary = _covariates(population)
    risk = model.log_hazard(age, male, grade, primary)

    def marginal(at: np.ndarray) -> np.ndarray:
        return model.survival(np.asarray(at, float)[..., None], risk) @ weight

    return marginal(np.asarray(days)) / marginal(np.asarray(given))


def true_median(given: float = 0.0, model: Model | None = None,
                population: str = "all_treated") -> float:  # fmt: skip
    """Days from diagnosis at which half of those alive at ``given`` have died."""
    return brentq(
        lambda days: float(true_survival(days, given, model, population)) - 0.5, given, 200_000.0
    )
