"""A built scenario as a notebook sees it: the columns it asks for, and a note of what it asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import pandas as pd

from prrt_lib.base.errors import AnalysisError
from prrt_lib.base.paths import Places
from prrt_lib.declare import reads
from prrt_lib.declare.arguments import checked, one_of
from prrt_lib.declare.covariates import column_of, transformed
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import Parameters, unknown_name
from prrt_lib.declare.quoting import unquoted
from prrt_lib.declare.rows import POPULATIONS
from prrt_lib.declare.shown import Shown
from prrt_lib.study.derive.responses import landmark_states
from prrt_lib.study.endpoints import ENDPOINTS, columns_read
from prrt_lib.study.known_at import of_specimen
from prrt_lib.study.levels import in_declared_order
from prrt_lib.study.times import Times, allowed, times

PER_PATIENT = ("patients", "tumour", "followup")
DERIVED_TABLES = ("scans", "biomarker_windows")


class NotedParameters:
    """The scenario's parameters; each one that is read is noted."""

    def __init__(self, parameters: Parameters):
        self._parameters = parameters

    def __repr__(self) -> str:
        return repr(self._parameters)

    def __getattr__(self, name: str) -> Any:
        declared = vars(type(self._parameters)).get(name)
        if isinstance(declared, property):
            return declared.fget(self)
        if isinstance(declared, FunctionType):
            return MethodType(declared, self)
        value = getattr(self._parameters, name)
        reads.record("parameters", name)
        return value


@dataclass(frozen=True)
class Part:
    """The columns of the cohort that one question needs."""

    patients: pd.DataFrame
    parameters: Any


