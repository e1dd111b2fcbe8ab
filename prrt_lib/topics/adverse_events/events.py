"""Adverse events with what is derived for each: emergent, serious, severe, related."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.declare.adverse_terms import one_spelling

CRITERIA = ("ser_death", "ser_life", "ser_hosp", "ser_disab", "ser_congenital", "ser_ime")
COLUMNS = ("ae_id", "term_verbatim", "grade", "onset_date", "resolution_date",
           "ongoing", "related_prrt", "related_progression",
           "serious_reported", "entered_in_registry", "action_taken", "outcome",
           *CRITERIA)  # fmt: skip
SEVERE = 3
YES, NO, UNKNOWN = "yes", "no", None


def derived(study: Any, population: str = "safety") -> pd.DataFrame:
    """Events of ``population``, one row each, with yes | no | None for each derived fact.

    ``emergent`` (decision 22): onset from first PRRT to the horizon; an unknown onset counts and
    is flagged in ``onset_unknown``. ``serious`` (decision 32) is by criteria or report,
    ``serious_criteria`` by the six criteria alone. ``term``: the declared term of CTCAE, else the
    words as abstracted.
    """
    patients = study.patients("first_prrt", "last_prrt", "horizon", population=population)
    events = rows_of(study, patients["patient_id"], "adverse_events", *COLUMNS)
    events = events.merge(patients, on="patient_id", how="left")
    recorded = events.drop(columns=["patient_id", *patients.columns[1:]]).notna().any(axis=1)
    events = events[recorded].reset_index(drop=True)
    onset = events["onset_date"]
    inside = (onset >= events["first_prrt"]) & (onset <= events["horizon"])
    grade = pd.to_numeric(events["grade"])
    return events.assign(
        grade=grade,
        onset_unknown=onset.isna(),
        emergent=inside | onset.isna(),
        days_since_last_cycle=(onset - events["last_prrt"]).dt.days,
        days_since_first_prrt=(onset - events["first_prrt"]).dt.days,
        term=events["term_verbatim"].map(one_spelling, na_action="ignore"),
        severe=_told(grade >= SEVERE, grade.notna()),
        serious=serious(events),
        serious_criteria=by_criteria(events),
        related=related(events["related_prrt"], study.parameters.related_counts),
    )


def serious(events: pd.DataFrame) -> pd.Series:
    """yes: any criterion, or reported as serious; no: no criterion, and all recorded or reported
    as not serious; None: not derivable (decision 32).
    """
    reported = events["serious_reported"]
    criteria = by_criteria(events)
    yes = (criteria == YES) | (reported == YES)
    return _told(yes, yes | (criteria == NO) | (reported == NO))


def by_criteria(events: pd.DataFrame) -> pd.Series:
    """yes: any criterion; no: all six recorded and none; None: the criteria do not tell."""
    criteria = events[list(CRITERIA)]
    any_yes = (criteria == YES).any(axis=1)
    return _told(any_yes, any_yes | criteria.notna().all(axis=1))


def related(words: pd.Series, counts: list[str]) -> pd.Series:
    """yes: a word that counts as related; no: any other; None: not assessed."""
    return _told(words.isin(list(counts)), words.notna())


def _told(condition: pd.Series, known: pd.Series) -> pd.Series:
    answer = pd.Series(NO, index=condition.index, dtype=object).mask(condition, YES)
    return answer.where(known, None)
