"""When patients respond, for how long, and when they progress between two scans."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.analyse.columns import rows_of, seen_once
from prrt_lib.analyse.summaries import warned
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import YEARS
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.curves.competing import cumulative_incidence
from prrt_lib.estimate.curves.interval_censored import interval_censored_survival
from prrt_lib.estimate.curves.survival import kaplan_meier
from prrt_lib.study.data import Study
from prrt_lib.study.derive.response_rules import NOT_EVALUABLE
from prrt_lib.study.derive.responses import is_response

ANALYSIS = "response_times"
DATES = ("first_prrt", "progression", "death", "progression_free_until", "horizon",
         "observation_start")  # fmt: skip
TO_RESPONSE, OF_RESPONSE = "time_to_response", "duration_of_response"
LABELS = {
    TO_RESPONSE: "First response, progression or death without one competing",
    OF_RESPONSE: "Duration of response, from first response to progression or death",
}
# Days after 3, 6, 9, 12 and 24 months.
MOMENTS = (91, 183, 274, 365, 731)
INTERVAL = "interval_censored"


def response_days(study: Study, population: str | None = None) -> pd.DataFrame:
    """patient_id, entry, response, stop, event in days from first PRRT; no response is NaN.

    ``entry``: start of observation where it is later (decision 2). ``stop``: progression or
    death (``event`` 1) or the last evaluable scan (0), at the latest the horizon. A response
    after progression does not count.
    """
    people = study.patients(*DATES, population=population or study.headline)
    start = people["first_prrt"]
    failed = people[["progression", "death"]].min(axis=1)
    stop = failed.fillna(people["progression_free_until"])
    limit = people["horizon"].clip(upper=pd.Timestamp(study.parameters.cutoff))
    event = failed.notna() & ~(failed > limit)
    stop = stop.where(~(stop > limit), limit)
    names = ("scan_date", "after_prrt", "response_class")
    scans = rows_of(study, people["patient_id"], "scans", *names)
    seen = scans[is_response(scans)]
    first = people["patient_id"].map(seen.groupby("patient_id")["scan_date"].min())
    first = first.where(first <= stop)
    return pd.DataFrame({
        "patient_id": people["patient_id"], "response": (first - start).dt.days,
        "entry": (people["observation_start"] - start).dt.days.fillna(0).clip(lower=0),
        "stop": (stop - start).dt.days.clip(lower=0), "event": event.astype("int64"),
    })  # fmt: skip


@traced
def timing(study: Study, population: str | None = None) -> pd.DataFrame:
    """Cumulative incidence of the first response, and how long responses last; exploratory."""
    population = population or study.headline
    days = response_days(study, population)
    options = study.parameters.curve_limits
    frames = [_to_response(days, options), _duration(days, options)]
    return combine(
        stamp(rows, analysis=ANALYSIS, endpoint=name, label=LABELS[name], population=population,
              role="exploratory")
        for name, rows in zip((TO_RESPONSE, OF_RESPONSE), frames, strict=True)
    )  # fmt: skip


def _to_response(days: pd.DataFrame, options: dict) -> pd.DataFrame:
    responded = days["response"].notna()
    exit_ = days["response"].where(responded, days["stop"]).clip(lower=1).astype("int64")
    code = np.where(responded, 1, np.where(days["event"] == 1, 2, 0))
    frame = pd.DataFrame({"entry": days["entry"], "exit": exit_, "event": code})
    if not responded.any():
        return _nothing("cumulative_incidence", len(frame), "no response after first PRRT")
    frame, told = _observed(frame)
    return stamp(cumulative_incidence(frame, "exit", "event", entry="entry", causes=[1, 2],
                                      times=MOMENTS, **options), warning=told)  # fmt: skip


def _duration(days: pd.DataFrame, options: dict) -> pd.DataFrame:
    own = days.dropna(subset=["response"])
    lasted = (own["stop"] - own["response"]).clip(lower=0).astype("int64")
    frame = pd.DataFrame({"entry": (own["entry"] - own["response"]).clip(lower=0),
                          "exit": lasted.where(own["event"] == 0, lasted.clip(lower=1)),
                          "event": own["event"]})  # fmt: skip
    if frame.empty:
        return _nothing("median", 0, "no response after first PRRT")
    frame, told = _observed(frame)
    out = len(days) - len(own)
    told = "; ".join(filter(None, (f"{out} left out: no response" if out else "", told)))
    return stamp(kaplan_meier(frame, "exit", "event", entry="entry", times=tuple(YEARS),
                              **options), warning=told)  # fmt: skip


def _observed(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Who is watched when the event happens, and in words who enters late or is left out."""
    early = (frame["event"] > 0) & (frame["exit"] < frame["entry"])
    kept = frame[~early]
    late = int((kept["entry"] > 0).sum())
    told = [f"{late} enter late, when their observation starts"] if late else []
    if early.any():
        told.append(f"{int(early.sum())} left out: event before their observation starts")
    return kept.assign(exit=kept[["entry", "exit"]].max(axis=1)), "; ".join(told)


