"""Cumulative incidence with competing events (Aalen-Johansen), with either of its variances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.risk_table import RiskTable, risk_table, tallies_at
from prrt_lib.estimate.curves.steps import Steps, curve_records, enough, said
from prrt_lib.estimate.records import declared_cause, refuse, watched

VARIANCES = {"delta": "Greenwood-type variance", "aalen": "Aalen variance"}


def cumulative_incidence(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    cause: int = 1,
    entry: str | None = None,
    by: str | None = None,
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
    cause, causes = declared_cause(frame, event, cause, causes)
    limits = {"conf_type": conf_type, "conf_level": conf_level}
    method = f"Aalen-Johansen, {VARIANCES[variance]}, {conf_type}"
    common = {"conf_level": conf_level, "level": str(cause), "variable": event,
              "method": method + (", delayed entry" if entry else "")}  # fmt: skip
    rows: list[dict[str, Any]] = []
    for group in watched(frame, duration, event, entry, by, min_at_risk, causes):
        curve = None
        if len(group.exits):
            curve = aalen_johansen(group.exits, group.codes, cause, group.entries, variance)
        told = said(group.noticed, group.left_out, enough(curve, min_at_risk))
        records = curve_records("cumulative_incidence", curve, group.origin, times, steps, extend,
                                limits)  # fmt: skip
        rows += [common | group.words | {"warning": told} | record for record in records]
    return result_rows(rows)


def aalen_johansen(exits, codes, cause, entries=None, variance="delta") -> Steps:
    """The Aalen-Johansen estimate of the cumulative incidence of ``cause``.

    F(t) is the sum of S(s-) d(s) / Y(s); ties of different causes are handled together.
    ``variance="delta"``: Greenwood type, as R's survfit and etm (Marubini and Valsecchi 1995,
    formula 10.12); ``"aalen"``: Aalen 1978 as in cmprsk's cuminc.
    """
    table = risk_table(exits, codes > 0, entries)
    events = tallies_at(table.times, exits[codes == cause])
    after = np.cumprod(table.survivors / table.at_risk)
    before = np.append(1.0, after)[: len(after)]
    incidence = np.cumsum(before * events / table.at_risk)
    square = delta_variance if variance == "delta" else aalen_variance
    std_error = np.sqrt(np.maximum(square(incidence, before, after, table, events), 0))
    last = float(exits.max())
    return Steps("Aalen-Johansen", 0.0, table, events, incidence, std_error, last)


def delta_variance(incidence, before, after, table: RiskTable, events) -> np.ndarray:
    """Var F(t) = sum (F(t)-F(s))^2 d. / (Y (Y-d.)) + S(s-)^2 d (Y-d) / Y^3
    - 2 (F(t)-F(s)) S(s-) d / Y^2, d the cause's events and d. all events at s.

    F(t) is taken out of the three sums, so that each is a cumulative sum.
    """
    at_risk, left = table.at_risk, table.survivors
    spread = np.divide(table.events, at_risk * left, out=np.zeros(len(left)), where=left > 0)
    own = np.cumsum(before**2 * events * (at_risk - events) / at_risk**3)
    cross = before * events / at_risk**2
    a, b, c = (np.cumsum(spread * incidence**k) for k in range(3))
    d, e = np.cumsum(cross), np.cumsum(cross * incidence)
    return incidence**2 * a - 2 * incidence * b + c + own - 2 * (incidence * d - e)


def aalen_variance(incidence, before, after, table: RiskTable, events) -> np.ndarray:
    """cmprsk's variance of F: martingale increments with d (Y - d) / (Y - 1) for ties.

    An event of the cause at s contributes (1 - (F(t)-F(s)) / S(s))^2, one of another cause
    ((F(t)-F(s)) / S(s))^2, times S(s-)^2 d / Y^2. It changes at the cause's own events only.
    """
    inverse = np.divide(1.0, after, out=np.zeros(len(after)), where=after > 0)

    def sizes(count):
        tie = np.where(count > 1, 1 - (count - 1) / np.maximum(table.at_risk - 1, 1), 1.0)
        return before**2 * tie * count / table.at_risk**2

    own, other = sizes(events), sizes(np.where(after > 0, table.events - events, 0.0))
    ratio = incidence * inverse
    one = np.cumsum(own * (1 + ratio) ** 2 + other * ratio**2)
    two = np.cumsum(own * inverse * (1 + ratio) + other * inverse * ratio)
    three = np.cumsum((own + other) * inverse**2)
    value = one + incidence**2 * three - 2 * incidence * two
    last = np.maximum.accumulate(np.where(events > 0, np.arange(len(events)), -1))
    return np.where(last >= 0, value[last], 0.0)
