"""Toxicity from laboratory and event sheet together: cytopenia, how long it lasts, and kidneys."""

from __future__ import annotations

import pandas as pd

from prrt_lib.analyse.summaries import Records, nobody, share
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import days
from prrt_lib.declare.rows import result_rows
from prrt_lib.study.data import Study
from prrt_lib.study.derive.lab_grades import term_of
from prrt_lib.topics.adverse_events.adverse import SEVERE, emergent_events
from prrt_lib.topics.adverse_events.laboratory import values

ANALYSIS = "toxicity"
CYTOPENIA = {term_of(test): test for test in
             ("haemoglobin", "white cells", "neutrophils", "lymphocytes", "platelets")}  # fmt: skip
ANY = "any of these"
WORDS = {2: "grade 2 or higher", SEVERE: "grade 3 or higher"}
LASTING = days(6) + 1
# Kidney disease is chronic when it lasts three months (KDIGO 2012); a fall of 40 % is the decline
# that trials of kidney disease count (Levey et al. 2014).
CONFIRMED, FALL = 90, 0.4


def sustained(found: pd.DataFrame, beyond: pd.Series, apart: int) -> set[str]:
    """Patients with results ``beyond`` a limit, none better between them, ``apart`` days or more.

    ``found``: patient_id and day, one row per result of one test.
    """
    ordered = found.assign(beyond=beyond).sort_values(["patient_id", "day"], kind="stable")
    run = (~ordered["beyond"]).groupby(ordered["patient_id"]).cumsum()
    inside = ordered[ordered["beyond"]]
    runs = inside.groupby(["patient_id", run[inside.index]])["day"]
    span = runs.max() - runs.min()
    return set(span[span >= apart].index.get_level_values("patient_id"))


@traced
def haematological(study: Study, population: str = "safety") -> pd.DataFrame:
    """Patients with new cytopenia by laboratory, by event sheet and by either, and how many had it
    for more than six months.

    A laboratory grade is new when it is worse than before first PRRT. More than six months: results
    of that grade with none better between them, or an event from onset to resolution (last contact
    while it is ongoing). "either" and "event sheet" are of the whole population.
    """
    words = {"analysis": ANALYSIS, "population": population, "role": "secondary"}
    patients = study.patients("last_seen", population=population).set_index("patient_id")
    labs = values(study, population)
    labs = labs[(labs["day"] > 0) & labs["lab_test"].isin(CYTOPENIA.values())]
    labs = labs.assign(grade=labs["grade_lo"].where(~(labs["grade_lo"] <= labs["baseline_hi"]), 0))
    events = emergent_events(study, population)
    if labs.empty and events.empty:
        label = "Haematological toxicity"
        return result_rows(nobody("haematological", len(patients), label=label), **words)
    until = events["resolution_date"].where(
        events["resolution_date"].notna() | (events["ongoing"] != "yes"),
        events["patient_id"].map(patients["last_seen"]),
    )
    events = events.assign(lasted=(until - events["onset_date"]).dt.days)
    found: dict[tuple[str, str, str], set[str]] = {}
    tested: dict[str, set[str]] = {}
    for term, test in CYTOPENIA.items():
        own = labs[labs["lab_test"] == test]
        told = events[events["term"] == term]
        tested[term] = set(own["patient_id"])
        by_lab, by_event = own["grade"] >= SEVERE, told["grade"] >= SEVERE
        measured = set(own.loc[by_lab, "patient_id"])
        recorded = set(told.loc[by_event, "patient_id"])
        found |= {
            (term, WORDS[SEVERE], "laboratory"): measured,
            (term, WORDS[SEVERE], "event sheet"): recorded,
            (term, WORDS[SEVERE], "either"): measured | recorded,
        }
        for grade, level in WORDS.items():
            long = told[(told["grade"] >= grade) & (told["lasted"] >= LASTING)]
            lasting = sustained(own, own["grade"] >= grade, LASTING) | set(long["patient_id"])
            found[term, f"{level} for more than 6 months", "either"] = lasting
    tested[ANY] = set().union(*tested.values())
    for _, level, source in list(found):
        found[ANY, level, source] = set().union(*(found[term, level, source] for term in CYTOPENIA))
    records: Records = []
    for (term, level, source), ids in found.items():
        by_lab = source == "laboratory"
        total = len(tested[term]) if by_lab else len(patients)
        key = {"stratum": source, "group": "grade", "group_level": level, "label": term}
        known = len(tested[term]) > 0 if by_lab else source == "either" or len(events) > 0
        counted = share(len(ids), total, "haematological", term, study.parameters.conf_level, **key)
        records += [counted] if known else nobody("haematological", total, level=term, **key)
    return result_rows(records, **words)


@traced
def renal(study: Study, population: str = "safety") -> pd.DataFrame:
    """Patients whose eGFR after first PRRT stays low: a later result, 90 days or more on, confirms.

    By the limits of CTCAE for chronic kidney disease where the grade is worse than before PRRT, and
    as a fall of 40 % or more from the last value before PRRT. A low result that nothing confirms is
    no decline; how many patients end with one is said.
    """
    words = {"analysis": ANALYSIS, "population": population, "role": "secondary"}
    words["label"] = "Renal decline, confirmed after 90 days or more"
    own = values(study, population)
    own = own[(own["lab_test"] == "eGFR") & (own["day"] > 0)]
    if own.empty:
        total = len(study.patients(population=population))
        return result_rows(nobody("renal", total), **words)
    new = own["grade_lo"].where(~(own["grade_lo"] <= own["baseline_hi"]), 0)
    fallen = (own["value"] <= (1 - FALL) * own["baseline"]).where(own["baseline"].notna())
    limits = {
        "grade 2 or higher, confirmed": (own, new >= 2),
        "grade 3 or higher, confirmed": (own, new >= 3),
        "fall of 40 % or more, confirmed": (own[fallen.notna()], fallen.dropna().astype(bool)),
    }
    records: Records = []
    for level, (part, beyond) in limits.items():
        confirmed = sustained(part, beyond, CONFIRMED)
        last = part.assign(beyond=beyond).sort_values("day", kind="stable")
        last = last.drop_duplicates("patient_id", keep="last")
        open_ = set(last.loc[last["beyond"], "patient_id"]) - confirmed
        record = share(len(confirmed), part["patient_id"].nunique(), "renal", level,
                       study.parameters.conf_level)  # fmt: skip
        if open_:
            patients = "patient" if len(open_) == 1 else "patients"
            record["warning"] = (f"{level}: {len(open_)} {patients} with a low last result that no "
                                 "later one confirms")  # fmt: skip
        records.append(record)
    return result_rows(records, **words)
