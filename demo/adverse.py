"""Adverse events: severity, relatedness and seriousness are three separate things."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from demo.population import whole_days
from demo.spelling import pick
from prrt_lib.declare.yaml_files import load_words

TERMS = Path(__file__).with_name("adverse_terms.yaml")
MDS = "Myelodysplastic syndrome"
MDS_SHARE, MDS_MEDIAN_DAYS, MDS_SIGMA = 0.034, 29 * 30.4375, 0.45
RELATED = ("possible", "probable", "definite")
CRITERIA = ("ser_death", "ser_life", "ser_hosp", "ser_disab", "ser_congenital", "ser_ime")


@cache
def terms() -> dict[str, dict[str, Any]]:
    """Event -> its frequencies."""
    return load_words(TERMS)


def adverse_events(people: pd.DataFrame, doses: pd.DataFrame, rng: np.random.Generator):
    """One row per event under observation, onset on or after the first PRRT."""
    alive = (people["end"] - people["first"]).dt.days.to_numpy()
    n_cycles = doses.groupby("who").size().reindex(np.arange(len(people))).to_numpy()
    day = doses.pivot(index="who", columns="cycle_no", values="day").to_numpy(float)
    parts = [_events(name, spec, n_cycles, day, rng) for name, spec in terms().items()]
    # Myelodysplasia: fixed small chance, log-normal latency from first PRRT.
    who = np.flatnonzero(rng.random(len(people)) < MDS_SHARE)
    latency = MDS_MEDIAN_DAYS * np.exp(MDS_SIGMA * rng.standard_normal(len(who)))
    parts.append(pd.DataFrame({
        "who": who, "term": MDS, "day": np.rint(latency).astype(int), "grade_number": 4,
        "disease": False,
    }))  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["day"] <= alive[frame["who"]]]
    frame = frame.sort_values(["who", "day", "term"]).reset_index(drop=True)
    number = frame.groupby("who").cumcount() + 1
    first = people["first"].to_numpy("datetime64[D]")
    # The reporter's own words for each event.
    words = {name: [name, name, *spec["also"]] for name, spec in terms().items()}
    words[MDS] = [MDS, "MDS"]
    said = [pick(words[name], u)
            for name, u in zip(frame["term"], rng.random(len(frame)), strict=True)]  # fmt: skip
    frame = frame.assign(
        patient_id=people["patient_id"].to_numpy()[frame["who"]],
        ae_id=number.astype(str),
        term_verbatim=said,
        onset_date=first[frame["who"]] + whole_days(frame["day"]),
    )
    return frame.assign(**_judged(people, frame, rng))


def _events(name: str, spec: dict, n_cycles: np.ndarray, day: np.ndarray,
            rng: np.random.Generator) -> pd.DataFrame:  # fmt: skip
    n = len(n_cycles)
    who = np.flatnonzero(rng.random(n) < spec["any"])
    cycle = np.floor(rng.random(len(who)) * n_cycles[who]).astype(int)
    delay = np.rint(rng.exponential(spec["onset"] / np.log(2), len(who)))
    severe = rng.random(len(who)) < spec["severe"]
    mild = np.where(rng.random(len(who)) < 0.65, 1, 2)
    high = np.where((rng.random(len(who)) < 0.2) & (spec["highest"] > 3), 4, 3)
    return pd.DataFrame({
        "who": who, "term": name, "day": (day[who, cycle] + delay).astype(int),
        "grade_number": np.minimum(np.where(severe, high, mild), spec["highest"]),
        "disease": rng.random(len(who)) < spec["disease"],
    })  # fmt: skip


def _judged(people: pd.DataFrame, frame: pd.DataFrame, rng: np.random.Generator) -> dict:
    n, grade = len(frame), frame["grade_number"].to_numpy()
    mds = (frame["term"] == MDS).to_numpy()
    prrt = rng.choice(np.array(RELATED, dtype=object), n, p=[0.45, 0.35, 0.2])
    no = rng.choice(np.array(["unrelated", "unlikely"], dtype=object), n, p=[0.6, 0.4])
    related = np.where(frame["disease"], no, prrt)
    counted = np.isin(related, RELATED)
    life = (grade >= 4) & ~mds & (rng.random(n) < 0.5)
    hospital = (grade >= 3) & (rng.random(n) < 0.45)
    important = mds | ((grade >= 3) & (rng.random(n) < 0.1))
    criteria = dict.fromkeys(CRITERIA, np.zeros(n, bool))
    criteria |= {"ser_life": life, "ser_hosp": hospital, "ser_ime": important}
    onset = frame["onset_date"].to_numpy("datetime64[D]")
    last = people["end"].to_numpy("datetime64[D]")[frame["who"]]
    never = np.datetime64("NaT", "ns")
    ends = onset + whole_days(2 + rng.exponential(30, n))
    ongoing = mds | (ends > last)
    progression = frame["disease"].to_numpy() & (rng.random(n) < 0.7)
    left = np.minimum(onset + whole_days(rng.integers(1, 12, n)), last)
    return {
        "grade": grade.astype(str).astype(object),
        "resolution_date": np.where(ongoing, never, ends),
        "ongoing": _yes_no(ongoing),
        "outcome": np.where(ongoing, "ongoing", "recovered").astype(object),
        "related_prrt": related.astype(object),
        "related_progression": _yes_no(progression),
        **{name: _yes_no(value) for name, value in criteria.items()},
        "serious_reported": _yes_no(life | hospital | important),
        "hospital_in": np.where(hospital, onset, never),
        "hospital_out": np.where(hospital, left, never),
        "entered_in_registry": _yes_no(counted),
    }


def _yes_no(flag: np.ndarray) -> np.ndarray:
    return np.where(flag, "yes", "no").astype(object)
