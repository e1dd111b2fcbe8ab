"""Diagnosed patients, and those of them who live to be treated and enrolled."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from demo.model import (
    AGE_LIMITS,
    AGE_MEAN,
    AGE_SD,
    CUTOFF,
    GRADES,
    MALE,
    PRIMARIES,
    Model,
    looked_up,
)

FIRST_DIAGNOSIS = np.datetime64("2003-01-01")
FIRST_TREATMENT = np.datetime64("2013-01-01")
REGISTRY_OPENS = np.datetime64("2019-06-28")
LAST_TREATMENT = np.datetime64(CUTOFF) - np.timedelta64(170, "D")
ENROLLED_LATE = 0.10


def whole_days(days: np.ndarray) -> np.ndarray:
    """Days as a numpy duration."""
    return np.asarray(days).astype("int64").astype("timedelta64[D]")


def diagnosed(n: int, rng: np.random.Generator, model: Model) -> pd.DataFrame:
    """``n`` patients of the source population: covariates, diagnosis, days to PRRT and to death."""
    quantiles = norm.cdf((np.array(AGE_LIMITS) - AGE_MEAN) / AGE_SD)
    age = AGE_MEAN + AGE_SD * norm.ppf(rng.uniform(*quantiles, n))
    male = (rng.random(n) < MALE).astype(float)
    primary, grade, site = _tumours(n, rng)
    risk = model.log_hazard(age, male, grade, primary)
    life = model.scale * (rng.standard_exponential(n) / np.exp(risk)) ** (1 / model.shape)
    lag = model.lag_median * np.exp(
        model.lag_sigma * rng.standard_normal(n) + looked_up(model.lag_shift, grade)
    )
    span = int((np.datetime64(CUTOFF) - FIRST_DIAGNOSIS) / np.timedelta64(1, "D"))
    return pd.DataFrame({
        "age": age, "male": male, "primary_group": primary, "grade_group": grade,
        "primary_site": site, "log_hazard": risk,
        "diagnosis": FIRST_DIAGNOSIS + whole_days(rng.integers(0, span, n)),
        "lag_days": np.maximum(np.rint(lag), 21).astype(int),
        "life_days": np.ceil(life).astype(int),
    })  # fmt: skip


def _tumours(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    names = list(PRIMARIES)
    shares = [PRIMARIES[name][0] for name in names]
    primary = rng.choice(np.array(names, dtype=object), n, p=shares)
    grade, site = np.empty(n, dtype=object), np.empty(n, dtype=object)
    for name, (_, grades, sites) in PRIMARIES.items():
        here = primary == name
        count = int(here.sum())
        grade[here] = rng.choice(np.array(GRADES, dtype=object), count, p=grades)
        site[here] = rng.choice(np.array(list(sites), dtype=object), count, p=list(sites.values()))
    return primary, grade, site


def _candidates(n: int, rng: np.random.Generator, model: Model) -> pd.DataFrame:
    """Diagnosed patients with their PRRT, enrolment and end of observation, treated or not."""
    people = diagnosed(n, rng, model)
    first = people["diagnosis"].to_numpy("datetime64[D]") + whole_days(people["lag_days"])
    prospective = (first >= REGISTRY_OPENS) & (rng.random(n) < 0.75)
    late = (first >= FIRST_TREATMENT) & (rng.random(n) < ENROLLED_LATE)
    enrolled = first - whole_days(rng.integers(1, 29, n))
    enrolled[late] = (first + whole_days(60 + rng.exponential(200, n)))[late]
    prospective |= late & (enrolled >= REGISTRY_OPENS)
    late &= prospective
    people = people.assign(first=first, prospective=prospective, enrolled_late=late,
                           enrolled=enrolled)  # fmt: skip
    start = np.where(late, enrolled, first)
    lost = start + whole_days(rng.exponential(365.25 / model.loss_per_year, n) + 20)
    last_visit = np.datetime64(CUTOFF) - whole_days(rng.integers(0, 100, n))
    death = people["diagnosis"].to_numpy("datetime64[D]") + whole_days(people["life_days"])
    end = np.minimum(np.minimum(lost, last_visit), death)
    return people.assign(start=start, lost=lost < last_visit, death=death, end=end,
                         died=death <= np.minimum(lost, last_visit))  # fmt: skip


def treated(n: int, rng: np.random.Generator, model: Model) -> tuple[pd.DataFrame, int]:
    """``n`` treated patients, and how many diagnosed patients it took to find them.

    Only those alive at their first PRRT and, when enrolled later, at enrolment, are in: this
    is where left truncation comes from.
    """
    found: list[pd.DataFrame] = []
    examined = have = 0
    while have < n:
        batch = _candidates(max(4 * n, 200), rng, model)
        inside = (batch["first"] >= FIRST_TREATMENT) & (batch["start"] <= LAST_TREATMENT)
        alive = batch["death"] > batch["start"]
        taken = batch[inside & alive]
        if have + len(taken) > n:
            taken = taken.iloc[: n - have]
            examined += int(taken.index[-1]) + 1
        else:
            examined += len(batch)
        found.append(taken)
        have += len(taken)
    people = pd.concat(found, ignore_index=True)
    digits = max(3, len(str(n)))
    people.insert(0, "patient_id", [f"NET-{number:0{digits}d}" for number in range(1, n + 1)])
    return people.assign(**_latent(people, rng, model)), examined


def _latent(people: pd.DataFrame, rng: np.random.Generator, model: Model) -> dict:
    """Tumour burden, true progression (days from PRRT) and depth of response of each patient."""
    n, risk = len(people), people["log_hazard"].to_numpy()
    left = model.survival(people["life_days"], risk) / model.survival(people["lag_days"], risk)
    long_life = norm.isf(np.clip(left, 1e-12, 1 - 1e-12))

    def tied(correlation: float, to: np.ndarray) -> np.ndarray:
        return correlation * to + np.sqrt(1 - correlation**2) * rng.standard_normal(n)

    slow = tied(model.progression_life_correlation, long_life)
    effect = looked_up(model.progression_grade, people["grade_group"].to_numpy())
    hazard = -norm.logsf(slow) / np.exp(effect)
    return {
        "burden": tied(model.burden_life_correlation, long_life),
        "progression_days": model.progression_scale * hazard ** (1 / model.progression_shape),
        "response": tied(0.5, slow),
    }
