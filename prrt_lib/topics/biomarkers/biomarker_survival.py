"""Markers against survival and progression: one declared cut, per doubling, and after PRRT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.analyse.cox import FEW, TOO_FEW
from prrt_lib.analyse.summaries import nobody, warned
from prrt_lib.analyse.survival import moments, no_ratio, with_ends, withheld
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.arguments import above_zero, checked, one_of
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.curves.log_rank import logrank
from prrt_lib.estimate.curves.survival import kaplan_meier
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.study.data import Study
from prrt_lib.study.times import Times
from prrt_lib.topics.biomarkers.biomarkers import MARKERS, logged

ANALYSIS = "biomarker_survival"
BEFORE = {"CgA": "cga_before", "pancreastatin": "pancreastatin_before"}
DOUBLING = "per doubling"
AFTER = {"after_1": "after PRRT 1", "after_2": "after PRRT 2"}


def _times(study: Study, endpoint: str, population: str | None, marker: str):
    """Times with the marker's multiples before PRRT 1; the audit of decision 10 is in between."""
    one_of(marker, MARKERS, "marker")
    times = study.times(endpoint, "", population or study.headline, (BEFORE[marker],))
    found = logged(study, times.population)
    found = found[(found["analyte"] == marker) & (found["window"] == "before")]
    found = found[found["dated"].astype(bool)]
    return times, times.frame.merge(found[["patient_id", "low", "high"]], on="patient_id")


def keys(times: Times, marker: str, model: str) -> dict[str, Any]:
    """What every row of one marker, endpoint and model carries."""
    return {"analysis": ANALYSIS, "endpoint": times.endpoint.name, "population": times.population,
            "model": model, "role": "exploratory",
            "label": f"{MARKERS[marker]}: {times.endpoint.label}"}  # fmt: skip


@traced
def above_cut(
    study: Study, endpoint: str, marker: str, cut: float = 2.0, population: str | None = None
) -> pd.DataFrame:
    """Patients above and not above ``cut`` x ULN: curve, log-rank test, hazard ratio.

    A bounded value takes its side where both bounds lie on it, else it is left out and counted.
    The cut is declared beforehand; none is looked for in the data.
    """
    above_zero(cut, "cut, multiples of the upper limit")
    times, frame = _times(study, endpoint, population, marker)
    words = keys(times, marker, f"cut at {cut:g} x ULN")
    if frame.empty:
        empty = nobody(BEFORE[marker], len(times.frame), "log_hazard_ratio", group=BEFORE[marker])
        return result_rows(empty, **words)
    name = BEFORE[marker]
    frame = frame.assign(**{name: side(frame["low"], frame["high"], cut)})
    undecided = int(frame[name].isna().sum())
    kept = frame.dropna(subset=[name]).reset_index(drop=True)
    without = len(times.frame) - len(frame)
    told = [f"{without} patients without a sample before PRRT 1"] if without else []
    told += [f"{undecided} whose bounds lie on both sides of the cut"] if undecided else []
    own = [f"{MARKERS[marker]}, {cut:g} x ULN: {'; '.join(told)}"] if told else []
    told = [*times.warnings, *own]
    rows = [_curves(study, times, kept, name)]
    why = no_ratio(kept, name, study.parameters.min_group)
    none = {"state": "not-estimable", "n": len(kept), "variable": name, "warning": why}
    if kept[name].nunique() < 2 or not kept["event"].any():
        rows.append(result_rows([{**none, "statistic": "chi2"}]))
    else:
        test = logrank(kept, "exit", "event", by=name, entry="entry")
        rows.append(stamp(test[test["statistic"] == "chi2"], group=name))
    if why:
        rows.append(result_rows([{**none, "statistic": "log_hazard_ratio"}]))
    else:
        levels = [f"<= {cut:g} x ULN", f"> {cut:g} x ULN"]
        factor = kept.assign(**{name: pd.Categorical(kept[name], levels)})
        rows.append(ratio(factor, [name], study.parameters.conf_level))
    return stamp(warned(combine(rows), told), **words)


def side(low: pd.Series, high: pd.Series, cut: float) -> pd.Series:
    """ "> 2 x ULN", "<= 2 x ULN", or None where the bounds lie on both sides (log2 given)."""
    limit = np.log2(cut)
    above = (low > limit) | ((low == limit) & (high != low))
    told = pd.Series(f"<= {cut:g} x ULN", index=low.index, dtype=object)
    told = told.where(~above, f"> {cut:g} x ULN")
    return told.where(above | (high <= limit), None)


