"""Concordance of a risk score with survival: the share of comparable pairs in the right order.

A comparable pair is an event and somebody still at risk after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.quasi_independence import smaller_before
from prrt_lib.estimate.records import prepared, refuse, warnings_of

TIME_WEIGHTS = ("n", "n/G2", "S", "S/G", "I")
TOLERANCE = 1e-12  # of scores that differ only by rounding, relative to the largest
DENSE = 4_000_000


def concordance(
    frame: pd.DataFrame, duration: str, event: str, score: str, entry: str | None = None,
    strata: str | None = None, cluster: str | None = None, weights: str | None = None,
    time_weight: str = "n", up_to: float | None = None, conf_level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Result rows: concordance of a high ``score`` with early events, and the pairs counted.

    Pairs tied in score count half, pairs tied in time not at all (Harrell). ``time_weight`` as
    in Therneau and Watson 2017: "n" counts pairs, "n/G2" is Uno's. Events after ``up_to`` count
    as censored there. Standard error by the infinitesimal jackknife.
    """
    if time_weight not in TIME_WEIGHTS:
        refuse("time_weight", repr(time_weight), f"one of {list(TIME_WEIGHTS)}", "choose one")
    extra = [name for name in (score, cluster) if name]
    data = prepared(frame, duration, event, entry, strata, extra, weights=weights, need_event=True)
    pairs = count_pairs(
        data[duration].to_numpy(), data[event].to_numpy() == 1, data[score].to_numpy(float),
        start=data[entry].to_numpy() if entry else None,
        strata=pd.factorize(data[strata])[0] if strata else None,
        weight=data[weights].to_numpy() if weights else None,
        time_weight=time_weight, up_to=up_to,
    )  # fmt: skip
    codes = pd.factorize(data[cluster])[0] if cluster else None
    counted = {
        "concordant": pairs.concordant, "discordant": pairs.discordant, "tied score": pairs.tied,
        "tied time": pairs.tied_time, "tied score and time": pairs.tied_both,
    }  # fmt: skip
    records = [record(pairs, codes, conf_level)] + [
        {"statistic": "count", "level": name, "estimate": value, "unit": "pairs"}
        for name, value in counted.items()
    ]
    events = int(data[event].sum())
    words = f"Harrell concordance, time weight {time_weight}"
    common = {"variable": score, "n": len(data), "events": events, "method": words}
    return result_rows(records, **common, warning=warnings_of(data))


def record(pairs: Pairs, cluster: np.ndarray | None, conf_level: float) -> dict:
    """The concordance with its limits, as a record of a result row."""
    total = pairs.concordant + pairs.discordant + pairs.tied
    if not total > 0:
        return {"statistic": "concordance", "state": "not-estimable"}
    value = (pairs.concordant + pairs.tied / 2) / total
    influence = pairs.influence(value) / total
    if cluster is not None:
        influence = np.bincount(cluster, influence)
    error = float(np.sqrt(influence @ influence))
    z = float(norm.ppf(0.5 + conf_level / 2))
    return {
        "statistic": "concordance", "estimate": value, "std_error": error,
        "low": max(value - z * error, 0.0), "high": min(value + z * error, 1.0),
        "conf_level": conf_level,
    }  # fmt: skip


def concordance_of_fit(fit) -> dict:
    """The concordance of a CoxFit's linear predictor, as a record."""
    data = fit.data
    eta = data.x @ fit.coefficients.to_numpy()
    eta = eta if data.offset is None else eta + data.offset
    pairs = count_pairs(data.stop, data.event, eta, data.start, data.strata, data.weight)
    return record(pairs, data.cluster, fit.conf_level)


@dataclass(frozen=True)
class Pairs:
    """Weighted pairs, in all and by the record that takes part in them."""

    concordant: float
    discordant: float
    tied: float
    tied_time: float
    tied_both: float
    own_concordant: np.ndarray
    own_discordant: np.ndarray
    own_tied: np.ndarray
    weight: np.ndarray

    def influence(self, value: float) -> np.ndarray:
        """(n,) change of the concordance times all pairs when a record's weight is moved."""
        all_own = self.own_concordant + self.own_discordant + self.own_tied
        return self.weight * (self.own_concordant + self.own_tied / 2 - value * all_own)


def count_pairs(
    stop, event, score, start=None, strata=None, weight=None, time_weight="n", up_to=None
) -> Pairs:
    """Pairs of each event with the records at risk at and beyond its time, within strata."""
    n = len(stop)
    weight = np.ones(n) if weight is None else weight
    ranks = _ranks(score)
    strata = np.zeros(n, np.int64) if strata is None else strata
    if up_to is not None:
        event = event & (stop <= up_to)
    own = np.zeros((3, n))
    same = np.zeros(2)
    order = np.argsort(strata, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(strata[order])) + 1):
        entry = None if start is None else start[rows]
        factor = _time_weight(stop[rows], event[rows], entry, weight[rows], time_weight)
        part = (stop[rows], event[rows], entry, ranks[rows], weight[rows], factor)
        own[:, rows] = _own_pairs(*part)
        same += _tied_times(stop[rows], event[rows], ranks[rows], weight[rows])
    totals = own @ weight / 2
    return Pairs(*totals, *same, *own, weight)


def _ranks(score: np.ndarray) -> np.ndarray:
    """0, 1, ... with scores equal up to rounding sharing a rank."""
    order = np.argsort(score, kind="stable")
    sorted_score = score[order]
    step = np.diff(sorted_score) > TOLERANCE * np.abs(score).max(initial=0.0)
    ranks = np.empty(len(score), np.int64)
    ranks[order] = np.concatenate([[0], np.cumsum(step)])
    return ranks


