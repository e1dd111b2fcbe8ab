"""Alive or dead, and until when: observation start, last seen, death."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from prrt_lib.study.questions import ask, ask_once_if_all
from prrt_lib.study.typed import one_per_patient

# Records that show that the patient was alive on their day.
SEEN = {
    "patients": ("consent", "enrolment"),
    "prrt_cycles": ("cycle",),
    "biomarkers": ("sample",),
    "imaging": ("scan", "progression_date_reported"),
    "adverse_events": ("onset",),
    "subsequent_therapies": ("therapy",),
    "labs": ("lab",),
}
UNDATED_STEMS = ("progression_date_reported",)
ENDS = ("", "_lo", "_hi")
DAY = pd.Timedelta(1, "D")
# Columns of a contradictory vital status read the other way round.
REVERSED = "_reversed"

Findings = list[dict[str, str]]


def observation(
    tables: Mapping[str, pd.DataFrame], cohort: pd.DataFrame
) -> tuple[pd.DataFrame, Findings]:
    """``observation_start`` with its ends, and the notes where it had to be assumed (decision 2).

    The later of consent and enrolment where recorded, else first PRRT.
    """
    people = one_per_patient(tables["patients"], cohort.index)
    frame = pd.DataFrame(index=cohort.index)
    for end in ENDS:
        stems = (
            ("consent_date", "enrolment_date") if not end else (f"consent{end}", f"enrolment{end}")
        )
        recorded = people[list(stems)].max(axis=1)
        frame[f"observation_start{end}"] = recorded.fillna(cohort[f"first_prrt{end}"])
    missing = people[["consent_date", "enrolment_date"]].isna().all(axis=1)
    ids = list(cohort.index[missing])
    return frame, ask_once_if_all(
        "observation-start-assumed", "patients", "consent_date", ids, cohort.index
    )


def vital(
    tables: Mapping[str, pd.DataFrame],
    cohort: pd.DataFrame,
    unreadable: Collection[str],
    cutoff: pd.Timestamp,
) -> tuple[pd.DataFrame, Findings]:
    """``died`` (yes | no), ``death`` and ``last_seen`` with their ends, and questions.

    Nobody is left out (decision 26). A known death without a usable date lies after the last day
    seen alive and not after the cut-off or the day of abstraction: a partial date, marked in
    ``death_undated``. ``unreadable``: ids whose cell for the date of death reading could not
    place; they died unless vital status denies it. Alive with a date of death
    (``vital_contradicted``) is dead on that date where nothing later is recorded, else alive; the
    columns ``died_reversed``, ``death_reversed`` and ``last_seen_reversed`` read it the other way
    round and repeat the main ones for everybody else. Who died after the cut-off is alive at it.
    """
    follow = one_per_patient(tables["followup"], cohort.index)
    status = follow["vital_status"]
    before = follow["death_date"] < cohort["first_prrt"]
    dates = {end: follow["death_date" if not end else f"death{end}"].mask(before) for end in ENDS}
    told = dates[""].notna()
    contact, latest, found = _last_contact(tables, follow, cohort["first_prrt"])
    contradicted = (status == "alive") & told
    later = contradicted & (latest > dates["_hi"])
    evidence = status.isna() & ~told & _other_evidence(tables, follow)
    known = told | (status == "dead") | evidence
    known |= (status != "alive") & (before | follow.index.isin(list(unreadable)))
    undated = known & ~told
    low = latest + DAY
    high = follow["abstraction_date"].where(~(follow["abstraction_date"] < low), cutoff)
    high = high.fillna(cutoff).clip(upper=cutoff)
    # Seen alive to the cut-off: the death lies beyond it.
    beyond = undated & (low > cutoff)
    bounds = {"_lo": low, "_hi": high, "": low + ((high - low).dt.days // 2) * DAY}
    for end in ENDS:
        dates[end] = dates[end].where(~undated, bounds[end].mask(beyond))
    frame = pd.DataFrame(index=cohort.index)
    frame["death_undated"] = undated & ~beyond
    frame["vital_contradicted"] = contradicted
    for suffix, dead in (("", known & ~later), (REVERSED, known & ~(contradicted & ~later))):
        frame = frame.join(_until(dates, contact, dead & ~beyond, cutoff, suffix))
    late = beyond | (known & ~later & (dates[""] > cutoff))
    frame.loc[late, "death_undated"] = False
    problems = {
        "alive-with-death-date": contradicted,
        "dead-without-date": undated & ~beyond & (status == "dead"),
        "death-assumed": undated & ~beyond & (status != "dead"),
        "death-before-prrt": before,
        "cause-of-death-alive": (status == "alive") & follow["cause_of_death"].notna() & ~told,
        "death-after-cutoff": late,
    }
    found += [
        item for rule, mask in problems.items()
        for item in ask(rule, "followup", "death_date", cohort.index[mask])
    ]  # fmt: skip
    blank = list(cohort.index[status.isna() & ~known])
    found += ask_once_if_all(
        "vital-status-blank", "followup", "vital_status", blank, cohort.index[~known]
    )
    by_date = list(cohort.index[told & ~status.isin(["dead", "alive"])])
    found += ask_once_if_all(
        "dead-by-date-only", "followup", "vital_status", by_date, cohort.index[told]
    )
    past = cohort.index[contact[""] > cutoff]
    found += ask("contact-after-cutoff", "followup", "last_contact_date", past)
    alive = cohort.index[~known]
    unseen = list(alive[follow.loc[alive, ["last_contact_date", "lost_date"]].isna().all(axis=1)])
    return frame, found + ask_once_if_all(
        "alive-without-contact", "followup", "last_contact_date", unseen, alive
    )


def _until(
    dates: Mapping[str, pd.Series], contact: Mapping[str, pd.Series], dead: pd.Series,
    cutoff: pd.Timestamp, suffix: str,
) -> pd.DataFrame:  # fmt: skip
    """``died``, ``death`` and ``last_seen`` as known at the cut-off, for one reading of ``dead``.

    Later deaths have not happened, and contacts end at the cut-off.
    """
    happened = dead & ~(dates[""] > cutoff)
    frame = pd.DataFrame(index=dead.index)
    frame[f"died{suffix}"] = pd.Series("no", index=dead.index, dtype=object).mask(happened, "yes")
    for end in ENDS:
        day = dates[end].where(happened)
        frame[f"death{suffix}{end}"] = day
        seen = dates[end].where(dead).fillna(contact[end])
        # An end after the cut-off of a death before it stays: the longest run censors it there.
        frame[f"last_seen{suffix}{end}"] = seen.mask(seen > cutoff, cutoff)
    return frame


def _other_evidence(tables: Mapping[str, pd.DataFrame], follow: pd.DataFrame) -> pd.Series:
    """Whether a cause of death or a fatal adverse event tells a death."""
    events = tables["adverse_events"]
    fatal = (
        (pd.to_numeric(events["grade"]) == 5)
        | (events["ser_death"] == "yes")
        | (events["outcome"] == "fatal")
    )
    return follow["cause_of_death"].notna() | follow.index.isin(events.loc[fatal, "patient_id"])


def _last_contact(
    tables: Mapping[str, pd.DataFrame], follow: pd.DataFrame, first_prrt: pd.Series
) -> tuple[dict[str, pd.Series], pd.Series, Findings]:
    """Last contact per end, the last day that any record proves alive, and questions.

    Last contact as recorded, else the date lost, else the latest dated record. A contact before
    first PRRT is contradicted by the PRRT and gives way to the latest record.
    """
    contact = {}
    for end in ENDS:
        names = (
            ("last_contact_date", "lost_date") if not end else (f"last_contact{end}", f"lost{end}")
        )
        contact[end] = follow[names[0]].fillna(follow[names[1]])
    early = contact[""] < first_prrt
    unusable = contact[""].isna() | early
    newest = latest_record(tables)
    for end in ENDS:
        contact[end] = contact[end].mask(unusable, newest[end].reindex(follow.index))
    proven = pd.concat([contact["_lo"], newest["_lo"].reindex(follow.index)], axis=1).max(axis=1)
    found = ask("contact-before-prrt", "followup", "last_contact_date", follow.index[early])
    return contact, proven, found


def latest_record(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.Series]:
    """Latest date of any record that shows the patient alive, per end ("", "_lo", "_hi")."""
    parts = []
    for table, stems in SEEN.items():
        for stem in stems:
            part = tables[table][["patient_id"]].copy()
            part[""] = tables[table][stem if stem in UNDATED_STEMS else f"{stem}_date"]
            for end in ENDS[1:]:
                part[end] = tables[table][f"{stem}{end}"]
            parts.append(part[part[""].notna()])
    longest = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return {end: longest.groupby("patient_id")[end].max() for end in ENDS}
