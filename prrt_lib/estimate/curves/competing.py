"""Cumulative incidence with competing events (Aalen-Johansen), with either of its variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import result_rows
from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.curves.early_risk_set import started_groups
from prrt_lib.estimate.curves.risk_table import NumberAtRisk, asked_times, tallies, tallies_at
from prrt_lib.estimate.proportions import probability_limits
from prrt_lib.estimate.records import arrays, chosen_cause, declared_causes, prepared, refuse

VARIANCES = {"delta": "Greenwood-type variance", "aalen": "Aalen variance"}


def cumulative_incidence(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    cause: int = 1,
    entry: str | None = None,
    by: str | None = None,
    weights: str | None = None,
    times: Sequence[float] = (),
    variance: str = "delta",
    conf_type: str = "log-log",
    conf_level: float = 0.95,
    *,
    causes: Sequence[int] | None = None,
    steps: bool = False,
    min_at_risk: int | None = None,
    extend: bool = False,
) -> pd.DataFrame:
    """Rows ``cumulative_incidence`` of ``cause`` at ``times`` (none given: start and steps).

    ``event`` is 0 for censored, else the cause; ``causes`` declares the allowed codes (default:
    1 to the largest found). ``variance`` is "delta" (Greenwood type: survfit, etm) or "aalen"
    (cmprsk). Limits on the log-log scale of the incidence unless ``conf_type`` says otherwise.
    ``steps``, ``min_at_risk`` and ``extend`` as in ``kaplan_meier``.
    """
    if variance not in VARIANCES:
        refuse("variance", f"{variance!r}", f"one of {tuple(VARIANCES)}", "choose one")
    causes = declared_causes(frame, event, causes)
    cause = chosen_cause(cause, causes)
    data = prepared(
        frame, duration, event, entry, by, causes=causes, weights=weights, sort=bool(weights)
    )
    method = f"Aalen-Johansen, {VARIANCES[variance]}, {conf_type}"
    common = {"conf_level": conf_level, "level": str(cause), "variable": event}
    common["method"] = method + (", delayed entry" if entry else "")
    rows: list[dict[str, Any]] = []
    for group in started_groups(data, duration, entry, by, min_at_risk):
        curve = None
        if len(group.records):
            exits, codes, entries, weight = arrays(group.records, duration, event, entry, weights)
            curve = aalen_johansen(exits, codes, cause, entries, weight, variance)
            group = group.told(curve.times, curve.at_risk, min_at_risk)
        records = _records(curve, times, steps, group.start.t0, conf_type, conf_level, extend)
        full = {**common, **group.key, **group.words}
        rows += [full | record for record in records]
    return result_rows(rows)


def _records(
    curve: Incidence | None, times, steps, t0, conf_type, conf_level, extend
) -> list[dict[str, Any]]:
    blank: dict[str, Any] = {"statistic": "cumulative_incidence", "state": "not-estimable"}
    if curve is None:
        return [{**blank, "time": time} for time in times]
    start = curve.sets.start if t0 is not None else min(0.0, curve.sets.start)
    own = curve.times[curve.events > 0]
    at = asked_times(start, own, times, steps)
    index = curve.index(at)
    value, error = (np.append(0.0, x)[index] for x in (curve.incidence, curve.std_error))
    low, high = probability_limits(value, error, conf_type, conf_level)
    columns = {
        "time": at,
        "estimate": value,
        "std_error": error,
        "low": low,
        "high": high,
        "at_risk": curve.sets.at(at),
        "events": np.append(0.0, np.cumsum(curve.events))[index],
    }
    lists = zip(*(values.tolist() for values in columns.values()), strict=True)
    rows = [dict(zip(columns, row, strict=True)) for row in lists]
    beyond = (at < start) | ((at > curve.last) & (not extend))
    return [
        {**blank, "time": row["time"], "at_risk": row["at_risk"]}
        if out
        else {"statistic": "cumulative_incidence", **row}
        for row, out in zip(rows, beyond.tolist(), strict=True)
    ]


@dataclass(frozen=True, repr=False)
class Incidence(Shown):
    """F(t), S(t) and the standard error of F after each time at which anything happened."""

    times: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    any_event: np.ndarray
    incidence: np.ndarray
    survival: np.ndarray
    std_error: np.ndarray
    sets: NumberAtRisk
    last: float

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """A line per time at which anything happened."""
        steps = {"time": self.times, "at risk": self.at_risk, "events": self.events,
                 "cumulative incidence": self.incidence, "SE": self.std_error}  # fmt: skip
        return f"Aalen-Johansen, observed to {self.last:g}", pd.DataFrame(steps), []

    def index(self, at: np.ndarray) -> np.ndarray:
        """Position in arrays that begin with the value before the first event."""
        return np.searchsorted(self.times, at, side="right")


def aalen_johansen(exits, codes, cause, entries=None, weights=None, variance="delta") -> Incidence:
    """The Aalen-Johansen estimate of the cumulative incidence of ``cause``.

    F(t) is the sum of S(s-) d(s) / Y(s); ties of different causes are handled together.
    ``variance="delta"``: Greenwood type, as R's survfit and etm (Marubini and Valsecchi 1995,
    formula 10.12); ``"aalen"``: Aalen 1978 as in cmprsk's cuminc.
    """
    happened = codes > 0
    own = codes == cause
    pick = (lambda mask: None) if weights is None else (lambda mask: weights[mask])
    times, any_event = tallies(exits[happened], pick(happened))
    events = tallies_at(times, exits[own], pick(own))
    sets = NumberAtRisk(exits, entries, weights)
    at_risk = sets.at(times)
    left = at_risk - any_event
    left = np.where(left < 1e-12 * at_risk, 0.0, left)
    after = np.cumprod(left / at_risk)
    before = np.append(1.0, after)[:-1] if len(after) else after
    incidence = np.cumsum(before * events / at_risk)
    square = delta_variance if variance == "delta" else aalen_variance
    std_error = np.sqrt(np.maximum(square(incidence, before, after, at_risk, events, left), 0))
    return Incidence(
        times, at_risk, events, any_event, incidence, after, std_error, sets, float(exits.max())
    )


def delta_variance(incidence, before, after, at_risk, events, left) -> np.ndarray:
    """Var F(t) = sum (F(t)-F(s))^2 d. / (Y (Y-d.)) + S(s-)^2 d (Y-d) / Y^3
    - 2 (F(t)-F(s)) S(s-) d / Y^2, d the cause's events and d. all events at s."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(left > 0, (at_risk - left) / (at_risk * left), 0.0)
    own = np.cumsum(before**2 * events * (at_risk - events) / at_risk**3)
    cross = before * events / at_risk**2
    return _quadratic(incidence, spread, cross, own)


