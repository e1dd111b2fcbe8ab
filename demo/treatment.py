"""PRRT cycles, the somatostatin analog at each of them, and what came before and after."""

from __future__ import annotations

import numpy as np
import pandas as pd

from demo.population import whole_days

MCI_TO_GBQ = 0.037
CENTRES = (
    ("Lakeside Hospital", "Dallas", "United States", "intravenous"),
    ("Rheinklinik", "Basel", "Switzerland", "intravenous"),
    ("Maas Hospital", "Rotterdam", "Netherlands", "intravenous"),
    ("Bayou Medical Center", "Houston", "United States", "intravenous"),
    ("Neckar Klinik", "Bad Berka", "Germany", "intra-arterial hepatic"),
)
ISOTOPES = ("Lu-177", "Y-90", "Lu-177+Y-90")
MCI_PER_ISOTOPE = {"Lu-177": (200, 7), "Y-90": (100, 12), "Lu-177+Y-90": (110, 10)}
SUBSEQUENT = {"chemotherapy": 0.30, "everolimus": 0.22, "liver-directed therapy": 0.18,
              "surgery": 0.06, "PRRT": 0.24}  # fmt: skip


def cycles(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row per administration up to the end of observation, retreatment courses included."""
    n = len(people)
    planned = rng.choice([4, 3, 2, 1, 5, 6], n, p=[0.79, 0.07, 0.06, 0.03, 0.03, 0.02])
    gaps = 56 + np.clip(np.rint(rng.normal(3, 9, (n, 6))), -14, 45)
    day = np.concatenate([np.zeros((n, 1)), np.cumsum(gaps, axis=1)[:, :5]], axis=1)
    given = np.arange(6) < planned[:, None]
    # Progression during the first course ends it.
    given &= (day == 0) | (day <= people["progression_days"].to_numpy()[:, None] + 60)
    again_from = people["progression_days"].to_numpy() + rng.integers(90, 200, n)
    again = (rng.random(n) < 0.14) & (again_from > day[:, 5] + 200)
    later = again_from[:, None] + np.array([0.0, 58.0])
    day = np.concatenate([day, later], axis=1)
    given = np.concatenate([given, np.repeat(again[:, None], 2, axis=1)], axis=1)
    alive = (people["end"] - people["first"]).dt.days.to_numpy()
    given &= day < alive[:, None] - 5
    given[:, 0] = True
    who, column = np.nonzero(given)
    frame = pd.DataFrame({"who": who, "day": np.rint(day[who, column]).astype(int)})
    frame["cycle_no"] = frame.groupby("who").cumcount() + 1.0
    return _administered(people, frame, rng)


def _administered(people: pd.DataFrame, frame: pd.DataFrame, rng: np.random.Generator):
    who, n = frame["who"].to_numpy(), len(frame)
    first = people["first"].to_numpy("datetime64[D]")
    date = first[who] + whole_days(frame["day"])
    # Late enrolments were treated elsewhere.
    usual = rng.choice(len(CENTRES), len(people), p=[0.62, 0.12, 0.08, 0.12, 0.06])
    elsewhere = rng.integers(1, len(CENTRES), len(people))
    centre = np.where(people["enrolled_late"], elsewhere, usual)[who]
    modern = first[who] >= np.datetime64("2018-06-01")
    older = rng.choice(3, len(people), p=[0.72, 0.15, 0.13])[who]
    isotope = np.array(ISOTOPES, dtype=object)[np.where(modern, 0, older)]
    reduced = (rng.random(n) < 0.07) & (frame["cycle_no"].to_numpy() > 1)
    middle, spread = np.array([MCI_PER_ISOTOPE[name] for name in isotope], dtype=float).T
    activity = np.clip(rng.normal(middle, spread), middle - 2.5 * spread, middle + 2.5 * spread)
    mci = np.rint(np.where(reduced, activity / 2, activity))
    frame = frame.assign(
        patient_id=people["patient_id"].to_numpy()[who],
        cycle_date=date,
        **{name: np.array([c[i] for c in CENTRES], dtype=object)[centre]
           for i, name in enumerate(("treat_site", "treat_city", "treat_country", "route"))},
        isotope=isotope,
        ligand=np.where(centre == 1, "DOTATOC", "DOTATATE").astype(object),
        mci=mci,
        dose_modified=np.where(reduced, "yes", "no").astype(object),
        dose_modified_reason=np.where(
            reduced, rng.choice(["haematological", "renal", "patient"], n, p=[0.6, 0.25, 0.15]),
            None),
    )  # fmt: skip
    # An activity is ordered in whole mCi, so that mCi, MBq and GBq can all say it exactly.
    frame["activity_gbq"] = (frame["mci"] * MCI_TO_GBQ).round(6)
    return frame.assign(**_somatostatin_analog(people, frame, rng))


def _somatostatin_analog(people: pd.DataFrame, frame: pd.DataFrame, rng: np.random.Generator):
    n, who = len(frame), frame["who"].to_numpy()
    user = (rng.random(len(people)) < 0.72)[who]
    using = user & (rng.random(n) < 0.94)
    octreotide = (rng.random(len(people)) < 0.7)[who]
    drug = np.where(octreotide, "octreotide LAR", "lanreotide").astype(object)
    dose = np.where(octreotide, rng.choice([20.0, 30.0, 60.0], n, p=[0.2, 0.7, 0.1]), 120.0)
    last = frame["cycle_date"].to_numpy("datetime64[D]") - whole_days(rng.integers(25, 50, n))
    return {
        "ssa_at_time": np.where(using, "yes", "no").astype(object),
        "ssa_drug": np.where(using, drug, None),
        "ssa_dose_mg": np.where(using, dose, np.nan),
        "ssa_last_date": np.where(using, last, np.datetime64("NaT", "ns")),
    }


def subsequent_therapies(people: pd.DataFrame, doses: pd.DataFrame, progressed: pd.Series,
                         rng: np.random.Generator) -> pd.DataFrame:  # fmt: skip
    """One row per new anticancer therapy after a progression that was seen.

    ``progressed`` is the day of progression per patient, missing where none was seen.
    """
    who = np.flatnonzero(progressed.notna() & (rng.random(len(people)) < 0.65))
    names = np.array([name for name in SUBSEQUENT if name != "PRRT"], dtype=object)
    shares = np.array([SUBSEQUENT[name] for name in names])
    day = progressed.to_numpy()[who].astype(int) + rng.integers(15, 120, len(who))
    frame = pd.DataFrame({
        "who": who, "day": day, "therapy": rng.choice(names, len(who), p=shares / shares.sum()),
    })  # fmt: skip
    dates = doses.assign(gap=doses.groupby("who")["day"].diff())
    again = dates.loc[dates["gap"] > 183, ["who", "day"]].assign(therapy="PRRT")
    frame = pd.concat([frame, again], ignore_index=True)
    alive = (people["end"] - people["first"]).dt.days.to_numpy()
    frame = frame[frame["day"] < alive[frame["who"]]].sort_values(["who", "day"])
    first = people["first"].to_numpy("datetime64[D]")
    return frame.assign(
        patient_id=people["patient_id"].to_numpy()[frame["who"]],
        therapy_date=first[frame["who"]] + whole_days(frame["day"]),
    ).reset_index(drop=True)
