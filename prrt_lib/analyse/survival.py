"""Survival of the study: declared endpoints in, curves, medians, rates and tests as rows out."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import YEARS, days
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.competing import cumulative_incidence
from prrt_lib.estimate.cox_model import cox
from prrt_lib.estimate.gray import gray_test
from prrt_lib.estimate.log_rank import logrank
from prrt_lib.estimate.quasi_independence import conditional_tau
from prrt_lib.estimate.survival import kaplan_meier
from prrt_lib.estimate.survival import median_follow_up as reverse_kaplan_meier
from prrt_lib.study.data import Study
from prrt_lib.study.times import Times

ANALYSIS = "survival"
# Starts at its origin, or nowhere: never enough at risk.
NOT_LATER = (" at 0", " at nan")
LAG = "months_diagnosis_to_prrt"
NOBODY_DROPPED = r"\b0 records with exit up to t0"
DROPPED = r"(?:; )?\d+ records with exit up to t0 dropped"


@traced
def curve(
    study: Study, endpoint: str, by: str | None = None, population: str | None = None,
    setting: str = "",
) -> pd.DataFrame:  # fmt: skip
    """The whole curve of ``endpoint``: every step, the yearly rates, median and quartiles.

    One curve per level of ``by``, which must be known at entry. Competing endpoints give
    cumulative incidence (Aalen-Johansen), all others Kaplan-Meier with delayed entry and the
    conditional start of a small early risk set.
    """
    population = population or study.headline
    times = study.times(endpoint, setting, population, (by,) if by else ())
    return _stamped(study, times, _estimate(study, times, by), by)


def _estimate(study: Study, times: Times, by: str | None) -> pd.DataFrame:
    if times.frame.empty or _never_scanned(times):
        return stamp(_nothing(times), group=by or "")
    tables = [_fit(study, times, by, moments) for moments in ((), _moments(times))]
    both = pd.concat(tables, ignore_index=True)
    return combine([both.drop_duplicates("row_id")])


def _moments(times: Times) -> tuple[float, ...]:
    """The declared years and every year of follow-up: figures print numbers at risk there."""
    last = times.frame["exit"].max()
    years = {days(12 * year) for year in range(int(last / 365.25) + 1)}
    return tuple(sorted({*YEARS, *years}))


def _fit(study: Study, times: Times, by: str | None, moments: Sequence[float]) -> pd.DataFrame:
    settings = study.parameters
    common = {"entry": "entry", "by": by, "times": moments, **settings.curve_limits}
    if competing(times):
        return cumulative_incidence(times.frame, "exit", "event", causes=[1, 2], **common)
    late = bool((times.frame["entry"] > 0).any())
    minimum = settings.min_at_risk if times.endpoint.delayed and late else None
    rows = kaplan_meier(times.frame, "exit", "event", min_at_risk=minimum, **common)
    return _kept_in_n(rows)


def _kept_in_n(rows: pd.DataFrame) -> pd.DataFrame:
    """Where a curve does not start later, who is censored at its origin stays in n (decision 7)."""
    at_origin = rows["label"].str.endswith(NOT_LATER)
    nobody = rows["warning"].str.contains(NOBODY_DROPPED, regex=True)
    told = rows["warning"].str.replace(DROPPED, "", regex=True).str.removeprefix("; ")
    return stamp(rows, n=rows["n"].mask(at_origin, rows["total"]),
                 warning=rows["warning"].mask(at_origin | nobody, told))  # fmt: skip


def competing(times: Times) -> bool:
    """Whether death competes with the event, so that incidence and not survival is estimated."""
    return times.endpoint.kind == "competing"


def _never_scanned(times: Times) -> bool:
    """Whether nobody has an evaluable scan: no progression is then no absence of progression."""
    counts = times.counts
    unseen = counts.get("without_evaluable_scan", 0)
    progression = times.endpoint.kind in ("progression", "competing")
    return bool(progression and unseen and unseen == counts["used"] and not counts["events"])


def _nothing(times: Times) -> pd.DataFrame:
    rate = "cumulative_incidence" if competing(times) else "survival"
    unknown = times.counts["dropped"].get("date of diagnosis not known", 0)
    absent = unknown == times.counts["population"] > 0 or _never_scanned(times)
    state = "not-abstracted" if absent else "not-estimable"
    records = [{"statistic": rate, "time": time, "state": state} for time in YEARS]
    if rate == "survival":
        records.append({"statistic": "median", "state": state})
    return result_rows(records, n=0, total=times.counts["population"], events=0)


def _stamped(study: Study, times: Times, rows: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Rows under the study's keys; the endpoint's own warnings stand in each of them."""
    role = study.parameters.role(times.endpoint.name)
    if by or times.setting:
        role = "exploratory"
    own = [times.endpoint.banner, *times.warnings]
    warning = rows["warning"].map(lambda text: "; ".join(part for part in (*own, text) if part))
    conditional = rows["label"].map(lambda text: _conditional(text, times.endpoint.kind))
    return stamp(
        rows, analysis=ANALYSIS, endpoint=times.endpoint.name, population=times.population,
        setting=times.setting, role=role, warning=warning, unit=rows["unit"].where(
            rows["statistic"].isin(["median", "q25", "q75"]), ""),
        label=times.endpoint.label + conditional,
    )  # fmt: skip


