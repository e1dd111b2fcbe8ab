"""Survival of the study: declared endpoints in, curves, medians, rates and tests as rows out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import BRACKETED, BRACKETS, YEARS, Parameters, days
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.curves.competing import cumulative_incidence
from prrt_lib.estimate.curves.gray import gray_test
from prrt_lib.estimate.curves.log_rank import logrank
from prrt_lib.estimate.curves.quasi_independence import conditional_tau
from prrt_lib.estimate.curves.risk_table import last_sufficient_exit
from prrt_lib.estimate.curves.survival import kaplan_meier
from prrt_lib.estimate.curves.survival import median_follow_up as reverse_kaplan_meier
from prrt_lib.estimate.records import parts
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.study.data import Study
from prrt_lib.study.times import Times

ANALYSIS = "survival"
# More values of a quantity than these are no grouping.
MOST_GROUPS = 12
LAG = "months_diagnosis_to_prrt"
SUMMARY = ("median", "q25", "q75")
RATES = ("survival", "cumulative_incidence")
END = "last day with enough at risk"


@traced
def curve(
    study: Study, endpoint: str, by: str | None = None, population: str | None = None,
    setting: str = "",
) -> pd.DataFrame:  # fmt: skip
    """The whole curve of ``endpoint``: every step, the yearly rates, median and quartiles.

    One curve per level of ``by``, which must be known at entry; from diagnosis each level starts
    on its own day, which its label tells, and a Cox model compares them (decision 31). Competing
    endpoints give cumulative incidence (Aalen-Johansen), all others Kaplan-Meier with delayed
    entry and the conditional start of a small early risk set.
    """
    population = population or study.headline
    times = study.times(endpoint, setting, population, (by,) if by else ())
    _require_groups(times, by)
    if times.frame.empty or _never_scanned(times):
        rows = _nothing(times, by)
    else:
        rows = _fit(study, times, by)
        rows = with_ends(rows, times.frame, by, study.parameters)
    rows = _stamped(study, times, rows, by)
    if not too_many_undated(study, times):
        return rows
    rows = withheld(study, times, rows)
    readings = [] if setting else [
        summary(curve(study, endpoint, by, population, name)) for name in BRACKETS
    ]  # fmt: skip
    return combine([rows, *readings])


def _require_groups(times: Times, by: str | None) -> None:
    """Nothing; raises AnalysisError where ``by`` is a quantity, whose every value is a group."""
    if by and times.frame[by].dtype.kind in "fM" and times.frame[by].nunique() > MOST_GROUPS:
        what = f"{times.frame[by].nunique()} different values"
        raise AnalysisError(
            Problem(f"{times.endpoint.name}, by {by!r}", what, f"at most {MOST_GROUPS} groups",
                    "use bands of it, or make it a covariate of a Cox model")
        )  # fmt: skip


def too_many_undated(study: Study, times: Times) -> bool:
    """Whether too many deaths have no date for medians and rates (decision 26)."""
    most = study.parameters.max_undated_deaths * times.counts["deaths"]
    return times.setting not in BRACKETS and times.counts["undated_deaths"] > most


def withheld(study: Study, times: Times, rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` without medians and rates where too many deaths of ``times`` have no date."""
    if not too_many_undated(study, times):
        return rows
    most = study.parameters.max_undated_deaths
    out = rows["statistic"].isin(SUMMARY + RATES) & (rows["state"] != "not-abstracted")
    told = f"more than {100 * most:g} % of the deaths have no date: not estimable"
    return stamp(
        rows, state=rows["state"].where(~out, "not-estimable"),
        method=rows["method"].where(~out, BRACKETED),
        warning=rows["warning"].where(~out, told + "; " + rows["warning"]),
        **{name: rows[name].where(~out) for name in ("estimate", "std_error", "low", "high")},
    )  # fmt: skip


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Median, quartiles, beginning, end and yearly rates, without the steps between them."""
    kept = [rows.loc[rows["state"] == "ok", "time"].min(), *YEARS]
    return rows[rows["statistic"].isin((*SUMMARY, "at_risk")) | rows["time"].isin(kept)]


def _fit(study: Study, times: Times, by: str | None) -> pd.DataFrame:
    settings = study.parameters
    common = {"entry": "entry", "by": by, "times": moments(times.frame["exit"]), "steps": True,
              **settings.curve_limits}  # fmt: skip
    if competing(times):
        return cumulative_incidence(times.frame, "exit", "event", causes=[1, 2], **common)
    late = bool((times.frame["entry"] > 0).any())
    minimum = settings.min_at_risk if times.endpoint.delayed and late else None
    rows = kaplan_meier(times.frame, "exit", "event", min_at_risk=minimum, **common)
    # Where a curve does not start later, who is censored at its origin stays in n (decision 7),
    # and so does a group that never has enough at risk: nothing of it is estimated.
    starts = [rows.attrs["starts"][level] for level in rows["group_level"]]
    state = "alive" if times.endpoint.kind == "death" else "event-free"
    return stamp(
        rows,
        n=[n if start.later or start.t0 is None else total
           for start, n, total in zip(starts, rows["n"], rows["total"], strict=True)],
        warning=[told if start.later and start.dropped else start.warning
                 for start, told in zip(starts, rows["warning"], strict=True)],
        label=[f", given {state} at day {start.t0:g}" if start.later else "" for start in starts],
    )  # fmt: skip


def moments(exits: pd.Series) -> tuple[float, ...]:
    """The declared years and every year of follow-up: figures print numbers at risk there."""
    years = {days(12 * year) for year in range(int(exits.max() / 365.25) + 1)}
    return tuple(sorted({*YEARS, *years}))


def competing(times: Times) -> bool:
    """Whether death competes with the event, so that incidence and not survival is estimated."""
    return times.endpoint.kind == "competing"


def _never_scanned(times: Times) -> bool:
    """Whether nobody has an evaluable scan: progression was never looked for (decision 27)."""
    unseen = times.counts.get("without_evaluable_scan", 0)
    return bool(unseen and unseen == times.counts["used"] and not times.counts["progressed"])


def _nothing(times: Times, by: str | None) -> pd.DataFrame:
    rate = "cumulative_incidence" if competing(times) else "survival"
    unknown = times.counts["dropped"].get("date of diagnosis not known", 0)
    absent = unknown == times.counts["population"] > 0 or _never_scanned(times)
    state = "not-abstracted" if absent else "not-estimable"
    records = [{"statistic": rate, "time": time, "state": state} for time in YEARS]
    if rate == "survival":
        records.append({"statistic": "median", "state": state})
    return result_rows(records, n=0, total=times.counts["population"], events=0, group=by or "")


def _stamped(study: Study, times: Times, rows: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Rows under the study's keys; the endpoint's own warnings stand in each of them."""
    role = study.parameters.role(times.endpoint.name)
    if by or times.setting:
        role = "exploratory"
    own = [times.endpoint.banner, *times.warnings]
    warning = rows["warning"].map(lambda text: "; ".join(part for part in (*own, text) if part))
    return stamp(
        rows, analysis=ANALYSIS, endpoint=times.endpoint.name, population=times.population,
        setting=times.setting, role=role, warning=warning, unit=rows["unit"].where(
            rows["statistic"].isin(["median", "q25", "q75"]), ""),
        label=times.endpoint.label + rows["label"],
    )  # fmt: skip


