"""The invented cohort, its typed tables, and how close it comes to what has been published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from demo import adverse, laboratory, persons, scans, treatment
from demo.adverse import MDS, terms
from demo.model import CUTOFF, MODELS, SEED, Model, true_median, true_survival
from demo.population import treated
from demo.scans import seen_progression
from prrt_lib.declare.dictionary import DATE_KINDS, INTERVAL_KINDS, Column, dictionary
from prrt_lib.declare.parameters import DAYS_PER_MONTH

# Lists that an abstractor writes in one cell and the typed table keeps one row each.
LISTS = {"symptoms": "symptom", "prior_therapies": "therapy", "metastases": "metastasis_site"}

UNIT_COLUMNS = {"value": "unit", "uln": "unit", "egfr_base": "egfr_unit",
                **dict.fromkeys(("lab_value", "lab_uln", "lab_lln"), "lab_unit")}  # fmt: skip
# Anchor -> lowest and highest plausible value.
LIMITS = {
    "median_os_from_prrt_months": (40, 63),
    "median_ttp_months": (23, 29),
    "median_pfs_months": (22, 29),
    "any_magnitude_response_pct": (60, 80),
    "recist_response_pct": (15, 40),
    "grade_3_haematological_pct": (5, 14),
    "mds_leukaemia_pct": (1, 3),
    "median_lag_years": (2, 4),
    "median_age_at_diagnosis": (51, 58),
    "median_cycles": (4, 4),
    "small_bowel_pct": (33, 43),
    "pancreas_pct": (22, 30),
    "no_evaluable_scan_pct": (5, 18),
}


def typed_table(name: str, records: pd.DataFrame) -> pd.DataFrame:
    """The processed table of clean ``records``: declared columns and order, sorted by its key."""
    table = dictionary().tables[name]
    if name in LISTS:
        records = records.explode(LISTS[name], ignore_index=True)
    parts: dict[str, object] = {}
    for column in table.columns.values():
        parts.update(_typed(column, records))
    frame = pd.DataFrame(parts, index=records.index)
    key = [column for column in table.key if column in frame]
    frame = frame.sort_values(key, kind="stable", ignore_index=True)
    return frame.assign(row=np.arange(1, len(frame) + 1))


def empty_table(name: str) -> pd.DataFrame:
    """The processed table of a sheet without records."""
    return typed_table(name, pd.DataFrame({"patient_id": pd.Series([], dtype=object)}))


def _typed(column: Column, records: pd.DataFrame) -> dict[str, object]:
    absent = column.name not in records
    values = pd.Series(np.nan, records.index) if absent else records[column.name]
    companions = column.companions
    if column.kind in DATE_KINDS:
        dates = pd.to_datetime(values).astype("datetime64[ns]")
        parts = {column.value_column: dates, companions["lo"]: dates, companions["hi"]: dates,
                 companions["prec"]: _words(dates.notna().map({True: "day"}))}  # fmt: skip
    elif column.kind in INTERVAL_KINDS:
        parts = _quantity(column, values.astype(float), records)
    elif column.kind == "integer":
        parts = {column.value_column: values.astype(float)}
    else:
        words = values.map(lambda value: _joined(column, value)) if column.multiple else values
        parts = {column.value_column: _words(words)}
        if column.kind == "smoking":
            parts[companions["hi"]] = np.nan
    if "raw" in companions:
        parts[companions["raw"]] = None if absent else _words(values.map(_as_text))
    return {name: parts[name] for name in [column.value_column, *companions.values()]}


def _quantity(column: Column, values: pd.Series, records: pd.DataFrame) -> dict[str, object]:
    companions = column.companions
    known = values.notna()
    unit = records.get(UNIT_COLUMNS.get(column.name, ""), column.unit or None)
    return {
        column.value_column: values, companions["lo"]: values, companions["hi"]: values,
        companions["op"]: _words(known.map({True: "="})),
        companions["unit"]: np.where(known, unit, None),
    }  # fmt: skip


def _joined(column: Column, value: object) -> object:
    """Several answers in the dictionary's order: "PET+CT" -> "CT+PET"."""
    if not isinstance(value, str):
        return value
    return "+".join(sorted(value.split("+"), key=column.allowed.index))


def _words(values: pd.Series) -> pd.Series:
    texts = values.astype(object)
    return texts.where(texts.notna(), None)


def _as_text(value: object) -> object:
    return f"{value:g}" if isinstance(value, float) and not np.isnan(value) else value


