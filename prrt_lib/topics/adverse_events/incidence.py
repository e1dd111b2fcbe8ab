"""Adverse events in time: rates, and incidence of severe ones and of leukaemia."""

from __future__ import annotations

import pandas as pd

from prrt_lib.analyse.quantiles import quantity, where_enough
from prrt_lib.analyse.summaries import nobody, share, warned
from prrt_lib.analyse.survival import with_ends
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import YEARS
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.curves.competing import cumulative_incidence
from prrt_lib.estimate.rates import poisson_rate
from prrt_lib.study.data import Study
from prrt_lib.topics.adverse_events.adverse import (
    KINDS,
    derived,
    emergent_events,
    of_kind,
    recorded,
    words_of,
)

# Days in a hundred years.
YEARS_100, PER = 36525.0, "per 100 patient-years"


@traced
def rates(study: Study, population: str = "safety") -> pd.DataFrame:
    """Events per 100 patient-years, exact Poisson: first events and all events (decision 22).

    First: patients with the event per time to the first one (else to the end of observation).
    All: events per total time. Time runs from first PRRT to death, last contact or the horizon.
    """
    words = words_of(population)
    total = len(study.patients(population=population))
    if not recorded(study, population):
        return result_rows(nobody("adverse_event_rate", total, "rate"), **words,
                           label="Events per 100 patient-years")  # fmt: skip
    watched, conf_level = exposure_days(study, population), study.parameters.conf_level
    emergent = emergent_events(study, population)
    frames = []
    for kind in KINDS:
        mask, known, label = of_kind(emergent, kind)
        if len(emergent) and not known.any():
            empty = nobody("adverse_event_rate", total, "rate", level=kind)
            frames.append(result_rows(empty, label=label, **words))
            continue
        own = emergent[mask]
        inside = own[own["patient_id"].isin(watched.index)]
        # Who is not watched or has an undated event gives no time.
        undated = inside.loc[inside["onset_unknown"], "patient_id"].unique()
        timed = watched[~watched.index.isin(undated)]
        first = inside.groupby("patient_id")["days_since_first_prrt"].min().reindex(timed.index)
        lost, out = len(own) - len(inside), len(undated)
        told_first = f"{label}: {out} patients with an event of unknown onset left out"
        told_all = f"{label}: {lost} events of patients without usable follow-up left out"
        for stratum, n, time, warning in (
            ("patients with a first event", int(first.notna().sum()), first.fillna(timed),
             told_first if out else ""),
            ("events", len(inside), watched, told_all if lost else ""),
        ):  # fmt: skip
            rate = poisson_rate(n, float(time.sum()) / YEARS_100, conf_level, PER)
            frames.append(stamp(rate, **words, variable="adverse_event_rate", level=kind,
                                label=label, stratum=stratum, warning=warning))  # fmt: skip
    return combine(frames)


def exposure_days(study: Study, population: str) -> pd.Series:
    """Days from first PRRT to death, last contact, horizon or cut-off; patients without are out."""
    names = ("first_prrt", "last_seen", "horizon", "died")
    patients = study.patients(*names, population=population).set_index("patient_id")
    end = patients[["last_seen", "horizon"]].min(axis=1)
    days = (end - patients["first_prrt"]).dt.days
    known = patients["last_seen"].notna() & patients["died"].notna() & (days >= 0)
    return days[known].astype(float)


ANALYSIS = "adverse_incidence"
SEVERE, MARROW = "severe_event", "mds_al"
LABELS = {
    SEVERE: "First adverse event of grade 3 or higher",
    MARROW: "Myelodysplastic syndrome or acute leukaemia",
}
MARROW_TERMS = ("Myelodysplastic syndrome", "Leukemia secondary to oncology chemotherapy")


@traced
def severe(study: Study, population: str = "safety") -> pd.DataFrame:
    """Cumulative incidence of the first treatment-emergent event of grade 3 or higher."""
    events = emergent_events(study, population)
    if not recorded(study, population) or events["grade"].isna().all():
        return _nobody(study, SEVERE, population)
    own = events.loc[events["severe"] == "yes", ["patient_id", "days_since_first_prrt"]]
    return _incidence(study, own, SEVERE, population)


def marrow_events(study: Study, population: str = "safety") -> pd.DataFrame:
    """patient_id and days_since_first_prrt of each record of myelodysplasia or leukaemia.

    From the date in follow-up and from adverse events of the two terms; a missing day is a
    record without a date.
    """
    patients = study.patients("first_prrt", "mds_al_date", population=population)
    told = patients.dropna(subset=["mds_al_date"])
    dated = told.assign(days_since_first_prrt=(told["mds_al_date"] - told["first_prrt"]).dt.days)
    events = derived(study, population)
    events = events[events["term"].isin(MARROW_TERMS)]
    names = ["patient_id", "days_since_first_prrt"]
    return pd.concat([dated[names], events[names]], ignore_index=True).astype({names[1]: float})


