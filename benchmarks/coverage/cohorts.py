"""Cohorts of treated patients drawn from the demo's model, and what is true of their source."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from demo.model import CUTOFF, GEP_GROUPS, MODELS, true_survival
from demo.persons import indices
from demo.population import treated

MODEL = MODELS["default"]
HORIZON = 2557  # days after first PRRT
TWO_YEARS, FIVE_YEARS, TEN_YEARS = 731, 1826, 3653
ABOUT_TRUTH = 400_000  # treated patients behind the truths that have no closed form
STEP, LAST = 10, 40_000  # days: the grid of the source population's survival


def cohorts(n: int, replicates: int, seed: list[int]) -> Iterator[pd.DataFrame]:
    """``replicates`` cohorts of ``n`` treated patients, one patient a row, times in days."""
    people, _ = treated(n * replicates, np.random.default_rng(seed), MODEL)
    everyone = _clocks(people, np.random.default_rng([*seed, 1]))
    for first in range(0, n * replicates, n):
        yield everyone.iloc[first : first + n].reset_index(drop=True)


def _clocks(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Entry, exit and event on each clock; ``coin`` is a group without any effect."""
    lag, begun = people["lag_days"], _days(people["start"] - people["first"])
    ended = _days(people["end"] - people["first"])
    last = ended
    died = people["died"].to_numpy() & (ended <= HORIZON).to_numpy()
    ended = ended.clip(upper=HORIZON)
    grown = np.ceil(people["progression_days"])
    progressed = (grown <= ended).to_numpy()
    grade = people["grade_group"]
    return pd.DataFrame({
        "entry": begun + lag, "exit": ended + lag, "died": died.astype(int),
        "entry_prrt": begun, "exit_prrt": ended,
        "exit_cif": np.where(progressed, grown, ended),
        "cause": np.where(progressed, 1, np.where(died, 2, 0)),
        "age_10": people["age"] / 10, "male": people["male"], "grade": grade,
        "G2": (grade == "G2").astype(float), "G3": (grade == "G3/NEC").astype(float),
        "elsewhere": ~people["primary_group"].isin(GEP_GROUPS) * 1.0,
        "other_gep": people["primary_group"].isin(["pancreas", "other GEP"]) * 1.0,
        "coin": rng.integers(0, 2, len(people)),
        "log2_ki67": np.log2(indices(grade.to_numpy(), rng.random(len(people)) < 0.3, rng)[0]),
        "dead": people["died"], "last_prrt": last,  # of the whole follow-up, beyond the horizon
        "cutoff_prrt": _days(pd.Timestamp(CUTOFF) - people["first"]),
        "late": people["enrolled_late"], "lag": lag, "log_hazard": people["log_hazard"],
        "true_progression": grown, "true_life": people["life_days"] - lag,
    })  # fmt: skip


def _days(duration: pd.Series) -> pd.Series:
    return duration.dt.days.astype(float)


@cache
def _source() -> tuple[np.ndarray, np.ndarray]:
    """Days, and survival of the source population from diagnosis."""
    grid = np.arange(0, LAST, STEP)
    return grid, np.concatenate([true_survival(part) for part in np.array_split(grid, 20)])


def source_survival(days: float, given: float = 0.0) -> float:
    """S(days) / S(given) of the diagnosed."""
    at, given_at = np.interp([days, given], *_source())
    return float(at / given_at)


def source_median(given: float = 0.0) -> float:
    """Days from diagnosis at which half of those alive at ``given`` have died."""
    grid, survival = _source()
    return float(np.interp(-0.5 * np.interp(given, grid, survival), -survival, grid))


@cache
def after_prrt(seed: int = 1) -> tuple[float, float]:
    """Survival and incidence of progression two years after first PRRT, of all treated.

    From those enrolled at their treatment, a random sample of the treated: survival averages
    the model's own probabilities, the incidence counts (Monte Carlo error below 0.001).
    """
    whole = next(iter(cohorts(ABOUT_TRUTH, 1, [seed])))
    whole = whole[~whole["late"]]
    risk, lag = whole["log_hazard"].to_numpy(), whole["lag"].to_numpy()
    alive = MODEL.survival(lag + TWO_YEARS, risk) / MODEL.survival(lag, risk)
    grown = whole["true_progression"]
    return float(alive.mean()), float(((grown <= TWO_YEARS) & (grown <= whole["true_life"])).mean())


LOG_HAZARD_RATIOS = {
    "age_10": MODEL.age_per_10_years, "male": MODEL.male,
    "G2": MODEL.grade["G2"], "G3": MODEL.grade["G3/NEC"],
}  # fmt: skip
