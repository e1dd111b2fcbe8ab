"""How completely patients were followed, by centre, and what those who died died of."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.summaries import groups, nobody, share, shares
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import result_rows
from prrt_lib.study.data import Study

ANALYSIS = "survival"
EVENT = "event of overall survival from first PRRT"
CENTRE = "treat_site_cycle1"
CLARK = "observed days of possible days to death, horizon or cut-off, Clark 2002"


@traced
def completeness(study: Study, by: str = CENTRE, population: str | None = None) -> pd.DataFrame:
    """Clark's C: observed person-time of that possible, overall and by ``by`` (the centre).

    Who died is complete. Patients without usable follow-up have all their time unobserved.
    """
    population = population or study.headline
    names = ("first_prrt", "horizon", "last_seen", "died")
    patients = study.patients(*names, by, population=population)
    words = {"analysis": ANALYSIS, "model": "completeness", "population": population,
             "role": "secondary", "label": "Completeness of follow-up"}  # fmt: skip
    if patients["last_seen"].isna().all():
        return result_rows(nobody("followup_completeness", len(patients)), **words)
    records = [_observed(study, patients)]
    parts = list(groups(patients, by))
    if not parts:
        absent = nobody("followup_completeness", len(patients), group=by)
        return result_rows([*records, *absent], **words)
    for level, part in parts:
        records.append({**_observed(study, part), "group": by, "group_level": level})
    return result_rows(records, **words)


def _observed(study: Study, patients: pd.DataFrame) -> dict[str, Any]:
    possible, seen = person_days(patients, pd.Timestamp(study.parameters.cutoff))
    return share(int(seen.sum()), int(possible.sum()), "followup_completeness",
                 "person-time observed", unit="days", method=CLARK)  # fmt: skip


def person_days(patients: pd.DataFrame, cutoff: pd.Timestamp) -> tuple[pd.Series, pd.Series]:
    """(possible, observed) days from first PRRT of each patient; the dead are complete."""
    limit = patients["horizon"].clip(upper=cutoff)
    end = patients["last_seen"].fillna(patients["first_prrt"])
    last = pd.concat([end, limit], axis=1).min(axis=1)
    seen = (last - patients["first_prrt"]).dt.days.clip(lower=0)
    possible = (limit - patients["first_prrt"]).dt.days.clip(lower=0)
    return possible.mask(patients["died"] == "yes", seen), seen


@traced
def deaths(study: Study, population: str | None = None) -> pd.DataFrame:
    """How many died up to the cut-off, how many of these are events of overall survival from
    first PRRT and why the others are not, and the recorded causes.

    The cause never censors overall survival: every death up to the horizon is an event.
    """
    population = population or study.headline
    names = ("died", "death", "death_undated", "vital_contradicted", "cause_of_death")
    patients = study.patients(*names, population=population)
    whose = f"{population.replace('_', ' ')} (n = {len(patients)})"
    words = {"analysis": ANALYSIS, "model": "deaths", "population": population,
             "role": "secondary", "label": f"Deaths, {whose}"}  # fmt: skip
    if patients["died"].isna().all():
        return result_rows(nobody("died", len(patients)), **words)
    died, known = patients["died"] == "yes", int(patients["died"].notna().sum())
    dead, odd = patients[died], patients["vital_contradicted"]
    records = [
        share(len(dead), known, "died", "died", method="n of those with vital status"),
        *_as_events(study, dead, population),
        share(int(dead["death_undated"].sum()), len(dead), "death_undated", "yes",
              label="Deaths without a date", method="n of those who died"),
        *(share(int((odd & counted).sum()), int(odd.sum()), "vital_contradicted", level,
                label="Alive with a date of death", method="n of those contradicted")
          for level, counted in (("counted as dead", died), ("counted as alive", ~died))),
        *({**record, "label": f"Cause of death, {whose}"} for record in _causes(dead)),
    ]  # fmt: skip
    return result_rows(records, **words)


def _as_events(study: Study, dead: pd.DataFrame, population: str) -> list[dict[str, Any]]:
    """The deaths by what they are in overall survival from first PRRT; they add up."""
    times = study.times("os_prrt", "", population, ()).frame.set_index("patient_id")["event"]
    event = dead["patient_id"].map(times)
    counts = {EVENT: int((event == 1).sum()),
              "after the horizon: censored there": int((event == 0).sum()),
              "not placed in time: left out": int(event.isna().sum())}  # fmt: skip
    return [{"statistic": "count", "variable": "died", "level": level, "estimate": n, "n": n,
             "total": len(dead), "method": "of those who died"}
            for level, n in counts.items() if len(dead) and (n or level == EVENT)]  # fmt: skip


def _causes(dead: pd.DataFrame) -> list[dict[str, Any]]:
    values = dead["cause_of_death"]
    if dead.empty:
        return []
    if values.isna().all():
        return nobody("cause_of_death", len(dead))
    return shares(values, "cause_of_death", sorted(values.dropna().unique()))