@traced
def marrow(study: Study, population: str = "safety") -> pd.DataFrame:
    """Cumulative incidence, crude share, rate and latency of myelodysplasia or leukaemia."""
    own = marrow_events(study, population)
    if own.empty and not recorded(study, population):
        return _nobody(study, MARROW, population)
    rows = _incidence(study, own, MARROW, population)
    frame, _ = _frame(study, own, population)
    happened = frame.loc[frame["event"] == 1, "exit"] - 0.0
    words = {
        "analysis": ANALYSIS,
        "endpoint": MARROW,
        "population": population,
        "role": "secondary",
    }
    fewest = study.parameters.min_group
    spread = quantity(happened, MARROW, "days", level="latency", stratum="from first PRRT",
                      label="Latency, from first PRRT")  # fmt: skip
    # The shortest and the longest are of one patient each.
    spread = [one if one["statistic"] in ("min", "max") else where_enough([one], fewest)[0]
              for one in spread]  # fmt: skip
    level = study.parameters.conf_level
    crude = share(len(happened), len(frame), MARROW, "crude share", level, label=LABELS[MARROW])
    years = float((frame["exit"] - frame["entry"]).sum()) / YEARS_100
    rate = stamp(poisson_rate(len(happened), years, level, PER), **words,
                 variable=MARROW, level="rate", label=LABELS[MARROW])  # fmt: skip
    return combine([rows, result_rows([crude, *spread], **words), rate])


def _nobody(study: Study, endpoint: str, population: str) -> pd.DataFrame:
    total = len(study.patients(population=population))
    empty = nobody(endpoint, total, "cumulative_incidence", label=LABELS[endpoint])
    return result_rows(empty, analysis=ANALYSIS, endpoint=endpoint, population=population,
                       role="secondary")  # fmt: skip


def _frame(study: Study, own: pd.DataFrame, population: str) -> tuple[pd.DataFrame, list[str]]:
    """entry, exit, event (1 the event, 2 death first) in days from first PRRT; who is left out."""
    times = study.times("os_prrt", "", population)
    base = times.frame
    own = own[own["patient_id"].isin(base["patient_id"])]
    first = own.groupby("patient_id")["days_since_first_prrt"].min()
    day = base["patient_id"].map(first)
    undated = base["patient_id"].isin(own["patient_id"]) & day.isna()
    early = day < base["entry"]
    inside = day <= base["exit"]
    # An event on the day of entry counts one day later (decision 7).
    moved = day.where(day > base["entry"], base["entry"] + 1)
    frame = base.assign(
        exit=base["exit"].where(~inside, moved).astype("int64"),
        event=(2 * base["event"]).where(~inside, 1).astype("int64"),
    )
    reasons = {"with the event before their observation starts": early,
               "with the event but without its date": undated}  # fmt: skip
    told = [f"{int(mask.sum())} left out: {words}" for words, mask in reasons.items() if mask.any()]
    told = [*times.warnings, *told]
    return frame[~early & ~undated].reset_index(drop=True), told


def _incidence(study: Study, own: pd.DataFrame, endpoint: str, population: str) -> pd.DataFrame:
    frame, told = _frame(study, own, population)
    label = LABELS[endpoint]
    words = {
        "analysis": ANALYSIS,
        "endpoint": endpoint,
        "population": population,
        "role": "secondary",
    }
    if frame.empty:
        empty = [{"statistic": "cumulative_incidence", "time": time, "state": "not-estimable",
                  "n": 0} for time in YEARS]  # fmt: skip
        return result_rows(empty, label=label, warning="; ".join(told), **words)
    options = {"entry": "entry", "causes": [1, 2], **study.parameters.curve_limits}
    # The declared years, and every year of follow-up for the numbers at risk.
    last = int(frame["exit"].max() / 365.25) + 1
    moments = sorted({*YEARS, *(int(365.25 * year + 0.5) for year in range(last))})
    tables = [cumulative_incidence(frame, "exit", "event", times=times, **options)
              for times in ((), tuple(moments))]  # fmt: skip
    rows = pd.concat(tables, ignore_index=True).drop_duplicates("row_id", ignore_index=True)
    rows = with_ends(rows, frame, None, study.parameters)
    rows = warned(rows, [f"{label}: {part}" for part in told])
    named = rows["variable"].where(rows["statistic"] == "at_risk", "")
    return combine([stamp(rows, **words, variable=named, level="", label=label)])
