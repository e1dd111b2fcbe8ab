"""Rubin's rules: one estimate from several completed data sets.

statsmodels 0.15 (``MICE``) pools only what it has fitted itself, with normal limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from prrt_lib.declare.rows import combine
from prrt_lib.declare.shown import Shown
from prrt_lib.estimate.records import refuse

POOLED = ("log_hazard_ratio", "coefficient", "log_subdistribution_hazard_ratio", "survival")


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
        df = (m - 1) / np.maximum(share, 1e-10) ** 2
        if np.isfinite(complete_df):
            observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
            df = df * observed / (df + observed)
        information = (increase + 2 / (df + 3)) / (increase + 1)
    return Pooled(q.mean(axis=0), within, between, total, df, increase, information)


def pool_rows(
    tables: Sequence[pd.DataFrame], complete_df: float = np.inf, conf_level: float = 0.95
) -> pd.DataFrame:
    """Result rows pooled over ``tables`` of result rows with the same keys.

    Log hazard ratios and coefficients pool as they are; survival pools on the complementary
    log-log scale (decision 23). Medians and tests are left out. Each pooled row is followed by
    its fraction of missing information.
    """
    kept = [
        table[table["statistic"].isin(POOLED) & table["std_error"].notna()].set_index("row_id")
        for table in tables
    ]
    first = kept[0]
    if any(set(table.index) != set(first.index) for table in kept):
        refuse("pooling", "tables with different rows", "the same rows in each", "fit one model")
    kept = [table.loc[first.index] for table in kept]
    estimate = np.array([table["estimate"] for table in kept])
    variance = np.array([table["std_error"] for table in kept]) ** 2
    survival = (first["statistic"] == "survival").to_numpy()
    inside = ((estimate > 0) & (estimate < 1)).all(axis=0)
    turned, hopeless = survival & inside, survival & ~inside
    with np.errstate(divide="ignore", invalid="ignore"):
        # log(-log S) and its variance by the delta method.
        log = np.log(estimate)
        pooled = pool(np.where(turned, np.log(-log), estimate),
                      np.where(turned, variance / (estimate * log) ** 2, variance),
                      complete_df)  # fmt: skip
        back = np.where(turned, np.exp(-np.exp(pooled.estimate)), pooled.estimate)
        error = np.sqrt(pooled.total) * np.where(turned, np.abs(back * np.log(back)), 1.0)
        low, high = pooled.limits(conf_level)
        low, high = (np.where(turned, np.exp(-np.exp(there)), here)
                     for there, here in ((high, low), (low, high)))  # fmt: skip
    rows = first.assign(
        estimate=back, std_error=error, low=low, high=high, conf_level=conf_level, df=pooled.df,
        p=np.where(turned, np.nan, pooled.p()),
        method=first["method"] + f"; Rubin's rules over {len(kept)} imputations",
    )  # fmt: skip
    information = rows.assign(
        statistic="fraction_missing_information", estimate=pooled.missing_information,
        std_error=np.nan, low=np.nan, high=np.nan, df=np.nan, p=np.nan, state="ok",
        conf_level=first["conf_level"],
    )  # fmt: skip
    values = ["estimate", "std_error", "low", "high", "df", "p"]
    for table in (rows, information):
        table.loc[hopeless, values] = np.nan
        table.loc[hopeless, "state"] = "not-estimable"
    return combine([rows, information])
