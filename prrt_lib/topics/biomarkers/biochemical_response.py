"""Biochemical response: a marker that falls to half of its value before PRRT 1 or below."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.summaries import Records, nobody, share
from prrt_lib.declare.arguments import checked, one_of
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.study.data import Study
from prrt_lib.study.derive.windows import one_unit
from prrt_lib.topics.biomarkers.biomarkers import ANALYSIS, MARKERS, WINDOWS

LEVEL, UNDECIDED = "biochemical_response", "cannot be decided"
BEST = "best"
AFTER = ("after_1", "after_2")
SETTINGS = {"": "", "without_ppi": ", no proton pump inhibitor"}
METHOD = ("a later value of at most half of the one before PRRT 1, which is above 1 x ULN, in the "
          "same recorded assay; exact limits (Clopper-Pearson)")  # fmt: skip
COLUMNS = ("analyte", "sample_date", "value_lo", "value_hi", "op", "unit", "assay", "xuln_lo",
           "ppi_within_14d")  # fmt: skip


@checked
def responses(
    study: Study, population: str | None = None, settings: Sequence[str] = tuple(SETTINGS),
) -> pd.DataFrame:  # fmt: skip
    """:func:`response` in the main analysis and without samples on a proton pump inhibitor."""
    return combine([response(study, population, setting) for setting in settings])


@traced
def response(study: Study, population: str | None = None, setting: str = "") -> pd.DataFrame:
    """Patients whose marker falls to half, of those above the upper limit before PRRT 1.

    "best": by any later sample up to horizon, cut-off, new anticancer therapy and retreatment;
    and by the sample after PRRT 1 and 2 (decision 18). A bound counts where it decides; who has
    only later values that leave it open is a row of its own.
    """
    one_of(setting, SETTINGS, "biochemical response, setting")
    chosen = population or study.headline
    words = {"analysis": ANALYSIS, "population": chosen, "role": "secondary", "setting": setting}
    people = study.patients("first_prrt", "horizon", "new_therapy", "retreatment",
                            population=chosen)  # fmt: skip
    windows = _samples(study, people, "biomarker_windows", "window")
    anything = _samples(study, people, "biomarkers").assign(window=BEST)
    both = pd.concat([windows[windows["window"].isin(AFTER)], anything], ignore_index=True)
    base = windows[windows["window"] == "before"]
    # A value above a bound of exactly the upper limit is above that limit.
    above = (base["xuln_lo"] > 1) | ((base["xuln_lo"] == 1) & (base["op"] == ">"))
    base = base[above]
    if setting == "without_ppi":
        base, both = (part[part["ppi_within_14d"] != "yes"] for part in (base, both))
    # Samples dated after first PRRT that no other treatment than it can have moved.
    ends = people[["horizon", "new_therapy", "retreatment"]].min(axis=1)
    clocks = people[["patient_id", "first_prrt"]].assign(end=ends)
    found = both.merge(clocks, on="patient_id")
    day = found["sample_date"]
    later = found[(day > found["first_prrt"]) & (day <= found["end"])]
    # Of the baseline's assay and unit; ``responded`` is None where bounds leave it open.
    keys = ["patient_id", "analyte", "unit", "assay"]
    known = base.dropna(subset=["assay"])
    pairs = later.merge(known[[*keys, "value_lo", "value_hi"]], on=keys, suffixes=("", "_before"))
    high, low = pairs["value_hi"], pairs["value_lo"]
    half_lo, half_hi = pairs["value_lo_before"] / 2, pairs["value_hi_before"] / 2
    fallen = high <= half_lo
    not_fallen = (low > half_hi) | ((low == half_hi) & (pairs["op"] == ">"))
    open_ = pd.Series(None, index=pairs.index, dtype=object)
    judged = pairs.assign(responded=open_.mask(fallen, True).mask(not_fallen, False))
    records: Records = []
    everybody = len(people)
    for marker, label in MARKERS.items():
        if not (anything["analyte"] == marker).any():
            records += nobody(marker, everybody, level=LEVEL, label=label)
            continue
        label += SETTINGS[setting]
        of_marker = judged[judged["analyte"] == marker]
        elevated = int((base["analyte"] == marker).sum())
        for window, name in ((BEST, BEST), *((item, WINDOWS[item]) for item in AFTER)):
            told = {"variable": marker, "stratum": name, "label": label}
            own = of_marker[of_marker["window"] == window]
            followed = own["patient_id"].nunique()
            decided = own.dropna(subset=["responded"])
            total = decided["patient_id"].nunique()
            count = decided.loc[decided["responded"].astype(bool), "patient_id"].nunique()
            undecided = followed - total
            said = [f"{label}: {elevated} of {everybody} patients with a value above the upper "
                    "limit before PRRT 1"]  # fmt: skip
            if lost := max(0, elevated - followed):
                said.append(f"{lost} without a later sample of the same recorded assay")
            said += [f"{undecided} whose bounds leave it open"] if undecided else []
            # Clause by clause, so that a page says each once for all rows.
            warning = "; ".join(said)
            records += [
                share(count, total, level=LEVEL, conf_level=study.parameters.conf_level,
                      method=METHOD, warning=warning, **told),
                {**told, "statistic": "count", "level": UNDECIDED, "n": undecided,
                 "estimate": undecided, "total": everybody},
            ]  # fmt: skip
    return result_rows(records, **words)


def _samples(study: Study, people: pd.DataFrame, table: str, *more: str) -> pd.DataFrame:
    found = rows_of(study, people["patient_id"], table, *COLUMNS, *more)
    return found.assign(unit=one_unit(found["unit"]))
