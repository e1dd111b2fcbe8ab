"""Imaging response: first, best, by RECIST and by size, and last status, with exact limits."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.columns import label, one_each, rows_of, without_scans
from prrt_lib.analyse.summaries import (
    EXACT,
    Records,
    grouped,
    levels_of,
    nobody,
    share,
    shares,
    together,
    yes_no,
)
from prrt_lib.declare.arguments import one_of
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.study.data import Study
from prrt_lib.study.derive.progression import ANSWERS, CONFIRMED, DAYS_APART, NOT_CONFIRMED
from prrt_lib.study.derive.response_rules import ANY_RESPONSE, NED, NOT_EVALUABLE
from prrt_lib.study.derive.response_rules import CLASSES as SCAN_CLASSES
from prrt_lib.study.derive.responses import (
    BEST_FIRST,
    CLASSES,
    MOMENTS,
    NEVER_IMAGED,
    NOT_REACHED,
    REACHED,
    is_response,
)

ANALYSIS = "response"
EVALUABLE = "imaging-evaluable"
RECIST_CLASSES = ("CR", "PR", "SD", "PD", "NE")


@traced
def classes(
    study: Study, which: str = "best_response", by: str = "", population: str | None = None,
    stratum: str = EVALUABLE,
) -> pd.DataFrame:  # fmt: skip
    """Patients per class of ``first_response`` or ``best_response``, exact limits (decision 20).

    ``stratum`` "imaging-evaluable": those with an evaluable scan after first PRRT; "": all of
    ``population``, who add "not evaluable" and "never imaged".
    """
    one_of(which, ("first_response", "best_response"), "response, which")
    one_of(stratum, ("", EVALUABLE), "response, stratum")
    population = population or study.headline
    words = {
        "analysis": ANALYSIS,
        "population": population,
        "role": "secondary",
        "stratum": stratum,
    }
    words["label"] = label(f"derived.{which}")
    names = [f"derived.{which}", "derived.in_imaging_evaluable", *([f"derived.{by}"] if by else [])]
    patients = one_each(study, list(dict.fromkeys(names)), population)
    if patients[which].isna().all():
        return result_rows(nobody(which, len(patients), state=without_scans(study)), **words)
    evaluable = EVALUABLE in (stratum, population.replace("_", "-"))
    if evaluable:
        patients = patients[patients["in_imaging_evaluable"]]
    shown = [name for name in CLASSES
             if not (evaluable and name in (NOT_EVALUABLE, NEVER_IMAGED))]  # fmt: skip
    level = study.parameters.conf_level
    return grouped(patients, by, lambda part: shares(part[which], which, shown, level), **words)


def denominators(study: Study, which: str = "best_response") -> pd.DataFrame:
    """:func:`classes` of the headline population, evaluable and all, and the same of everyone."""
    shown = ((study.headline, EVALUABLE), (study.headline, ""), ("imaging_evaluable", ""),
             ("all_treated", ""))  # fmt: skip
    return together(classes(study, which, "", *whom) for whom in shown)


@traced
def complete(study: Study, population: str | None = None) -> pd.DataFrame:
    """Complete responses as reported, of the imaging-evaluable; part of any response."""
    words = _words(study, population, "Complete response as reported") | {"stratum": EVALUABLE}
    names = ["derived.complete_response", "derived.in_imaging_evaluable"]
    patients = one_each(study, names, words["population"])
    evaluable = patients.loc[patients["in_imaging_evaluable"], "complete_response"]
    if evaluable.isna().all():
        empty = nobody("complete_response", len(patients), state=without_scans(study))
        return result_rows(empty, **words)
    conf_level = study.parameters.conf_level
    return result_rows(shares(evaluable, "complete_response", ["yes"], conf_level), **words)


@traced
def after_last_cycle(study: Study, population: str | None = None) -> pd.DataFrame:
    """Patients per class 3 and 12 months after the last cycle of the first course, exact limits.

    Of all whose follow-up can have reached the moment; the others are counted.
    """
    population = population or study.headline
    words = {"analysis": ANALYSIS, "population": population, "role": "secondary"}
    patients = one_each(study, [f"derived.{name}" for name in MOMENTS], population)
    records: Records = []
    for name, (after, around) in MOMENTS.items():
        state, told = patients[name], {"label": label(f"derived.{name}")}
        if state.isna().all():
            records += nobody(name, len(patients), state=without_scans(study), **told)
            continue
        told["method"] = f"{EXACT}; the scan within {around} days of day {after}, closest to it"
        waiting = state == NOT_REACHED
        records += shares(state[~waiting], name, REACHED, study.parameters.conf_level, **told)
        records.append(_count(waiting, name, NOT_REACHED, **told))
    return result_rows(records, **words)


@traced
def confirmation(study: Study, population: str | None = None) -> pd.DataFrame:
    """What followed a first progression that a scan showed, and how often it was not confirmed."""
    words = _words(study, population, "First progression on a scan")
    name = "progression_confirmed"
    patients = one_each(study, [f"derived.{name}"], words["population"])
    answer = patients[name].dropna()
    if answer.empty:
        return result_rows(nobody(name, len(patients), state=without_scans(study)), **words)
    how = (f"first scan, {DAYS_APART} days or more later and up to the day of any new treatment, "
           "that says whether there is progression")  # fmt: skip
    counts = [_count(answer == level, name, level, method=how) for level in ANSWERS]
    again = answer[answer.isin((CONFIRMED, NOT_CONFIRMED))]
    refuted = shares(again, name, [NOT_CONFIRMED], study.parameters.conf_level,
                     label="Of those with such a later scan", method=f"{EXACT}; {how}")  # fmt: skip
    return result_rows([*counts, *refuted], **words)


def _count(chosen: pd.Series, variable: str, level: str, **words: Any) -> dict[str, Any]:
    n = int(chosen.sum())
    return {"statistic": "count", "variable": variable, "level": level, "estimate": n, "n": n,
            "total": len(chosen), **words}  # fmt: skip


@traced
def against_recist(study: Study, population: str | None = None) -> pd.DataFrame:
    """Scans after first PRRT: class by the registry's words (level) against RECIST (group_level).

    The RECIST class of the scan, else the class word of the report where it is one of RECIST's.
    A response of any magnitude is not an objective response: the table shows how they differ.
    """
    words = _words(study, population, "Scans: response of any magnitude against RECIST")
    scans = _scans(study, words["population"], "response_class", "recist_class", "response_word")
    reported = scans["response_word"].where(scans["response_word"].isin(RECIST_CLASSES))
    scans = scans.assign(recist=scans["recist_class"].fillna(reported))
    both = scans.dropna(subset=["recist"])
    name = {"group": "recist_class", "unit": "scans"}
    if both.empty:
        return result_rows(nobody("response_class", len(scans), "count", **name), **words)
    name["variable"] = "response_class"
    records = [
        {**name, "statistic": "count", "level": own, "group_level": theirs, "n": n, "estimate": n}
        for own in SCAN_CLASSES
        for theirs in [item for item in RECIST_CLASSES if (both["recist"] == item).any()]
        for n in [int(((both["response_class"] == own) & (both["recist"] == theirs)).sum())]
    ]
    unlabelled = len(scans) - len(both)
    if unlabelled:
        records[0] |= {"warning": f"{unlabelled} of {len(scans)} scans carry no RECIST class"}
    return result_rows(records, **words)


@traced
def modalities(study: Study, population: str | None = None) -> pd.DataFrame:
    """Scans after first PRRT by modality (a scan may have several), and patients who changed."""
    words = _words(study, population, "Modality, of scans after first PRRT")
    scans = _scans(study, words["population"], "modality")
    known = scans.dropna(subset=["modality"])
    if known.empty:
        return result_rows(nobody("modality", len(scans), unit="scans"), **words)
    parts = known["modality"].str.split("+")
    levels = levels_of(parts.explode(), "modality")
    records: Records = [
        share(int(parts.map(lambda used, one=one: one in used).sum()), len(known), "modality", one,
              unit="scans")
        for one in levels
    ]  # fmt: skip
    sets = parts.map(lambda used: "+".join(sorted(set(used))))
    per_patient = sets.groupby(known["patient_id"]).agg(["size", "nunique"])
    repeated = per_patient[per_patient["size"] > 1]
    changed = int((repeated["nunique"] > 1).sum())
    records.append(share(changed, len(repeated), "modality_switch",
                         "patients whose modality changed",
                         label="Change of modality, of patients with several scans"))  # fmt: skip
    return result_rows(records, **words)


@traced
def last_status(study: Study, population: str | None = None) -> pd.DataFrame:
    """Disease status at last contact, and on the last dated scan that the sheet gives one for."""
    population = population or study.headline
    patients = one_each(study, ["followup.disease_status_last"], population)
    scans = rows_of(study, patients["patient_id"], "imaging", "scan_date", "status_last_followup")
    scans = scans.dropna().sort_values("scan_date", kind="stable")
    last = scans.drop_duplicates("patient_id", keep="last").set_index("patient_id")
    on_scan = patients["patient_id"].map(last["status_last_followup"]).astype(object)
    records: Records = []
    for address, status, where in (
        ("followup.disease_status_last", patients["disease_status_last"], ""),
        ("imaging.status_last_followup", on_scan, ", on the imaging sheet"),
    ):
        name, told = address.partition(".")[2], {"label": label(address) + where}
        known = shares(status, name, levels_of(status, name), **told)
        records += known if status.notna().any() else nobody(name, len(patients), **told)
    return result_rows(records, analysis=ANALYSIS, population=population, role="secondary")


def _words(study: Study, population: str | None, text: str) -> dict[str, str]:
    chosen = population or study.headline
    return {"analysis": ANALYSIS, "population": chosen, "role": "secondary", "label": text}


def _scans(study: Study, population: str, *names: str) -> pd.DataFrame:
    """Scans after first PRRT of ``population``."""
    patients = study.patients(population=population)
    scans = rows_of(study, patients["patient_id"], "scans", "after_prrt", *names)
    return scans[scans["after_prrt"]].reset_index(drop=True)


LIMITS = ("progression", "new_therapy", "retreatment", "horizon")
# RECIST 1.1 (Eisenhauer 2009): a partial response is a decrease of at least 30 %.
PARTIAL = -30.0
MEASURES = {
    "any_response": "Response of any magnitude (the registry's words)",
    "any_shrinkage": "Any shrinkage measured, of those with a measured change",
    "shrinkage_30": "Shrinkage of 30 % or more measured, of those with a measured change",
}
RECIST = {
    "objective_response": ("Objective response by RECIST (CR or PR)", ("CR", "PR")),
    "disease_control": ("Disease control by RECIST (CR, PR or SD)", ("CR", "PR", "SD")),
}
MEASURED, NO_CLASS = "with a RECIST class", "no RECIST class"
HOW = (
    f"{EXACT}; best class up to progression by RECIST, new therapy, retreatment or the horizon; "
    "unconfirmed, stable disease of any duration"
)


def responders(study: Study, population: str | None = None) -> pd.DataFrame:
    """Per patient: each measure of MEASURES as yes | no | None, ``best_change`` in per cent.

    On scans after first PRRT, up to and including progression, new therapy, retreatment or the
    horizon. No evidence of disease counts as a response after disease at baseline only.
    """
    population = population or study.headline
    names = ["best_response", "in_imaging_evaluable", "primary_group", "grade_group",
             "isotope_cycle1", *LIMITS]  # fmt: skip
    patients = one_each(study, [f"derived.{name}" for name in names], population)
    facts = ("scan_date", "after_prrt", "response_class", "size_change_pct")
    scans = rows_of(study, patients["patient_id"], "scans", *facts)
    limit = scans["patient_id"].map(patients.set_index("patient_id")[list(LIMITS)].min(axis=1))
    used = scans[scans["after_prrt"] & ~(scans["scan_date"] > limit)]
    best = patients["best_response"]
    responses = scans.loc[is_response(scans), "patient_id"]
    good = best.isin((ANY_RESPONSE, NED)) & patients["patient_id"].isin(responses)
    change = patients["patient_id"].map(used.groupby("patient_id")["size_change_pct"].min())
    measured = change.notna()
    return patients.assign(
        best_change=change,
        any_response=yes_no(good, patients["in_imaging_evaluable"] & best.notna()),
        any_shrinkage=yes_no(change < 0, measured),
        shrinkage_30=yes_no(change <= PARTIAL, measured),
    )


@traced
def magnitudes(study: Study, population: str | None = None) -> pd.DataFrame:
    """Shares of responders by each measure, exact limits, each with its own denominator."""
    population = population or study.headline
    words = {"analysis": ANALYSIS, "population": population, "role": "secondary"}
    patients = responders(study, population)
    level = study.parameters.conf_level
    frames = []
    for name, text in MEASURES.items():
        stratum = EVALUABLE if name == "any_response" else ""
        own = {**words, "label": text, "stratum": stratum}
        values = patients[name]
        state = without_scans(study) if name == "any_response" else "not-abstracted"
        known = shares(values.dropna(), name, ["yes"], level)
        records = known if values.notna().any() else nobody(name, len(patients), state=state)
        frames.append(result_rows(records, **own))
    return combine(frames)


@traced
def recist(study: Study, population: str | None = None) -> pd.DataFrame:
    """Best RECIST class, objective response and disease control, exact limits.

    ``stratum`` "with a RECIST class": those with one after first PRRT; "": all of ``population``,
    where no class is neither response nor control.
    """
    population = population or study.headline
    words = {"analysis": ANALYSIS, "population": population, "role": "secondary"}
    best = one_each(study, ["derived.best_recist"], population)["best_recist"]
    names = {"best_recist": label("derived.best_recist")}
    names |= {name: text for name, (text, _) in RECIST.items()}
    records: Records = []
    if best.isna().all():
        state = "not-estimable" if study.abstracted("imaging", "recist_class") else "not-abstracted"
        for name, text in names.items():
            records += nobody(name, len(best), state=state, label=text)
        return result_rows(records, **words)
    level = study.parameters.conf_level
    for stratum, own in ((MEASURED, best.dropna()), ("", best.fillna(NO_CLASS))):
        told = {"stratum": stratum, "method": HOW}
        classes = [*BEST_FIRST, *([] if stratum else [NO_CLASS])]
        records += shares(own, "best_recist", classes, level, label=names["best_recist"], **told)
        for name, (text, good) in RECIST.items():
            count, of = int(own.isin(good).sum()), "" if stratum else ", of all"
            records.append(share(count, len(own), name, "yes", level, label=text + of, **told))
    return result_rows(records, **words)
