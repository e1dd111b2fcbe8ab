"""Quantities that cannot be what their unit says: a question each, the value stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from prrt_lib.study.derive.lab_grades import in_canonical_units, rules
from prrt_lib.study.questions import ask_rows

Findings = list[dict[str, str]]
# GBq that one administration can be, generously: half doses and salvage included.
ACTIVITY = {
    "Lu-177": (1.0, 12.0), "Y-90": (0.5, 8.0), "Lu-177+Y-90": (1.0, 15.0), "In-111": (0.05, 12.0),
    "Ac-225": (0.001, 0.05), "Pb-212": (0.02, 0.5),
}  # fmt: skip
# What a living body can have, in the unit that lab_grades compares in.
BODY = {
    "haemoglobin": (20.0, 250.0), "white cells": (0.05, 300.0), "neutrophils": (0.0, 200.0),
    "lymphocytes": (0.0, 200.0), "platelets": (1.0, 3000.0), "creatinine": (8.0, 2500.0),
    "eGFR": (1.0, 220.0),
}  # fmt: skip
# Multiples of the upper limit of normal that a marker has been seen at, and a wide margin.
MULTIPLES = (0.005, 20_000.0)
# GBq for mCi and the reverse, and prefixes: what a wrong unit does to a number.
SLIPS = (10.0, 100.0, 1000.0, 37.0, 1000 / 37)
ALIKE, FEWEST = 1.15, 5
YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


def slipped(values: pd.Series, groups: pd.Series) -> pd.Series:
    """Whether each of ``values`` lies a :data:`SLIPS` factor from the median of its group.

    Within 15 per cent of the factor, in groups of at least five values.
    """
    middle = values.groupby(groups).transform("median")
    enough = values.groupby(groups).transform("count") >= FEWEST
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(np.log(values.to_numpy(float) / middle.to_numpy(float)))
    near = np.abs(apart[:, None] - np.log(SLIPS)) <= np.log(ALIKE)
    return pd.Series(near.any(axis=1), index=values.index) & enough & (values > 0)


def questions(
    tables: Mapping[str, pd.DataFrame], ids: Iterable[str], cutoff: pd.Timestamp
) -> Findings:
    """Questions about activities, markers, laboratory values and limits, and words of later years.

    One per cell; ``tables`` are the typed ones, and nothing in them is changed (decision 16).
    """
    own = {name: frame[frame["patient_id"].isin(ids)] for name, frame in tables.items()}
    return [
        *_activities(own["prrt_cycles"]),
        *_markers(own["biomarkers"]),
        *_laboratory(own["labs"]),
        *_later_years(own["patients"], cutoff),
    ]


def _activities(cycles: pd.DataFrame) -> Findings:
    value, isotope = cycles["activity_gbq"], cycles["isotope"].fillna("")
    low, high = (
        isotope.map({name: ends[end] for name, ends in ACTIVITY.items()}) for end in (0, 1)
    )
    outside = (value < low) | (value > high)
    slip = slipped(value, isotope) & ~outside
    where = ("prrt_cycles", "activity_gbq")
    return [
        *ask_rows("activity-outside-isotope", *where, cycles[outside]),
        *ask_rows("unit-slip", *where, cycles[slip]),
    ]


def _markers(samples: pd.DataFrame) -> Findings:
    kind = samples["analyte"].fillna("") + " " + samples["uln_unit"].fillna("")
    limit = slipped(samples["uln"], kind)
    multiple = samples["xuln"] if "xuln" in samples else samples["value"] / samples["uln"]
    beyond = ((multiple < MULTIPLES[0]) | (multiple > MULTIPLES[1])) & ~limit
    return [
        *ask_rows("unit-slip", "biomarkers", "uln", samples[limit]),
        *ask_rows("value-against-limit", "biomarkers", "value", samples[beyond]),
    ]


def _laboratory(labs: pd.DataFrame) -> Findings:
    found: Findings = []
    for test, part in labs.groupby("lab_test", sort=True):
        if test not in rules() or test not in BODY:
            continue
        value = in_canonical_units(str(test), part["lab_value"], part["lab_value_unit"])
        low, high = BODY[str(test)]
        beyond = part[(value < low) | (value > high)]
        found += ask_rows("value-of-no-body", "labs", "lab_value", beyond)
        for column in ("lab_uln", "lab_lln"):
            unit = part[f"{column}_unit"].fillna(part["lab_value_unit"])
            limit = in_canonical_units(str(test), part[column], unit)
            odd = slipped(limit, pd.Series(str(test), index=part.index))
            found += ask_rows("unit-slip", "labs", column, part[odd])
    return found


def _later_years(patients: pd.DataFrame, cutoff: pd.Timestamp) -> Findings:
    """A year after the cut-off in the words of a smoking history."""
    words = patients["smoking_status_raw"].fillna("").astype(str)
    late = words.map(lambda text: any(int(year) > cutoff.year for year in YEAR.findall(text)))
    return ask_rows("words-after-cutoff", "patients", "smoking_status", patients[late.astype(bool)])
