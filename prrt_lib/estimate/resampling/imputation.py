"""Multiple imputation by chained equations with predictive mean matching.

van Buuren 2018 (FCS, PMM with five donors); White and Royston 2009: the event and the
Nelson-Aalen increment over the time under observation are in every model (decision 23).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.guards import prepared, refuse, require_columns
from prrt_lib.estimate.resampling.imputation_step import Incomplete, draw, encoded, incomplete

HAZARD, EVENT = "nelson_aalen_increment", "event_indicator"


@dataclass(frozen=True, repr=False)
class Imputations(Shown):
    """Completed frames, and how the chains moved."""

    frames: tuple[pd.DataFrame, ...]
    trace: pd.DataFrame  # imputation, iteration, column, mean, sd of the imputed values
    missing: Mapping[str, int]
    method: str

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """How many values of each column were imputed."""
        size = len(self.frames[0]) if self.frames else 0
        lines = {"column": list(self.missing), "imputed": list(self.missing.values())}
        heading = f"{len(self.frames)} completed data sets of {size} records"
        return heading, pd.DataFrame(lines), [self.method]


def impute(
    frame: pd.DataFrame, columns: Sequence[str], duration: str, event: str, seed: int,
    entry: str | None = None, auxiliary: Sequence[str] = (), m: int | None = None,
    iterations: int = 10, donors: int = 5,
    bounds: Mapping[str, tuple[str, str]] | None = None,
    delta: Mapping[str, float] | None = None,
    derive: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    causes: Sequence[int] | None = None,
) -> Imputations:  # fmt: skip
    """Imputations of the missing values of ``columns``; ``frame`` is left as it is.

    Each model has the other columns, ``auxiliary`` (complete), the event and H(exit) - H(entry).
    ``bounds`` names the columns with the known lower and upper end of a value: donors lie
    inside, and where no donor does the value is drawn from the model inside the bounds.
    ``delta`` is added to imputed numbers (missing not at random), inside their bounds.
    ``derive`` recomputes derived columns of each completed frame. Without ``m`` it is
    max(20, per cent of incomplete records).
    """
    require_columns(frame, [*columns, *auxiliary])
    if frame[list(auxiliary)].isna().to_numpy().any():
        refuse(f"columns {list(auxiliary)}", "missing values", "complete auxiliary columns")
    gaps = {name: int(frame[name].isna().sum()) for name in columns}
    share = float(frame[list(columns)].isna().any(axis=1).mean())
    count = m or max(20, int(np.ceil(100 * share)))
    fixed = _fixed(frame, duration, event, entry, auxiliary, causes)
    parts = [incomplete(frame, name, bounds or {}) for name in columns if gaps[name]]
    parts.sort(key=lambda part: int(part.missing.sum()))
    whole = [encoded(frame[name])[0] for name in columns if not gaps[name]]
    base = np.column_stack([fixed, *whole])
    frames, trace = [], []
    for number in range(1, count + 1):
        rng = np.random.default_rng([seed, number])
        values = _chain(parts, base, iterations, donors, rng, number, trace)
        frames.append(_completed(frame, parts, values, delta or {}, derive))
    words = f"chained equations, predictive mean matching ({donors} donors), m = {count}"
    return Imputations(tuple(frames), pd.DataFrame(trace), gaps, words)


def nelson_aalen_increment(exits, event, entries) -> np.ndarray:
    """(n,) H(exit) - H(entry), with delayed entry in the risk sets."""
    times, died = np.unique(exits[event], return_counts=True)
    at_risk = len(exits) - np.searchsorted(np.sort(exits), times, side="left")
    at_risk = at_risk - (len(entries) - np.searchsorted(np.sort(entries), times, side="left"))
    total = np.concatenate([[0.0], np.cumsum(died / at_risk)])
    upto = np.searchsorted(times, exits, side="right"), np.searchsorted(times, entries, "right")
    return total[upto[0]] - total[upto[1]]


def _fixed(frame, duration, event, entry, auxiliary, causes) -> np.ndarray:
    """Columns of every model: event (one per cause), Nelson-Aalen increment, auxiliary."""
    data = prepared(frame, duration, event, entry, causes=causes, sort=False)
    exits, codes = data[duration].to_numpy(), data[event].to_numpy()
    entries = data[entry].to_numpy() if entry else np.full(len(data), -1.0)
    found = []
    for code in sorted(set(codes) - {0}):
        found += [codes == code, nelson_aalen_increment(exits, codes == code, entries)]
    found += [encoded(frame[name])[0] for name in auxiliary]
    return np.column_stack([np.ones(len(frame)), *found]).astype(float)


def _chain(parts: list[Incomplete], base, iterations, donors, rng, number, trace) -> list:
    """The last values of one chain, one array per incomplete column."""
    values = [part.started(rng) for part in parts]
    for iteration in range(1, iterations + 1):
        for place, part in enumerate(parts):
            others = [
                encoded_part.columns(values[other])
                for other, encoded_part in enumerate(parts)
                if other != place
            ]
            values[place] = draw(part, np.column_stack([base, *others]), donors, rng)
            drawn = values[place][part.missing]
            words = {"imputation": number, "iteration": iteration, "column": part.name}
            trace.append(words | {"mean": float(drawn.mean()), "sd": float(drawn.std())})
    return values


def _completed(frame, parts, values, delta, derive) -> pd.DataFrame:
    done = frame.copy()
    for part, found in zip(parts, values, strict=True):
        shifted = part.shifted(found, delta.get(part.name, 0.0))
        done[part.name] = part.decoded(frame[part.name], shifted)
    return done if derive is None else derive(done)
