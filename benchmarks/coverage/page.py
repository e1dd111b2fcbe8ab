"""The page of the coverage study: a table, a figure, and how to read them."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from benchmarks.coverage import scans, undated
from prrt_lib.draw import style

HEAD = """<!-- Made by `make coverage`. -->
# Coverage: how often the 95 % limits hold the truth

Cohorts are drawn from the demonstration's declared model (`demo/model.py`)
whose truth is known: Weibull survival from diagnosis, a lag to first PRRT that is independent of
survival, entry into observation at first PRRT or, for one in ten, later; horizon seven years after
first PRRT. {replicates} cohorts of each size; Ki-67: {ki67} cohorts of 135, 10 imputations. Seeded.

* *truth*: of the diagnosed source population, S(t) / S(t0) for the delayed-entry curve with the t0
  of each cohort (mean shown); of the naive curve S(t) of the same population, which it misses
  because nobody is seen who died before treatment; after first PRRT, of all treated.
* *bias*: mean estimate minus truth, with its Monte Carlo standard error.
* *SD*, *SE*: standard deviation of the estimates, mean of the standard errors.
* *coverage*: share of limits that hold the truth; +- its Monte Carlo standard error. Limits
  that are not reached count as infinite.
* *power*: share with p < 0.05; for *no effect* the size of the test.
* *none*: cohorts without an estimate (median not reached, beyond the last time, separation).
* Medians in days.

"""
TAIL = """
![bias and coverage](coverage.png)

Progression is taken at its true day here; what scans change is the last part of this page. The
truth of the Ki-67 rows is the log hazard ratio per doubling that the same model finds in 200,000
patients; about half of the values are missing, more often after a death and in G1.
"""

UNDATED = """
# Deaths whose day is lost

{replicates} cohorts of 135. A share of the deaths loses its day, drawn from all of them or from
the earlier half. *Left out*: the patient leaves the endpoint, the rule until decision 26.
*Counted*: the death lies in the middle of the time between the last day seen alive (at most half a
year before it) and the data cut-off. *Shortest* and *longest*: it lies at either end. Above a tenth
(`max_undated_deaths`) the counted median is not shown, but these two. Bias of the median in months,
with its Monte Carlo standard error; *none*: cohorts whose median is not reached.

"""

SCANS = """
# Progression seen only at scans

{replicates} cohorts of each size, scanned every 4 to 6 months until a share of the patients a year
has no more scans; all stay under follow-up for death. *Main rule* (decision 30): progression on the
day of the scan that shows it; a death without progression counts within 365 days after the last
scan, a later one is censored at that scan. *Carried to death*: every death counts. Kaplan-Meier
and Aalen-Johansen both. *Illness-death*: the model of three states, which has no such rule. It
believes that on a given day death after progression does not depend on when the progression came;
in these cohorts it does. Truth: progression and death on their true days, % or months. Bias in
percentage points, of the median in months, with its Monte Carlo standard error; then the coverage
of the 95 % limits; *none*: cohorts without an estimate.

