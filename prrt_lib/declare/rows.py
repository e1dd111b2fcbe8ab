"""The result row: one estimate that a table, figure, sentence or page shows."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.declare import shown

SCHEMA_VERSION = "1"

KEY = (
    "analysis", "model", "setting", "population", "stratum", "endpoint", "group", "group_level",
    "variable", "level", "reference", "time", "statistic",
)  # fmt: skip
VALUES = (
    "estimate", "std_error", "low", "high", "conf_level", "df", "p",
    "n", "total", "events", "at_risk", "unit", "state",
)  # fmt: skip
WORDS = ("label", "method", "warning", "role")
COLUMNS = ("row_id", *KEY, *VALUES, *WORDS)

NUMERIC = (
    "time", "estimate", "std_error", "low", "high", "conf_level", "df", "p",
    "n", "total", "events", "at_risk",
)  # fmt: skip
TEXT = tuple(column for column in COLUMNS if column not in NUMERIC)

STATES = ("ok", "not-reached", "not-estimable", "not-abstracted", "suppressed")
ROLES = ("primary", "secondary", "exploratory")
POPULATIONS = ("all_treated", "gep", "imaging_evaluable", "safety")

# Every statistic a row may carry. Models stay on the log scale; *present* exponentiates.
STATISTICS: Mapping[str, str] = {
    "survival": "probability of being event-free at `time`",
    "cumulative_incidence": "probability of the event by `time`, competing events counted",
    "cumulative_hazard": "Nelson-Aalen estimate at `time`",
    "hazard": "baseline hazard increment or cumulative baseline hazard at `time`",
    "at_risk": "number under observation just before `time`",
    "events": "number of events",
    "censored": "number censored",
    "median": "median; of partly bounded values not estimable, and lies from `low` to `high`",
    "q25": "lower quartile",
    "q75": "upper quartile",
    "min": "smallest value",
    "max": "largest value",
    "mean": "arithmetic mean",
    "sd": "standard deviation",
    "count": "number of patients, records or events",
    "proportion": "n / total",
    "rate": "events per unit of time",
    "rmst": "restricted mean survival time up to `time`",
    "rmst_difference": "difference of restricted means",
    "log_rmst_ratio": "log ratio of restricted means",
    "survival_difference": "difference of survival probabilities at `time`",
    "log_hazard_ratio": "log hazard ratio",
    "log_subdistribution_hazard_ratio": "log subdistribution hazard ratio (Fine-Gray)",
    "log_rate_ratio": "log rate ratio",
    "log_odds_ratio": "log odds ratio",
    "coefficient": "regression coefficient on the scale named in `unit`",
    "difference": "difference, group_level minus reference",
    "pseudo_median": "Hodges-Lehmann pseudo-median of paired differences",
    "standardised_difference": "standardised mean difference",
    "observed": "observed number of events, weighted as the test weighs them",
    "expected": "events expected were all groups alike, weighted as the test weighs them",
    "chi2": "chi-squared statistic",
    "z": "standard normal statistic",
    "statistic": "test statistic without a common name; `method` says which",
    "p_value": "p value of an exact test without a statistic",
    "concordance": "probability of concordance",
    "log_likelihood": "log (partial) likelihood",
    "events_per_parameter": "events / estimated coefficients",
    "correlation": "correlation coefficient",
    "kappa": "chance-corrected agreement",
    "intraclass_correlation": "agreement of raters on a measured value; `method` says which form",
    "limit_of_agreement": "mean difference of two raters minus or plus 1.96 standard deviations",
    "variance_component": "variance of a random effect",
    "fraction_missing_information": "share of the variance that is due to missing data",
    "slope": "change per unit of time",
    "calibration_slope": "slope of the calibration line",
    "optimism": "apparent minus out-of-sample performance",
    "value": "a declared value shown for reference, such as a horizon",
}


class Rows(pd.DataFrame):
    """Result rows; they show themselves as people read them, and are a frame in all else.

    A part without the columns of a result row, and no rows at all, show themselves as any frame.
    """

    @property
    def _constructor(self) -> type[Rows]:
        return Rows

    def __repr__(self) -> str:
        return shown.as_text(*shown.of_rows(self)) if self._whole else super().__repr__()

    def _repr_html_(self) -> str | None:
        return shown.as_html(*shown.of_rows(self)) if self._whole else super()._repr_html_()

    @property
    def _whole(self) -> bool:
        return len(self) > 0 and set(self.columns) >= shown.NEEDED


def _text_of_key(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value)


def row_id(key: Mapping[str, Any]) -> str:
    """First 12 hex digits of SHA-256 over the key's texts in ``KEY`` order, tab-separated."""
    text = "\t".join(_text_of_key(key.get(column)) for column in KEY)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def result_rows(records: Iterable[Mapping[str, Any]], **common: Any) -> pd.DataFrame:
    """Result rows from dicts; ``common`` fills what a record leaves out.

    Unused text is "", unused numbers are NaN; ``state`` defaults to "ok".
    Raises ValueError on an unknown column, statistic or state.
    """
    full = [{**common, **record} for record in records]
    used = {name for record in full for name in record}
    if unknown := used - set(COLUMNS):
        raise ValueError(f"unknown result columns {sorted(unknown)}; allowed: {COLUMNS}")
    return _from_lists({name: [record.get(name) for record in full] for name in used}, len(full))


