"""Which abstracted columns a value that notebooks read depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.dictionary import Column, Table, dictionary
from prrt_lib.declare.yaml_files import load_words

SOURCE = Path(__file__).with_name("derivations.yaml")
# Made from the whole workbook: every question, and the steps to each population.
OF_EVERYTHING = ("findings", "flow")
ENDS = ("_lo", "_hi", "_prec")
# The date that places a row before or after the data cut-off, and so decides whether it is used.
MAIN_DATE = {
    "prior_therapies": "therapy_date", "prrt_cycles": "cycle_date", "biomarkers": "sample_date",
    "imaging": "scan_date", "adverse_events": "onset_date",
    "subsequent_therapies": "therapy_date", "labs": "lab_date",
}  # fmt: skip


@cache
def declared() -> Mapping[str, Any]:
    """The content of derivations.yaml."""
    return load_words(SOURCE)


def abstracted(columns: Iterable[str]) -> frozenset[str]:
    """Every "table.column" of the workbook that ``columns``, as notebooks read them, depend on.

    Closed under the declared derivations, the dates and ids that decide which rows are used, and
    the columns whose contradiction makes a value unused. Raises KeyError on an unknown column.
    """
    return frozenset().union(*(_behind(column) for column in columns))


@cache
def of_cohort() -> frozenset[str]:
    """The abstracted columns that decide who is analysed at all: part of every result."""
    return abstracted(declared()["cohort"])


@cache
def _behind(address: str) -> frozenset[str]:
    if address in OF_EVERYTHING:
        tables = dictionary().tables.values()
        return frozenset(column.address for table in tables for column in table.columns.values())
    return _with_conditions(_cells(address))


def _cells(address: str) -> frozenset[str]:
    """The declared abstracted columns behind one address."""
    table, _, name = address.partition(".")
    if table == "derived":
        return _derived(name)
    if address in declared()["added"]:
        return frozenset(declared()["added"][address])
    made = declared()["tables"].get(table)
    source = dictionary().tables[made["from"] if made else table]
    own = _column(source, name)
    if own is None and made is None and name != "row":
        raise KeyError(f"no column {address!r} in the data dictionary")
    cells = {own.address} if own else {f"{source.name}.patient_id"}
    return frozenset(cells | set(made["always"] if made else ()))


def _derived(name: str) -> frozenset[str]:
    plain = next((name.removesuffix(end) for end in ENDS if name.endswith(end)), name)
    for one in (name, plain):
        if one in dictionary().derived:
            return frozenset(dictionary().derived[one].derived_from)
        if one in declared()["derived"]:
            named = declared()["derived"][one]
            return frozenset().union(
                *(_derived(item[1:-1]) if item.startswith("{") else {item} for item in named)
            )
    if name == "patient_id":
        return frozenset()
    raise KeyError(f"no derived column {name!r} in dictionary.yaml or derivations.yaml")


def _column(table: Table, name: str) -> Column | None:
    """The declared column that holds or carries the typed column ``name``."""
    if name in table.columns:
        return table.columns[name]
    return next(
        (column for column in table.columns.values()
         if name == column.value_column or name in column.companions.values()), None,
    )  # fmt: skip


def _with_conditions(cells: frozenset[str]) -> frozenset[str]:
    """``cells`` with what decides whether their rows and values are used."""
    tables = {address.partition(".")[0] for address in cells}
    placed = {f"{table}.{MAIN_DATE[table]}" for table in tables if table in MAIN_DATE}
    ids = {f"{table}.patient_id" for table in tables}
    wanted = cells | placed
    against = {
        column
        for rule in declared()["contradictions"]
        if wanted & set(rule["unused"])
        for column in rule["between"]
    }
    return frozenset(wanted | ids | against)
