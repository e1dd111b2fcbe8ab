"""What can be asked of a built scenario, and the lines of Python that give its answer again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from prrt_lib.analyse import survival
from prrt_lib.analyse.summaries import as_text, levels_of
from prrt_lib.declare import numbers
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import YEARS, days
from prrt_lib.declare.rows import stamp
from prrt_lib.draw import figures, tables
from prrt_lib.draw.canvas import Drawing
from prrt_lib.run.stages import columns_read
from prrt_lib.study.data import Study
from prrt_lib.study.endpoints import ENDPOINTS
from prrt_lib.study.known_at import known_at
from prrt_lib.study.opened import narrowed

TABLES = ("derived", "patients", "tumour", "followup")
FEWEST, MOST = 2, 8
LATE = " (not known at entry)"

Options = list[tuple[str, str]]
IMPORTS = """from prrt_lib.analyse import survival
from prrt_lib.declare.rows import stamp
from prrt_lib.draw import figures
from prrt_lib.study.opened import narrowed
"""
EVERY_MONTHS = 12


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


@dataclass(frozen=True)
class Question:
    """What was chosen. ``where``: (column, level) of a part of the patients, ("", "") of all."""

    scenario: str
    endpoint: str
    by: str = ""
    where: tuple[str, str] = ("", "")
    horizon_months: float | None = None
    time_unit: str = "months"

    @property
    def code(self) -> str:
        """Three lines that give the same rows and the same figure, below their imports."""
        chosen = f", where={{{self.where[0]!r}: {self.where[1]!r}}}" if self.where[0] else ""
        until = f", horizon_months={self.horizon_months:g}" if self.horizon_months else ""
        by = f", by={self.by!r}" if self.by else ""
        unit = f", time_unit={self.time_unit!r}" if self.time_unit != "months" else ""
        curve = f'survival.curve(study, "{self.endpoint}"{by})'
        return "\n".join([
            IMPORTS,
            f'study = narrowed("{self.scenario}"{chosen}{until})',
            f'rows = stamp({curve}, stratum=study.words, role="exploratory")',
            f'figures.{self._drawn}(rows, "{self.scenario}"{unit})',
        ])  # fmt: skip

    @property
    def _drawn(self) -> str:
        competing = ENDPOINTS[self.endpoint].kind == "competing"
        return "incidence_curve" if competing else "survival_curve"

    def rows(self) -> pd.DataFrame:
        """The curve's result rows; raises AnalysisError where the question is not allowed."""
        chosen = dict([self.where]) if self.where[0] else {}
        study = narrowed(self.scenario, chosen, self.horizon_months)
        curve = survival.curve(study, self.endpoint, self.by or None)
        return stamp(curve, stratum=study.words, role="exploratory")

    def figure(self, rows: pd.DataFrame) -> Drawing:
        """The curve with limits and numbers at risk."""
        return getattr(figures, self._drawn)(rows, self.scenario, time_unit=self.time_unit)


def at_risk(rows: pd.DataFrame) -> tables.Table:
    """Numbers at risk at every full year, a line per group."""
    years = {days(month): f"{month} months" for month in range(0, 1201, EVERY_MONTHS)}
    drawn = rows[rows["statistic"].isin(tables.RATES) & (rows["state"] == "ok")]
    kept = drawn[drawn["time"].isin(list(years))].sort_values("time", kind="stable")
    kept = kept.assign(month=kept["time"].map(years), warning="",
                       group_level=kept["group_level"].replace("", "All"))  # fmt: skip
    return tables.grid(kept, "Numbers at risk", "group_level", "month",
                       lambda row: numbers.plain(row["at_risk"], 0))  # fmt: skip


def summary(rows: pd.DataFrame) -> tables.Table:
    """Median, limits and yearly rates of each curve."""
    return tables.survival(rows, "Medians and rates", YEARS)
