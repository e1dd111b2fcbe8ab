"""Processor time and memory of a call, and frames to call with."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd

COVARIATES = [f"x{j}" for j in range(8)]


def milliseconds(call: Callable[[], object], repeats: int = 7) -> float:
    """Median processor time over ``repeats`` calls, after one that does not count."""
    call()
    spent = []
    for _ in range(repeats):
        before = time.process_time()
        call()
        spent.append(time.process_time() - before)
    return 1000 * float(np.median(spent))


def side_by_side(calls: dict[str, Callable[[], object]], repeats: int = 7) -> dict[str, float]:
    """Medians of several calls taken in turn, so that a busy machine slows all alike."""
    for call in calls.values():
        call()
    spent = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            before = time.process_time()
            call()
            spent[name].append(time.process_time() - before)
    return {name: 1000 * float(np.median(values)) for name, values in spent.items()}


def peak_megabytes(call: Callable[[], object]) -> float:
    """The most memory that the call holds at once."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def patients(n: int, seed: int = 1) -> pd.DataFrame:
    """``n`` records sorted by time: whole days up to 3,000 (ties), eight covariates, two causes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 8))
    life = np.ceil(rng.exponential(1000 * np.exp(-x @ np.full(8, 0.2))))
    seen = np.ceil(rng.uniform(0, 3000, n))
    frame = pd.DataFrame(x, columns=COVARIATES)
    frame["time"], frame["event"] = np.minimum(life, seen), (life <= seen).astype(int)
    frame["arm"] = rng.integers(0, 2, n)
    frame["cause"] = frame["event"] * rng.integers(1, 3, n)
    return frame.sort_values("time", ignore_index=True)