def with_ends(
    rows: pd.DataFrame, frame: pd.DataFrame, by: str | None, parameters: Parameters
) -> pd.DataFrame:
    """Curve ``rows`` of ``frame`` (entry, exit, event), with the beginning and end of each curve.

    Nothing is estimated for fewer than ``min_group`` patients or a group without an event; before
    the first event the limit is the exact one of 0 events among those at risk (decision 36).
    The first row of a curve counts at risk who is under observation just after that day; where
    this is not n, its warning says why. Rates beyond the last time, and a group without any
    estimate, have all events. A row ``at_risk`` per curve holds the last day on which
    ``min_at_risk`` are at risk, not estimable where there never are so many: figures end there,
    and tables mark later rates.
    """
    if frame.empty:
        return rows
    minimum = parameters.min_at_risk
    known = frame if by is None else frame[frame[by].notna()]
    told, ends = _before_any_event(rows, parameters.conf_level), []
    for key, part in parts(known, by):
        level = key.get("group_level", "")
        entries, exits = (part[name].to_numpy(dtype="float64") for name in ("entry", "exit"))
        own = rows[rows["statistic"].isin(RATES) & (rows["group_level"] == level)]
        if own.empty:
            continue
        drawn = own[own["state"] == "ok"]
        if len(drawn):
            told = _begun(told, drawn.loc[drawn["time"].idxmin()], entries, exits)
        told = _counted(told, level, drawn["time"], part)
        end = last_sufficient_exit(entries, exits, minimum)
        few = _too_few(part, by, parameters.min_group)
        if few:
            told = _withheld(told, level, few)
        record = {**key, "statistic": "at_risk", "variable": END, "n": own["n"].iloc[0],
                  "total": own["total"].iloc[0], "state": "not-estimable"}  # fmt: skip
        if not np.isnan(end) and not few:
            count = float(((entries < end) & (exits >= end)).sum())
            record |= {"time": end, "estimate": count, "at_risk": count, "state": "ok"}
        ends.append(record)
    added = result_rows(ends, method=f"curves end where fewer than {minimum} are at risk")
    return combine([told, added])


def no_ratio(frame: pd.DataFrame, by: str, fewest: int) -> str:
    """Why the two groups of ``frame`` (event) have no hazard ratio; "" where they have one."""
    events = (frame["event"] == 1).groupby(frame[by], observed=True)
    if len(events) < 2 or not (frame["event"] == 1).any():
        return "fewer than two classes, or no event"
    if (events.size() < fewest).any() or not events.any().all():
        return f"a class with fewer than {fewest} patients or without an event: no hazard ratio"
    return ""


