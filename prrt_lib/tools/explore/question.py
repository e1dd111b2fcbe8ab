"""One question to a built scenario: its answer, and the lines of Python that give it again."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from prrt_lib.analyse import survival
from prrt_lib.declare import numbers
from prrt_lib.declare.parameters import YEARS, days
from prrt_lib.declare.rows import result_rows, stamp
from prrt_lib.draw import figures, tables
from prrt_lib.draw.canvas import Drawing
from prrt_lib.study.endpoints import ENDPOINTS
from prrt_lib.study.narrowed import narrowed

IMPORTS = """from prrt_lib.analyse import survival
from prrt_lib.declare.rows import stamp
from prrt_lib.draw import figures
from prrt_lib.study.narrowed import narrowed
"""
EVERY_MONTHS = 12


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


def nothing() -> pd.DataFrame:
    """The rows of a question that was refused: none."""
    return result_rows([])


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
