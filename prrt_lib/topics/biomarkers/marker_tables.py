"""Tables of markers: contrasts over time, hazard ratios at the declared cut and per doubling."""

from __future__ import annotations

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.draw.tables import Cell, Table, cell, first, warnings

PER = "per doubling"


def contrasts(rows: pd.DataFrame, title: str) -> Table:
    """One line per marker and time point: the coefficient of the mixed model."""
    rows = rows[(rows["statistic"] == "coefficient")]
    rows = rows[(rows["reference"] != "") | (rows["state"] != "ok")]
    body = [
        [Cell(", ".join(text for text in (row["label"], row["level"]) if text)), cell(row)]
        for row in rows.to_dict("records")
    ]
    return Table(title, ["", "difference (95% CI)"], body, warnings(rows))


def cuts(rows: pd.DataFrame, title: str) -> Table:
    """One line per marker, endpoint and cut: patients above and not, hazard ratio, log-rank p."""
    own = rows[rows["model"].str.startswith("cut at")]
    body = []
    for (label, model), part in own.groupby(["label", "model"], sort=False):
        ratios = part[part["statistic"] == "log_hazard_ratio"]
        contrast = ratios[(ratios["level"] != ratios["reference"]) | (ratios["state"] != "ok")]
        sizes = ratios[ratios["state"] == "ok"]
        counts = [f"{row['level']}: {numbers.plain(row['events'], 0)} events of "
                  f"{numbers.plain(row['n'], 0)}" for row in sizes.to_dict("records")]  # fmt: skip
        test = first(part, statistic="chi2")
        body.append([
            Cell(f"{label}, {model}"), Cell("; ".join(counts), tuple(sizes["row_id"])),
            cell(first(contrast)), cell(test, lambda row: numbers.p_value(row["p"])),
        ])  # fmt: skip
    return Table(title, ["", "patients", "hazard ratio", "log-rank p"], body, warnings(own))


def doublings(rows: pd.DataFrame, title: str) -> Table:
    """One line per marker, endpoint and time point of the sample: hazard ratio and p."""
    own = rows[(rows["model"] == PER) | rows["model"].str.startswith("after PRRT")]
    body = [
        [Cell(f"{row['label']}, {_when(row['model'])}"),
         cell(row, lambda row: numbers.plain(row["n"], 0)), cell(row),
         cell(row, lambda row: numbers.p_value(row["p"]))]
        for row in own.to_dict("records")
    ]  # fmt: skip
    return Table(title, ["", "n", "hazard ratio", "p"], body, warnings(own))


def _when(model: str) -> str:
    return "before PRRT 1" if model == PER else model


def curves(rows: pd.DataFrame, endpoint: str, variable: str) -> pd.DataFrame:
    """The survival rows above and not above the declared cut, for the figure."""
    own = rows[(rows["endpoint"] == endpoint) & rows["model"].str.startswith("cut at")]
    own = own[own["group"] == variable]
    kept = own[own["statistic"].isin(["survival", "median", "at_risk"])]
    return (kept if len(kept) else own).reset_index(drop=True)
