"""Straightforward numpy: what the library's kernels are measured against."""

from __future__ import annotations

import numpy as np


def cox_efron(stop, event, x, steps: int = 25):
    """Coefficients and their covariance by Newton's method; rows sorted by ``stop``."""
    x = x - x.mean(axis=0)
    first = np.searchsorted(stop, stop, side="left")
    died = np.flatnonzero(event)
    starts, owner, size = np.unique(first[died], return_inverse=True, return_counts=True)
    begin = np.searchsorted(owner, np.arange(len(starts)))
    share = (np.arange(len(died)) - begin[owner]) / size[owner]
    upto = np.searchsorted(stop[starts], stop, side="right")
    beta = np.zeros(x.shape[1])
    for _ in range(steps):
        risk = np.exp(x @ beta)
        weighted = risk[:, None] * x
        s0 = np.cumsum(risk[::-1])[::-1][starts]
        s1 = np.cumsum(weighted[::-1], axis=0)[::-1][starts]
        d0 = np.add.reduceat(risk[died], begin)
        d1 = np.add.reduceat(weighted[died], begin)
        denominator = s0[owner] - share * d0[owner]
        mean = (s1[owner] - share[:, None] * d1[owner]) / denominator[:, None]
        hazard = np.append(0.0, np.cumsum(np.add.reduceat(1 / denominator, begin)))
        inside = hazard[upto]
        inside[died] -= np.add.reduceat(share / denominator, begin)[owner]
        information = (weighted * inside[:, None]).T @ x - mean.T @ mean
        score = x[died].sum(axis=0) - mean.sum(axis=0)
        step = np.linalg.solve(information, score)
        beta = beta + step
        if score @ step < 1e-18:
            break
    return beta, np.linalg.inv(information)


def kaplan_meier(stop, event):
    """Times, S(t) and log-log limits."""
    order = np.argsort(stop, kind="stable")
    stop, event = stop[order], event[order]
    times, first = np.unique(stop, return_index=True)
    deaths = np.add.reduceat(event.astype(float), first)
    at_risk = (len(stop) - first).astype(float)
    keep = deaths > 0
    times, deaths, at_risk = times[keep], deaths[keep], at_risk[keep]
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - deaths / at_risk)
        error = np.sqrt(np.cumsum(deaths / (at_risk * (at_risk - deaths))))
        width = np.exp(1.959963984540054 * error / np.log(survival))
        return times, survival, survival ** (1 / width), survival**width
