"""The data dictionary: the study's tables and columns, declared once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from prrt_lib.declare.covariates import parts
from prrt_lib.declare.yaml_files import load_words

SOURCE = Path(__file__).with_name("dictionary.yaml")

DATE_KINDS = ("date", "partial_date")
UNSHOWN_KINDS = (*DATE_KINDS, "id", "text")
USED, NOWHERE = "used", "nowhere"
INTERVAL_KINDS = ("activity", "percent_or_range", "mitoses", "lab_value", "age", "number")


@dataclass(frozen=True)
class Column:
    """One declared column; ``kind`` says how its cells are read."""

    table: str
    name: str
    kind: str
    label: str
    unit: str = ""
    allowed: tuple[str, ...] = ()
    range: tuple[Any, Any] | None = None
    clause: str = ""
    required: bool = False
    multiple: bool = False
    open: bool = False
    ordered: bool = False
    free_text: bool = False
    identifying: bool = False
    raw: bool = False
    role: str = ""
    stem: str = ""
    typed: str = ""
    synonyms: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    derived_from: tuple[str, ...] = ()
    shown: Mapping[str, str] | str = ""

    @property
    def address(self) -> str:
        return f"{self.table}.{self.name}"

    @property
    def shown_by(self) -> Mapping[str, str] | str:
        """Keys of the result rows that show the column; else "used" or "nowhere"."""
        return self.shown or (USED if self.kind in UNSHOWN_KINDS else {"variable": self.name})

    @property
    def value_column(self) -> str:
        """Name of the typed value in the processed table."""
        return self.typed or self.name

    @property
    def base(self) -> str:
        """Stem that the companion columns are named after: scan_date -> scan."""
        return self.stem or self.name.removesuffix("_date")

    @property
    def companions(self) -> dict[str, str]:
        """Part -> typed column that travels with the value.

        Dates: prec ("day" | "month" | "year"), lo, hi. Quantities: lo, hi, op ("=", "<", ">",
        "range") and unit. ``raw`` where the declaration keeps the cell's text.
        """
        base, parts = self.base, {}
        if self.kind in DATE_KINDS:
            parts = {"prec": f"{self.name}_prec", "lo": f"{base}_lo", "hi": f"{base}_hi"}
        elif self.kind in INTERVAL_KINDS:
            parts = {part: f"{base}_{part}" for part in ("lo", "hi", "op", "unit")}
        elif self.kind == "smoking":
            parts = {"hi": "smoking_pack_years"}
        if self.raw:
            parts["raw"] = f"{base}_raw"
        return {**parts, **self.parts}


@dataclass(frozen=True)
class Table:
    """One canonical table."""

    name: str
    label: str
    description: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]

    def typed_columns(self) -> list[str]:
        """Columns of the processed table, in order."""
        names: list[str] = []
        for column in self.columns.values():
            names += [column.value_column, *column.companions.values()]
        return list(dict.fromkeys(names))


@dataclass(frozen=True)
class Dictionary:
    """All tables, and the columns of the derived one-row-per-patient frame."""

    tables: Mapping[str, Table]
    derived: Mapping[str, Column]

    def column(self, address: str) -> Column:
        """The column at "table.column"; raises KeyError with the address."""
        table, _, name = address.partition(".")
        if table == "derived":
            return self.derived[name]
        try:
            return self.tables[table].columns[name]
        except KeyError:
            raise KeyError(f"no column {address!r} in the data dictionary") from None

    def label(self, name: str) -> str:
        """Printed label of a derived or abstracted column; the name itself when undeclared.

        Of a covariate such as "log2(cga_before)" the column's label and what is done to it.
        """
        if name in self.derived:
            return self.derived[name].label
        for table in self.tables.values():
            if name in table.columns:
                return table.columns[name].label
        column, done = parts(name) or (name, "")
        return f"{self.label(column)}, {done}" if done else name


def _column(table: str, name: str, spec: Mapping[str, Any]) -> Column:
    spec = dict(spec)
    spec["derived_from"] = tuple(spec.pop("from", ()))
    for sequence in ("allowed", "range"):
        if spec.get(sequence) is not None:
            spec[sequence] = tuple(spec[sequence])
    return Column(table=table, name=name, kind=spec.pop("kind", "derived"), **spec)


@cache
def dictionary() -> Dictionary:
    """The study's data dictionary."""
    content = load_words(SOURCE)
    tables = {
        name: Table(
            name, spec["label"], spec["description"], tuple(spec["key"]),
            {column: _column(name, column, body) for column, body in spec["columns"].items()},
        )
        for name, spec in content["tables"].items()
    }  # fmt: skip
    derived = {name: _column("derived", name, body) for name, body in content["derived"].items()}
    return Dictionary(tables, derived)
