"""Chromogranin A and pancreastatin at the four time points."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.tools.demo.population import whole_days

# Analyte -> assays: name, unit, upper limit of normal, share of patients.
ASSAYS = {
    "CgA": (("CgA RIA", "ng/mL", 95.0, 0.7), ("CgA ELISA", "ug/L", 102.0, 0.3)),
    "pancreastatin": (("pancreastatin RIA", "pg/mL", 135.0, 1.0),),
}
TIMEPOINTS = ("diagnosis", "pre_PRRT1", "post_PRRT1", "post_PRRT2")
MEASURED = {"CgA": (0.62, 0.86, 0.78, 0.68), "pancreastatin": (0.35, 0.66, 0.60, 0.52)}


def biomarkers(people: pd.DataFrame, doses: pd.DataFrame, rng: np.random.Generator):
    """One row per assay result: burden sets the level, response moves it after PRRT."""
    dates = _sample_dates(people, doses, rng)
    alive = people["end"].to_numpy("datetime64[D]")[:, None]
    possible = ~np.isnat(dates) & (dates <= alive)
    parts = [_results(people, name, dates, possible, rng) for name in ASSAYS]
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
        columns.append(np.where(np.isnan(after), np.datetime64("NaT"), date))
    return np.stack(columns, axis=1)


def _results(people: pd.DataFrame, analyte: str, dates: np.ndarray, possible: np.ndarray,
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
