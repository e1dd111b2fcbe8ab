"""Gray's test that the cumulative incidence of a cause is equal in all groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.curves.risk_table import NumberAtRisk, tallies, tallies_at
from prrt_lib.estimate.records import compared, declared_cause, prepared, warnings_of


def gray_test(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    by: str,
    cause: int = 1,
    *,
    causes: Sequence[int] | None = None,
) -> pd.DataFrame:
    """A row ``chi2`` with df and p: Gray 1988, k samples, all times alike (rho = 0).

    ``event`` is 0 for censored, else the cause; equal to cmprsk's cuminc. Delayed entry is not
    covered by the published variance and is therefore not offered: a frame with a column
    ``entry`` is refused.
    """
    cause, causes = declared_cause(frame, event, cause, causes)
    data = prepared(frame, duration, event, None, by, causes=causes)
    codes, levels = compared(data, by)
    kind = np.where(data[event] == cause, 1, np.where(data[event] > 0, 2, 0))
    score, variance = gray_scores(data[duration].to_numpy(), kind, codes, len(levels))
    words = {"group": by, "variable": event, "level": str(cause), "method": "Gray's test, rho 0",
             "statistic": "chi2", "n": len(data), "events": int((kind == 1).sum()),
             "warning": warnings_of(data)}  # fmt: skip
    if not (kind == 1).any() or np.linalg.matrix_rank(variance) < len(score):
        return result_rows([{**words, "state": "not-estimable"}])
    value, df = float(score @ np.linalg.solve(variance, score)), len(score)
    return result_rows([{**words, "estimate": value, "df": df, "p": chdtrc(df, value)}])


def gray_scores(exits, kind, codes, count) -> tuple[np.ndarray, np.ndarray]:
    """Scores of all groups but the last and their covariance.

    Gray 1988, Annals of Statistics 16:1141-1154, section 3, with the tie factors of cmprsk.
    Arrays are (group, event time): Y at risk, S and F each group's event-free probability and
    incidence just before (m) and after the time.
    """
    grid, _ = tallies(exits[kind > 0])
    at_risk, own, other = (np.zeros((count, len(grid))) for _ in range(3))
    for k in range(count):
        mine = codes == k
        at_risk[k] = NumberAtRisk(exits[mine]).at(grid)
        own[k] = tallies_at(grid, exits[mine & (kind == 1)])
        other[k] = tallies_at(grid, exits[mine & (kind == 2)])
    with np.errstate(divide="ignore", invalid="ignore"):
        alive = np.where(at_risk > 0, (at_risk - own - other) / at_risk, 1.0)
        s_after = np.cumprod(alive, axis=1)
        s_before = _shifted(s_after, 1.0)
        f_before = _shifted(np.cumsum(np.where(at_risk > 0, s_before * own / at_risk, 0), 1), 0.0)
        size = np.where(at_risk > 0, at_risk / s_before, 0.0)
    total, cases = size.sum(axis=0), own.sum(axis=0)
    pooled = np.cumsum(np.divide(cases, total, where=total > 0, out=np.zeros_like(total)))
    pooled_before = np.append(0.0, pooled)[:-1]
    adjusted = size * (1 - f_before)
    expected = cases * adjusted / adjusted.sum(axis=0)
    score = np.where(at_risk > 0, own - expected, 0).sum(axis=1)
    share = size / total
    a = np.einsum("it,ij->ijt", size, np.eye(count)) - size[:, None] * share[None]
    c = np.cumsum(a * cases / (total * (1 - pooled_before)), axis=2)
    variance = sum(
        _group_variance(a[:, k], c[:, k], at_risk[k], other[k], cases, total, s_before[k],
                        s_after[k], pooled)
        for k in range(count)
    )  # fmt: skip
    return score[:-1], variance[:-1, :-1]


def _group_variance(a, c, at_risk, other, cases, total, s_before, s_after, pooled) -> np.ndarray:
    """One group's contribution: events of the cause and of the others, as in cmprsk's crst."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(s_after > 0, (1 - pooled) / s_after, 0.0)
        tie = np.where(cases > 1, 1 - (cases - 1) / (total * s_before - 1), 1.0)
        first = np.where((at_risk > 0) & (cases > 0), tie * s_before * cases / (total * at_risk), 0)
        tie = np.where(other > 1, 1 - (other - 1) / (at_risk - 1), 1.0)
        second = tie * s_before**2 * other / at_risk**2
        second = np.where((s_after > 0) & (other > 0), second, 0.0)
    factor = np.where(s_after > 0, 1 - ratio, 1.0)
    end = c[:, -1:]
    one = a - factor * c + factor * end
    two = ratio * (c - end)
    return (one * first) @ one.T + (two * second) @ two.T


def _shifted(values: np.ndarray, first: float) -> np.ndarray:
    return np.concatenate([np.full((len(values), 1), first), values[:, :-1]], axis=1)
