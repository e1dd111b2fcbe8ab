"""Markers over time in a mixed model; flags that spoil a series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.summaries import Records, nobody, share
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.random_effects import mixed_model
from prrt_lib.topics.biomarkers.biomarkers import (
    CHANGED,
    MARKERS,
    MULTIPLE,
    WINDOWS,
    changes,
    samples,
)

ANALYSIS = "biomarker_models"
MIXED = "mixed model"
REFERENCE = "before"


def logged(study: Any, population: str | None = None) -> pd.DataFrame:
    """log2 of multiples of the upper limit with both bounds: ``low``, ``high``, equal when exact.

    Only samples whose upper limit is known: multiples are the one scale that assays share.
    """
    found = samples(study, population)
    found = found[(found["scale"] == MULTIPLE) & found["analyte"].isin(MARKERS)]
    low = found["xuln"].fillna(found["xuln_lo"]).astype(float)
    high = found["xuln"].fillna(found["xuln_hi"]).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = found.assign(low=np.log2(low), high=np.log2(high))
    return found[(found["low"] != found["high"]) | np.isfinite(found["low"])]


@traced
def over_time(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """log2 multiples at each time point against before PRRT 1: mixed model, patients random.

    Exact values only.
    """
    chosen = population or study.headline
    words = {"analysis": ANALYSIS, "model": MIXED, "population": chosen, "role": role}
    found, total = logged(study, chosen), len(study.patients(population=chosen))
    frames = []
    for marker, label in MARKERS.items():
        own = found[found["analyte"] == marker]
        if own.empty:
            empty = nobody(marker, total, "coefficient", label=label, unit="log2")
            frames.append(result_rows(empty, **words))
            continue
        rows = _mixed(own, study.parameters.conf_level, label)
        frames.append(stamp(rows, **words, variable=marker, label=label, unit="log2"))
    return combine(frames)


def _mixed(own: pd.DataFrame, conf_level: float, label: str) -> pd.DataFrame:
    exact = own[(own["low"] == own["high"]) & np.isfinite(own["low"])]
    present = [name for name in WINDOWS if name != REFERENCE and (exact["window"] == name).any()]
    dummies = {name: (exact["window"] == name).astype(float) for name in present}
    left = len(own) - len(exact)
    told = f"{label}: {left} values known only by bounds left out" if left else ""
    frame = exact.assign(**dummies)
    try:
        rows = mixed_model(frame, "low", present, "patient_id").rows(conf_level)
    except AnalysisError as error:
        why = "; ".join([*filter(None, [told]), *(item.found for item in error.problems)])
        empty = {"statistic": "coefficient", "state": "not-estimable", "n": len(exact)}
        return result_rows([{**empty, "warning": f"{label}: {why}"}])
    level = rows["variable"].map({**WINDOWS, "intercept": WINDOWS[REFERENCE]})
    contrast = rows["statistic"].eq("coefficient") & (rows["variable"] != "intercept")
    warning = rows["warning"].map(lambda text: "; ".join(filter(None, [told, text])))
    return stamp(rows, level=level.fillna(rows["variable"]), warning=warning,
                 reference=pd.Series(WINDOWS[REFERENCE], index=rows.index).where(contrast, ""),
                 p=rows["p"].where(contrast))  # fmt: skip


@traced
def flags(study: Any, population: str | None = None, role: str = "secondary") -> pd.DataFrame:
    """What spoils a series, counted: proton pump inhibitor at the sample, assay or unit changed."""
    chosen = population or study.headline
    words = {"analysis": ANALYSIS, "model": "flags", "population": chosen, "role": role}
    ids = study.patients(population=chosen)["patient_id"]
    found = rows_of(study, ids, "biomarker_windows", "analyte", "window", "ppi_within_14d")
    pairs = changes(study, chosen)
    records: Records = []
    for marker, label in MARKERS.items():
        own = found[found["analyte"] == marker]
        if own.empty:
            records += nobody(marker, len(ids), label=label)
            continue
        for window, point in WINDOWS.items():
            told = own.loc[own["window"] == window, "ppi_within_14d"].dropna()
            records.append(share(int((told == "yes").sum()), len(told), marker, point, label=label,
                                 stratum="on a proton pump inhibitor within 14 days",
                                 method="samples with an answer"))  # fmt: skip
        for name, part in pairs[pairs["analyte"] == marker].groupby("pair", sort=False):
            changed = part["excluded"] == CHANGED
            told = int((part["assay_recorded"] | changed).sum())
            records.append(
                share(
                    int(changed.sum()),
                    told,
                    marker,
                    str(name),
                    label=label,
                    stratum=CHANGED,
                    method="pairs with both assays recorded",
                )
            )
    return result_rows(records, **words)
