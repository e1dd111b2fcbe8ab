"""Deaths whose day is lost: the median when they are left out and when they count."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from benchmarks.coverage.cohorts import HORIZON, MODEL, cohorts, source_median
from benchmarks.coverage.estimators import MIN_AT_RISK, Found
from prrt_lib.estimate.curves.survival import kaplan_meier
from prrt_lib.estimate.records import conditional_start

SHARES = (0, 5, 10, 30)  # % of the deaths
# Which deaths lose their day: any, or only those of the earlier half.
ARMS = {"at random": 1.0, "early deaths": 0.5}
RULES = ("left out", "counted", "shortest", "longest")
CLOCKS = ("from first PRRT", "from diagnosis")
BETWEEN_VISITS = 183  # days: seen alive at most so long before the death
ABOUT_TRUTH = 100_000
NAME = "Undated deaths"


def medians(cohort: pd.DataFrame, seed: int) -> Iterator[Found]:
    """Median overall survival of one cohort under every share, arm, rule and clock."""
    rng = np.random.default_rng([seed, 26])
    before = rng.integers(1, BETWEEN_VISITS + 1, len(cohort))
    cohort = cohort.assign(seen_prrt=np.maximum(cohort["entry_prrt"], cohort["last_prrt"] - before))
    for arm, part in ARMS.items():
        losing = order(cohort, part, rng)
        for share in SHARES:
            gone = cohort.index.isin(losing[: round(share / 100 * int(cohort["dead"].sum()))])
            for rule in RULES if gone.any() else ("counted",):
                told = read(cohort, gone, rule)
                for clock in CLOCKS:
                    name = f"{NAME}|{share}|{arm}|{clock}|{rule}"
                    yield _from_prrt(name, told) if clock == CLOCKS[0] else _whole(name, told)


def order(cohort: pd.DataFrame, part: float, rng: np.random.Generator) -> np.ndarray:
    """The deaths in the order in which they lose their day."""
    dead = cohort.index[cohort["dead"]]
    early = cohort.loc[dead, "last_prrt"].sort_values(kind="stable").index
    return rng.permutation(early[: int(np.ceil(part * len(early)))])


def read(cohort: pd.DataFrame, gone: np.ndarray, rule: str) -> pd.DataFrame:
    """``cohort`` under one rule: days from first PRRT to death, or to the last contact."""
    if rule == "left out":
        return cohort[~gone]
    low, high = cohort["seen_prrt"] + 1, cohort["cutoff_prrt"]
    day = {"counted": low + (high - low) // 2, "shortest": low, "longest": high}[rule]
    ended = cohort["last_prrt"].mask(gone, day)
    died = (cohort["dead"] & (ended <= HORIZON)).astype(int)
    ended = ended.clip(upper=HORIZON)
    return cohort.assign(exit_prrt=ended, exit=ended + cohort["lag"], died=died)


def _from_prrt(name: str, cohort: pd.DataFrame) -> Found:
    seen = cohort[cohort["exit_prrt"] > cohort["entry_prrt"]]
    return _median(name, median_after_prrt(), kaplan_meier(seen, "exit_prrt", "died", "entry_prrt"))


def _whole(name: str, cohort: pd.DataFrame) -> Found:
    seen = cohort[cohort["exit"] > cohort["entry"]]
    start = conditional_start(seen, "exit", "entry", min_at_risk=MIN_AT_RISK)[0]
    rows = kaplan_meier(seen, "exit", "died", "entry", min_at_risk=MIN_AT_RISK)
    return _median(name, source_median(start), rows)


def _median(name: str, truth: float, rows: pd.DataFrame) -> Found:
    row = rows[rows["statistic"] == "median"].iloc[0]
    return Found(name, truth, row["estimate"], np.nan, row["low"], row["high"])


@cache
def median_after_prrt(seed: int = 3) -> float:
    """Days from first PRRT at which half of all treated have died, from the model's own survival
    of those enrolled at their treatment."""
    whole = next(iter(cohorts(ABOUT_TRUTH, 1, [seed])))
    whole = whole[~whole["late"]]
    risk, lag = whole["log_hazard"].to_numpy(), whole["lag"].to_numpy()
    grid = np.arange(0, HORIZON, 5)
    given = MODEL.survival(lag, risk)
    alive = np.array([(MODEL.survival(lag + day, risk) / given).mean() for day in grid])
    return float(np.interp(-0.5, -alive, grid))


def table(summary: pd.DataFrame) -> str:
    """Markdown: bias of the median in months, one line per share, arm and clock."""
    names = ["share", "which", "clock", "rule"]
    parts = summary["estimator"].str.split("|", expand=True).iloc[:, 1:].set_axis(names, axis=1)
    wide = summary.join(parts).set_index(names).sort_index()
    lines = ["| without a day | which deaths | median OS | " + " | ".join(RULES) + " |",
             "|" + " --- |" * (3 + len(RULES))]  # fmt: skip
    for share in SHARES:
        for which in ARMS if share else ["at random"]:
            for clock in CLOCKS:
                found = wide.loc[(str(share), which, clock)]
                cells = [_cell(found, rule) for rule in RULES]
                shown = which if share else ""
                lines.append(f"| {share} % | {shown} | {clock} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(found: pd.DataFrame, rule: str) -> str:
    if rule not in found.index:
        return ""
    month, row = 365.25 / 12, found.loc[rule]
    none = f", none in {row['none']}" if row["none"] else ""
    return f"{row['bias'] / month:+.1f} ± {row['bias_mcse'] / month:.1f}{none}"
