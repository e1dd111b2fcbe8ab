"""Concordance of a risk score with survival: the share of comparable pairs in the right order.

A comparable pair is an event and somebody still at risk after it. lifelines 0.30.3 counts the
same pairs, but knows no entry, strata, weights or standard error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.risk_table import sums_before
from prrt_lib.estimate.curves.survival import product_limit
from prrt_lib.estimate.records import arrays, prepared, refuse, warnings_of

TIME_WEIGHTS = ("n", "n/G2", "S", "S/G")
TOLERANCE = 1e-12  # of scores that differ only by rounding, relative to the largest


def concordance(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    score: str,
    entry: str | None = None,
    time_weight: str = "n",
    up_to: float | None = None,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Result rows: concordance of a high ``score`` with early events, and the pairs counted.

    Pairs tied in score count half, pairs tied in time not at all (Harrell). ``time_weight`` as
    in Therneau and Watson 2017: "n" counts pairs, "n/G2" is Uno's. Events after ``up_to`` count
    as censored there. Standard error by the infinitesimal jackknife.
    """
    if time_weight not in TIME_WEIGHTS:
        refuse("time_weight", repr(time_weight), f"one of {list(TIME_WEIGHTS)}", "choose one")
    data = prepared(
        frame, duration, event, entry, covariates=[score], need_event=True, sort=True
    )  # fmt: skip
    stop, codes, start = arrays(data, duration, event, entry)
    happened = (codes == 1) & (stop <= (np.inf if up_to is None else up_to))
    factor = _time_weight(stop, happened, start, time_weight)
    pairs = count_pairs(stop, happened, data[score].to_numpy(float), start, factor=factor)
    counted = {
        "concordant": pairs.concordant, "discordant": pairs.discordant, "tied score": pairs.tied,
        "tied time": pairs.tied_time, "tied score and time": pairs.tied_both,
    }  # fmt: skip
    records = [record(pairs, None, conf_level)] + [
        {"statistic": "count", "level": name, "estimate": value, "unit": "pairs"}
        for name, value in counted.items()
    ]
    return result_rows(
        records, variable=score, n=len(data), events=int(codes.sum()),
        method=f"Harrell concordance, time weight {time_weight}", warning=warnings_of(data),
    )  # fmt: skip


def _time_weight(stop, event, start, kind) -> np.ndarray | None:
    """(n,) factor of the pairs of each record's event."""
    if kind == "n":
        return None
    curve = product_limit(stop, event, start)
    before = np.append(1.0, curve.value)[:-1]
    # The chance of not being censored before each event; events of the same time leave first.
    uncensored = product_limit(stop, ~event, start, leave_first=event)
    observed, _ = uncensored.at(curve.table.times, side="left")
    by_time = {
        "S": before / curve.table.at_risk, "S/G": before / (observed * curve.table.at_risk),
        "n/G2": 1 / observed**2,
    }[kind]  # fmt: skip
    factor = np.zeros(len(stop))
    factor[event] = by_time[np.searchsorted(curve.table.times, stop[event])]
    return factor


def concordance_of_fit(fit) -> dict:
    """The concordance of a CoxFit's linear predictor, as a record."""
    data = fit.data
    eta = data.x @ fit.coefficients.to_numpy()
    pairs = count_pairs(data.stop, data.event, eta, data.start, data.strata, data.weight)
    return record(pairs, data.cluster, fit.conf_level)


def record(pairs: Pairs, cluster: np.ndarray | None, conf_level: float) -> dict:
    """The concordance with its limits, as a record of a result row."""
    total = pairs.concordant + pairs.discordant + pairs.tied
    if not total > 0:
        return {"statistic": "concordance", "state": "not-estimable"}
    value = (pairs.concordant + pairs.tied / 2) / total
    # Change of the concordance when a record's weight is moved.
    concordant, _, tied = pairs.own
    influence = pairs.weight * (concordant + tied / 2 - value * pairs.own.sum(axis=0)) / total
    if cluster is not None:
        influence = np.bincount(cluster, influence)
    error = float(np.sqrt(influence @ influence))
    z = float(norm.ppf(0.5 + conf_level / 2))
    return {
        "statistic": "concordance", "estimate": value, "std_error": error,
        "low": max(value - z * error, 0.0), "high": min(value + z * error, 1.0),
        "conf_level": conf_level,
    }  # fmt: skip


@dataclass(frozen=True)
class Pairs:
    """Weighted pairs, in all and (``own``: concordant, discordant, tied) by record."""

    concordant: float
    discordant: float
    tied: float
    tied_time: float
    tied_both: float
    own: np.ndarray  # (3, n)
    weight: np.ndarray


