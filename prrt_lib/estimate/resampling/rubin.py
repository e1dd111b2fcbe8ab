"""Rubin's rules: one estimate from several completed data sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from prrt_lib.declare.rows import combine
from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.records import refuse


@dataclass(frozen=True, repr=False)
class Pooled(Shown):
    """Pooled quantities, one entry per estimate."""

    estimate: np.ndarray
    within: np.ndarray
    between: np.ndarray
    total: np.ndarray
    df: np.ndarray
    increase: np.ndarray  # relative increase in variance due to missing data
    missing_information: np.ndarray

    def limits(self, conf_level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper limits from Student's t."""
        wide = student.ppf(0.5 + conf_level / 2, self.df) * np.sqrt(self.total)
        return self.estimate - wide, self.estimate + wide

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """A line per estimate, limits of 95 %."""
        low, high = self.limits(0.95)
        lines = {"estimate": self.estimate, "SE": np.sqrt(self.total), "95% CI lower": low,
                 "95% CI upper": high, "p": self.p(), "df": self.df,
                 "missing information": self.missing_information}  # fmt: skip
        return "Pooled by Rubin's rules", pd.DataFrame(lines).round(4), []

    def p(self) -> np.ndarray:
        """Two-sided p values of the estimates being zero."""
        return 2 * student.sf(np.abs(self.estimate) / np.sqrt(self.total), self.df)


def pool(estimates, variances, complete_df: float = np.inf) -> Pooled:
    """Pooled estimates; ``estimates`` and ``variances`` are (m, k), m completed data sets.

    Rubin 1987; degrees of freedom of Barnard and Rubin, Biometrika 1999, for the
    ``complete_df`` of the complete data. Raises AnalysisError with fewer than two data sets.
    """
    q, u = np.atleast_2d(np.asarray(estimates, float)), np.atleast_2d(np.asarray(variances, float))
    m = len(q)
    if m < 2 or q.shape != u.shape:
        refuse("pooling", f"{m} completed data sets", "two or more of one shape", "impute more")
    within, between = u.mean(axis=0), q.var(axis=0, ddof=1)
    total = within + (1 + 1 / m) * between
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (1 + 1 / m) * between / total
        increase = (1 + 1 / m) * between / within
        df = _barnard_rubin(m, share, complete_df)
        information = (increase + 2 / (df + 3)) / (increase + 1)
    return Pooled(q.mean(axis=0), within, between, total, df, increase, information)


def _barnard_rubin(m: int, share: np.ndarray, complete_df: float) -> np.ndarray:
    old = (m - 1) / np.maximum(share, 1e-10) ** 2
    if np.isinf(complete_df):
        return old
    observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
    return old * observed / (old + observed)


def pool_rows(
    tables: Sequence[pd.DataFrame], complete_df: float = np.inf, conf_level: float = 0.95
) -> pd.DataFrame:
    """Result rows pooled over ``tables`` of result rows with the same keys.

    Log hazard ratios and coefficients pool as they are; survival pools on the complementary
    log-log scale (decision 23). Medians and tests are left out. Each pooled row is followed by
    its fraction of missing information.
    """
    kinds = ("log_hazard_ratio", "coefficient", "log_subdistribution_hazard_ratio", "survival")
    kept = [_poolable(table, kinds) for table in tables]
    first = kept[0]
    if any(set(table["row_id"]) != set(first["row_id"]) for table in kept):
        refuse("pooling", "tables with different rows", "the same rows in each", "fit one model")
    kept = [table.set_index("row_id").loc[first["row_id"]] for table in kept]
    estimate = np.array([table["estimate"] for table in kept])
    variance = np.array([table["std_error"] for table in kept]) ** 2
    cloglog = (first["statistic"] == "survival").to_numpy()
    inside = ((estimate > 0) & (estimate < 1)).all(axis=0)
    hopeless = cloglog & ~inside
    z, v = _to_cloglog(estimate, variance, cloglog & inside)
    pooled = pool(z, v, complete_df)
    rows = _filled(first, pooled, cloglog & inside, hopeless, conf_level, len(kept))
    information = first.assign(
        statistic="fraction_missing_information", df=np.nan, p=np.nan,
        estimate=np.where(hopeless, np.nan, pooled.missing_information),
        std_error=np.nan, low=np.nan, high=np.nan, method=rows["method"],
    )  # fmt: skip
    information["state"] = np.where(hopeless, "not-estimable", "ok")
    return combine([rows, information])


def _poolable(table: pd.DataFrame, kinds) -> pd.DataFrame:
    usable = table["statistic"].isin(kinds) & table["std_error"].notna()
    return table[usable].reset_index(drop=True)


def _to_cloglog(estimate, variance, mask):
    """log(-log S) and its variance (delta method) where ``mask``; the rest unchanged."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(estimate)
        scaled, spread = np.log(-log), variance / (estimate * log) ** 2
    return np.where(mask, scaled, estimate), np.where(mask, spread, variance)


def _filled(first, pooled: Pooled, cloglog, hopeless, conf_level, m) -> pd.DataFrame:
    low, high = pooled.limits(conf_level)

    def back(values):
        return np.where(cloglog, np.exp(-np.exp(values)), values)

    estimate, error = back(pooled.estimate), np.sqrt(pooled.total)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(cloglog, error * np.abs(estimate * np.log(estimate)), error)
    edges = np.where(cloglog, back(high), low), np.where(cloglog, back(low), high)
    rows = first.assign(
        estimate=estimate, std_error=error, low=edges[0], high=edges[1], conf_level=conf_level,
        df=pooled.df, p=np.where(cloglog, np.nan, pooled.p()),
        method=first["method"] + f"; Rubin's rules over {m} imputations",
    )  # fmt: skip
    empty = ["estimate", "std_error", "low", "high", "df", "p"]
    rows.loc[hopeless, empty] = np.nan
    rows["state"] = np.where(hopeless, "not-estimable", rows["state"])
    return rows
