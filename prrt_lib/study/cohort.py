"""Who is analysed: the treated patients with their derived columns, and how they got there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.declare.derivations import MAIN_DATE
from prrt_lib.declare.parameters import Parameters
from prrt_lib.declare.shown import Shown
from prrt_lib.study import plausible
from prrt_lib.study.derive import courses, progression, responses, vital, windows
from prrt_lib.study.derive.characteristics import characteristics
from prrt_lib.study.derive.responses import after_last_cycle, best_recist
from prrt_lib.study.flow import Step, flow_frame, walk
from prrt_lib.study.questions import ask, ask_rows
from prrt_lib.study.typed import complete, one_per_patient, until, without_nan

# Therapies that are not a new anticancer therapy: an analog goes on beside PRRT.
DEATH_UNPLACED = ("death-before-prrt", "death-before-diagnosis")
NOT_NEW = ("somatostatin analog",)


@dataclass(frozen=True, repr=False)
class Cohort(Shown):
    """One row per treated patient, the flow, the questions, and the tables as analysed."""

    patients: pd.DataFrame
    flow: pd.DataFrame
    findings: list[dict[str, str]]
    tables: Mapping[str, pd.DataFrame]
    parameters: Parameters

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """The steps to each population."""
        heading = f"{len(self.patients)} treated patients, {len(self.findings)} questions"
        return heading, self.flow, []


def with_derived(
    tables: Mapping[str, pd.DataFrame], parameters: Parameters
) -> dict[str, pd.DataFrame]:
    """All canonical tables; cycles in their place, samples with multiples of their limit."""
    whole = complete(tables)
    whole["prrt_cycles"] = courses.in_order(whole["prrt_cycles"], parameters.course_gap_days)
    whole["biomarkers"] = windows.with_multiples(whole["biomarkers"])
    return whole


def build(
    tables: Mapping[str, pd.DataFrame],
    parameters: Parameters,
    findings: pd.DataFrame | None = None,
) -> Cohort:
    """The cohort of ``tables`` at the scenario's cut-off; nothing in ``tables`` is changed.

    ``tables`` of the result hold rows up to the cut-off, plus ``scans`` (each scan with its
    class) and ``biomarker_windows`` (the sample chosen for each time point). Cycles gain
    ``cycle``, ``cycle_from`` and ``course_no``, samples ``xuln`` with its bounds. ``findings`` of
    reading tell whom it held out, for the flow, and whose date of death it could not place.
    Raises AnalysisError when no patient remains.
    """
    cutoff = pd.Timestamp(parameters.cutoff)
    whole = with_derived(tables, parameters)
    held, unplaced = _asked(findings, "conflicting-patient"), _death_unplaced(findings)
    treated, rows, found = _treated(whole, held, cutoff)
    exposed = courses.exposure(until(whole["prrt_cycles"], "prrt_cycles", cutoff))
    base = exposed.reindex(pd.Index(treated, name="patient_id"))
    base["horizon"] = base["first_prrt"] + pd.Timedelta(parameters.horizon_days, "D")
    base["suspected_copy"] = base.index.isin(list(_asked(findings, "same-person")))
    people, extra, more = _derived(whole, base, unplaced, parameters, cutoff)
    people, more_rows = _populations(people)
    used = {name: until(frame, name, cutoff) for name, frame in whole.items()}
    found += more + _after_cutoff(whole, people.index, cutoff)
    found += plausible.questions(whole, people.index, cutoff)
    flow = flow_frame(rows + more_rows)
    return Cohort(without_nan(people.reset_index()), flow, found, {**used, **extra}, parameters)


def _asked(findings: pd.DataFrame | None, rule: str) -> frozenset[str]:
    """Study ids that reading asked about under ``rule``."""
    if findings is None or not len(findings):
        return frozenset()
    return frozenset(findings.loc[findings["rule"] == rule, "record"])


def _death_unplaced(findings: pd.DataFrame | None) -> frozenset[str]:
    """Study ids with a date of death that reading found ambiguous or impossible.

    A cell that is no date at all says nothing about whether the patient died.
    """
    if findings is None or "column" not in findings or not len(findings):
        return frozenset()
    asked = findings[findings["column"] == "death_date"]
    told = (asked["status"] == "ambiguous") | asked["rule"].isin(DEATH_UNPLACED)
    return frozenset(asked.loc[told, "record"])


def _treated(whole: Mapping[str, pd.DataFrame], held: frozenset[str], cutoff: pd.Timestamp):
    """Ids of the treated patients, their flow rows and questions."""
    cycles = whole["prrt_cycles"]
    known = set(whole["patients"]["patient_id"]) | set(cycles["patient_id"]) | held
    undated = courses.without_first_date(cycles)
    first = cycles.groupby("patient_id")["cycle_date"].min()
    late = sorted(set(first.index[first > cutoff]) - set(undated))
    untreated = frozenset(known - held - set(cycles["patient_id"]))
    steps = [
        Step("Records of one patient agree", "contradictory copies of the patient",
             "conflicting-patient", held),
        Step("Treated with PRRT", "no PRRT recorded", "", untreated),
        Step("First PRRT dated", "date of first PRRT not known", "first-prrt-unknown",
             frozenset(undated)),
        Step("First PRRT before the data cut-off", "first PRRT after the data cut-off",
             "first-prrt-after-cutoff", frozenset(late)),
    ]  # fmt: skip
    ids, rows = walk(sorted(known), "all_treated", "All treated", steps)
    _refuse_empty(ids, rows, first, cutoff)
    found = ask("first-prrt-unknown", "prrt_cycles", "cycle_date", undated)
    return ids, rows, found + ask("first-prrt-after-cutoff", "prrt_cycles", "cycle_date", late)


def _refuse_empty(ids: list[str], rows: list[dict], first: pd.Series, cutoff: pd.Timestamp) -> None:
    if ids:
        return
    lost = ", ".join(f"{row['n_excluded']} {row['reason']}" for row in rows if row["n_excluded"])
    todo = "check the workbook and the profile: the table prrt_cycles needs dates"
    if len(first) and (first > cutoff).any():
        todo = f"the cut-off {cutoff.date()} is before every first PRRT; correct cutoff"
    found = f"0 treated patients among {rows[0]['n_before']}" + (f" ({lost})" if lost else "")
    raise AnalysisError(Problem("the cohort", found, "at least one treated patient", todo))


def _derived(whole, base: pd.DataFrame, unplaced, parameters: Parameters, cutoff: pd.Timestamp):
    """All derived columns, the tables of scans and windows, and the questions on the way."""
    new = _new_therapies(whole, base)
    dated = new[new["therapy_date"] <= cutoff]
    first = dated.groupby("patient_id")["therapy_date"].min()
    people = base.assign(new_therapy=first.reindex(base.index))
    questions: list[dict[str, str]] = []
    for step in (characteristics, vital.observation):
        frame, found = step(whole, people)
        people, questions = people.join(frame), questions + found
    frame, found = vital.vital(whole, people, unplaced, cutoff)
    people, questions = people.join(frame), questions + found
    people = people.join(_next_treatment(new, people, cutoff))
    told, found = progression.scans(whole["imaging"], people["first_prrt"])
    questions += found
    recorded = one_per_patient(whole["patients"], people.index)["progressive_before_prrt"]
    people = people.assign(progressive_at_start=progression.at_start(told, recorded))
    frame, found = progression.progression(told, whole["imaging"], people, parameters)
    people, questions = people.join(frame), questions + found
    frame, found = progression.looked_for(told, people, cutoff)
    people, questions = people.join(frame), questions + found
    for step in (responses.responses, best_recist, after_last_cycle):
        people = people.join(step(told, people, cutoff))
    filled, found = _markers(whole, people, cutoff)
    for name, analyte in (("cga_before", "CgA"), ("pancreastatin_before", "pancreastatin")):
        people[name] = windows.before_first_prrt(filled, analyte, people.index)
    told = told[~(told["scan_date"] > cutoff)].reset_index(drop=True)
    return people, {"scans": told, "biomarker_windows": filled}, questions + found


def _new_therapies(whole, base: pd.DataFrame) -> pd.DataFrame:
    """New anticancer therapies after first PRRT; the sheet says it of those without a date."""
    rows = whole["subsequent_therapies"]
    rows = rows[~rows["therapy"].isin(NOT_NEW) & rows["therapy"].notna()]
    return rows[~(rows["therapy_date"] <= rows["patient_id"].map(base["first_prrt"]))]


def _next_treatment(new: pd.DataFrame, people: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """``next_treatment`` with ends: the first new therapy or retreatment up to the cut-off.

    A patient whose only next treatment has no date had it between first PRRT and the last day
    seen (``next_treatment_undated``); its day is the middle, like that of a death (decision 26).
    """
    frame = pd.DataFrame(index=people.index)
    for end in ("", "_lo", "_hi"):
        dates = new.groupby("patient_id")["therapy" + (end or "_date")].min()
        frame[f"next_treatment{end}"] = pd.concat(
            [dates.reindex(people.index), people[f"retreatment{end}"]], axis=1
        ).min(axis=1)
    late = frame["next_treatment"] > cutoff
    frame = frame.mask(late)
    undated = people.index.isin(new["patient_id"]) & frame["next_treatment"].isna() & ~late
    low, high = people["first_prrt"] + pd.Timedelta(1, "D"), people["last_seen"]
    high = high.where(high > low, low)
    middle = low + (high - low).dt.days.floordiv(2) * pd.Timedelta(1, "D")
    for end, day in (("", middle), ("_lo", low), ("_hi", high)):
        frame[f"next_treatment{end}"] = frame[f"next_treatment{end}"].mask(undated, day)
    return frame.assign(next_treatment_undated=undated)


def _markers(whole, people: pd.DataFrame, cutoff: pd.Timestamp):
    given, ids = until(whole["prrt_cycles"], "prrt_cycles", cutoff), people.index
    clocks = people[["diagnosis"]]
    for number in (1, 2):
        clocks = clocks.assign(**{
            f"cycle_{number}": courses.day_of_cycle(given, number, ids),
            f"until_{number}": courses.dated_after_cycle(given, number, ids),
        })  # fmt: skip
    return windows.assign(until(whole["biomarkers"], "biomarkers", cutoff), clocks)


def _populations(people: pd.DataFrame) -> tuple[pd.DataFrame, list[dict]]:
    """``people`` with the population flags, and the flow rows of each population."""
    gep, ids = people["gep_primary"], people.index

    def which(mask) -> frozenset[str]:
        return frozenset(ids[mask])

    imaging = [
        Step("Imaged after first PRRT", "never imaged after first PRRT", "",
             which(people["best_response"] == responses.NEVER_IMAGED)),
        Step("Evaluable scan after first PRRT", "no evaluable scan after first PRRT", "",
             which(~people["imaging_evaluable"])),
    ]  # fmt: skip
    plans = {
        "gep": ("GEP primary", [
            Step("Primary site abstracted", "primary site not abstracted",
                 "primary-site-not-abstracted", which(gep == "unknown")),
            Step("Gastroenteropancreatic primary", "other or unknown primary", "",
                 which(gep == "no")),
        ]),
        "imaging_evaluable": ("Imaging evaluable", imaging),
        "safety": ("Safety", []),
    }  # fmt: skip
    flags, rows = {"in_all_treated": True}, []
    for name, (title, steps) in plans.items():
        kept, added = walk(list(ids), name, title, steps)
        flags[f"in_{name}"] = ids.isin(kept)
        rows += added
    return people.drop(columns="imaging_evaluable").assign(**flags), rows


def _after_cutoff(whole, ids: pd.Index, cutoff: pd.Timestamp) -> list[dict[str, str]]:
    """A note for every row of the cohort's patients that is dated after the cut-off."""
    found: list[dict[str, str]] = []
    for table, name in MAIN_DATE.items():
        rows = whole[table]
        late = rows[rows["patient_id"].isin(ids) & (rows[name] > cutoff)]
        found += ask_rows("row-after-cutoff", table, name, late)
    return found
