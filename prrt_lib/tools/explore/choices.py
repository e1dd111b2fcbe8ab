"""What can be chosen when exploring a study: endpoints, groupings, parts of the patients."""

from __future__ import annotations

from collections.abc import Mapping

from prrt_lib.analyse.summaries import as_text, levels_of
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.run.stages import columns_read
from prrt_lib.study.data import Study
from prrt_lib.study.endpoints import ENDPOINTS
from prrt_lib.study.known_at import known_at

TABLES = ("derived", "patients", "tumour", "followup")
FEWEST, MOST = 2, 8
LATE = " (not known at entry)"

Options = list[tuple[str, str]]


def endpoints() -> Options:
    """(label, name) of every declared endpoint."""
    return [(item.label, name) for name, item in ENDPOINTS.items()]


def levels(study: Study) -> Mapping[str, list[str]]:
    """Column -> its levels, of every column with a label, a declared moment and two to eight."""
    built = {address.partition(".")[2] for address in columns_read(study.places)
             if address.partition(".")[0] in TABLES}  # fmt: skip
    whole = {column.value_column for table in dictionary().tables.values()
             for column in table.columns.values() if column.kind == "integer"}  # fmt: skip
    found = {}
    for name in sorted(set(known_at()) & built):
        if dictionary().label(name) == name:
            continue
        values = study.patients(name, population="all_treated")[name]
        measured = values.dtype.kind == "M" or (values.dtype.kind == "f" and name not in whole)
        if not measured and FEWEST <= values.nunique() <= MOST:
            present = set(as_text(values).dropna())
            found[name] = [level for level in levels_of(values, name) if level in present]
    return found


def groupings(found: Mapping[str, list[str]]) -> Options:
    """(label, column) to group by; first those known at first PRRT, then those refused later."""
    named = [(label(name), name) for name in found]
    return [("no grouping", ""), *sorted(named, key=lambda item: (late(item[1]), item[0]))]


def parts(found: Mapping[str, list[str]]) -> list[tuple[str, tuple[str, str]]]:
    """(label, (column, level)) of every part of the patients, everybody first."""
    each = [(f"{label(name)}: {level}", (name, level)) for name in found for level in found[name]]
    ordered = sorted(each, key=lambda item: (late(item[1][0]), item[0]))
    return [("all patients", ("", "")), *ordered]


def label(name: str) -> str:
    """The printed label of a column; says where it is known too late to be chosen."""
    return dictionary().label(name) + (LATE if late(name) else "")


def late(name: str) -> bool:
    """Whether a column becomes known only after first PRRT."""
    return known_at().get(name) == "later"