@dataclass(frozen=True, repr=False)
class Study(Shown):
    """Patients, tables and endpoint times of one scenario, read from disk when asked for."""

    places: Places

    def shown(self) -> tuple[str, pd.DataFrame, list[str]]:
        """Size of each population; nothing is noted as read."""
        flags = [f"in_{name}" for name in POPULATIONS]
        people = self._from_disk(self.places.processed / "cohort.parquet")[flags]
        lines = {"population": list(POPULATIONS), "patients": people.sum().tolist()}
        heading = f"Scenario {self.scenario}, data cut-off {self._stored.cutoff}"
        ask = "curves: survival.curve(study, endpoint); endpoints: " + ", ".join(ENDPOINTS)
        return heading, pd.DataFrame(lines), [ask]

    @property
    def scenario(self) -> str:
        return self.places.scenario

    @cached_property
    def _stored(self) -> Parameters:
        content = json.loads((self.places.processed / "parameters.json").read_text("utf-8"))
        return Parameters(**content)

    @cached_property
    def parameters(self) -> Any:
        """The scenario's parameters."""
        return NotedParameters(self._stored)

    @cached_property
    def _columns(self) -> list[str]:
        """ "table.column" of everything that was built."""
        text = (self.places.processed / "columns.json").read_text("utf-8")
        return list(json.loads(text))

    @property
    def headline(self) -> str:
        """Population shown first: as the parameters say, all treated where no site is known."""
        wanted = self.parameters.population
        return "all_treated" if wanted == "gep" and not self._any_gep else wanted

    @property
    def headline_banner(self) -> str:
        """Words above every headline result when the population had to change; else ""."""
        if self.parameters.population == "gep" and not self._any_gep:
            return headline_banner(self._cohort("gep_primary")["gep_primary"])
        return ""

    @property
    def _any_gep(self) -> bool:
        return bool(self._cohort("in_gep")["in_gep"].any())

    @checked
    def patients(self, *columns: str, population: str | None = None) -> pd.DataFrame:
        """patient_id and ``columns`` of one population (the headline one by default).

        A name is a derived column, else one of patients, tumour or followup; "tumour.necrosis"
        says which, "log2(cga_before)" and "age_at_first_prrt/10" are made from one. Grades, bands,
        stages and ECOG are ordered categoricals in declared order.
        """
        chosen = self._population(population)
        addresses = {name: self._address(name) for name in map(column_of, columns)}
        own = [
            address.partition(".")[2]
            for address in addresses.values()
            if address.startswith("derived.")
        ]
        frame = self._cohort(f"in_{chosen}", *own)
        frame = frame[frame[f"in_{chosen}"]]
        for table in PER_PATIENT:
            asked = [a.partition(".")[2] for a in addresses.values() if a.startswith(f"{table}.")]
            if asked:
                more = self._stored_table(table, asked).drop_duplicates("patient_id")
                clash = {name: f"{table}.{name}" for name in asked if name in frame}
                frame = frame.merge(more.rename(columns=clash), on="patient_id", how="left")
        plain = {name: address.partition(".")[2] for name, address in addresses.items()}
        found = {name: frame[name if name in frame else plain[name]] for name in plain}
        picked = {name: transformed(found[column_of(name)], name) for name in columns}
        return pd.DataFrame({"patient_id": frame["patient_id"], **picked}).reset_index(drop=True)

    @checked
    def table(self, name: str, *columns: str, population: str = "all_treated") -> pd.DataFrame:
        """patient_id and ``columns`` of table ``name``: rows of treated patients to the cut-off.

        Besides the canonical tables: ``scans`` (every scan with response_class, progression,
        days_from_prrt, after_prrt) and ``biomarker_windows`` (the sample of each time point).
        """
        for column in columns:
            self._require(f"{name}.{column}")
        frame = self._stored_table(name, list(columns))
        flag = f"in_{self._population(population)}"
        members = self._cohort(flag)
        frame = frame[frame["patient_id"].isin(members.loc[members[flag], "patient_id"])]
        return frame.reset_index(drop=True)

    @checked
    def abstracted(self, table: str, column: str) -> int:
        """Records of treated patients with a value or a bound in ``column``; 0: not abstracted."""
        declared = dictionary().tables.get(table)
        names = [column]
        if declared and column in declared.columns:
            spec = declared.columns[column]
            ends = [spec.companions[part] for part in ("lo", "hi") if part in spec.companions]
            names = [spec.value_column, *ends]
        return int(self.table(table, *names)[names].notna().any(axis=1).sum())

    @checked
    def times(
        self, endpoint: str, setting: str = "", population: str | None = None,
        columns: Sequence[str] = (),
    ) -> Times:  # fmt: skip
        """Entry, exit and event for ``endpoint``; see :func:`prrt_lib.study.times.times`."""
        chosen = self._population(population)
        declared = allowed(endpoint, setting, chosen, columns)
        needed = columns_read(declared, setting)
        needed += ["specimen"] if of_specimen() & set(map(column_of, columns)) else []
        people = self._cohort(f"in_{chosen}", *needed)
        asked = dict.fromkeys(map(column_of, columns))
        extra = [name for name in asked if name not in people]
        if extra:
            more = self.patients(*extra, population=chosen)
            people = people.merge(more, on="patient_id", how="left")
        return times(Part(people, self.parameters), endpoint, setting, chosen, columns)

    def landmark_states(self, population: str | None = None) -> pd.DataFrame:
        """patient_id, days from first PRRT, state: see :func:`responses.landmark_states`."""
        columns = ("response_class", "after_prrt", "days_from_prrt")
        told = self.table("scans", *columns)
        people = self.patients("first_prrt", "progression", population=population)
        return landmark_states(told, people)

    @property
    def findings(self) -> pd.DataFrame:
        """Every question about the workbook, all columns as text."""
        reads.record("columns", "findings")
        path = self.places.processed / "findings.csv"
        return unquoted(pd.read_csv(path, dtype=str, keep_default_na=False))

    @property
    def flow(self) -> pd.DataFrame:
        """The named steps to each population; their numbers add up."""
        reads.record("columns", "flow")
        return unquoted(pd.read_csv(self.places.processed / "flow.csv", keep_default_na=False))

    def reads(self) -> dict[str, list[str]]:
        """What was asked for so far in this process."""
        return reads.snapshot()

    def _population(self, population: str | None) -> str:
        chosen = self.headline if population is None else population
        one_of(chosen, POPULATIONS, "population")
        reads.record("populations", chosen)
        return chosen

    def _address(self, name: str) -> str:
        """ "table.column" of a patient's column; raises AnalysisError with the nearest name."""
        for address in (name, *(f"{table}.{name}" for table in ("derived", *PER_PATIENT))):
            if address in self._columns:
                return address
        known = [item.partition(".")[2] for item in self._columns
                 if item.partition(".")[0] in ("derived", *PER_PATIENT)]  # fmt: skip
        raise AnalysisError(unknown_name(name, sorted(set(known)), "patients"))

    def _require(self, address: str) -> None:
        if address not in self._columns:
            table = address.partition(".")[0]
            known = [
                item for item in self._columns if item.startswith(f"{table}.")
            ] or self._columns
            raise AnalysisError(unknown_name(address, known, "study.table"))

    def _cohort(self, *columns: str) -> pd.DataFrame:
        names = list(dict.fromkeys(columns))
        reads.record("columns", *(f"derived.{name}" for name in names))
        stored = self._from_disk(self.places.processed / "cohort.parquet")
        return in_declared_order(stored[["patient_id", *names]], "derived")

    def _stored_table(self, name: str, columns: list[str]) -> pd.DataFrame:
        """Rows up to the cut-off, as the cohort stage marked them."""
        names = [column for column in dict.fromkeys(columns) if column != "patient_id"]
        reads.record("columns", *(f"{name}.{column}" for column in (names or ["patient_id"])))
        frame = self._from_disk(self.places.tables / f"{name}.parquet")
        kept = frame.loc[frame["used"], ["patient_id", *names]].reset_index(drop=True)
        return in_declared_order(kept, name)

    @cached_property
    def _frames(self) -> dict[Path, pd.DataFrame]:
        return {}

    def _from_disk(self, path: Path) -> pd.DataFrame:
        """The whole file, read once; callers take columns of it, which copies them."""
        if path not in self._frames:
            self._frames[path] = pd.read_parquet(path)
        return self._frames[path]


def headline_banner(gep_primary: pd.Series) -> str:
    """Why the headline is all treated patients and not those with a GEP primary."""
    if (gep_primary == "unknown").all():
        return "primary site not abstracted: all treated patients are shown first"
    return "no patient with a known gastroenteropancreatic primary: all treated are shown first"
