"""Two abstractions of the same patients compared: a table, agreement.csv, disagreements.csv."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from prrt_lib.analyse.agreement import agreement, disagreements, in_both
from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.base.paths import write_text
from prrt_lib.declare.quoting import quoted
from prrt_lib.read.reading import read_workbook


def agree(
    first: Path, second: Path, profile: str, profile_b: str = "", out: Path = Path()
) -> tuple[pd.DataFrame, str]:
    """(result rows, table for the terminal); both files are written into ``out``.

    Raises WorkbookError where the workbooks share no patient.
    """
    one = read_workbook(first, profile)
    other = read_workbook(second, profile_b or profile)
    rows = agreement(one.tables, other.tables, shared=in_both(one.lineage, other.lineage))
    if rows.empty:
        found, wanted = "no patient in both", "workbooks with study ids in common"
        raise WorkbookError(Problem(f"{first}, {second}", found, wanted, "compare the ids"))
    differing = disagreements(one, other)
    for name, frame in (("agreement", rows), ("disagreements", differing)):
        write_text(
            Path(out) / f"{name}.csv", quoted(frame).to_csv(index=False, lineterminator="\n")
        )
    return rows, "\n".join([*_lines(rows), f"{len(differing)} differences: disagreements.csv"])


def _lines(rows: pd.DataFrame) -> Iterator[str]:
    yield f"{'column':<48} {'same':>11} {'%':>6}  {'kappa (95% CI)':<24}"
    kappas = rows[rows["statistic"] == "kappa"].set_index(["group_level", "variable"])
    measured = rows[rows["statistic"] == "intraclass_correlation"].to_dict("records")
    for row in rows[rows["statistic"] == "proportion"].to_dict("records"):
        name = f"{row['group_level']}.{row['variable'] or row['level']}"
        known = (row["group_level"], row["variable"]) in kappas.index
        beyond = _kappa(kappas.loc[(row["group_level"], row["variable"])]) if known else ""
        share = "" if math.isnan(row["estimate"]) else f"{100 * row['estimate']:.1f}"
        count = f"{row['n']:.0f}/{row['total']:.0f}"
        yield f"{name:<48} {count:>11} {share:>6}  {beyond:<24}".rstrip()
    if measured:
        yield f"{'numbers':<48} {'pairs':>11}  {'ICC(2,1) (95% CI)':<22} limits of agreement"
    for row in measured:
        beside = rows[(rows["group_level"] == row["group_level"])
                      & (rows["variable"] == row["variable"])]  # fmt: skip
        ends = [beside[(beside["statistic"] == "limit_of_agreement")
                       & (beside["level"] == f"{row['level']} {end}".strip())].iloc[0]
                for end in ("lower", "upper")]  # fmt: skip
        known = ends[0]["state"] == "ok"
        within = f"{ends[0]['estimate']:.3g} to {ends[1]['estimate']:.3g} {ends[0]['unit']}"
        name = " ".join(part for part in (f"{row['group_level']}.{row['variable']}", row["level"])
                        if part)  # fmt: skip
        yield f"{name:<48} {row['n']:>11.0f}  {_kappa(row):<22} {within if known else ''}".rstrip()


def _kappa(row: Mapping) -> str:
    if row["state"] != "ok":
        return row["state"]
    if math.isnan(row["low"]):
        return f"{row['estimate']:.2f}"
    return f"{row['estimate']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
