"""Adverse events of the safety set: patients with at least one, worst grades, seriousness."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.summaries import Records, nobody, share
from prrt_lib.declare.arguments import one_of
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import result_rows
from prrt_lib.topics.adverse_events import events as event_facts

ANALYSIS = "adverse_events"
CAPTURE = (
    "The registry records adverse events related to PRRT: unrelated events may be absent by "
    "design, so that shares of any event are of what was captured, not of all that happened"
)
KINDS = {
    "any": "Any adverse event",
    "severe": "Grade 3 or higher",
    "serious": "Serious",
    "related": "Related to PRRT",
    "related_severe": "Related to PRRT, grade 3 or higher",
    "related_progression": "Related to progression of disease",
}
UPPER = "upper bound"
REPORTED = "Serious as reported (no criterion abstracted)"
AFTER_LAST_CYCLE = 90
SETTINGS = {"": "from first PRRT to the horizon", "90_days": "up to 90 days after the last cycle"}


def words_of(role: str, population: str, setting: str = "") -> dict[str, str]:
    """What every row of this page carries."""
    return {"analysis": ANALYSIS, "population": population, "role": role, "setting": setting}


def emergent_events(study: Any, population: str, setting: str) -> pd.DataFrame:
    """Treatment-emergent events, narrowed by the sensitivity of decision 22."""
    one_of(setting, SETTINGS, "adverse events, setting")
    every = event_facts.derived(study, population)
    kept = every[every["emergent"]]
    if setting == "90_days":
        kept = kept[~(kept["days_since_last_cycle"] > AFTER_LAST_CYCLE)]
    return kept.reset_index(drop=True)


def recorded(study: Any, population: str = "safety") -> bool:
    """Whether any adverse event was abstracted; none is "not abstracted", never 0."""
    return len(event_facts.derived(study, population)) > 0


def of_kind(events: pd.DataFrame, kind: str) -> tuple[pd.Series, pd.Series, str]:
    """(which events are of ``kind``, which of them can be told, the label that goes with it)."""
    if kind == "any":
        every = pd.Series(True, index=events.index)
        return every, every, KINDS[kind]
    if kind == "related_severe":
        pair = events[["related", "severe"]]
        known = pair.notna().all(axis=1) | (pair == "no").any(axis=1)
        return (pair == "yes").all(axis=1), known, KINDS[kind]
    bare = kind == "serious" and events[list(event_facts.CRITERIA)].isna().all(axis=None)
    return events[kind] == "yes", events[kind].notna(), REPORTED if bare else KINDS[kind]


@traced
def overview(
    study: Any, setting: str = "", population: str = "safety", role: str = "secondary"
) -> pd.DataFrame:
    """Patients with at least one event and number of events, of each kind (exact limits).

    A kind that no event tells is not abstracted. Events that do not tell are not counted, and the
    rows of stratum "upper bound" count them as well (decision 32).
    """
    words = words_of(role, population, setting)
    total = len(study.patients(population=population))
    if not recorded(study, population):
        return result_rows(nobody("adverse_events", total, label="Adverse events"), **words)
    emergent = emergent_events(study, population, setting)
    conf_level, records = study.parameters.conf_level, []
    for kind in KINDS:
        records += _kind(emergent, kind, total, conf_level)
    records[0]["warning"] = "; ".join([CAPTURE, *_doubts(emergent)])
    return result_rows(records, **words)


def _kind(emergent: pd.DataFrame, kind: str, total: int, conf_level: float) -> Records:
    mask, known, label = of_kind(emergent, kind)
    if len(emergent) and not known.any():
        return nobody("adverse_events", total, level=kind, label=label)
    untold = int((~known).sum())
    records = _counted(emergent[mask], kind, total, conf_level, label)
    if not untold:
        return records
    told = f"{label}: not known for {untold} of {len(emergent)} events, not counted"
    records[0]["warning"] = told
    most = _counted(emergent[mask | ~known], kind, total, conf_level, label)
    return records + [{**record, "stratum": UPPER} for record in most]


def _counted(own: pd.DataFrame, kind: str, total: int, conf_level: float, label: str) -> Records:
    """Patients with at least one of ``own``, and the number of these events."""
    name = {"variable": "adverse_events", "level": kind, "label": label}
    method = "patients with at least one of the safety set, Clopper-Pearson"
    patients = share(own["patient_id"].nunique(), total, conf_level=conf_level, **name)
    events = {**name, "statistic": "count", "n": len(own), "estimate": len(own)}
    return [patients | {"method": method}, events | {"events": len(own)}]


def _doubts(emergent: pd.DataFrame) -> list[str]:
    n = int(emergent["onset_unknown"].sum())
    return [f"{n} events of unknown onset counted as treatment-emergent"] if n else []


GRADES = {"any grade": 0, "grade 3 or higher": 3, **{f"grade {g}": g for g in range(1, 6)}}


@traced
def by_term(
    study: Any, setting: str = "", population: str = "safety", role: str = "secondary",
    related_only: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Patients per term (level) and worst grade (group_level), of the safety set.

    A patient counts once per term, at the worst known grade; an event without a grade counts
    under any grade only. Terms in the order of how many patients had them.
    """
    words = words_of(role, population, setting) | {"label": "Patients by worst grade"}
    words["stratum"] = "related to PRRT" if related_only else ""
    total = len(study.patients(population=population))
    if not recorded(study, population):
        return result_rows(nobody("term", total), **words)
    emergent = emergent_events(study, population, setting)
    unassessed = int(emergent["related"].isna().sum())
    emergent = emergent[emergent["related"] == "yes"] if related_only else emergent
    worst = emergent.dropna(subset=["term"]).groupby(["term", "patient_id"])["grade"].max()
    worst = worst.reset_index()
    sizes = worst.groupby("term").size()
    order = sorted(sizes.index, key=lambda term: (-sizes[term], term))
    records = [
        {**share(_patients(worst[worst["term"] == term], grade), total, "term", term,
                 method="worst grade per patient"),
         "group": "grade", "group_level": grade}
        for term in order for grade in GRADES
    ]  # fmt: skip
    ungraded = int(emergent["grade"].isna().sum())
    told = [f"{ungraded} events without a usable grade count under any grade only"]
    told = told if ungraded else []
    if related_only and unassessed:
        told.append(f"{unassessed} events whose relatedness was not assessed are not counted")
    if told and records:
        records[0] = {**records[0], "warning": "; ".join(told)}
    return result_rows(records, **words)