def _quadratic(incidence, spread, cross, own) -> np.ndarray:
    """The three sums with F(t) taken out, so that each is a cumulative sum."""
    a, b, c = (np.cumsum(spread * incidence**k) for k in range(3))
    d, e = np.cumsum(cross), np.cumsum(cross * incidence)
    return incidence**2 * a - 2 * incidence * b + c + own - 2 * (incidence * d - e)


def aalen_variance(incidence, before, after, at_risk, events, left) -> np.ndarray:
    """cmprsk's variance of F: martingale increments with d (Y - d) / (Y - 1) for ties.

    An event of the cause at s contributes (1 - (F(t)-F(s)) / S(s))^2, one of another cause
    ((F(t)-F(s)) / S(s))^2, times S(s-)^2 d / Y^2. It changes at the cause's own events only.
    """
    others = at_risk - left - events
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(after > 0, 1 / after, 0.0)
        sizes = [
            before**2 * _tie_factor(count, at_risk) * count / at_risk**2
            for count in (events, np.where(after > 0, others, 0.0))
        ]
    ratio = incidence * inverse
    one = np.cumsum(sizes[0] * (1 + ratio) ** 2 + sizes[1] * ratio**2)
    two = np.cumsum(sizes[0] * inverse * (1 + ratio) + sizes[1] * inverse * ratio)
    three = np.cumsum((sizes[0] + sizes[1]) * inverse**2)
    value = one + incidence**2 * three - 2 * incidence * two
    own = np.maximum.accumulate(np.where(events > 0, np.arange(len(events)), -1))
    return np.where(own >= 0, value[own], 0.0)


def _tie_factor(count, at_risk) -> np.ndarray:
    return np.where(count > 1, 1 - (count - 1) / np.maximum(at_risk - 1, 1), 1.0)
