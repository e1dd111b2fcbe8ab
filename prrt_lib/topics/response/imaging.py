"""How patients were imaged: the scan before PRRT and its findings, and the time between scans."""

from __future__ import annotations

import pandas as pd

from prrt_lib.analyse.columns import label, one_each, rows_of, without_scans
from prrt_lib.analyse.quantiles import quantity, where_enough
from prrt_lib.analyse.summaries import Records, levels_of, nobody, share, shares
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import result_rows
from prrt_lib.study.data import Study
from prrt_lib.study.derive.response_rules import CLASSES, NOT_EVALUABLE
from prrt_lib.topics.response.response import ANALYSIS

INTERVALS = "scan_intervals"
BASELINE = "baseline_scan"
FOUND, NOT_FOUND = "a scan before first PRRT", "no scan before first PRRT"
LATER_SCANS = 5


@traced
def baseline(study: Study, population: str | None = None) -> pd.DataFrame:
    """Who was imaged on or before first PRRT, by which modality, how long before, and the findings.

    The last such scan; one that combines modalities counts in each. Findings: its class, or that
    of the last one that can be judged.
    """
    population = population or study.headline
    words = {"analysis": ANALYSIS, "population": population, "role": "secondary"}
    patients = one_each(study, ["derived.baseline_class"], population)
    names = ("scan_date", "modality", "days_from_prrt")
    every = rows_of(study, patients["patient_id"], "scans", *names)
    every = every.dropna(subset=["days_from_prrt"])
    if every.empty:
        return result_rows(nobody(BASELINE, len(patients)), **words, label="Scan before first PRRT")
    before = every[every["days_from_prrt"] <= 0].sort_values(["patient_id", "scan_date"])
    last = before.drop_duplicates("patient_id", keep="last")
    has, total = len(last), len(patients)
    told = {"label": "Last scan on or before first PRRT"}
    records: Records = [share(has, total, BASELINE, FOUND, **told),
                        share(total - has, total, BASELINE, NOT_FOUND, **told)]  # fmt: skip
    found, name = patients["baseline_class"], "baseline_class"
    told = {"label": label("derived.baseline_class")}
    if found.isna().all():
        state = "not-estimable" if has else "not-abstracted"
        why = f"none of {has} scans can be judged" if has else ""
        records += nobody(name, total, state=state, warning=why, **told)
    else:
        records += shares(found, name, [one for one in CLASSES if (found == one).any()], **told)
    known = last["modality"].dropna().str.split("+")
    records += [share(int(known.map(lambda used, one=one: one in used).sum()), len(known),
                      "baseline_modality", one,
                      label="Modality of the last scan before first PRRT")
                for one in levels_of(known.explode(), "modality")]  # fmt: skip
    when = quantity(-last["days_from_prrt"], "days_before_prrt", "days before",
                    label="Last scan before first PRRT", level="all")  # fmt: skip
    when = where_enough(when, study.parameters.min_group)
    return result_rows([*records, *when], **words)


def gaps(study: Study, population: str | None = None) -> pd.DataFrame:
    """patient_id, number, days, weeks: each evaluable scan after first PRRT and the wait for it.

    ``weeks`` since the previous evaluable scan, for the first one since first PRRT.
    """
    patients = study.patients(population=population or study.headline)
    names = ("after_prrt", "days_from_prrt", "response_class")
    scans = rows_of(study, patients["patient_id"], "scans", *names)
    seen = scans[scans["after_prrt"] & (scans["response_class"] != NOT_EVALUABLE)]
    seen = seen.drop_duplicates(["patient_id", "days_from_prrt"])
    seen = seen.sort_values(["patient_id", "days_from_prrt"], ignore_index=True)
    by_patient = seen.groupby("patient_id")["days_from_prrt"]
    waited = by_patient.diff().fillna(seen["days_from_prrt"])
    number = by_patient.cumcount() + 1
    return pd.DataFrame({"patient_id": seen["patient_id"], "number": number,
                         "days": seen["days_from_prrt"], "weeks": waited / 7})  # fmt: skip


@traced
def scan_intervals(study: Study, population: str | None = None) -> pd.DataFrame:
    """Weeks to the first evaluable scan and between the later ones, and how many waited long.

    And in how many the first one came before the last cycle of the first course.
    """
    population = population or study.headline
    words = {"analysis": INTERVALS, "population": population, "role": "secondary",
             "label": "Weeks between evaluable scans"}  # fmt: skip
    waits = gaps(study, population)
    name = "weeks_between_scans"
    if waits.empty:
        total = len(study.patients(population=population))
        empty = nobody(name, total, "median", unit="weeks", state=without_scans(study))
        return result_rows(empty, **words)
    records = quantity(waits["weeks"], name, "weeks", level="all")
    for number, part in waits[waits["number"] <= LATER_SCANS].groupby("number"):
        told = "first PRRT to scan 1" if number == 1 else f"scan {number - 1} to {number}"
        records += quantity(part["weeks"], name, "weeks", level=told)
    records = where_enough(records, study.parameters.min_group)
    # Whose first evaluable scan, and so first response, comes before the last cycle.
    known = study.patients("first_prrt", "first_course_end", population=population)
    first = waits[waits["number"] == 1].merge(known, on="patient_id")
    treated = (first["first_course_end"] - first["first_prrt"]).dt.days
    early = int((first["days"] < treated).sum())
    most = study.parameters.max_scan_gap_days
    long = waits[waits["weeks"] * 7 > most]
    records += [
        share(long["patient_id"].nunique(), waits["patient_id"].nunique(), "long_scan_gap",
              "patients with a long wait", label=f"A wait of more than {most} days",
              unit="patients"),
        share(early, int(treated.notna().sum()), "scan_before_last_cycle",
              "patients scanned before it", unit="patients",
              label="First evaluable scan and last cycle of the first course"),
    ]  # fmt: skip
    return result_rows(records, **words)