def most_common(rows: pd.DataFrame, terms: int = 15) -> pd.DataFrame:
    """Rows of :func:`by_term` of the first ``terms`` terms, any grade and grade 3 or higher."""
    first = list(dict.fromkeys(rows["level"]))[:terms]
    return rows[
        rows["level"].isin(first) & rows["group_level"].isin(["any grade", "grade 3 or higher"])
    ]


def _patients(worst: pd.DataFrame, grade: str) -> int:
    if grade == "any grade":
        return len(worst)
    if grade == "grade 3 or higher":
        return int((worst["grade"] >= 3).sum())
    return int((worst["grade"] == GRADES[grade]).sum())


@traced
def seriousness(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Events: serious by the criteria (level) against serious as reported (group_level)."""
    words = words_of(role, population) | {"label": "Serious by criteria, against as reported"}
    events = emergent_events(study, population, "")
    name = {"variable": "serious", "group": "serious_reported", "statistic": "count"}
    own_words, reported = events["serious_criteria"], events["serious_reported"]
    if not (own_words.notna() & reported.notna()).any():
        total = len(study.patients(population=population))
        return result_rows([{**name, "n": 0, "total": total, "state": "not-abstracted"}], **words)
    answers = {"yes": "yes", "no": "no", "not derivable": None}
    records: Records = []
    for own, value in answers.items():
        of_own = events[own_words.isna() if value is None else own_words == value]
        for theirs in ("yes", "no"):
            n = int((of_own["serious_reported"] == theirs).sum())
            records.append({**name, "level": own, "group_level": theirs, "n": n, "estimate": n})
    return result_rows(records, **words)
