"""Relatedness, action taken and outcome, what the registry captured, organ classes, deaths."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse import columns
from prrt_lib.analyse.summaries import Records, levels_of, nobody, share, shares
from prrt_lib.declare.adverse_terms import organ_class
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import result_rows
from prrt_lib.topics.adverse_events.adverse import CAPTURE, emergent_events, recorded, words_of

ANSWERS = {"yes": "yes", "no": "no", "not assessed": None}
AXES = {"related": "Related to PRRT", "related_progression": "Related to progression of disease"}
FATES = ("action_taken", "outcome")
CAUSES = ("NET", "PRRT-related", "other cancer", "cardiac", "other")
SOON = 30


@traced
def axes(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Events by each axis (yes, no, not assessed), and the two axes crossed.

    An event may be laid to both, or to neither: the axes are separate (clauses L1 and L2).
    """
    words = words_of(role, population)
    total = len(study.patients(population=population))
    if not recorded(study, population):
        empty = [item for name in AXES for item in nobody(name, total, label=AXES[name])]
        return result_rows(empty, **words)
    events = emergent_events(study, population, "")
    records: Records = []
    for name, label in AXES.items():
        if len(events) and events[name].isna().all():
            records += nobody(name, total, label=label)
            continue
        records += [share(int(_is(events, name, answer).sum()), len(events), name, answer,
                          label=label, method="events") for answer in ANSWERS]  # fmt: skip
    records += [
        {"statistic": "count", "variable": "related", "level": own, "group": "related_progression",
         "group_level": other, "n": n, "estimate": n, "label": "Events: PRRT against progression"}
        for own in ANSWERS for other in ANSWERS
        for n in [int((_is(events, "related", own)
                       & _is(events, "related_progression", other)).sum())]
    ]  # fmt: skip
    both = int((_is(events, "related", "yes") & _is(events, "related_progression", "yes")).sum())
    if both:
        records[0]["warning"] = f"{both} events are laid to PRRT and to progression as well"
    return result_rows(records, **words)


def _is(events: pd.DataFrame, axis: str, answer: str) -> pd.Series:
    value = ANSWERS[answer]
    return events[axis].isna() if value is None else events[axis] == value


@traced
def fates(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Events by the action taken and by the outcome, of those that tell it."""
    words = words_of(role, population)
    total = len(study.patients(population=population))
    told = recorded(study, population)
    events = emergent_events(study, population, "") if told else pd.DataFrame(columns=list(FATES))
    records: Records = []
    for name in FATES:
        own = {"label": f"{columns.label(f'adverse_events.{name}')}, of events"}
        values = events[name]
        if values.isna().all():
            records += nobody(name, total, **own)
        else:
            records += shares(values, name, levels_of(values, name), **own)
    return result_rows(records, **words)


@traced
def capture(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Events entered in the registry, related to PRRT and not: the scope of what was captured."""
    words = {**words_of(role, population), "label": "Entered in the registry"}
    name = "entered_in_registry"
    total = len(study.patients(population=population))
    if not recorded(study, population):
        return result_rows(nobody(name, total, warning=CAPTURE), **words)
    events = emergent_events(study, population, "")
    if events[name].isna().all():
        return result_rows(nobody(name, total, warning=CAPTURE), **words)
    records = []
    groups = {"related": "yes", "not related": "no", "not assessed": "not assessed"}
    for group, value in groups.items():
        own = events[_is(events, "related", value)]
        known = own[name].dropna()
        records.append({**share(int((known == "yes").sum()), len(known), name, "yes",
                                method="events of those recorded"),
                        "group": "related", "group_level": group})  # fmt: skip
    records[0]["warning"] = CAPTURE
    return result_rows(records, **words)


@traced
def by_class(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Patients with at least one event of each system organ class, any grade and 3 or higher."""
    words = {**words_of(role, population), "label": "Patients by organ class"}
    total = len(study.patients(population=population))
    if not recorded(study, population):
        return result_rows(nobody("organ_class", total), **words)
    events = emergent_events(study, population, "").dropna(subset=["term"])
    events = events.assign(organ_class=events["term"].map(organ_class))
    sizes = events.groupby("organ_class")["patient_id"].nunique()
    order = sorted(sizes.index, key=lambda name: (-sizes[name], name))
    records = []
    for name in order:
        own = events[events["organ_class"] == name]
        for grade, part in (("any grade", own), ("grade 3 or higher", own[own["severe"] == "yes"])):
            record = share(part["patient_id"].nunique(), total, "organ_class", name,
                           method="worst grade per patient")  # fmt: skip
            records.append({**record, "group": "grade", "group_level": grade})
    return result_rows(records, **words)


@traced
def deaths(study: Any, population: str = "safety", role: str = "secondary") -> pd.DataFrame:
    """Patients who died, by cause; and within thirty days of the last PRRT.

    Deaths up to the cut-off, causes of those with a recorded one, as on the survival page, but of
    the safety set. Cause never censors survival.
    """
    words = {**words_of(role, population), "analysis": "deaths"}
    names = ("died", "death", "last_prrt", "vital_status", "cause_of_death")
    patients = study.patients(*names, population=population)
    whose = f"{population.replace('_', ' ')} (n = {len(patients)})"
    died, cause = f"Died, {whose}", f"Cause of death, {whose}"
    known = patients[patients["died"].notna()]
    if known.empty or patients[["death", "vital_status"]].isna().all(axis=None):
        return result_rows(nobody("died", len(patients), label=died), **words)
    late = known["death"] > pd.Timestamp(study.parameters.cutoff)
    dead = known[(known["died"] == "yes") & ~late]
    level = study.parameters.conf_level
    records = [share(len(dead), len(known), "died", "died", level, label=died)]
    if len(patients) > len(known):
        n = len(patients) - len(known)
        records[0]["warning"] = f"{n} patients whose vital status is not usable are left out"
    soon = (dead["death"] - dead["last_prrt"]).dt.days <= SOON
    records.append(share(int(soon.sum()), len(known), "died", f"within {SOON} days of last PRRT",
                         level, label=died))  # fmt: skip
    if dead.empty or dead["cause_of_death"].isna().all():
        none = nobody("cause_of_death", len(dead), label=cause)
        state = {} if len(dead) else {"state": "not-estimable"}
        return result_rows([*records, {**none[0], **state}], **words)
    causes = dead["cause_of_death"]
    told = int(causes.notna().sum())
    records += [share(int((causes == name).sum()), told, "cause_of_death", name, label=cause,
                      method="of deaths with a recorded cause") for name in CAUSES]  # fmt: skip
    gap = len(dead) - told
    if gap:
        records.append({"statistic": "count", "variable": "cause_of_death", "level": "missing",
                        "estimate": gap, "n": gap, "total": len(dead), "label": cause})  # fmt: skip
    return result_rows(records, **words)
