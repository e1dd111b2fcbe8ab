"""How completely patients were followed, by centre, and what those who died died of."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.quality import person_days
from prrt_lib.analyse.summaries import groups, nobody, share, shares
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import result_rows

ANALYSIS = "survival"
CENTRE = "treat_site_cycle1"
CLARK = "observed days of possible days to death, horizon or cut-off, Clark 2002"


@traced
def completeness(study: Any, by: str = CENTRE, population: str | None = None) -> pd.DataFrame:
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


def _observed(study: Any, patients: pd.DataFrame) -> dict[str, Any]:
    possible, seen = person_days(patients, pd.Timestamp(study.parameters.cutoff))
    return share(int(seen.sum()), int(possible.sum()), "followup_completeness",
                 "person-time observed", unit="days", method=CLARK)  # fmt: skip


@traced
def deaths(study: Any, population: str | None = None) -> pd.DataFrame:
    """How many died up to the cut-off, and the recorded causes of those who did.

    The cause never censors overall survival: every death is an event.
    """
    population = population or study.headline
    names = ("died", "death", "death_undated", "vital_contradicted", "cause_of_death")
    patients = study.patients(*names, population=population)
    words = {"analysis": ANALYSIS, "model": "deaths", "population": population,
             "role": "secondary", "label": "Deaths"}  # fmt: skip
    died = patients["died"] == "yes"
    dead, odd = patients[died], patients["vital_contradicted"]
    records = [
        share(len(dead), len(patients), "died", "died", method="n of all patients"),
        share(int(dead["death_undated"].sum()), len(dead), "death_undated", "yes",
              label="Deaths without a date", method="n of those who died"),
        *(share(int((odd & counted).sum()), int(odd.sum()), "vital_contradicted", level,
                label="Alive with a date of death", method="n of those contradicted")
          for level, counted in (("counted as dead", died), ("counted as alive", ~died))),
        *({**record, "label": "Cause of death"} for record in _causes(dead)),
    ]  # fmt: skip
    return result_rows(records, **words)


def _causes(dead: pd.DataFrame) -> list[dict[str, Any]]:
    values = dead["cause_of_death"]
    if dead.empty:
        return []
    if values.isna().all():
        return nobody("cause_of_death", len(dead))
    return shares(values, "cause_of_death", sorted(values.dropna().unique()))
