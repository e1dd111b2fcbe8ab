"""Progression seen only at scans, which some patients no longer have: the rule and the model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from benchmarks.coverage.cohorts import ABOUT_TRUTH, FIVE_YEARS, HORIZON, TWO_YEARS, cohorts
from benchmarks.coverage.estimators import Found
from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.curves.competing import cumulative_incidence
from prrt_lib.estimate.curves.illness_death import illness_death_model
from prrt_lib.estimate.curves.survival import kaplan_meier

NAME = "Scans"
LOST = (0, 10, 25)  # % of the patients who have no more scans, per year
BETWEEN = (122, 183)  # days, 4 to 6 months, uniform
MOST = HORIZON // BETWEEN[0] + 1
GAP = 365  # days after the last scan: max_scan_gap_days
RULES = ("main rule", "carried to death", "illness-death")
TIMES = {365: "1 year", TWO_YEARS: "2 years", FIVE_YEARS: "5 years"}
CURVES = {"survival": "PFS", "cumulative_incidence": "incidence of progression"}
MEDIAN = "PFS, median"
# Cohort size -> the times whose probabilities the page shows.
SHOWN = {135: tuple(TIMES), 50: (TWO_YEARS, FIVE_YEARS)}
COLUMNS = ["entry", "last_free", "seen", "exit", "died"]
DAYS_PER_MONTH = 365.25 / 12


def rates(cohort: pd.DataFrame, seed: int) -> Iterator[Found]:
    """Progression-free survival and incidence of one cohort under every loss and rule."""
    rng = np.random.default_rng([seed, 30])
    gaps = rng.integers(*BETWEEN, (len(cohort), MOST), endpoint=True)
    until = rng.exponential(365.25, len(cohort))
    for lost in LOST:
        rate = -np.log(1 - lost / 100)
        frame = observed(cohort, gaps.cumsum(axis=1), until / rate if rate else np.inf)
        for rule in RULES:
            yield from _found(frame, f"{NAME}|{lost}", rule)


def observed(cohort: pd.DataFrame, scans: np.ndarray, until: np.ndarray | float) -> pd.DataFrame:
    """What is known of ``cohort`` scanned on the days ``scans`` (one row each) up to ``until``.

    All are free of progression at entry: who progressed before is out (decision 2).
    """
    end = cohort["last_prrt"].clip(upper=HORIZON)
    entry, grown = (cohort[[name]].to_numpy() for name in ("entry_prrt", "true_progression"))
    last = np.minimum(end, until).to_numpy()[:, None]
    done = (scans > entry) & (scans <= last)
    free = np.where(done & (scans < grown), scans, entry).max(axis=1)
    seen = np.where(done & (scans >= grown), scans, np.inf).min(axis=1)
    frame = pd.DataFrame({
        "entry": entry[:, 0], "last_free": free, "seen": np.where(seen < np.inf, seen, np.nan),
        "exit": end, "died": (cohort["dead"] & (cohort["last_prrt"] <= HORIZON)).astype(int),
    })  # fmt: skip
    return frame[(grown > entry)[:, 0]].reset_index(drop=True)


def told(frame: pd.DataFrame, rule: str) -> pd.DataFrame:
    """entry, exit and event (1 progression, 2 death) of ``frame`` under a rule on deaths."""
    most = GAP if rule == "main rule" else np.inf
    counts = (frame["died"] == 1) & (frame["exit"] - frame["last_free"] <= most)
    end = frame["seen"].fillna(frame["exit"].where(counts, frame["last_free"]))
    code = np.where(frame["seen"].notna(), 1, np.where(counts, 2, 0))
    return pd.DataFrame({"entry": frame["entry"], "exit": end, "event": code})


def _found(frame: pd.DataFrame, name: str, rule: str) -> Iterator[Found]:
    truths = truth()
    try:
        rows = _rows(frame, rule)
    except AnalysisError:
        yield from (Found(f"{name}|{what}|{rule}", value) for what, value in truths.items())
        return
    for row in rows.itertuples():
        what = (
            MEDIAN if row.statistic == "median" else f"{CURVES[row.statistic]}, {TIMES[row.time]}"
        )
        yield Found(
            f"{name}|{what}|{rule}", truths[what], row.estimate, row.std_error, row.low, row.high
        )


def _rows(frame: pd.DataFrame, rule: str) -> pd.DataFrame:
    times = list(TIMES)
    if rule == "illness-death":
        return illness_death_model(frame, *COLUMNS, times=times)
    known = told(frame, rule)
    free = known.assign(event=(known["event"] > 0).astype(int))
    rows = kaplan_meier(free, "exit", "event", "entry", times=times)
    grown = cumulative_incidence(
        known, "exit", "event", entry="entry", times=times, causes=[1, 2]
    )  # fmt: skip
    return pd.concat([rows[rows["statistic"].isin(["survival", "median"])], grown])


@cache
def truth(seed: int = 1) -> dict[str, float]:
    """Of those enrolled at their treatment, a random sample of the treated, all days known."""
    whole = next(iter(cohorts(ABOUT_TRUTH, 1, [seed])))
    whole = whole[~whole["late"]]
    grown, life = whole["true_progression"], whole["true_life"]
    first = np.minimum(grown, life)
    found = {f"PFS, {name}": float((first > day).mean()) for day, name in TIMES.items()}
    found |= {f"incidence of progression, {name}": float(((grown <= day) & (grown <= life)).mean())
              for day, name in TIMES.items()}  # fmt: skip
    return found | {MEDIAN: float(first.median())}


def table(summary: pd.DataFrame) -> str:
    """Markdown: bias and coverage, one line per size, loss and quantity, one column per rule."""
    names = ["lost", "what", "rule"]
    parts = summary["estimator"].str.split("|", expand=True).iloc[:, 1:].set_axis(names, axis=1)
    wide = summary.join(parts).set_index(["n", *names])
    lines = ["| n | lost to imaging | | truth | " + " | ".join(RULES) + " |",
             "|" + " --- |" * (4 + len(RULES))]  # fmt: skip
    for n, times in SHOWN.items():
        wanted = [f"{curve}, {TIMES[time]}" for curve in CURVES.values() for time in times] + [
            MEDIAN
        ]
        for lost in LOST:
            for what in wanted:
                found = [wide.loc[(n, str(lost), what, rule)] for rule in RULES]
                cells = [_scaled(found[0]["truth"], what, ""), *(_cell(one, what) for one in found)]
                lines.append(f"| {n} | {lost} % a year | {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _scaled(value: float, what: str, sign: str) -> str:
    return f"{value / DAYS_PER_MONTH if what == MEDIAN else 100 * value:{sign}.1f}"


def _cell(row: pd.Series, what: str) -> str:
    none = f", none in {row['none']:.0f}" if row["none"] else ""
    bias, error = _scaled(row["bias"], what, "+"), _scaled(row["bias_mcse"], what, "")
    return f"{bias} ± {error}; {100 * row['coverage']:.1f} %{none}"