def count_pairs(
    stop, event, score, start=None, strata=None, weight=None, factor=None
) -> Pairs:  # fmt: skip
    """Pairs of each event with the records at risk at and beyond its time, within strata.

    ``factor`` (n,) multiplies the pairs of each record's event.
    """
    n = len(stop)
    weight, factor = (np.ones(n) if given is None else given for given in (weight, factor))
    order = np.argsort(score, kind="stable")
    step = np.diff(score[order]) > TOLERANCE * np.abs(score).max(initial=0.0)
    rank = np.empty(n, np.int64)
    rank[order] = np.concatenate([[0], np.cumsum(step)])
    strata = np.zeros(n, np.int64) if strata is None else strata
    own, tied_time, tied_both = np.zeros((3, n)), 0.0, 0.0
    for stratum in np.unique(strata[event]):
        rows = strata == stratum
        entry = None if start is None else start[rows]
        part = stop[rows], event[rows], rank[rows], weight[rows]
        own[:, rows] = _own_pairs(*part, entry, factor[rows])
        died = event & rows
        times = np.unique(stop[died], return_inverse=True)[1]
        both = _within(times * (int(rank.max()) + 1) + rank[died], weight[died])
        tied_time, tied_both = tied_time + _within(times, weight[died]) - both, tied_both + both
    return Pairs(*(own @ weight / 2), tied_time, tied_both, own, weight)


def _within(keys: np.ndarray, weight: np.ndarray) -> float:
    """Weight of the pairs that share a key."""
    code = np.unique(keys, return_inverse=True)[1]
    return float((np.bincount(code, weight) ** 2 - np.bincount(code, weight**2)).sum() / 2)


def _own_pairs(stop, event, rank, weight, start, factor) -> np.ndarray:
    """(3, n) weight of the other records in concordant, discordant, tied pairs of each record.

    Pairs are counted within a merge sort: n log n.
    """
    times = np.unique(stop)
    leaving = 2 * np.searchsorted(times, stop) + ~event  # a censoring outlives an event at its time
    sides = [(leaving, 1.0)]
    if start is not None:
        sides.append((2 * np.searchsorted(times, start, side="right") - 1, -1.0))
    died = np.flatnonzero(event)
    time, event_rank, giving = leaving[died], rank[died], weight[died] * factor[died]
    own, width = np.zeros((3, len(stop))), 2 * len(times) + 2
    for key, sign in sides:
        # records whose key is above the event's time: of smaller rank, of the same, of any
        less = smaller_before(-time, event_rank, -key, rank, weight)
        same = sums_before(-event_rank * width - time, -rank * width - key, weight)
        same -= sums_before(-event_rank, -rank, weight)
        every = sums_before(-time, -key, weight)
        own[:, died] += sign * factor[died] * np.array([less, every - less - same, same])
        given = smaller_before(key, -rank, time, -event_rank, giving)
        same = sums_before(rank * width + key, event_rank * width + time, giving)
        same -= sums_before(rank, event_rank, giving)
        every = sums_before(key, time, giving)
        own += sign * np.array([given, every - given - same, same])
    return own


def smaller_before(at, below, key, value, weight) -> np.ndarray:
    """For each query the sum of ``weight`` with ``key`` < ``at`` and ``value`` < ``below``.

    Items and queries stand in one list by key; halving that list again and again, every query
    in a right half meets the items of the left half once, in order of value.
    """
    queries, items = len(at), len(key)
    is_item = np.concatenate([np.zeros(queries, bool), np.ones(items, bool)])
    place = np.empty(queries + items, np.int32)
    by_key = np.lexsort((is_item, np.concatenate([at, key])))  # queries before items of their key
    place[by_key] = np.arange(queries + items, dtype=np.int32)
    by_value = np.lexsort((is_item, np.concatenate([below, value])))
    weights = np.concatenate([np.zeros(queries), weight])[by_value]
    place, number = place[by_value], by_value.astype(np.int32)
    found = np.zeros(queries + items)
    for bit in range(max((queries + items - 1).bit_length(), 1) - 1, -1, -1):
        right = (place >> bit) & 1 == 1
        base = (place >> (bit + 1)) << (bit + 1)
        passed = np.cumsum(np.where(right, 0.0, weights))
        ahead = np.concatenate([[0.0], passed])[base]
        found[number[right]] += passed[right] - ahead[right]
        seen = np.cumsum(right, dtype=np.int32)
        ones_before = np.concatenate([np.zeros(1, np.int32), seen])[base]
        rank = np.arange(len(place), dtype=np.int32) - base
        ones = seen - ones_before
        target = np.where(right, base + (1 << bit) + ones - 1, base + rank - ones)
        moved = np.empty_like(place), np.empty_like(number), np.empty_like(weights)
        for new, old in zip(moved, (place, number, weights), strict=True):
            new[target] = old
        place, number, weights = moved
    return found[:queries]
