"""Adverse events per time under observation, with exact Poisson limits."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.summaries import nobody
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.rates import poisson_rate
from prrt_lib.topics.adverse_events.adverse import (
    KINDS,
    emergent_events,
    of_kind,
    recorded,
    words_of,
)

# Days in a hundred years.
YEARS_100 = 36525.0


@traced
def rates(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Events per 100 patient-years, exact Poisson: first events and all events (decision 22).

    First: patients with the event per time to the first one (else to the end of observation).
    All: events per total time. Time runs from first PRRT to death, last contact or the horizon.
    """
    words = words_of(role, population)
    total = len(study.patients(population=population))
    if not recorded(study, population):
        return result_rows(nobody("adverse_event_rate", total, "rate"), **words,
                           label="Events per 100 patient-years")  # fmt: skip
    watched = exposure_days(study, population)
    emergent = emergent_events(study, population, "")
    frames = []
    for kind in KINDS:
        mask, known, label = of_kind(emergent, kind)
        if len(emergent) and not known.any():
            empty = nobody("adverse_event_rate", total, "rate", level=kind)
            frames.append(result_rows(empty, label=label, **words))
            continue
        own = emergent[mask]
        frames.append(stamp(_two_rates(own, watched, study.parameters.conf_level, label), **words,
                            variable="adverse_event_rate", level=kind, label=label))  # fmt: skip
    return combine(frames)


def exposure_days(study: Any, population: str) -> pd.Series:
    """Days from first PRRT to death, last contact, horizon or cut-off; patients without are out."""
    names = ("first_prrt", "last_seen", "horizon", "died")
    patients = study.patients(*names, population=population).set_index("patient_id")
    end = patients[["last_seen", "horizon"]].min(axis=1)
    days = (end - patients["first_prrt"]).dt.days
    return days[patients["last_seen"].notna() & patients["died"].notna() & (days >= 0)].astype(
        float
    )


def _two_rates(
    own: pd.DataFrame, watched: pd.Series, conf_level: float, label: str
) -> pd.DataFrame:
    """Rates of one kind of event. Who is not watched or has an undated event gives no time."""
    inside = own[own["patient_id"].isin(watched.index)]
    undated = inside.loc[inside["onset_unknown"], "patient_id"].unique()
    timed = watched[~watched.index.isin(undated)]
    first = inside.groupby("patient_id")["days_since_first_prrt"].min().reindex(timed.index)
    lost = len(own) - len(inside)
    told_first = f"{label}: {len(undated)} patients with an event of unknown onset left out"
    told_all = f"{label}: {lost} events of patients without usable follow-up left out"
    per = "per 100 patient-years"
    firsts = poisson_rate(
        int(first.notna().sum()), float(first.fillna(timed).sum()) / YEARS_100, conf_level, per
    )
    every = poisson_rate(len(inside), float(watched.sum()) / YEARS_100, conf_level, per)
    return combine([
        stamp(firsts, stratum="patients with a first event",
              warning=told_first if len(undated) else ""),
        stamp(every, stratum="events", warning=told_all if lost else ""),
    ])  # fmt: skip