def _own_pairs(stop, event, start, rank, weight, factor) -> np.ndarray:
    """(3, n) weight of the other records in concordant, discordant, tied pairs of each record."""
    times = np.unique(stop)
    leaving = 2 * np.searchsorted(times, stop) + ~event  # a censoring outlives an event at its time
    entering = None if start is None else 2 * np.searchsorted(times, start, side="right") - 1
    died = np.flatnonzero(event)
    if not len(died):
        return np.zeros((3, len(stop)))
    count = _dense if len(died) * len(stop) <= DENSE else _sorted
    return count(leaving, entering, died, rank, weight, factor)


def _dense(leaving, entering, died, rank, weight, factor) -> np.ndarray:
    """By comparing every event with every record."""
    pair = leaving > leaving[died][:, None]
    if entering is not None:
        pair &= entering < leaving[died][:, None]
    giving, event_rank = weight[died] * factor[died], rank[died][:, None]
    own = np.empty((3, len(leaving)))
    relations = (rank < event_rank, rank > event_rank, rank == event_rank)
    for kind, related in enumerate(relations):
        matrix = (pair & related).astype(float)
        own[kind] = giving @ matrix
        own[kind, died] += (matrix @ weight) * factor[died]
    return own


def _sorted(leaving, entering, died, rank, weight, factor) -> np.ndarray:
    """By counting within a merge sort: n log n."""
    giving = weight[died] * factor[died]
    time, event_rank = leaving[died], rank[died]
    own = np.zeros((3, len(leaving)))
    sides = [(leaving, 1.0)] if entering is None else [(leaving, 1.0), (entering, -1.0)]
    width = int(max(leaving.max(), 0)) + 2
    for key, sign in sides:
        # records whose key is above the event's time: of smaller rank, of the same, of any
        less = smaller_before(-time, event_rank, -key, rank, weight)
        same = _above(rank * width + key, weight, event_rank * width + time)
        same -= _above(rank, weight, event_rank)
        every = _above(key, weight, time)
        own[:, died] += sign * factor[died] * np.array([less, every - less - same, same])
        given = smaller_before(key, -rank, time, -event_rank, giving)
        same = _below(event_rank * width + time, giving, rank * width + key)
        same -= _below(event_rank, giving, rank)
        every = _below(time, giving, key)
        own += sign * np.array([given, every - given - same, same])
    return own


def _above(key, weight, at) -> np.ndarray:
    """Sum of ``weight`` with ``key`` > ``at``."""
    order = np.argsort(key, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weight[order])])
    return total[-1] - total[np.searchsorted(key[order], at, side="right")]


def _below(key, weight, at) -> np.ndarray:
    """Sum of ``weight`` with ``key`` < ``at``."""
    order = np.argsort(key, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weight[order])])
    return total[np.searchsorted(key[order], at, side="left")]


def _tied_times(stop, event, rank, weight) -> np.ndarray:
    """Weight of pairs of events at one time: with different scores, with the same score."""

    def within(keys) -> float:
        _, code = np.unique(keys, return_inverse=True)
        total = np.bincount(code.ravel(), weight[event])
        square = np.bincount(code.ravel(), weight[event] ** 2)
        return float((total**2 - square).sum() / 2)

    if not event.any():
        return np.zeros(2)
    times = np.unique(stop[event], return_inverse=True)[1].ravel()
    both = within(times * (int(rank.max()) + 1) + rank[event])
    return np.array([within(times) - both, both])


def _time_weight(stop, event, start, weight, kind) -> np.ndarray:
    """(n,) factor of the pairs of each record's event."""
    if kind == "n":
        return np.ones(len(stop))
    times = np.unique(stop[event])
    if start is None:
        start = np.full(len(stop), -np.inf)
    at_risk = _at_risk(stop, start, weight, times)
    died = np.bincount(np.searchsorted(times, stop[event]), weight[event], len(times))
    survival = np.concatenate([[1.0], np.cumprod(1 - died / at_risk)])[:-1]
    reach = _censoring(stop, event, start, weight, times)
    by_time = {
        "I": 1 / at_risk, "S": survival / at_risk,
        "S/G": survival / (reach * at_risk), "n/G2": 1 / reach**2,
    }[kind]  # fmt: skip
    factor = np.zeros(len(stop))
    factor[event] = by_time[np.searchsorted(times, stop[event])]
    return factor


def _at_risk(stop, start, weight, times) -> np.ndarray:
    """Weight with start < t <= stop for each of ``times``."""
    return _below(-stop, weight, np.nextafter(-times, np.inf)) - _below(
        -start, weight, np.nextafter(-times, np.inf)
    )


def _censoring(stop, event, start, weight, times) -> np.ndarray:
    """G(t-): the probability of not being censored before each of ``times``."""
    gone = np.unique(stop[~event])
    left = np.bincount(np.searchsorted(gone, stop[~event]), weight[~event], len(gone))
    # events at the same time leave first
    leaving = np.bincount(
        np.searchsorted(gone, stop), weight * (event & np.isin(stop, gone)), len(gone) + 1
    )[: len(gone)]
    at_risk = _at_risk(stop, start, weight, gone) - leaving
    curve = np.concatenate([[1.0], np.cumprod(1 - left / at_risk)])
    return curve[np.searchsorted(gone, times, side="left")]