"""


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """One row per estimator and cohort size."""
    groups = found.groupby(["estimator", "n"], sort=False)
    rows = [{"estimator": key[0], "n": key[1], **_of(part)} for key, part in groups]
    return pd.DataFrame(rows)


def _of(part: pd.DataFrame) -> dict[str, float]:
    test = part["truth"].isna().all()
    used = part[part["p"].notna()] if test else part[part["estimate"].notna()]
    count, error = len(used), used["estimate"] - used["truth"]
    low, high = used["low"].fillna(-np.inf), used["high"].fillna(np.inf)
    holds = ((low <= used["truth"]) & (used["truth"] <= high)).mean() if count else np.nan
    power = (used["p"] < 0.05).mean() if used["p"].notna().any() else np.nan
    return {
        "replicates": len(part), "none": len(part) - count, "truth": part["truth"].mean(),
        "mean": used["estimate"].mean(), "bias": error.mean(),
        "bias_mcse": error.std(ddof=1) / np.sqrt(max(count, 1)),
        "sd": error.std(ddof=1), "se": used["std_error"].mean(),
        "coverage": np.nan if test else holds,
        "coverage_mcse": np.nan if test else np.sqrt(holds * (1 - holds) / max(count, 1)),
        "power": power, "power_mcse": np.sqrt(power * (1 - power) / max(count, 1)),
    }  # fmt: skip


def write(found: pd.DataFrame, folder: Path) -> None:
    """coverage.csv, coverage.md and coverage.png in ``folder``; what is not found anew stays."""
    table, stored = summary(found), folder / "coverage.csv"
    if stored.exists():
        old = pd.read_csv(stored)
        table = pd.concat([old[~old["estimator"].isin(table["estimator"])], table])
        table = table.sort_values("estimator", key=_order, kind="stable", ignore_index=True)
    table.to_csv(stored, index=False, float_format="%.6g", lineterminator="\n")
    parts = {place: part for place, part in table.groupby(_order(table["estimator"]))}
    plain = pd.concat([parts[place] for place in (0, 1) if place in parts])
    counts = [parts[place]["replicates"].max() if place in parts else 0 for place in range(4)]
    text = HEAD.format(replicates=counts[0], ki67=counts[1]) + _markdown(plain) + TAIL
    for place, words, own in ((2, UNDATED, undated), (3, SCANS, scans)):
        if place in parts:
            text += words.format(replicates=counts[place]) + own.table(parts[place])
    (folder / "coverage.md").write_text(text, encoding="utf-8")
    draw(plain, folder / "coverage.png")


def _order(estimators: pd.Series) -> pd.Series:
    """The place of each part of the study on the page: headline, Ki-67, undated deaths, scans."""
    names = ("Ki-67", undated.NAME, scans.NAME)
    return sum(estimators.str.startswith(name) * (place + 1) for place, name in enumerate(names))


def _markdown(table: pd.DataFrame) -> str:
    names = ["estimator", "n", "truth", "bias", "SD", "SE", "coverage", "power", "none"]
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    for row in table.itertuples():
        digits = 0 if "median" in row.estimator else 3
        cells = [
            row.estimator, row.n, _text(row.truth, digits), _text(row.bias, digits, row.bias_mcse),
            _text(row.sd, digits), _text(row.se, digits), _percent(row.coverage, row.coverage_mcse),
            _percent(row.power, row.power_mcse), row.none,
        ]  # fmt: skip
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _text(value: float, digits: int, error: float | None = None) -> str:
    if np.isnan(value):
        return ""
    return f"{value:.{digits}f}" + ("" if error is None else f" ± {error:.{digits}f}")


def _percent(value: float, error: float) -> str:
    return "" if np.isnan(value) else f"{100 * value:.1f} ± {100 * error:.1f} %"


def draw(table: pd.DataFrame, path: Path) -> None:
    """Coverage of every estimator, and the naive and delayed curves' bias side by side."""
    style.apply()
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 6.2), width_ratios=[1.3, 1], layout="constrained"
    )
    _coverage(left, table[table["coverage"].notna()])
    _bias(right, table)
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def _coverage(ax, table: pd.DataFrame) -> None:
    names, sizes = list(dict.fromkeys(table["estimator"])), sorted(set(table["n"]))
    for place, n in enumerate(sizes):
        part = table[table["n"] == n].set_index("estimator").reindex(names)
        at = np.arange(len(names)) + 0.22 * (place - 1)
        ax.errorbar(
            100 * part["coverage"], at, xerr=196 * part["coverage_mcse"], fmt=style.MARKERS[place],
            color=style.PALETTE[place], markersize=4, linewidth=1, label=f"n = {n}",
        )  # fmt: skip
    ax.axvline(95, color="0.5", linewidth=0.8)
    ax.set(yticks=range(len(names)), yticklabels=names, xlabel="coverage of 95 % limits, %")
    ax.invert_yaxis()
    ax.legend(loc="lower left")


def _bias(ax, table: pd.DataFrame) -> None:
    for place, kind in enumerate(("delayed entry", "naive")):
        part = table[table["estimator"] == f"OS from diagnosis, {kind}: S(t), 5 years"]
        ax.errorbar(
            range(len(part)), 100 * part["bias"], yerr=196 * part["bias_mcse"], capsize=2,
            marker=style.MARKERS[place], color=style.PALETTE[place], label=kind,
            linestyle=style.DASHES[place],
        )  # fmt: skip
    ax.axhline(0, color="0.5", linewidth=0.8)
    ax.set(xticks=range(len(part)), xticklabels=part["n"], xlabel="patients")
    ax.set(ylabel="bias of S(5 years) from diagnosis, percentage points")
    ax.legend()
