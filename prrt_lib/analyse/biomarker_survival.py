"""Markers against survival and progression: declared cuts, splines, and only what is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.analyse.biomarker_models import logged
from prrt_lib.analyse.biomarkers import MARKERS
from prrt_lib.analyse.cox import FEW, TOO_FEW
from prrt_lib.analyse.summaries import nobody
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import YEARS
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.cox_model import CoxFit, cox
from prrt_lib.estimate.log_rank import logrank
from prrt_lib.estimate.splines import spline_effect
from prrt_lib.estimate.survival import kaplan_meier

ANALYSIS = "biomarker_survival"
BEFORE = {"CgA": "cga_before", "pancreastatin": "pancreastatin_before"}
DOUBLING = "per doubling"
KNOTS, POINTS = 3, 41


def _times(study: Any, endpoint: str, population: str | None, marker: str):
    """Times with the marker's multiples before PRRT 1; the audit of decision 10 is in between."""
    times = study.times(endpoint, "", population or study.headline, (BEFORE[marker],))
    found = logged(study, times.population)
    found = found[(found["analyte"] == marker) & (found["window"] == "before")]
    found = found[found["dated"].astype(bool)]
    return times, times.frame.merge(found[["patient_id", "low", "high"]], on="patient_id")


def keys(times: Any, marker: str, model: str, role: str) -> dict[str, Any]:
    """What every row of one marker, endpoint and model carries."""
    return {
        "analysis": ANALYSIS,
        "endpoint": times.endpoint.name,
        "population": times.population,
        "model": model,
        "role": role,
        "label": f"{MARKERS[marker]}: {times.endpoint.label}",
    }


@traced
def cuts(
    study: Any, endpoint: str, marker: str, at: Sequence[float] = (1.0, 2.0, 5.0),
    population: str | None = None, role: str = "exploratory",
) -> pd.DataFrame:  # fmt: skip
    """Patients above and not above each declared cut: curve, log-rank test, hazard ratio.

    A bounded value takes its side where both bounds lie on it, else it is left out and counted.
    The cuts are declared beforehand; none is looked for in the data.
    """
    times, frame = _times(study, endpoint, population, marker)
    tables = []
    for cut in at:
        words = keys(times, marker, f"cut at {cut:g} x ULN", role)
        if frame.empty:
            empty = nobody(BEFORE[marker], len(times.frame), "log_hazard_ratio",
                           group=BEFORE[marker])  # fmt: skip
            tables.append(result_rows(empty, **words))
            continue
        tables.append(_one_cut(study, times, frame, marker, cut, words))
    return combine(tables)


def side(low: pd.Series, high: pd.Series, cut: float) -> pd.Series:
    """ "> 2 x ULN", "<= 2 x ULN", or None where the bounds lie on both sides (log2 given)."""
    limit = np.log2(cut)
    above = (low > limit) | ((low == limit) & (high != low))
    told = pd.Series(f"<= {cut:g} x ULN", index=low.index, dtype=object)
    told = told.where(~above, f"> {cut:g} x ULN")
    return told.where(above | (high <= limit), None)


def _one_cut(study, times, frame, marker: str, cut: float, words: dict) -> pd.DataFrame:
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
    if kept[name].nunique() < 2 or not kept["event"].any():
        reason = "nobody on one side of the cut, or no event"
        rows.append(result_rows([
            {"statistic": statistic, "state": "not-estimable", "n": len(kept), "warning": reason}
            for statistic in ("chi2", "log_hazard_ratio")], variable=name))  # fmt: skip
    else:
        test = logrank(kept, "exit", "event", by=name, entry="entry")
        rows.append(stamp(test[test["statistic"] == "chi2"], group=name))
        levels = [f"<= {cut:g} x ULN", f"> {cut:g} x ULN"]
        factor = kept.assign(**{name: pd.Categorical(kept[name], levels)})
        rows.append(ratio(factor, [name], study.parameters.conf_level))
    return said(combine(rows), words, told)


