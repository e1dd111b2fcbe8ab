"""Table 1: who the patients are, overall and by any grouping."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from prrt_lib.analyse.columns import bounds, label, one_each, rows_of
from prrt_lib.analyse.quantiles import bounded_quantity, quantity, where_enough
from prrt_lib.analyse.summaries import (
    Records,
    as_text,
    grouped,
    levels_of,
    nobody,
    several,
    share,
    shares,
)
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.dictionary import INTERVAL_KINDS, dictionary
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.study.data import Study
from prrt_lib.study.derive.grade import discordant

ANALYSIS = "characteristics"
TABLE_1 = (
    "derived.age_at_diagnosis", "derived.age_at_first_prrt", "patients.sex",
    "patients.smoking_status", "patients.alcohol_use", "symptoms.symptom",
    "derived.primary_group", "tumour.primary_site", "derived.grade", "derived.grade_group",
    "derived.grade_basis",
    "tumour.grade_reported", "tumour.differentiation", "derived.ki67_index",
    "derived.ki67_band", "tumour.mitoses_value", "tumour.necrosis", "derived.stage",
    "derived.stage_ajcc8", "tumour.metastases_at_dx", "metastases.metastasis_site",
    "derived.metastatic_pattern", "prior_therapies.therapy", "patients.ecog",
    "derived.months_diagnosis_to_prrt",
)  # fmt: skip
# What a paper names beside Table 1, or a centre rarely records: a table of its own, without groups.
ALSO_RECORDED, ALSO = "also recorded", (
    "derived.progressive_at_start", "patients.functioning", "patients.carcinoid_syndrome",
    "patients.syndrome_controlled", "tumour.sstr_imaging", "tumour.krenning",
    "patients.karnofsky", "patients.pack_years", "patients.drinks_per_week", "patients.race",
    "patients.ethnicity", "patients.ppi_use", "patients.egfr_base", "patients.record_source",
    "patients.consent_prrt", "patients.centre", "followup.last_contact_source",
    "tumour.diagnosis_basis", "tumour.specimen_site", "tumour.grade_system",
    "tumour.ajcc_edition",
)  # fmt: skip
GROUPED, STAGE = "derived.grade_group", "derived.stage"
PROGRESSIVE, RECORDED = "derived.progressive_at_start", "patients.progressive_before_prrt"
LABELS = {"tumour.primary_site": "Primary site, in detail", STAGE: "Stage as reported",
          GROUPED: "Grade of curves and models"}  # fmt: skip
DIFFERS = "Reported grade differs from the derived one"
STAGING = ("derived.stage_ajcc8", "derived.stage_ajcc8_basis")
# The index is one, its bounds travel under either name.
INDEX, INDEX_BOUNDS = "derived.ki67_index", ("tumour.ki67", "tumour.mib1")
# Pack-years told in the smoking history itself stand in where they have no cell of their own.
PACKS, PACKS_TOLD = "patients.pack_years", "patients.smoking_pack_years"


@checked
def characteristics(
    study: Study, by: str = "", population: str | None = None,
    variables: Sequence[str] = TABLE_1, model: str = "",
) -> pd.DataFrame:  # fmt: skip
    """Table 1 of ``population`` (the headline one by default), overall and by ``by``.

    ``variables`` are "table.column" of the dictionary; ``by`` is a derived column.
    """
    chosen = population or study.headline
    return combine(_variable(study, address, by, chosen, model) for address in variables)


def also_recorded(study: Study, population: str | None = None) -> pd.DataFrame:
    """The variables of :data:`ALSO`, without groups; not abstracted where nobody has a value."""
    return characteristics(study, "", population, ALSO, model=ALSO_RECORDED)


@traced
def _variable(study: Study, address: str, by: str, population: str, model: str) -> pd.DataFrame:
    column = dictionary().column(address)
    name = column.name
    words = {"analysis": ANALYSIS, "model": model, "population": population, "role": "secondary",
             "label": LABELS.get(address, column.label)}  # fmt: skip
    patients = people_with(study, address, by, population)
    if address in TOLD:
        # Shares of a derived category, and in the warning on what it rests.
        beside, told = TOLD[address]
        names = [address, beside, *([f"derived.{by}"] if by else [])]
        patients = one_each(study, list(dict.fromkeys(names)), population)
        if patients[name].isna().all():
            return result_rows(nobody(name, len(patients)), **words)
        levels = levels_of(patients[name], name)

        def describe(part: pd.DataFrame) -> Records:
            # Of the editions the whole is told alone: each group pools the same ones.
            silent = address == STAGE and part is not patients
            said = "" if silent else told(part.dropna(subset=[name])[beside.partition(".")[2]])
            warning = {"warning": f"{words['label']}: {said}"} if said else {}
            return [{**record, **warning} for record in shares(part[name], name, levels)]

        return grouped(patients, by, describe, **words)
    if column.multiple:
        items = rows_of(study, patients["patient_id"], column.table, name)
        if items[name].isna().all():
            return result_rows(nobody(name, len(patients)), **words)
        levels = levels_of(items[name], name)
        return grouped(
            patients, by, lambda part: several(part["patient_id"], items, name, levels), **words
        )
    if column.kind in INTERVAL_KINDS or column.unit:
        ends = [end.partition(".")[2] for end in bounds_of(address)]
        known = patients[[name, *ends]].notna().any(axis=1)
        if not known.any():
            return result_rows(nobody(name, len(patients), "median", unit=column.unit), **words)

        def describe(part: pd.DataFrame) -> Records:
            if not ends:
                told = quantity(part[name], name, column.unit)
                return where_enough(told, study.parameters.min_group)
            low, high = part[ends[0]], part[ends[1]]
            for lower, upper in zip(ends[2::2], ends[3::2], strict=True):
                other = low.isna() & high.isna()
                low, high = low.mask(other, part[lower]), high.mask(other, part[upper])
            told = bounded_quantity(part[name], low, high, name, column.unit, label=words["label"])
            return where_enough(told, study.parameters.min_group)

        return grouped(patients, by, describe, **words)
    if patients[name].isna().all():
        return result_rows(nobody(name, len(patients)), **words)
    levels = levels_of(patients[name], name)
    return grouped(patients, by, lambda part: shares(part[name], name, levels), **words)


def _reported_grades(grades: pd.Series) -> str:
    told = int((grades.isna() | (grades == "undetermined")).sum())
    return f"{told} without an abstracted index counted by their reported grade" if told else ""


def _recorded_progression(recorded: pd.Series) -> str:
    own = int(recorded.notna().sum())
    return (f"{own} as recorded, {len(recorded) - own} by the last evaluable scan of the year "
            "before first PRRT")  # fmt: skip


def _editions(editions: pd.Series) -> str:
    """Which editions of AJCC the stages are of; "" where all name one, or none does."""
    counts = editions.value_counts().sort_index()
    unnamed = len(editions) - int(counts.sum())
    if len(counts) + (unnamed > 0) < 2:
        return ""
    told = ", ".join(f"{edition:g} in {count}" for edition, count in counts.items())
    return (f"TNM of edition {told}, not named in {unnamed}: stages of different editions are not "
            "comparable")  # fmt: skip


# Derived category -> the column beside it, and what is said of that column's values.
TOLD = {
    GROUPED: ("derived.grade", _reported_grades),
    PROGRESSIVE: (RECORDED, _recorded_progression),
    STAGE: ("tumour.ajcc_edition", _editions),
}


def people_with(study: Study, address: str, by: str, population: str) -> pd.DataFrame:
    """patient_id, a variable of one answer with its bounds, and the grouping ``by``."""
    single = [] if dictionary().column(address).multiple else [address, *bounds_of(address)]
    grouping = [f"derived.{by}"] if by else []
    return one_each(study, list(dict.fromkeys([*single, *grouping])), population)


def bounds_of(address: str) -> list[str]:
    """Addresses of the ends that travel with a quantity, under either name of the index."""
    if address == INDEX:
        return [end for name in INDEX_BOUNDS for end in bounds(name)]
    if address == PACKS:
        return [*bounds(PACKS), PACKS_TOLD, PACKS_TOLD]
    return bounds(address) if not address.startswith("derived.") else []


@traced
def discordance(study: Study, population: str | None = None) -> pd.DataFrame:
    """Patients per reported (level) and derived (group_level) grade, and how many differ.

    The share that differs is of those with a reported and a determined derived grade.
    """
    population = population or study.headline
    words = {"analysis": ANALYSIS, "population": population, "role": "secondary"}
    patients = one_each(study, ["tumour.grade_reported", "derived.grade"], population)
    both = patients.dropna(subset=["grade_reported", "grade"])
    if both.empty:
        return result_rows(nobody("grade_discordance", len(patients)), **words, label=DIFFERS)
    pairs = pd.DataFrame({name: as_text(both[name]) for name in ("grade_reported", "grade")})
    cells = [
        {"variable": "grade_reported", "level": reported, "group": "grade",
         "group_level": derived, "statistic": "count", "n": count, "estimate": count,
         "label": label("tumour.grade_reported")}
        for reported in levels_of(both["grade_reported"], "grade_reported")
        for derived in levels_of(both["grade"], "grade")
        for count in [int((pairs == (reported, derived)).all(axis=1).sum())]
    ]  # fmt: skip
    determined = pairs[pairs["grade"].isin(("G1", "G2", "G3", "NEC"))]
    differ = int(discordant(determined["grade"], determined["grade_reported"]).sum())
    differing = share(
        differ, len(determined), "grade_discordance", "reported and derived differ", label=DIFFERS,
        method="n of those with a reported and a determined derived grade",
    )  # fmt: skip
    return result_rows([*cells, differing], **words)
