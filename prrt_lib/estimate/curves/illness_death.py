"""Progression seen only at scans, death known to the day: a model of three states.

States: 1 alive without progression, 2 alive after progression, 3 dead. A progression lies in
(last_free, seen]; one that no scan has shown may lie anywhere between the last scan and the end
of follow-up, so that no rule is needed about deaths long after the last scan (Joly et al. 2002,
Biostatistics 3:433). Each of the three intensities is constant within few pieces of the time
since the origin (Markov): the integrals are exact, and deaths without progression, mostly early,
are not spread over all of the time. lifelines and statsmodels have no such model; R's ``msm``
(``pci``, ``deathexact``) gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.proportions import probability_limits
from prrt_lib.estimate.records import event_codes, finite_numbers, refuse, require_columns

METHOD = "illness-death model, interval-censored, 3 x {} piecewise-constant intensities, {}"
FEWEST = 5  # progressions, and deaths
PER_PIECE, MOST_PIECES = 10, 4
# An intensity is zero where it brings fewer transitions than this to the whole cohort.
NONE = 1e-2
FASTEST = 0.1  # per day
STEP = 1e-30  # of complex-step derivatives: nothing is subtracted, so nothing is lost
APART = 1e-2  # of the gradients of a second derivative: as the fourth power its error


@dataclass(frozen=True)
class Records:
    """A row per patient, days by piece of time; ``edges`` of the pieces, from 0 to infinity.

    ``first`` and ``last``: where, within each piece, an unknown day of progression may lie.
    """

    edges: np.ndarray
    entry: np.ndarray
    exit: np.ndarray
    first: np.ndarray
    last: np.ndarray
    width: np.ndarray
    piece: np.ndarray  # of the exit
    seen: np.ndarray
    died: np.ndarray


def illness_death_model(
    frame: pd.DataFrame,
    entry: str,
    last_free: str,
    seen: str,
    exit: str,
    died: str,
    times: Sequence[float] = (),
    cuts: Sequence[float] | None = None,
    conf_type: str = "log-log",
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Rows ``survival`` (progression-free) and ``cumulative_incidence`` of progression at
    ``times``, and ``median`` of the former.

    All are alive and free of progression at ``entry``; ``last_free`` is the last scan without
    progression (``entry`` if none), ``seen`` the first with it (missing if none). ``cuts`` divide
    the time; not given: a piece per ten progressions and ten deaths, at most four, with alike
    many progressions. Maximum likelihood; limits by the delta method from the observed
    information. After the last scan nothing is estimable. Raises AnalysisError below five
    progressions or five deaths.
    """
    data = _checked(frame, entry, last_free, seen, exit, died)
    progressed, deaths = int(data["seen"].notna().sum()), int(data["died"].sum())
    if min(progressed, deaths) < FEWEST:
        refuse(
            "the illness-death model", f"{progressed} progressions and {deaths} deaths",
            f"at least {FEWEST} of each", "read the Kaplan-Meier and Aalen-Johansen curves",
        )  # fmt: skip
    if cuts is None:
        # Days that divide the middles of the intervals of progression into equal parts.
        middles = (data["last_free"] + data["seen"]).dropna() / 2
        pieces = min(max(min(len(middles), deaths) // PER_PIECE, 1), MOST_PIECES)
        cuts = np.unique(np.rint(np.quantile(middles, np.arange(1, pieces) / pieces)))
    edges = np.concatenate([[0.0], cuts, [np.inf]])
    theta, covariance = _fitted(_records(data, edges), progressed, deaths)
    last = data[["last_free", "seen"]].max(axis=None)
    both = progressed + int((data["died"] & data["seen"].isna()).sum())
    asked, days = np.asarray(times, dtype="float64"), np.arange(last + 1)
    options = {"conf_type": conf_type, "conf_level": conf_level}
    rows: list[dict[str, Any]] = []
    for name, curve, events in (("survival", event_free, both),
                                ("cumulative_incidence", incidence, progressed)):  # fmt: skip
        values = _with_limits(curve, theta, covariance, edges, asked, options)
        values.loc[asked > last, ["estimate", "std_error", "low", "high"]] = np.nan
        states = np.where(asked > last, "not-estimable", "ok")
        common = {"statistic": name, "events": events}
        rows += values.assign(state=states, **common).to_dict("records")
    curve = _with_limits(event_free, theta, covariance, edges, days, options)
    half = {}
    for name in ("estimate", "low", "high"):
        # The first day at which the curve has come down to one half; NaN if it never does.
        falling = np.minimum.accumulate(curve[name].fillna(0.0).to_numpy())
        half[name] = float(np.interp(-0.5, -falling, days, right=np.nan))
    state = "not-reached" if np.isnan(half["estimate"]) else "ok"
    rows.append({"statistic": "median", "events": both, "state": state, **half})
    late = ", delayed entry" if data["entry"].any() else ""
    none = np.isinf(theta).reshape(3, -1).sum(axis=1).tolist()
    names = ("progression", "death without progression", "death after progression")
    told = [f"intensity of {name} estimated as zero in {count} of {len(edges) - 1} pieces"
            for name, count in zip(names, none, strict=True) if count]  # fmt: skip
    return result_rows(
        rows, n=len(data), total=len(data), conf_level=conf_level, unit="days",
        method=METHOD.format(len(edges) - 1, conf_type) + late, warning="; ".join(told),
    )  # fmt: skip


def _checked(frame: pd.DataFrame, entry, last_free, seen, exit, died) -> pd.DataFrame:
    """The columns under the names of the arguments; a death at entry a day later."""
    require_columns(frame, [entry, last_free, seen, exit, died])
    data = pd.DataFrame({
        "entry": finite_numbers(frame, entry), "last_free": finite_numbers(frame, last_free),
        "seen": frame[seen].to_numpy(dtype="float64", na_value=np.nan),
        "exit": finite_numbers(frame, exit), "died": event_codes(frame, died, None) == 1,
    })  # fmt: skip
    until = data["seen"].fillna(np.inf)
    inside = (data["entry"] >= 0) & (data["entry"] <= data["last_free"])
    inside &= (data["last_free"] < until) & (data["seen"].fillna(0) <= data["exit"])
    odd = int((~(inside & (data["last_free"] <= data["exit"]))).sum())
    if odd:
        expected = "0 <= entry <= last_free < seen <= exit"
        refuse(f"columns {[entry, last_free, seen, exit]}", f"{odd} impossible records", expected)
    at_once = data["died"] & (data["exit"] == data["entry"])
    return data.assign(exit=data["exit"] + at_once)


def _records(data: pd.DataFrame, edges: np.ndarray) -> Records:
    free, leaves = data["last_free"].to_numpy(), data["exit"].to_numpy()
    until = data["seen"].fillna(data["exit"]).to_numpy()
    first, last = (np.clip(days[:, None], edges[:-1], edges[1:]) for days in (free, until))
    return Records(
        edges, by_piece(data["entry"].to_numpy(), edges), by_piece(leaves, edges),
        by_piece(first, edges), by_piece(last, edges), last - first,
        np.searchsorted(edges[1:-1], leaves), data["seen"].notna().to_numpy(),
        data["died"].to_numpy(),
    )  # fmt: skip


def by_piece(days: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How many of the ``days`` since the origin fall into each piece (last axis)."""
    return np.clip(days[..., None] - edges[:-1], 0, np.diff(edges))


def intensities(theta: np.ndarray) -> np.ndarray:
    """Per day and piece: progression, death without it, death after it."""
    return np.exp(theta).reshape(3, -1)


def averaged(x: np.ndarray) -> np.ndarray:
    """The mean of exp(-v) from v = 0 to x, which may be complex."""
    small = np.abs(x) < 1e-8
    return np.where(small, 1 - x / 2, -np.expm1(-x) / np.where(small, 1, x))


def log_likelihood(theta: np.ndarray, records: Records) -> complex:
    """Of all patients: each path that what was seen allows, integrated over the day of progression.

    In a piece of width d with intensities a of leaving state 1 and b of state 2, the integral of
    exp(-a u) exp(-b (d - u)) over u is d exp(-b d) averaged((a - b) d).
    """
    progression, before, after = intensities(theta)
    leaving = progression + before
    start = (records.entry @ leaving)[:, None]
    in_1 = records.first @ leaving - start
    in_2 = (records.exit @ after)[:, None] - records.last @ after
    inside = records.width * averaged((leaving - after) * records.width)
    paths = progression * inside * np.exp(-in_1 - in_2 - after * records.width)
    through = paths.sum(axis=1) * np.where(records.died, after[records.piece], 1)
    free = np.exp(start[:, 0] - records.exit @ leaving)
    straight = free * np.where(records.died, before[records.piece], 1)
    return np.log(through + np.where(records.seen, 0, straight)).sum()


def gradient(value: Callable, theta: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Derivatives of ``value`` by the ``free`` parameters, one row each."""
    steps = 1j * STEP * np.eye(len(theta))[free]
    return np.array([value(theta + step).imag for step in steps]) / STEP


def _fitted(records: Records, progressed: int, deaths: int) -> tuple[np.ndarray, np.ndarray]:
    """Log intensities, -inf where zero, and their covariance, 0 where zero."""
    days, pieces = records.exit.sum() - records.entry.sum(), len(records.edges) - 1
    start = np.log(np.repeat([progressed, deaths / 5, deaths], pieces) / days)
    lowest = np.log(NONE / 100 / days)

    def value(theta):
        return log_likelihood(theta, records)

    def slope(theta, free):
        return gradient(value, theta, free)

    def covariance(theta, free):
        moves = APART * np.eye(len(theta))[free]
        ends = ((1, 8 / 12), (2, -1 / 12))
        information = sum(
            weight * np.array([slope(theta - far * move, free) - slope(theta + far * move, free)
                               for move in moves]) / APART
            for far, weight in ends
        )  # fmt: skip
        return cho_solve(cho_factor((information + information.T) / 2), np.eye(len(moves)))

    every = np.ones(len(start), bool)
    found = minimize(
        lambda theta: -value(theta), start, jac=lambda theta: -slope(theta, every),
        method="L-BFGS-B", bounds=[(lowest, np.log(FASTEST))] * len(start),
        options={"ftol": 1e-14, "gtol": 1e-6, "maxiter": 1000},
    )  # fmt: skip
    free = found.x > lowest + np.log(100)
    theta, whole = np.where(free, found.x, -np.inf), np.zeros((len(start),) * 2)
    try:
        # Newton steps: the last digits do not depend on where the search stopped.
        variance = covariance(theta, free)
        for _ in range(20):
            step = variance @ slope(theta, free)
            theta[free] += step
            if np.abs(step).max() < 1e-10:
                break
        else:
            raise LinAlgError
        whole[np.ix_(free, free)] = covariance(theta, free)
    except (LinAlgError, ValueError):
        refuse("the illness-death model", "a likelihood without a maximum",
               "intervals that determine every intensity", "give fewer cuts")  # fmt: skip
    return theta, whole


def event_free(theta: np.ndarray, edges: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The probability to be alive without progression at ``days``."""
    progression, before, _ = intensities(theta)
    return np.exp(-(by_piece(days, edges) @ (progression + before)))


def incidence(theta: np.ndarray, edges: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The probability of a progression up to ``days``."""
    progression, before, _ = intensities(theta)
    width = by_piece(days, edges)
    inside = progression * width * averaged((progression + before) * width)
    return inside @ event_free(theta, edges, edges[:-1])


def _with_limits(curve: Callable, theta, covariance, edges, days, options) -> pd.DataFrame:
    def value(theta):
        return curve(theta, edges, days)

    slope = gradient(value, theta, np.isfinite(theta))
    known = covariance[np.ix_(np.isfinite(theta), np.isfinite(theta))]
    error = np.sqrt(np.einsum("id,ij,jd->d", slope, known, slope))
    low, high = probability_limits(value(theta), error, **options)
    columns = {"time": days, "estimate": value(theta), "std_error": error, "low": low, "high": high}
    return pd.DataFrame(columns)
