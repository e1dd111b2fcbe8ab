"""The frames that the mapping files name: a dataset, or one derived from it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent


@cache
def dataset(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / "data" / f"{name}.csv", dtype={".imp": int})


def view(name: str) -> pd.DataFrame:
    """The named dataset; ``name:derivation`` applies one of ``DERIVATIONS`` to it."""
    base, _, derivation = name.partition(":")
    data = dataset(base)
    return DERIVATIONS[derivation](data) if derivation else data


def _from_60(data: pd.DataFrame) -> pd.DataFrame:
    later = data[data["age_exit"] > 60]
    return later.assign(age=later["age"].clip(lower=60))


def _landmark_180(data: pd.DataFrame) -> pd.DataFrame:
    later = data[data["time"] > 180]
    return later.assign(time=later["time"] - 180)


DERIVATIONS = {
    "cells": lambda data: data.assign(celltype=pd.Categorical(data["celltype"], CELLS)),
    "censoring": lambda data: data.assign(censored=1 - data[EVENT[len(data)]]),
    "known-trt": lambda data: data[data["trt"].notna()],
    "from-60": _from_60,
    "exit-from-60": lambda data: data[data["age_exit"] >= 60],
    "landmark-180": _landmark_180,
    "edema": lambda data: data[data["trt"].notna()].assign(any_edema=data["edema"] > 0),
    "round-30": lambda data: data.head(30).round({"bili.base": 1, "bili.y1": 1}),
}

# the event column by the dataset's size: lung, veteran, mgus2, pbc
EVENT = {228: "event", 137: "status", 1384: "death", 418: "death"}

# R's order of the levels
CELLS = ["squamous", "smallcell", "adeno", "large"]
