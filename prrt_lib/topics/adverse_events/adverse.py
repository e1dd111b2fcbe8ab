"""Adverse events of the safety set: who had one, how severe, how serious, related to what."""

from __future__ import annotations

import pandas as pd

from prrt_lib.analyse import columns
from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.summaries import Records, levels_of, nobody, share, shares, yes_no
from prrt_lib.declare.adverse_terms import one_spelling, organ_class
from prrt_lib.declare.arguments import one_of
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import result_rows
from prrt_lib.study.data import Study

CRITERIA = ("ser_death", "ser_life", "ser_hosp", "ser_disab", "ser_congenital", "ser_ime")
COLUMNS = ("ae_id", "term_verbatim", "grade", "onset_date", "resolution_date",
           "ongoing", "related_prrt", "related_progression",
           "serious_reported", "entered_in_registry", "action_taken", "outcome",
           *CRITERIA)  # fmt: skip
SEVERE = 3
YES, NO, UNKNOWN = "yes", "no", None


def derived(study: Study, population: str = "safety") -> pd.DataFrame:
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
        severe=yes_no(grade >= SEVERE, grade.notna()),
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
    return yes_no(yes, yes | (criteria == NO) | (reported == NO))


def by_criteria(events: pd.DataFrame) -> pd.Series:
    """yes: any criterion; no: all six recorded and none; None: the criteria do not tell."""
    criteria = events[list(CRITERIA)]
    any_yes = (criteria == YES).any(axis=1)
    return yes_no(any_yes, any_yes | criteria.notna().all(axis=1))


def related(words: pd.Series, counts: list[str]) -> pd.Series:
    """yes: a word that counts as related; no: any other; None: not assessed."""
    return yes_no(words.isin(list(counts)), words.notna())


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


def words_of(population: str, setting: str = "") -> dict[str, str]:
    """What every row of this page carries."""
    return {"analysis": ANALYSIS, "population": population, "role": "secondary", "setting": setting}


def emergent_events(study: Study, population: str, setting: str = "") -> pd.DataFrame:
    """Treatment-emergent events, narrowed by the sensitivity of decision 22."""
    one_of(setting, SETTINGS, "adverse events, setting")
    every = derived(study, population)
    kept = every[every["emergent"]]
    if setting == "90_days":
        kept = kept[~(kept["days_since_last_cycle"] > AFTER_LAST_CYCLE)]
    return kept.reset_index(drop=True)


def recorded(study: Study, population: str = "safety") -> bool:
    """Whether any adverse event was abstracted; none is "not abstracted", never 0."""
    return len(derived(study, population)) > 0


def of_kind(events: pd.DataFrame, kind: str) -> tuple[pd.Series, pd.Series, str]:
    """(which events are of ``kind``, which of them can be told, the label that goes with it)."""
    if kind == "any":
        every = pd.Series(True, index=events.index)
        return every, every, KINDS[kind]
    if kind == "related_severe":
        pair = events[["related", "severe"]]
        known = pair.notna().all(axis=1) | (pair == "no").any(axis=1)
        return (pair == "yes").all(axis=1), known, KINDS[kind]
    bare = kind == "serious" and events[list(CRITERIA)].isna().all(axis=None)
    return events[kind] == "yes", events[kind].notna(), REPORTED if bare else KINDS[kind]


@traced
def overview(study: Study, setting: str = "", population: str = "safety") -> pd.DataFrame:
    """Patients with at least one event and number of events, of each kind (exact limits).

    A kind that no event tells is not abstracted. Events that do not tell are not counted, and the
    rows of stratum "upper bound" count them as well (decision 32).
    """
    words = words_of(population, setting)
    total = len(study.patients(population=population))
    if not recorded(study, population):
        return result_rows(nobody("adverse_events", total, label="Adverse events"), **words)
    emergent = emergent_events(study, population, setting)
    conf_level, records = study.parameters.conf_level, []
    for kind in KINDS:
        mask, known, label = of_kind(emergent, kind)
        if len(emergent) and not known.any():
            records += nobody("adverse_events", total, level=kind, label=label)
            continue
        counted = _counted(emergent[mask], kind, total, conf_level, label)
        if untold := int((~known).sum()):
            told = f"{label}: not known for {untold} of {len(emergent)} events, not counted"
            counted[0]["warning"] = told
            most = _counted(emergent[mask | ~known], kind, total, conf_level, label)
            counted += [{**record, "stratum": UPPER} for record in most]
        records += counted
    undated = int(emergent["onset_unknown"].sum())
    doubt = f"; {undated} events of unknown onset counted as treatment-emergent" if undated else ""
    records[0]["warning"] = CAPTURE + doubt
    return result_rows(records, **words)


def _counted(own: pd.DataFrame, kind: str, total: int, conf_level: float, label: str) -> Records:
    """Patients with at least one of ``own``, and the number of these events."""
    name = {"variable": "adverse_events", "level": kind, "label": label}
    method = "patients with at least one of the safety set, Clopper-Pearson"
    patients = share(own["patient_id"].nunique(), total, conf_level=conf_level, **name)
    events = {**name, "statistic": "count", "n": len(own), "estimate": len(own)}
    return [patients | {"method": method}, events | {"events": len(own)}]


