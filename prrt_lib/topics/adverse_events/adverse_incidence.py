"""First grade 3 or higher event, and myelodysplasia or leukaemia, with death competing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.quantiles import quantity, where_enough
from prrt_lib.analyse.summaries import nobody, share
from prrt_lib.analyse.survival import with_ends
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import YEARS
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.curves.competing import cumulative_incidence
from prrt_lib.estimate.rates import poisson_rate
from prrt_lib.topics.adverse_events import events as event_facts
from prrt_lib.topics.adverse_events.adverse import emergent_events, recorded
from prrt_lib.topics.adverse_events.adverse_rates import YEARS_100

ANALYSIS = "adverse_incidence"
SEVERE, MARROW = "severe_event", "mds_al"
LABELS = {
    SEVERE: "First adverse event of grade 3 or higher",
    MARROW: "Myelodysplastic syndrome or acute leukaemia",
}
MARROW_TERMS = ("Myelodysplastic syndrome", "Leukemia secondary to oncology chemotherapy")


@traced
def severe(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Cumulative incidence of the first treatment-emergent event of grade 3 or higher."""
    if not recorded(study, population):
        return _nobody(study, SEVERE, population, role)
    events = emergent_events(study, population, "")
    if events["grade"].isna().all():
        return _nobody(study, SEVERE, population, role)
    own = events.loc[events["severe"] == "yes", ["patient_id", "days_since_first_prrt"]]
    return _incidence(study, own, SEVERE, population, role)


def marrow_events(study: Any, population: str = "safety") -> pd.DataFrame:
    """patient_id and days_since_first_prrt of each record of myelodysplasia or leukaemia.

    From the date in follow-up and from adverse events of the two terms; a missing day is a
    record without a date.
    """
    patients = study.patients("first_prrt", "mds_al_date", population=population)
    told = patients.dropna(subset=["mds_al_date"])
    dated = told.assign(days_since_first_prrt=(told["mds_al_date"] - told["first_prrt"]).dt.days)
    events = event_facts.derived(study, population)
    events = events[events["term"].isin(MARROW_TERMS)]
    names = ["patient_id", "days_since_first_prrt"]
    return pd.concat([dated[names], events[names]], ignore_index=True).astype({names[1]: float})


@traced
def marrow(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Cumulative incidence, crude share, rate and latency of myelodysplasia or leukaemia."""
    own = marrow_events(study, population)
    if own.empty and not recorded(study, population):
        return _nobody(study, MARROW, population, role)
    rows = _incidence(study, own, MARROW, population, role)
    frame, _ = _frame(study, own, population)
    happened = frame.loc[frame["event"] == 1, "exit"] - 0.0
    words = {"analysis": ANALYSIS, "endpoint": MARROW, "population": population, "role": role}
    fewest = study.parameters.min_group
    spread = quantity(happened, MARROW, "days", level="latency", stratum="from first PRRT",
                      label="Latency, from first PRRT")  # fmt: skip
    # The shortest and the longest are of one patient each.
    spread = [one if one["statistic"] in ("min", "max") else where_enough([one], fewest)[0]
              for one in spread]  # fmt: skip
    level = study.parameters.conf_level
    crude = share(len(happened), len(frame), MARROW, "crude share", level, label=LABELS[MARROW])
    years = float((frame["exit"] - frame["entry"]).sum()) / YEARS_100
    rate = stamp(poisson_rate(len(happened), years, level, "per 100 patient-years"), **words,
                 variable=MARROW, level="rate", label=LABELS[MARROW])  # fmt: skip
    return combine([rows, result_rows([crude, *spread], **words), rate])


def _nobody(study: Any, endpoint: str, population: str, role: str) -> pd.DataFrame:
    total = len(study.patients(population=population))
    empty = nobody(endpoint, total, "cumulative_incidence", label=LABELS[endpoint])
    return result_rows(empty, analysis=ANALYSIS, endpoint=endpoint, population=population,
                       role=role)  # fmt: skip


def _frame(study: Any, own: pd.DataFrame, population: str) -> tuple[pd.DataFrame, list[str]]:
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


def _incidence(
    study: Any, own: pd.DataFrame, endpoint: str, population: str, role: str
) -> pd.DataFrame:
    frame, told = _frame(study, own, population)
    label = LABELS[endpoint]
    words = {"analysis": ANALYSIS, "endpoint": endpoint, "population": population, "role": role}
    if frame.empty:
        empty = [{"statistic": "cumulative_incidence", "time": time, "state": "not-estimable",
                  "n": 0} for time in YEARS]  # fmt: skip
        return result_rows(empty, label=label, warning="; ".join(told), **words)
    options = {"entry": "entry", "causes": [1, 2], **study.parameters.curve_limits}
    tables = [cumulative_incidence(frame, "exit", "event", times=times, **options)
              for times in ((), _moments(frame))]  # fmt: skip
    rows = pd.concat(tables, ignore_index=True).drop_duplicates("row_id", ignore_index=True)
    rows = with_ends(rows, frame, None, study.parameters)
    warning = rows["warning"].map(
        lambda text: "; ".join([*(f"{label}: {part}" for part in told), *filter(None, [text])])
    )
    named = rows["variable"].where(rows["statistic"] == "at_risk", "")
    return combine([stamp(rows, **words, variable=named, level="", label=label, warning=warning)])


def _moments(frame: pd.DataFrame) -> tuple[float, ...]:
    """The declared years, and every year of follow-up for the numbers at risk."""
    last = int(frame["exit"].max() / 365.25) + 1
    return tuple(sorted({*YEARS, *(int(365.25 * year + 0.5) for year in range(last))}))
