"""The stated model of the invented patients: every number that the generator believes.

Survival from diagnosis is Weibull with proportional hazards,
S(t | x) = exp(-(t / scale)^shape * exp(log hazard of x)).

The source population's survival follows exactly. With a lag independent of covariates and
survival, the patients at risk t days after diagnosis are a random sample of all diagnosed
patients alive at t, so that the delayed-entry curve that starts at t0 estimates S(t) / S(t0) of
*all diagnosed* patients, not of the treated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

CUTOFF = "2026-06-30"
SEED = 20190631

REFERENCE_AGE = 55.0
AGE_MEAN, AGE_SD, AGE_LIMITS = 54.0, 12.5, (19.0, 88.0)
MALE = 0.58

# Primary group -> share of the diagnosed, shares of G1, G2, G3/NEC, shares of the written sites.
PRIMARIES: Mapping[str, tuple[float, tuple[float, float, float], Mapping[str, float]]] = {
    "small bowel": (0.375, (0.58, 0.37, 0.05),
                    {"ileum": 0.55, "jejunum": 0.12, "small bowel": 0.28, "duodenum": 0.05}),
    "pancreas": (0.265, (0.33, 0.54, 0.13), {"pancreas": 1.0}),
    "other GEP": (0.095, (0.38, 0.46, 0.16),
                  {"rectum": 0.45, "stomach": 0.25, "colon": 0.15, "appendix": 0.15}),
    "lung": (0.130, (0.40, 0.46, 0.14), {"lung": 1.0}),
    "unknown primary": (0.095, (0.35, 0.47, 0.18), {"unknown primary": 1.0}),
    "other": (0.040, (0.35, 0.47, 0.18), {"thymus": 0.5, "other": 0.5}),
}  # fmt: skip
GRADES = ("G1", "G2", "G3/NEC")
GEP_GROUPS = ("small bowel", "pancreas", "other GEP")
AGE_NODES = 60


def _frozen(**values: float) -> Mapping[str, float]:
    return MappingProxyType(values)


@dataclass(frozen=True)
class Model:
    """One data-generating model; times in days, effects as log hazard ratios."""

    name: str
    shape: float = 1.15
    scale: float = 3550.0
    age_per_10_years: float = 0.25
    male: float = 0.10
    grade: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"G1": 0.0, "G2": 0.40, "G3/NEC": 1.20})
    )
    primary: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({
            "small bowel": 0.0, "pancreas": 0.10, "other GEP": 0.10, "lung": 0.25,
            "unknown primary": 0.25, "other": 0.20,
        })
    )  # fmt: skip
    lag_median: float = 1250.0
    lag_sigma: float = 0.95
    # Added to the log of the lag, by grade: 0 everywhere keeps the lag independent of survival.
    lag_shift: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(dict.fromkeys(GRADES, 0.0))
    )
    # Progression after first PRRT: Weibull, tied to the remaining life by a normal copula.
    progression_shape: float = 1.2
    progression_scale: float = 1040.0
    progression_grade: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"G1": 0.0, "G2": 0.35, "G3/NEC": 1.0})
    )
    progression_life_correlation: float = 0.88
    burden_life_correlation: float = -0.40
    loss_per_year: float = 0.025
    unscanned: float = 0.05

    def log_hazard(self, age: np.ndarray, male: np.ndarray, grade: np.ndarray,
                   primary: np.ndarray) -> np.ndarray:  # fmt: skip
        """Log hazard relative to a woman of 55 with a G1 small-bowel primary."""
        return (
            self.age_per_10_years * (age - REFERENCE_AGE) / 10
            + self.male * male
            + looked_up(self.grade, grade)
            + looked_up(self.primary, primary)
        )

    def survival(self, days: np.ndarray | float, log_hazard: np.ndarray) -> np.ndarray:
        """S(days from diagnosis | covariates)."""
        return np.exp(-((np.asarray(days) / self.scale) ** self.shape) * np.exp(log_hazard))

    def log_hazard_ratios(self) -> dict[str, float]:
        """Declared effects under the names "column" (per 10 years) or "column=level"."""
        effects = {"age_at_diagnosis": self.age_per_10_years, "sex=male": self.male}
        effects |= {f"grade_group={level}": value for level, value in self.grade.items() if value}
        return effects | {
            f"primary_group={level}": value for level, value in self.primary.items() if value
        }


def looked_up(table: Mapping[str, float], levels: np.ndarray) -> np.ndarray:
    """The number of each level."""
    return np.vectorize(table.__getitem__, otypes=[float])(levels)


MODELS: Mapping[str, Model] = MappingProxyType({
    "default": Model("default"),
    # Patients with a higher grade are referred sooner: the lag then tells of survival.
    "grade_dependent_lag": Model(
        "grade_dependent_lag", lag_shift=MappingProxyType({"G1": 0.0, "G2": -0.7, "G3/NEC": -1.6})
    ),
})  # fmt: skip


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
