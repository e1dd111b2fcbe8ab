"""Blood counts and kidney function after each cycle; tumour markers at the four time points."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from demo.population import whole_days

# Of the patients, with results on record; of their visits, missed. No more patients than this, so
# that the sheet of a large registry stays below the 200,000 rows that reading admits.
ON_RECORD, MISSED, MOST_PATIENTS = 0.8, 0.12, 4500
MOST_CYCLES, YEARS = 6, 6
NADIR_DAYS, SHARPNESS = 35.0, 3
# Count -> level before PRRT and its spread, fall in logs after a cycle and its spread, loss per
# cycle that stays, scatter; lower limit of normal, and where an event of each grade took it.
COUNTS: Mapping[str, tuple] = {
    "platelets": (235.0, 0.24, 0.22, 0.45, 0.015, 0.07, 150.0, (110.0, 62.0, 38.0, 17.0)),
    "neutrophils": (4.2, 0.28, 0.24, 0.45, 0.010, 0.13, 1.8, (1.65, 1.25, 0.75, 0.35)),
    "haemoglobin": (136.0, 0.09, 0.06, 0.40, 0.004, 0.025, 130.0, (110.0, 90.0, 74.0, 70.0)),
}  # fmt: skip
TERMS = {"platelets": "Platelet count decreased", "neutrophils": "Neutrophil count decreased",
         "haemoglobin": "Anaemia"}  # fmt: skip
WOMEN = {"haemoglobin": 0.93}
# Other white cells stand beside the neutrophils and fall further.
OTHER_WHITE, WHITE_LIMIT, OTHER_FALL = 2.2, 4.0, 0.45
EGFR_PER_YEAR, EGFR_SPREAD, EGFR_SCATTER, EGFR_LIMIT = -2.5, 2.0, 4.0, 90.0
CREATININE_LIMIT = {"female": 1.0, "male": 1.2}
# Test -> units of the United States and elsewhere: name, factor from the unit above, decimals.
UNITS = {
    "platelets": (("10^3/uL", 1.0, 0), ("10^9/L", 1.0, 0)),
    "neutrophils": (("10^3/uL", 1.0, 2), ("10^9/L", 1.0, 2)),
    "white cells": (("10^3/uL", 1.0, 1), ("10^9/L", 1.0, 1)),
    "haemoglobin": (("g/dL", 0.1, 1), ("g/L", 1.0, 0)),
    "creatinine": (("mg/dL", 1.0, 2), ("umol/L", 88.42, 0)),
    "eGFR": (("mL/min/1.73m2", 1.0, 0), ("mL/min/1.73m2", 1.0, 0)),
}
# Analyte -> assays: name, unit, upper limit of normal, share of patients.
ASSAYS = {
    "CgA": (("CgA RIA", "ng/mL", 95.0, 0.7), ("CgA ELISA", "ug/L", 102.0, 0.3)),
    "pancreastatin": (("pancreastatin RIA", "pg/mL", 135.0, 1.0),),
}
TIMEPOINTS = ("diagnosis", "pre_PRRT1", "post_PRRT1", "post_PRRT2")
MEASURED = {"CgA": (0.62, 0.86, 0.78, 0.68), "pancreastatin": (0.35, 0.66, 0.60, 0.52)}


def labs(people: pd.DataFrame, patients: pd.DataFrame, doses: pd.DataFrame,
         events: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:  # fmt: skip
    """One row per result: before PRRT, five weeks after each cycle, half a year on, then yearly."""
    visits = _visits(people, doses, rng)
    woman = (patients["sex"] == "female").to_numpy()
    found = _counts(visits, woman, events, rng)
    neutrophils = found["neutrophils"][0]
    others = OTHER_WHITE * np.exp(
        0.2 * rng.standard_normal(len(people))[visits["who"]] - OTHER_FALL * visits["fall"]
    )
    found["white cells"] = (neutrophils + others, np.full(len(visits), WHITE_LIMIT))
    found |= _kidney(visits, people, patients, rng)
    # Patients whose first centre reports in SI units.
    country = doses[doses["cycle_no"] == 1].set_index("who")["treat_country"]
    country = country.reindex(np.arange(len(people)))
    abroad = (country != "United States").to_numpy(int)[visits["who"]]
    rows = [_rows(name, visits, value, limit, abroad) for name, (value, limit) in found.items()]
    frame = pd.concat(rows).sort_values(["who", "lab_date", "lab_test"], kind="stable")
    ids = people["patient_id"].to_numpy()[frame["who"]]
    return frame.assign(patient_id=ids).reset_index(drop=True)


def _visits(people: pd.DataFrame, doses: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """who, day, lab_date and ``fall``: how far into the dip after the cycles (1 at its bottom)."""
    n = len(people)
    given = doses[doses["cycle_no"] <= MOST_CYCLES]
    day = given.pivot(index="who", columns="cycle_no", values="day")
    day = day.reindex(index=np.arange(n), columns=np.arange(1.0, MOST_CYCLES + 1)).to_numpy(float)
    after = day + np.rint(rng.normal(NADIR_DAYS, 5, day.shape))
    later = np.nanmax(day, axis=1)[:, None] + 182 + np.rint(rng.normal(0, 14, (n, 1)))
    yearly = 365.25 * np.arange(1, YEARS + 1) + np.rint(rng.normal(0, 21, (n, YEARS)))
    before = -rng.integers(1, 22, (n, 1)).astype(float)
    times = np.concatenate([before, after, later, np.where(yearly > later, yearly, np.nan)], axis=1)
    alive = (people["end"] - people["first"]).dt.days.to_numpy()[:, None]
    kept = (times <= alive) & (rng.random(times.shape) >= MISSED)
    kept &= (rng.random(n) < min(ON_RECORD, MOST_PATIENTS / n))[:, None]
    who, place = np.nonzero(kept)
    when = np.rint(times[who, place])
    since = np.maximum(when[:, None] - day[who], 0.0) / NADIR_DAYS
    dips = (since * np.exp(1 - since)) ** SHARPNESS
    first = people["first"].to_numpy("datetime64[D]")
    return pd.DataFrame({
        "who": who, "day": when, "lab_date": first[who] + whole_days(when),
        "fall": np.nansum(dips, axis=1), "cycles": np.nansum(day[who] <= when[:, None], axis=1),
    })  # fmt: skip


def _counts(visits: pd.DataFrame, woman: np.ndarray, events: pd.DataFrame,
            rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:  # fmt: skip
    """Test -> value and lower limit at each visit; an adverse event takes a count to its grade."""
    who, found = visits["who"].to_numpy(), {}
    for name, (level, spread, fall, varies, stays, scatter, limit, depths) in COUNTS.items():
        n = len(woman)
        of_sex = np.where(woman, WOMEN.get(name, 1.0), 1.0)
        start = level * of_sex * np.exp(spread * rng.standard_normal(n))
        own = fall * np.exp(varies * rng.standard_normal(n))
        told = events[events["term"] == TERMS[name]].groupby("who")["grade_number"].max()
        grade = told.reindex(np.arange(n)).fillna(0).to_numpy(int)
        depth = np.array([np.nan, *depths])[grade]
        own = np.where(grade > 0, np.maximum(np.log(start / depth), own), own)
        change = -own[who] * visits["fall"] - stays * visits["cycles"]
        value = start[who] * np.exp(change + scatter * rng.standard_normal(len(who)))
        found[name] = (value.to_numpy(), np.round(limit * of_sex, 1)[who])
    return found


def _kidney(visits: pd.DataFrame, people: pd.DataFrame, patients: pd.DataFrame,
            rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:  # fmt: skip
    """eGFR falling by the year, and the creatinine that goes with it (CKD-EPI 2021)."""
    who, years = visits["who"].to_numpy(), visits["day"].to_numpy() / 365.25
    slope = rng.normal(EGFR_PER_YEAR, EGFR_SPREAD, len(people))[who]
    base = patients["egfr_base"].to_numpy()[who]
    value = base + slope * years + rng.normal(0, EGFR_SCATTER, len(who))
    value = np.clip(value, 12, 140)
    sex = patients["sex"].to_numpy()[who]
    age = people["age"].to_numpy()[who] + people["lag_days"].to_numpy()[who] / 365.25 + years
    limit = np.array([CREATININE_LIMIT[one] for one in sex])
    creatinine = creatinine_of(value, age, sex == "female")
    return {"eGFR": (value, np.full(len(who), EGFR_LIMIT)), "creatinine": (creatinine, limit)}


def creatinine_of(egfr: np.ndarray, age: np.ndarray, woman: np.ndarray) -> np.ndarray:
    """Serum creatinine in mg/dL that gives ``egfr``: CKD-EPI 2021 (Inker et al.) turned round."""
    kappa = np.where(woman, 0.7, 0.9)
    ratio = egfr / (142 * 0.9938**age * np.where(woman, 1.012, 1.0))
    low = np.where(woman, -0.241, -0.302)
    return kappa * ratio ** (1 / np.where(ratio > 1, low, -1.2))


def _rows(name: str, visits: pd.DataFrame, value: np.ndarray, limit: np.ndarray,
          abroad: np.ndarray) -> pd.DataFrame:  # fmt: skip
    """The results of one test, as its laboratory prints them: rounded, with one limit."""
    printed = {}
    for what, numbers in (("value", value), ("limit", limit)):
        choices = [np.round(numbers * factor, decimals) for _, factor, decimals in UNITS[name]]
        printed[what] = np.where(abroad == 1, choices[1], choices[0])
    units = np.array([unit for unit, _, _ in UNITS[name]], dtype=object)[abroad]
    upper = name == "creatinine"
    return pd.DataFrame({
        "who": visits["who"], "lab_test": name, "lab_date": visits["lab_date"],
        "lab_value": printed["value"], "lab_unit": units,
        "lab_uln": printed["limit"] if upper else np.nan,
        "lab_lln": np.nan if upper else printed["limit"],
    })  # fmt: skip


def biomarkers(people: pd.DataFrame, doses: pd.DataFrame, rng: np.random.Generator):
    """One row per assay result: burden sets the level, response moves it after PRRT."""
    dates = _sample_dates(people, doses, rng)
    alive = people["end"].to_numpy("datetime64[D]")[:, None]
    possible = ~np.isnat(dates) & (dates <= alive)
    parts = [_assayed(people, name, dates, possible, rng) for name in ASSAYS]
    frame = pd.concat(parts).sort_values(["who", "analyte", "sample_date"])
    return frame.reset_index(drop=True)


def _sample_dates(people: pd.DataFrame, doses: pd.DataFrame, rng: np.random.Generator):
    """Patients x time points; after a cycle means before the next one."""
    n = len(people)
    day = doses[doses["cycle_no"] <= 3].pivot(index="who", columns="cycle_no", values="day")
    day = day.reindex(index=np.arange(n), columns=[1.0, 2.0, 3.0]).to_numpy(float)
    first = people["first"].to_numpy("datetime64[D]")
    diagnosis = people["diagnosis"].to_numpy("datetime64[D]")
    before = first - whole_days(rng.integers(1, 75, n))
    at_diagnosis = np.minimum(diagnosis + whole_days(rng.integers(-20, 60, n)), first)
    columns = [at_diagnosis, np.maximum(before, diagnosis)]
    for cycle in (0, 1):
        room = np.fmin(np.fmin(day[:, cycle + 1] - day[:, cycle], 100.0), 100.0)
        after = day[:, cycle] + np.rint(room * rng.uniform(0.45, 0.95, n))
        date = first + whole_days(np.nan_to_num(after))
        columns.append(np.where(np.isnan(after), np.datetime64("NaT", "ns"), date))
    return np.stack(columns, axis=1)


def _assayed(people: pd.DataFrame, analyte: str, dates: np.ndarray, possible: np.ndarray,
             rng: np.random.Generator) -> pd.DataFrame:  # fmt: skip
    n, assays = len(people), ASSAYS[analyte]
    level = 1.15 + 0.85 * people["burden"].to_numpy() + rng.normal(0, 0.6, n)
    moved = -0.35 * people["response"].to_numpy()
    course = np.array([-0.15, 0.0, 0.0, 0.0]) + np.outer(moved, [0.0, 0.0, 0.6, 1.0])
    course += np.array([0.0, 0.0, -0.10, -0.22])
    multiple = np.exp(level[:, None] + course + rng.normal(0, 0.22, (n, 4)))
    assay = rng.choice(len(assays), n, p=[item[3] for item in assays])
    uln = np.array([item[2] for item in assays])[assay]
    who, time = np.nonzero(possible & (rng.random((n, 4)) < np.array(MEASURED[analyte])))
    value = multiple[who, time] * uln[who]

    def of_assay(part: int) -> np.ndarray:
        return np.array([item[part] for item in assays], dtype=object)[assay][who]

    return pd.DataFrame({
        "who": who, "patient_id": people["patient_id"].to_numpy()[who], "analyte": analyte,
        "timepoint_label": np.array(TIMEPOINTS, dtype=object)[time],
        "sample_date": dates[who, time], "value": three_figures(value), "unit": of_assay(1),
        "assay": of_assay(0), "uln": uln[who],
        "ppi_within_14d": np.where(rng.random(len(who)) < 0.15, "yes", "no").astype(object),
    })  # fmt: skip


def three_figures(values: np.ndarray) -> np.ndarray:
    """Values to three significant figures, as a laboratory prints them."""
    size = 10.0 ** (np.floor(np.log10(values)) - 2)
    return np.round(np.rint(values / size) * size, 6)