def _curves(study: Any, times: Any, kept: pd.DataFrame, name: str) -> pd.DataFrame:
    if kept.empty:
        return result_rows([{"statistic": "median", "state": "not-estimable", "group": name}])
    late = times.endpoint.delayed and bool((kept["entry"] > 0).any())
    minimum = study.parameters.min_at_risk if late else None
    years = tuple(int(365.25 * year + 0.5) for year in range(int(kept["exit"].max() / 365.25) + 1))
    parts = [
        kaplan_meier(kept, "exit", "event", entry="entry", by=name, times=moments,
                     min_at_risk=minimum, **study.parameters.curve_limits)
        for moments in ((), tuple(sorted({*YEARS, *years})))
    ]  # fmt: skip
    return combine([pd.concat(parts, ignore_index=True).drop_duplicates("row_id")])


def ratio(frame: pd.DataFrame, names: list[str], conf_level: float) -> pd.DataFrame:
    """Rows of the hazard ratio, or why there is none; few events as decision 12 has it."""
    try:
        fit, warning = _fit(frame, names, conf_level)
    except AnalysisError as error:
        why = "; ".join(problem.found for problem in error.problems)
        empty = {"statistic": "log_hazard_ratio", "variable": names[0], "state": "not-estimable"}
        return result_rows([{**empty, "n": len(frame), "warning": why}])
    rows = fit.estimates[fit.estimates["statistic"] == "log_hazard_ratio"]
    return said(rows, {}, [warning] if warning else [])


def _fit(frame: pd.DataFrame, names: list[str], conf_level: float, **options) -> tuple[CoxFit, str]:
    fit = cox(frame, "exit", "event", names, entry="entry", conf_level=conf_level, **options)
    counted = f"{fit.events} events for {len(fit.design.columns)} coefficients"
    if options or (fit.events_per_parameter >= TOO_FEW and fit.converged):
        few = fit.events_per_parameter < FEW
        return fit, f"fewer than {FEW} events per coefficient: {counted}" if few else ""
    firth = cox(frame, "exit", "event", names, entry="entry", penalty="firth",
                conf_level=conf_level)  # fmt: skip
    return firth, f"Firth's penalty, exploratory: {counted}"


def said(rows: pd.DataFrame, words: dict[str, Any], told: list[str]) -> pd.DataFrame:
    """``rows`` under ``words``, with ``told`` before their own warnings."""
    warning = rows["warning"].map(lambda text: "; ".join([*told, *filter(None, [text])]))
    return stamp(rows, **words, warning=warning)


@traced
def spline(
    study: Any, endpoint: str, marker: str, population: str | None = None,
    role: str = "exploratory",
) -> pd.DataFrame:  # fmt: skip
    """Hazard ratio along the marker before PRRT 1 against its median; and per doubling.

    Restricted cubic spline of log2 multiples, three knots at Harrell's quantiles, exact values.
    ``level`` of the rows of model "spline" is the multiple of the upper limit.
    """
    times, frame = _times(study, endpoint, population, marker)
    words = keys(times, marker, "spline", role)
    frame = frame[(frame["low"] == frame["high"]) & np.isfinite(frame["low"])]
    name = BEFORE[marker]
    exact = frame.assign(**{name: frame["low"]}).reset_index(drop=True)
    if exact.empty:
        empty = nobody(name, len(times.frame), "log_hazard_ratio")[0]
        return result_rows([{**empty, "model": model} for model in (DOUBLING, "spline")], **words)
    per = stamp(ratio(exact, [name], study.parameters.conf_level), **words)
    per = said(per, {"model": DOUBLING, "unit": "log2"}, list(times.warnings))
    try:
        fit, warning = _fit(exact, [name], study.parameters.conf_level, splines={name: KNOTS})
        low, middle, high = np.quantile(exact[name], [0.05, 0.5, 0.95])
        places = np.linspace(low, high, POINTS)
        rows = spline_effect(fit, name, places, middle)
    except AnalysisError as error:
        why = "; ".join(problem.found for problem in error.problems)
        empty = {"statistic": "log_hazard_ratio", "variable": name, "state": "not-estimable"}
        rows = result_rows([{**empty, "n": len(exact), "warning": why}])
        return combine([per, stamp(rows, **words)])
    level = [f"{2**place:.6g}" for place in places]
    told = [*times.warnings, *filter(None, [warning])]
    return combine([per, said(stamp(rows, level=level, reference=f"{2**middle:.6g}"), words, told)])