def _too_few(part: pd.DataFrame, by: str | None, fewest: int) -> str:
    if (part["exit"] > part["entry"]).sum() < fewest:
        return f"fewer than {fewest} patients at risk: not estimated"
    return "no event: not estimated" if by and not (part["event"] == 1).any() else ""


def _withheld(rows: pd.DataFrame, level: str, why: str) -> pd.DataFrame:
    """``rows`` of the group ``level`` without what is estimated of it."""
    out = (rows["group_level"] == level) & rows["statistic"].isin(RATES + SUMMARY)
    words = (rows["warning"] + "; " + why).str.removeprefix("; ")
    blank = {name: rows[name].mask(out) for name in ("estimate", "std_error", "low", "high")}
    return stamp(rows, state=rows["state"].mask(out, "not-estimable"),
                 warning=rows["warning"].mask(out, words), **blank)  # fmt: skip


def _before_any_event(rows: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """``rows`` with the exact limit where no event has happened yet, and none on the other side.

    With 0 events among m at risk S is at least (alpha / 2)^(1 / m) (Clopper and Pearson 1934). At
    the start of the curve nothing is estimated: S is 1 there by definition.
    """
    start = rows.groupby("group_level")["time"].transform("min")
    here = (rows["state"] == "ok") & (rows["events"] == 0) & (rows["time"] > start)
    exact = ((1 - conf_level) / 2) ** (1 / rows["at_risk"].where(here & (rows["at_risk"] > 0)))
    alive, failed = (
        here & (rows["statistic"] == "survival"),
        here & (rows["statistic"] == RATES[1]),
    )
    return stamp(rows, low=rows["low"].mask(alive, exact).mask(failed),
                 high=rows["high"].mask(failed, 1 - exact).mask(alive))  # fmt: skip


def _counted(rows: pd.DataFrame, level: str, drawn: pd.Series, part: pd.DataFrame) -> pd.DataFrame:
    """``rows`` whose rates of the group ``level`` after the last of ``drawn`` have its events.

    Those that ended before the curve begins are in no number; without ``drawn`` all are counted.
    """
    here, failed = (rows["group_level"] == level) & rows["events"].isna(), part["event"] == 1
    if len(drawn):
        here &= rows["statistic"].isin(RATES) & (rows["time"] > drawn.max())
        failed &= part["exit"] > drawn.min()
    return stamp(rows, events=rows["events"].mask(here, int(failed.sum())))


def _begun(rows: pd.DataFrame, first: pd.Series, entries, exits) -> pd.DataFrame:
    """``rows`` whose first one counts who is watched from then on, and says who is not."""
    start = first["time"]
    watched = int(((entries <= start) & (exits > start)).sum())
    later = int((entries > start).sum())
    ended = int(first["n"]) - watched - later
    reasons = [f"{later} enter later"] * (later > 0)
    reasons += [f"{ended} censored on the day of entry or before"] * (ended > 0)
    here = rows["row_id"] == first["row_id"]
    text = f"n = {first['n']:g}, at risk at day {start:g}: {watched} ({', '.join(reasons)})"
    words = "; ".join(part for part in (first["warning"], text if reasons else "") if part)
    return stamp(rows, at_risk=rows["at_risk"].mask(here, watched),
                 warning=rows["warning"].mask(here, words))  # fmt: skip


@traced
def compare(
    study: Study, endpoint: str, by: str, population: str | None = None, setting: str = ""
) -> pd.DataFrame:
    """The test that the levels of ``by`` do not differ: log-rank with entry; where death competes
    Gray's test, or the cause-specific log-rank test where patients enter late."""
    population = population or study.headline
    times = study.times(endpoint, setting, population, (by,))
    _require_groups(times, by)
    frame = times.frame.dropna(subset=[by])
    if frame[by].nunique() < 2 or not (frame["event"] == 1).any():
        rows = result_rows([{"statistic": "chi2", "state": "not-estimable", "n": len(frame)}],
                           warning="fewer than two groups, or no event")  # fmt: skip
    elif competing(times):
        rows = _causes_compared(frame, by)
    else:
        rows = logrank(frame, "exit", "event", by=by, entry="entry")
    kept = rows[rows["statistic"] == "chi2"].reset_index(drop=True)
    return _stamped(study, times, stamp(kept, group=by, n=len(frame)), by)


def _causes_compared(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Gray's test; where somebody enters late, which it does not cover, the log-rank test of the
    cause-specific hazards, deaths censored, each patient at risk from entry on."""
    late = int((frame["entry"] > 0).sum())
    if not late:
        return gray_test(frame.drop(columns="entry"), "exit", "event", by=by)
    own = frame.assign(event=(frame["event"] == 1).astype("int64"))
    rows = logrank(own, "exit", "event", by=by, entry="entry")
    return stamp(rows, variable="event", level="1",
                 method="cause-specific log-rank, death censored, delayed entry",
                 warning=f"Gray's test does not cover the {late} who enter late: hazards of "
                 "progression are compared, not cumulative incidences")  # fmt: skip


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
    """Whether late referral is associated with survival: conditional tau of entry and death from
    diagnosis, and the hazard ratio of the lag from diagnosis to first PRRT (per 12 months).

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