@dataclass(frozen=True)
class SyntheticCohort:
    """Invented treated patients and everything that is true of them.

    ``people`` is the hidden truth (one row per patient: covariates, latent times), ``records``
    what a faultless abstraction would write down, ``source_diagnosed`` how many diagnosed
    patients it took to find the treated ones.
    """

    model: Model
    seed: int
    people: pd.DataFrame
    records: Mapping[str, pd.DataFrame]
    source_diagnosed: int
    cutoff: str = CUTOFF

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The typed tables of a faultless abstraction, as reading would write them."""
        return {
            name: typed_table(name, self.records[name])
            if name in self.records
            else empty_table(name)
            for name in dictionary().tables
        }

    def true_survival(self, days, given: float = 0.0, population: str = "all_treated"):
        """S(days) / S(given) of the diagnosed source population."""
        return true_survival(days, given, self.model, population)

    def true_median(self, given: float = 0.0, population: str = "all_treated") -> float:
        """Median survival in days from diagnosis of those alive at ``given``."""
        return true_median(given, self.model, population)


def generate(n: int = 135, seed: int = SEED, model: Model | str = "default") -> SyntheticCohort:
    """A cohort of ``n`` treated patients; the same arguments give the same cohort."""
    model = MODELS[model] if isinstance(model, str) else model
    streams = iter(np.random.default_rng(seed).spawn(11))
    people, examined = treated(n, next(streams), model)
    doses = treatment.cycles(people, next(streams))
    images = scans.imaging(people, model, next(streams))
    progressed = scans.seen_progression(people, images)
    events = adverse.adverse_events(people, doses, next(streams))
    centre = doses.loc[doses["cycle_no"] == 1, "treat_site"].to_numpy()
    records = {
        "patients": persons.patients(people, centre, next(streams)),
        "tumour": persons.tumour(people, next(streams)),
        **persons.lists(people, next(streams)),
        "prrt_cycles": doses,
        "biomarkers": laboratory.biomarkers(people, doses, next(streams)),
        "imaging": images,
        "adverse_events": events,
    }
    last = next(streams)
    records["followup"] = persons.followup(people, events, progressed, last)
    records["subsequent_therapies"] = treatment.subsequent_therapies(
        people, doses, progressed, last
    )
    # Each part has its own stream, so that a new one leaves the others as they were.
    records["tumour"] = persons.with_tnm(records["tumour"], next(streams))
    records["labs"] = laboratory.labs(people, records["patients"], doses, events, next(streams))
    return SyntheticCohort(model, seed, people, records, examined)


def anchors(cohort: SyntheticCohort) -> pd.DataFrame:
    """Each anchor with its value in ``cohort``, its limits, and whether it lies within them."""
    values = {**_times(cohort), **_response(cohort), **_events(cohort), **_people(cohort)}
    frame = pd.DataFrame(
        [(name, values[name], low, high) for name, (low, high) in LIMITS.items()],
        columns=["anchor", "value", "low", "high"],
    )
    return frame.assign(within=frame["value"].between(frame["low"], frame["high"]))


def kaplan_meier_median(days: np.ndarray, event: np.ndarray) -> float:
    """First day on which the product-limit estimate is at most one half; NaN if never."""
    times, at = np.unique(days, return_inverse=True)
    died = np.bincount(at, weights=event)
    gone = np.bincount(at)
    at_risk = len(days) - np.concatenate([[0], np.cumsum(gone)[:-1]])
    below = np.cumprod(1 - died / at_risk) <= 0.5
    return float(times[below.argmax()]) if below.any() else float("nan")


def _times(cohort: SyntheticCohort) -> dict[str, float]:
    people, scans = cohort.people, cohort.records["imaging"]
    alive = (people["end"] - people["first"]).dt.days.to_numpy()
    died = people["died"].to_numpy()
    progressed = seen_progression(people, scans).to_numpy()
    last_scan = scans[scans["day"] > 0].groupby("who")["day"].max()
    last_scan = last_scan.reindex(people.index, fill_value=0).to_numpy()
    event = ~np.isnan(progressed)
    free = np.where(event, np.nan_to_num(progressed), np.where(died, alive, last_scan))
    return {
        "median_os_from_prrt_months": kaplan_meier_median(alive, died) / DAYS_PER_MONTH,
        "median_ttp_months": kaplan_meier_median(free, event) / DAYS_PER_MONTH,
        "median_pfs_months": kaplan_meier_median(free, event | died) / DAYS_PER_MONTH,
    }


def _response(cohort: SyntheticCohort) -> dict[str, float]:
    """Best response up to the first progression, among patients with an evaluable scan."""
    scans = cohort.records["imaging"]
    after = scans[(scans["day"] > 0) & scans["any_lesion_increase"].notna()]
    free = after[~after["progressed"]]
    n = after["who"].nunique()
    return {
        "any_magnitude_response_pct": 100
        * free.loc[free["any_lesion_decrease"] == "yes", "who"].nunique() / n,
        "recist_response_pct": 100
        * free.loc[free["response_raw"] == "PR", "who"].nunique() / n,
        "no_evaluable_scan_pct": 100 * (1 - n / len(cohort.people)),
    }  # fmt: skip


def _events(cohort: SyntheticCohort) -> dict[str, float]:
    events, n = cohort.records["adverse_events"], len(cohort.people)
    haematological = [name for name, spec in terms().items() if spec["haematological"]]
    severe = events[events["term"].isin(haematological) & (events["grade_number"] >= 3)]
    return {
        "grade_3_haematological_pct": 100 * severe["who"].nunique() / n,
        "mds_leukaemia_pct": 100 * events.loc[events["term"] == MDS, "who"].nunique() / n,
    }


def _people(cohort: SyntheticCohort) -> dict[str, float]:
    people, doses = cohort.people, cohort.records["prrt_cycles"]
    groups = people["primary_group"].value_counts(normalize=True) * 100
    return {
        "median_lag_years": people["lag_days"].median() / 365.25,
        "median_age_at_diagnosis": people["age"].median(),
        "median_cycles": doses.groupby("who").size().median(),
        "small_bowel_pct": groups.get("small bowel", 0.0),
        "pancreas_pct": groups.get("pancreas", 0.0),
    }
