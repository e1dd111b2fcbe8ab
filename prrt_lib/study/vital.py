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
    contradicted: Collection[str],
    cutoff: pd.Timestamp,
) -> tuple[pd.DataFrame, Findings]:
    """``died`` (yes | no | None), ``death`` and ``last_seen`` with their ends, and questions.

    None in ``died`` means that the records contradict each other or the date of death is not
    known: such a patient is in no endpoint. ``contradicted``: ids whose vital status and date of
    death reading found in conflict and emptied. Who died after the cut-off is alive at it.
    """
    follow = one_per_patient(tables["followup"], cohort.index)
    status, date = follow["vital_status"], follow["death_date"]
    problems = {
        "alive-with-death-date": ((status == "alive") & date.notna())
        | cohort.index.isin(list(contradicted)),
        "dead-without-date": (status == "dead") & date.isna(),
        "death-before-prrt": date < cohort["first_prrt"],
    }
    unusable = pd.concat(problems, axis=1).any(axis=1)
    dead = date.notna() & ~unusable
    frame = pd.DataFrame(index=cohort.index)
    frame["died"] = pd.Series("no", index=cohort.index, dtype=object).mask(dead, "yes")
    frame["died"] = frame["died"].mask(unusable, None)
    contact, notes = _last_contact(tables, follow, dead)
    for end in ENDS:
        ends = follow["death_date" if not end else f"death{end}"].where(dead)
        frame[f"death{end}"] = ends
        frame[f"last_seen{end}"] = ends.fillna(contact[end])
    findings = [
        item for rule, mask in problems.items()
        for item in ask(rule, "followup", "death_date", cohort.index[mask])
    ]  # fmt: skip
    by_date = list(cohort.index[dead & (status != "dead")])
    findings += ask_once_if_all(
        "dead-by-date-only", "followup", "vital_status", by_date, cohort.index[dead]
    )
    return _cut(frame, cutoff), findings + notes


def _last_contact(
    tables: Mapping[str, pd.DataFrame], follow: pd.DataFrame, dead: pd.Series
) -> tuple[dict[str, pd.Series], Findings]:
    """Last contact per end, else the date lost, else the latest dated record with a note."""
    contact = {}
    for end in ENDS:
        names = (
            ("last_contact_date", "lost_date") if not end else (f"last_contact{end}", f"lost{end}")
        )
        contact[end] = follow[names[0]].fillna(follow[names[1]])
    missing = contact[""].isna()
    latest = latest_record(tables)
    for end in ENDS:
        contact[end] = contact[end].mask(missing, latest[end].reindex(follow.index))
    ids = list(follow.index[missing & ~dead])
    return contact, ask_once_if_all(
        "alive-without-contact", "followup", "last_contact_date", ids, follow.index[~dead]
    )


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


def _cut(frame: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """``frame`` as known at the cut-off: later deaths have not happened, contacts end at it."""
    later = frame["death"] > cutoff
    frame["died"] = frame["died"].mask(later, "no")
    for end in ENDS:
        frame[f"death{end}"] = frame[f"death{end}"].mask(later)
        seen = frame[f"last_seen{end}"]
        # An end after the cut-off of a death before it stays: the longest run censors it there.
        frame[f"last_seen{end}"] = seen.mask(seen > cutoff, cutoff)
    return frame