def stamp(rows: pd.DataFrame, **words: Any) -> pd.DataFrame:
    """A copy of ``rows`` with the given columns set on every row and the ids made anew."""
    return _normalise(rows.assign(**words))


def combine(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """All rows of ``frames`` one under the other; raises ValueError when a key occurs twice."""
    kept = [frame for frame in frames if len(frame)]
    return unique(_normalise(pd.concat(kept, ignore_index=True))) if kept else result_rows([])


def unique(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` unchanged; raises ValueError when a key occurs twice."""
    twice = rows.loc[rows["row_id"].duplicated(keep=False), list(KEY)]
    if len(twice):
        raise ValueError(f"{len(twice)} result rows share a key, first: {dict(twice.iloc[0])}")
    return rows


def check(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` unchanged; raises AnalysisError where a fixed vocabulary is broken."""
    for column, allowed in (
        ("statistic", STATISTICS), ("state", STATES),
        ("role", ("", *ROLES)), ("population", ("", *POPULATIONS)),
    ):  # fmt: skip
        odd = sorted(set(rows[column]) - set(allowed))
        if odd:
            raise AnalysisError(
                Problem(f"result rows, {column}", repr(odd[0]),
                        f"one of {', '.join(filter(None, allowed))}", "correct the word")
            )  # fmt: skip
    return rows


def _normalise(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns in order, numbers as float64, text as str, state filled, ids derived."""
    values = {name: column.tolist() for name, column in frame.items()}
    return _from_lists(values, len(frame))


def _from_lists(values: Mapping[str, list], count: int) -> pd.DataFrame:
    """``count`` result rows from a list per column; columns left out are empty."""
    columns: dict[str, np.ndarray] = {}
    for name in COLUMNS[1:]:
        if name in NUMERIC:
            columns[name] = _numbers(values[name]) if name in values else np.full(count, np.nan)
        else:
            columns[name] = _texts(values[name] if name in values else [""] * count)
    columns["state"][columns["state"] == ""] = "ok"
    return check(Rows(pd.DataFrame({"row_id": _ids(columns), **columns}, copy=False)))


def _numbers(values: list) -> np.ndarray:
    """The values as float64, the missing ones as NaN."""
    try:
        return np.array(values, dtype="float64")
    except (TypeError, ValueError):
        return pd.to_numeric(pd.Series(values)).to_numpy(dtype="float64", na_value=np.nan)


def _texts(values: list) -> np.ndarray:
    """Every value as str, the missing ones as ""."""
    texts = np.empty(len(values), dtype=object)
    texts[:] = [
        value if type(value) is str else "" if pd.isna(value) else str(value) for value in values
    ]
    return texts


def _ids(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """:func:`row_id` of every row."""
    times = [_text_of_key(value) for value in columns["time"].tolist()]
    texts = [times if name == "time" else columns[name].tolist() for name in KEY]
    ids = np.empty(len(times), dtype=object)
    ids[:] = [
        hashlib.sha256("\t".join(key).encode()).hexdigest()[:12] for key in zip(*texts, strict=True)
    ]
    return ids
