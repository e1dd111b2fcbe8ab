"""Every golden row beside ours: ``python -m tests.estimate.parity_table`` writes the parity files.

tests/golden/parity.csv (one line per analysis family and dataset), docs/statistics.csv (which
call gives which value) and docs/parity.md, made from the first and the mapping files.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd

from tests.estimate import golden_survival
from tests.estimate.golden_cox import HERE, RUNS
from tests.estimate.parity_page import family, mapping, parity_page

DOCS = Path(__file__).parents[2] / "docs"
MOST = 16  # decimal digits of a float64


def golden() -> pd.DataFrame:
    """The values of R as text."""
    return pd.read_csv(HERE / "golden.csv", dtype=str, keep_default_na=False)


def digits(found: float, value: str, stat: str) -> float:
    """Decimal digits that agree: -log10 of |a - b| / max(1, |b|), tiny p by their logarithm."""
    if value in ("", "NA", "NaN") or "Inf" in value:
        wanted = {"Inf": math.inf, "-Inf": -math.inf}.get(value, math.nan)
        return MOST if found == wanted or (found != found and wanted != wanted) else 0.0
    wanted = float(value)
    if stat == "p" and 0 < wanted < 1e-12:
        found, wanted = math.log(found), math.log(wanted)
    gap = abs(found - wanted) / max(1.0, abs(wanted))
    return MOST if gap < 10**-MOST else -math.log10(gap) if gap == gap else 0.0


def compared() -> pd.DataFrame:
    """dataset, family, stat, digits of every golden row that a function reproduces."""
    rows = [*_cox_half(), *_other_half()]
    return pd.DataFrame(rows, columns=["dataset", "family", "stat", "digits"])


def _cox_half():
    found = pd.read_csv(HERE / "statistics_cox.csv", dtype=str, keep_default_na=False)
    found = found[found["function"] != ""]
    rows = golden().merge(found, on=["dataset", "analysis", "stat"])
    for (dataset, analysis), part in rows.groupby(["dataset", "analysis"], sort=False):
        first = part.iloc[0]
        answers = RUNS[first["function"]](dataset, **json.loads(first["arguments"]))
        for row in part[part["value"] != ""].itertuples():
            got = digits(float(answers[row.term, row.stat]), row.value, row.stat)
            yield dataset, family(analysis), row.stat, got


def _other_half():
    rows = golden_survival.REACHED
    for (dataset, analysis), part in rows.groupby(["dataset", "analysis"], sort=False):
        times = sorted({float(term.split("@")[1]) for term in part["term"] if "@" in term})
        for row in part.itertuples():
            got = digits(golden_survival.ours(row, times), row.value, row.stat)
            yield dataset, family(analysis), row.stat, got


def by_family() -> pd.DataFrame:
    """One line per family and dataset: rows, worst digits, and of which statistic."""
    table = compared()
    order = list(dict.fromkeys(family(name) for name in golden()["analysis"]))
    lines = []
    for (name, dataset), part in table.groupby(["family", "dataset"]):
        worst = part.loc[part["digits"].idxmin()]
        low = math.floor(worst["digits"] * 2) / 2
        lines.append((order.index(name), name, dataset, len(part), f"{low:g}", worst["stat"]))
    columns = ["order", "family", "dataset", "rows", "digits", "worst_of"]
    return pd.DataFrame(sorted(lines), columns=columns).drop(columns="order")


def main() -> None:
    """Writes the three files."""
    by_family().to_csv(HERE / "parity.csv", index=False, lineterminator="\n")
    mapping(HERE).to_csv(DOCS / "statistics.csv", index=False, lineterminator="\n")
    (DOCS / "parity.md").write_text(parity_page(HERE), encoding="utf-8")


if __name__ == "__main__":
    main()