def _curves(study: Study, times: Times, kept: pd.DataFrame, name: str) -> pd.DataFrame:
    if kept.empty:
        return result_rows([{"statistic": "median", "state": "not-estimable", "group": name}])
    late = times.endpoint.delayed and bool((kept["entry"] > 0).any())
    minimum = study.parameters.min_at_risk if late else None
    rows = kaplan_meier(kept, "exit", "event", entry="entry", by=name, steps=True,
                        times=moments(kept["exit"]), min_at_risk=minimum,
                        **study.parameters.curve_limits)  # fmt: skip
    # The rows' label will be the marker's: what the curve is conditional on goes to the warning.
    starts = [rows.attrs["starts"][level] for level in rows["group_level"]]
    given = [f"given event-free at day {start.t0:g}" if start.later else "" for start in starts]
    rows = stamp(rows, warning=(rows["warning"] + "; " + given).str.strip("; "))
    return withheld(study, times, with_ends(rows, kept, name, study.parameters))


def ratio(frame: pd.DataFrame, names: list[str], conf_level: float) -> pd.DataFrame:
    """Rows of the hazard ratio, or why there is none; few events as decision 12 has it."""
    options = {"entry": "entry", "conf_level": conf_level}
    try:
        fit = cox(frame, "exit", "event", names, **options)
        counted = f"{fit.events} events for {len(fit.design.columns)} coefficients"
        few = fit.events_per_parameter < FEW
        warning = f"fewer than {FEW} events per coefficient: {counted}" if few else ""
        if fit.events_per_parameter < TOO_FEW or not fit.converged:
            fit = cox(frame, "exit", "event", names, penalty="firth", **options)
            warning = f"Firth's penalty, exploratory: {counted}"
    except AnalysisError as error:
        empty = {"statistic": "log_hazard_ratio", "variable": names[0], "state": "not-estimable"}
        return result_rows([{**empty, "n": len(frame), "warning": error.found}])
    rows = fit.estimates[fit.estimates["statistic"] == "log_hazard_ratio"]
    return stamp(warned(rows, [warning]))


def _without(times: Times, frame: pd.DataFrame) -> list[str]:
    """How many of the patients of ``times`` are not in ``frame``, in words."""
    out = len(times.frame) - len(frame)
    return [f"{out} left out, without an exact value at that time"] if out else []


@traced
def doubling(
    study: Study, endpoint: str, marker: str, population: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Hazard ratio per doubling of the marker before PRRT 1, of exact values."""
    times, frame = _times(study, endpoint, population, marker)
    words = {**keys(times, marker, DOUBLING), "unit": "log2"}
    name = BEFORE[marker]
    frame = frame[(frame["low"] == frame["high"]) & np.isfinite(frame["low"])]
    exact = frame.assign(**{name: frame["low"]}).reset_index(drop=True)
    if exact.empty:
        words.pop("unit")
        return result_rows(nobody(name, len(times.frame), "log_hazard_ratio"), **words)
    told = [*times.warnings, *_without(times, exact)]
    rows = ratio(exact, [name], study.parameters.conf_level)
    return stamp(warned(rows, told), **words)


@traced
def afterwards(
    study: Study, endpoint: str, marker: str, population: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Hazard ratio per doubling of the marker after PRRT 1 and 2, entering at the sample's day.

    Nobody is at risk before the sample was taken: who died or progressed first is out, counted.
    """
    one_of(marker, MARKERS, "marker")
    times = study.times(endpoint, "", population or study.headline, ())
    found = logged(study, times.population)
    days = study.table("biomarker_windows", "analyte", "window", "sample_date")
    origin = study.patients(times.endpoint.origin, population=times.population)
    tables = []
    for window, point in AFTER.items():
        words = keys(times, marker, f"{point}, entry at the sample")
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
        told = _without(times, late)
        told += [f"{out} whose time ended by the sample"] if out else []
        rows = ratio(kept, [f"{marker}_{window}"], study.parameters.conf_level)
        tables.append(stamp(warned(rows, [*times.warnings, *told]), **words, unit="log2"))
    return combine(tables)


@checked
def page(
    study: Study, endpoints: Sequence[str], cut: float, population: str | None = None
) -> pd.DataFrame:
    """The declared cut, doublings and markers after PRRT of both markers, for each endpoint."""
    tables = []
    for endpoint in endpoints:
        for marker in MARKERS:
            tables += [above_cut(study, endpoint, marker, cut, population),
                       doubling(study, endpoint, marker, population),
                       afterwards(study, endpoint, marker, population)]  # fmt: skip
    return combine(tables)
