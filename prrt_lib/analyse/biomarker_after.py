"""Markers after PRRT against survival: at risk from the day of the sample, never before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.analyse.biomarker_models import logged
from prrt_lib.analyse.biomarker_survival import cuts, keys, ratio, said, spline
from prrt_lib.analyse.biomarkers import MARKERS
from prrt_lib.analyse.summaries import nobody
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows

AFTER = {"after_1": "after PRRT 1", "after_2": "after PRRT 2"}


@traced
def afterwards(
    study: Any, endpoint: str, marker: str, population: str | None = None,
    role: str = "exploratory",
) -> pd.DataFrame:  # fmt: skip
    """Hazard ratio per doubling of the marker after PRRT 1 and 2, entering at the sample's day.

    Nobody is at risk before the sample was taken: who died or progressed first is out, counted.
    """
    times = study.times(endpoint, "", population or study.headline, ())
    found = logged(study, times.population)
    days = study.table("biomarker_windows", "analyte", "window", "sample_date")
    origin = study.patients(times.endpoint.origin, population=times.population)
    tables = []
    for window, point in AFTER.items():
        words = keys(times, marker, f"{point}, entry at the sample", role)
        own, date = (part[(part["analyte"] == marker) & (part["window"] == window)]
                     for part in (found, days))  # fmt: skip
        own = own[(own["low"] == own["high"]) & own["dated"].astype(bool)]
        if own.empty:
            empty = nobody(f"{marker}_{window}", len(times.frame), "log_hazard_ratio")
            tables.append(result_rows(empty, **words))
            continue
        frame = times.frame.merge(own[["patient_id", "low"]], on="patient_id")
        frame = frame.merge(date[["patient_id", "sample_date"]], on="patient_id")
        frame = frame.merge(origin, on="patient_id")
        day = (frame["sample_date"] - frame[times.endpoint.origin]).dt.days
        late = frame.assign(entry=np.maximum(frame["entry"], day))
        late = late.rename(columns={"low": f"{marker}_{window}"})
        kept = late[late["exit"] > late["entry"]].reset_index(drop=True)
        out = len(late) - len(kept)
        told = [f"{MARKERS[marker]}, {point}: {out} whose time ended by the sample"] if out else []
        rows = ratio(kept, [f"{marker}_{window}"], study.parameters.conf_level)
        tables.append(said(rows, {**words, "unit": "log2"}, [*times.warnings, *told]))
    return combine(tables)


def page(
    study: Any, endpoints: Sequence[str], at: Sequence[float], population: str | None = None
) -> pd.DataFrame:
    """Cuts, splines and markers after PRRT of both markers for each of ``endpoints``."""
    tables = []
    for endpoint in endpoints:
        for marker in MARKERS:
            tables.append(cuts(study, endpoint, marker, at, population))
            tables.append(spline(study, endpoint, marker, population))
            tables.append(afterwards(study, endpoint, marker, population))
    return combine(tables)
