"""Tables of markers: contrasts over time, hazard ratios by cut and per doubling."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from prrt_lib.declare import numbers
from prrt_lib.present.tables import Cell, Table, cell, first, levels, warnings

PER = "per doubling"
SETTINGS = {"": "exact values", "half_uln": "bounded values at half the upper limit"}


def contrasts(frames: Sequence[pd.DataFrame], title: str) -> Table:
    """One line per marker and time point, one column per setting of the mixed model."""
    rows = pd.concat(list(frames), ignore_index=True)
    rows = rows[(rows["statistic"] == "coefficient")]
    rows = rows[(rows["reference"] != "") | (rows["state"] != "ok")]
    settings = levels(rows, "setting")
    body = []
    for label in levels(rows, "label"):
        own = rows[rows["label"] == label]
        for level in levels(own, "level"):
            found = [first(own, level=level, setting=setting) for setting in settings]
            name = ", ".join(text for text in (label, level) if text)
            body.append([Cell(name), *(cell(row) for row in found)])
    header = ["", *(SETTINGS.get(setting, setting) for setting in settings)]
    return Table(title, header, body, warnings(rows))


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


def curves(rows: pd.DataFrame, endpoint: str, variable: str, at: Sequence[float]) -> pd.DataFrame:
    """The survival rows of the middle one of the cuts ``at``, for the figure."""
    middle = sorted(at)[len(at) // 2]
    own = rows[(rows["endpoint"] == endpoint) & (rows["model"] == f"cut at {middle:g} x ULN")]
    own = own[own["group"] == variable]
    kept = own[own["statistic"].isin(["survival", "median"])]
    return (kept if len(kept) else own).reset_index(drop=True)