ANY_GRADE, THREE_UP = "any grade", "grade 3 or higher"


@traced
def by_term(study: Study, population: str = "safety", related_only: bool = False) -> pd.DataFrame:
    """Patients per term (level) and worst grade (group_level), of the safety set.

    A patient counts once per term, at the worst known grade; an event without a grade counts
    under any grade only. Terms in the order of how many patients had them.
    """
    words = words_of(population) | {"label": "Patients by worst grade"}
    words["stratum"] = "related to PRRT" if related_only else ""
    total = len(study.patients(population=population))
    if not recorded(study, population):
        return result_rows(nobody("term", total), **words)
    emergent = emergent_events(study, population)
    unassessed = int(emergent["related"].isna().sum())
    emergent = emergent[emergent["related"] == "yes"] if related_only else emergent
    worst = emergent.dropna(subset=["term"]).groupby(["term", "patient_id"])["grade"].max()
    worst = worst.reset_index()
    sizes = worst.groupby("term").size()
    records = []
    for term in sorted(sizes.index, key=lambda term: (-sizes[term], term)):
        grades = worst.loc[worst["term"] == term, "grade"]
        counts = {ANY_GRADE: len(grades), THREE_UP: int((grades >= SEVERE).sum()),
                  **{f"grade {g}": int((grades == g).sum()) for g in range(1, 6)}}  # fmt: skip
        records += [share(count, total, "term", term, method="worst grade per patient",
                          group="grade", group_level=grade)
                    for grade, count in counts.items()]  # fmt: skip
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
    return rows[rows["level"].isin(first) & rows["group_level"].isin([ANY_GRADE, THREE_UP])]


@traced
def seriousness(study: Study, population: str = "safety") -> pd.DataFrame:
    """Events: serious by the criteria (level) against serious as reported (group_level)."""
    words = words_of(population) | {"label": "Serious by criteria, against as reported"}
    events = emergent_events(study, population)
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


ANSWERS = {"yes": "yes", "no": "no", "not assessed": None}
AXES = {"related": "Related to PRRT", "related_progression": "Related to progression of disease"}
FATES = ("action_taken", "outcome")
CAUSES = ("NET", "PRRT-related", "other cancer", "cardiac", "other")
SOON = 30


@traced
def axes(study: Study, population: str = "safety") -> pd.DataFrame:
    """Events by each axis (yes, no, not assessed), and the two axes crossed.

    An event may be laid to both, or to neither: the axes are separate (clauses L1 and L2).
    """
    words = words_of(population)
    total = len(study.patients(population=population))
    if not recorded(study, population):
        empty = [item for name in AXES for item in nobody(name, total, label=AXES[name])]
        return result_rows(empty, **words)
    events = emergent_events(study, population)
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
def fates(study: Study, population: str = "safety") -> pd.DataFrame:
    """Events by the action taken and by the outcome, of those that tell it."""
    words = words_of(population)
    total = len(study.patients(population=population))
    events = emergent_events(study, population)
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
def capture(study: Study, population: str = "safety") -> pd.DataFrame:
    """Events entered in the registry, related to PRRT and not: the scope of what was captured."""
    words = {**words_of(population), "label": "Entered in the registry"}
    name = "entered_in_registry"
    events = emergent_events(study, population)
    if not recorded(study, population) or events[name].isna().all():
        total = len(study.patients(population=population))
        return result_rows(nobody(name, total, warning=CAPTURE), **words)
    records = []
    groups = {"related": "yes", "not related": "no", "not assessed": "not assessed"}
    for group, value in groups.items():
        own = events[_is(events, "related", value)]
        known = own[name].dropna()
        records.append(share(int((known == "yes").sum()), len(known), name, "yes",
                             method="events of those recorded", group="related",
                             group_level=group))  # fmt: skip
    records[0]["warning"] = CAPTURE
    return result_rows(records, **words)


@traced
def by_class(study: Study, population: str = "safety") -> pd.DataFrame:
    """Patients with at least one event of each system organ class, any grade and 3 or higher."""
    words = {**words_of(population), "label": "Patients by organ class"}
    total = len(study.patients(population=population))
    if not recorded(study, population):
        return result_rows(nobody("organ_class", total), **words)
    events = emergent_events(study, population).dropna(subset=["term"])
    events = events.assign(organ_class=events["term"].map(organ_class))
    sizes = events.groupby("organ_class")["patient_id"].nunique()
    order = sorted(sizes.index, key=lambda name: (-sizes[name], name))
    records = []
    for name in order:
        own = events[events["organ_class"] == name]
        for grade, part in ((ANY_GRADE, own), (THREE_UP, own[own["severe"] == "yes"])):
            records.append(share(part["patient_id"].nunique(), total, "organ_class", name,
                                 method="worst grade per patient", group="grade",
                                 group_level=grade))  # fmt: skip
    return result_rows(records, **words)


@traced
def deaths(study: Study, population: str = "safety") -> pd.DataFrame:
    """Patients who died, by cause; and within thirty days of the last PRRT.

    Deaths up to the cut-off, causes of those with a recorded one, as on the survival page, but of
    the safety set. Cause never censors survival.
    """
    words = {**words_of(population), "analysis": "deaths"}
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