def _nothing(statistic: str, n: int, why: str) -> pd.DataFrame:
    record = {"statistic": statistic, "state": "not-estimable", "n": n, "total": n}
    return result_rows([record], warning=why)


def progression_intervals(study: Study, population: str | None = None) -> pd.DataFrame:
    """patient_id, lower, upper in days: progression lies in (lower, upper]; upper NaN if none.

    ``lower`` is the last evaluable scan before progression, or first PRRT; for the others the
    last evaluable scan (deaths are not progression). Who enters late is left out: the estimator
    of interval-censored times takes no entry, and their time before it is no time survived.
    """
    chosen = population or study.headline
    times = study.times("ttp", "", chosen, ())
    people = study.patients("first_prrt", "progression_free_until", population=chosen)
    frame = times.frame[times.frame["entry"] == 0].merge(people, on="patient_id", how="left")
    scans = rows_of(study, frame["patient_id"], "scans", "after_prrt", "days_from_prrt",
                    "response_class")  # fmt: skip
    seen = scans[scans["after_prrt"] & (scans["response_class"] != NOT_EVALUABLE)]
    progressed = frame.loc[frame["event"] == 1].set_index("patient_id")["exit"]
    before = seen[seen["days_from_prrt"] < seen["patient_id"].map(progressed)]
    lower = frame["patient_id"].map(before.groupby("patient_id")["days_from_prrt"].max()).fillna(0)
    until = (frame["progression_free_until"] - frame["first_prrt"]).dt.days
    free = until.clip(lower=0, upper=frame["exit"])
    happened = frame["event"] == 1
    return pd.DataFrame({
        "patient_id": frame["patient_id"], "lower": lower.where(happened, free).astype("float64"),
        "upper": frame["exit"].astype("float64").where(happened),
    })  # fmt: skip


@traced
def interval_censored(study: Study, population: str | None = None) -> pd.DataFrame:
    """Time to progression when it is only known to lie between two scans; a sensitivity."""
    population = population or study.headline
    frame = progression_intervals(study, population)
    if not seen_once(study, population):
        rows = _nothing("median", len(frame), "no evaluable scan after first PRRT")
    elif frame["upper"].isna().all():
        rows = _nothing("median", len(frame), "no progression after first PRRT")
    else:
        rows = interval_censored_survival(frame, "lower", "upper", times=tuple(YEARS))
    late = study.times("ttp", "", population, ()).counts.get("late_entry", 0)
    told = f"{late} left out, who enter late: not covered by the estimator" if late else ""
    return stamp(
        warned(rows, [told]), analysis=ANALYSIS, endpoint="ttp", setting=INTERVAL,
        population=population, label="Time to progression, interval-censored", role="exploratory",
    )  # fmt: skip
