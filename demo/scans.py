"""Imaging: progression is seen only when somebody looks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from demo.model import Model
from demo.population import whole_days

MOST_SCANS = 18
MODALITIES = ("CT", "MRI", "PET+CT", "SPECT", "CT+MRI")
PARTIAL_RESPONSE, RECIST_PROGRESSION = -30, 20


def imaging(people: pd.DataFrame, model: Model, rng: np.random.Generator) -> pd.DataFrame:
    """One row per scan: a baseline before PRRT, then about every 4 to 6 months, with gaps."""
    after = _after(people, model, rng)
    baseline = pd.DataFrame({
        "who": np.arange(len(people)), "day": -rng.integers(0, 45, len(people)),
        "number": -1, "progressed": False,
    })  # fmt: skip
    baseline = baseline[rng.random(len(people)) < 0.93]
    frame = pd.concat([baseline, after]).sort_values(["who", "day"]).reset_index(drop=True)
    first = people["first"].to_numpy("datetime64[D]")
    usual = rng.choice(len(MODALITIES), len(people), p=[0.5, 0.2, 0.15, 0.05, 0.1])
    other = rng.choice(len(MODALITIES), len(frame), p=[0.4, 0.2, 0.25, 0.1, 0.05])
    as_usual = rng.random(len(frame)) < 0.85
    modality = np.where(as_usual, usual[frame["who"]], other)
    frame = frame.assign(
        patient_id=people["patient_id"].to_numpy()[frame["who"]],
        scan_date=first[frame["who"]] + whole_days(frame["day"]),
        modality=np.array(MODALITIES, dtype=object)[modality],
        role=np.where(frame["number"] < 0, "baseline", "follow-up").astype(object),
    )
    return frame.assign(**_read(people, frame, rng))


def _after(people: pd.DataFrame, model: Model, rng: np.random.Generator) -> pd.DataFrame:
    """Scans after first PRRT up to one past the first that shows the progression."""
    n = len(people)
    gaps = np.concatenate(
        [rng.normal(112, 18, (n, 1)), rng.normal(128, 24, (n, 5)),
         rng.normal(172, 32, (n, MOST_SCANS - 6))], axis=1)  # fmt: skip
    gaps = np.clip(gaps, 45, 300)
    gaps[:, 1:] *= np.where(rng.random((n, MOST_SCANS - 1)) < 0.05, 2.0, 1.0)
    day = np.rint(np.cumsum(gaps, axis=1)).astype(int)
    progressed = day >= people["progression_days"].to_numpy()[:, None]
    alive = (people["end"] - people["first"]).dt.days.to_numpy()[:, None]
    seen = np.cumsum(progressed, axis=1)
    once_more = rng.random(n) < 0.4
    kept = (day < alive) & (seen <= 1 + once_more[:, None])
    kept &= (rng.random(n) >= model.unscanned)[:, None]
    who, number = np.nonzero(kept)
    return pd.DataFrame({
        "who": who, "day": day[who, number], "number": number,
        "progressed": progressed[who, number],
    })  # fmt: skip


def _read(people: pd.DataFrame, frame: pd.DataFrame, rng: np.random.Generator) -> dict:
    """Three flags, change in size and the reporter's word for every scan."""
    n, baseline = len(frame), frame["number"].to_numpy() < 0
    progressed = frame["progressed"].to_numpy()
    seen = _seen(people, frame, rng)
    unreadable = ~baseline & (rng.random(n) < 0.02) & ~progressed
    blank = baseline | unreadable
    measured = ~blank & (rng.random(n) < 0.75)
    change, new = seen["change"], seen["new_lesions"]
    conditions = [baseline, unreadable, seen["mixed"], progressed, change <= PARTIAL_RESPONSE]
    words = ["baseline", "NE", "mixed", "PD", "PR", "any response"]
    recist = np.select(
        [new | (change >= RECIST_PROGRESSION), change <= PARTIAL_RESPONSE], ["PD", "PR"], "SD"
    )
    # The date of progression stands on the row of the first scan that shows it.
    first = ~frame["who"].where(progressed).duplicated() & progressed
    return {
        **{
            name: np.where(blank, None, np.where(seen[name], "yes", "no")).astype(object)
            for name in ("any_lesion_decrease", "any_lesion_increase", "new_lesions")
        },
        "response_raw": np.select([*conditions, seen["shrunk"]], words, "SD").astype(object),
        "size_change_pct": np.where(measured, change, np.nan),
        "recist_class": np.where(measured, recist, None).astype(object),
        "progression_date_reported": frame["scan_date"].where(first).to_numpy(),
    }


def _seen(people: pd.DataFrame, frame: pd.DataFrame, rng: np.random.Generator) -> dict:
    """What a perfect reader would see: change in size from baseline in %, and the flags."""
    n, progressed = len(frame), frame["progressed"].to_numpy()
    deepest = np.clip(-17.5 - 20.0 * people["response"].to_numpy(), -95, 25)[frame["who"]]
    reached = 1 - np.exp(-np.maximum(frame["day"], 0) / 150.0)
    change = np.rint(deepest * reached + rng.normal(0, 2, n))
    shrunk = change < -3
    mixed = progressed & shrunk & (rng.random(n) < 0.45)
    grown = progressed & (rng.random(n) < 0.82)
    new = progressed & (~grown | (rng.random(n) < 0.35))
    growth = np.rint(rng.gamma(2.5, 9.0, n)) + 3
    sizes = [np.minimum(change, -4), growth, 0.0, change]
    return {
        "change": np.select([mixed, grown, progressed, shrunk], sizes, 0.0),
        "shrunk": shrunk, "mixed": mixed, "new_lesions": new, "any_lesion_increase": grown,
        "any_lesion_decrease": np.where(progressed, mixed, shrunk),
    }  # fmt: skip


def seen_progression(people: pd.DataFrame, scans: pd.DataFrame) -> pd.Series:
    """Day of the first scan with progression per patient, missing where none was seen."""
    day = scans[scans["progressed"]].groupby("who")["day"].min()
    return day.reindex(np.arange(len(people)))
