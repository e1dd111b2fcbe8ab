"""Declared columns of a study, one row per patient, whichever table holds them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.study.data import Study


def one_each(study: Study, addresses: Sequence[str], population: str) -> pd.DataFrame:
    """patient_id and one column per "table.column", for each patient of ``population``.

    The tables must hold one row per patient; "derived.x" is a column of the cohort.
    """
    split = [address.split(".") for address in addresses]
    patients = study.patients(
        *dict.fromkeys(name for table, name in split if table == "derived"), population=population
    )
    for table in dict.fromkeys(table for table, _ in split if table != "derived"):
        names = list(dict.fromkeys(name for own, name in split if own == table))
        more = study.table(table, *names).drop_duplicates("patient_id")
        patients = patients.merge(more, on="patient_id", how="left")
    return patients


def rows_of(study: Study, ids: pd.Series, table: str, *names: str) -> pd.DataFrame:
    """Rows of a long table that belong to ``ids``."""
    rows = study.table(table, *names)
    return rows[rows["patient_id"].isin(ids)].reset_index(drop=True)


def label(address: str) -> str:
    """Printed label of "table.column"."""
    return dictionary().column(address).label


def bounds(address: str) -> list[str]:
    """Addresses of the two ends that travel with a quantity; none for other kinds."""
    column = dictionary().column(address)
    ends = [column.companions.get(end) for end in ("lo", "hi")]
    return [f"{column.table}.{name}" for name in ends if name]


def without_scans(study: Study) -> str:
    """State of a statistic of evaluable scans where there is none: were any scans abstracted?"""
    return "not-estimable" if study.abstracted("imaging", "scan_date") else "not-abstracted"


def seen_once(study: Study, population: str) -> bool:
    """Whether any patient has an evaluable scan after first PRRT: else there is no interval."""
    return bool(study.patients("in_imaging_evaluable", population=population).iloc[:, 1].any())