def _conditional(text: str, kind: str) -> str:
    """ ", given alive at day 215": what a curve that starts late is conditional on."""
    start = text.rpartition(" at ")[2]
    if not text or text.endswith(NOT_LATER):
        return ""
    return f", given {'alive' if kind == 'death' else 'event-free'} at day {start}"


@traced
def compare(
    study: Study, endpoint: str, by: str, population: str | None = None, setting: str = ""
) -> pd.DataFrame:
    """The test that the levels of ``by`` do not differ: log-rank; Gray's where death competes."""
    population = population or study.headline
    times = study.times(endpoint, setting, population, (by,))
    frame = times.frame.dropna(subset=[by])
    if frame[by].nunique() < 2 or not (frame["event"] == 1).any():
        rows = result_rows([{"statistic": "chi2", "state": "not-estimable", "n": len(frame)}],
                           warning="fewer than two groups, or no event")  # fmt: skip
    elif competing(times):
        rows = gray_test(frame, "exit", "event", by=by)
    else:
        rows = logrank(frame, "exit", "event", by=by, entry="entry")
    kept = rows[rows["statistic"] == "chi2"].reset_index(drop=True)
    return _stamped(study, times, stamp(kept, group=by, n=len(frame)), by)


@traced
def follow_up(study: Study, population: str | None = None) -> pd.DataFrame:
    """Median follow-up from first PRRT: reverse Kaplan-Meier, deaths before censorings."""
    times = study.times("os_prrt", "", population or study.headline, ())
    if times.frame.empty:
        rows = result_rows([{"statistic": "median", "state": "not-estimable"}], n=0)
    else:
        rows = reverse_kaplan_meier(times.frame, "exit", "event", entry="entry",
                                    **study.parameters.curve_limits)  # fmt: skip
    return stamp(_stamped(study, times, rows, None), model="follow-up", label="Follow-up")


@traced
def entry_independence(study: Study, population: str | None = None) -> pd.DataFrame:
    """Whether late referral goes with survival: conditional tau of entry and death from diagnosis,
    and the hazard ratio of the lag from diagnosis to first PRRT (per 12 months).

    Delayed entry is right only when, among those at risk, the time of entry says nothing about
    the time of death. A small p says that it does.
    """
    times = study.times("os_dx_delayed", "", population or study.headline, (LAG,))
    if times.frame.empty or not times.frame["event"].any():
        rows = result_rows([{"statistic": "correlation", "state": "not-estimable"}], n=0)
    else:
        rows = conditional_tau(times.frame, "exit", "event", "entry")
    both = pd.concat([stamp(rows, variable=LAG), _lag_effect(times)], ignore_index=True)
    return stamp(_stamped(study, times, both, None), model="quasi-independence", unit="")


def _lag_effect(times: Times) -> pd.DataFrame:
    """The log hazard ratio of each further year between diagnosis and first PRRT."""
    frame = times.frame.assign(**{LAG: times.frame[LAG] / 12})
    try:
        rows = cox(frame, "exit", "event", [LAG], entry="entry").estimates
    except AnalysisError as error:
        found = "; ".join(problem.found for problem in error.problems)
        rows = result_rows([{"statistic": "log_hazard_ratio", "variable": LAG}], warning=found,
                           state="not-estimable")  # fmt: skip
    kept = rows[rows["statistic"] == "log_hazard_ratio"].reset_index(drop=True)
    return stamp(kept, level="per 12 months")
