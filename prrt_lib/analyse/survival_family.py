"""The endpoint family side by side: groups, settings and populations, one curve each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from prrt_lib.analyse import survival
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.study.data import Study
from prrt_lib.study.endpoints import ENDPOINTS

SUMMARY = ("median", "q25", "q75", "at_risk")
SENSITIVE = ("os_dx_delayed", "os_prrt", "ttp", "pfs", "cif_progression")


def by_groups(study: Study, endpoints: Sequence[str], by: Sequence[str]) -> pd.DataFrame:
    """A curve of every endpoint by every grouping, each on its own."""
    return combine([_abstracted(study, name, group) for name in endpoints for group in by])


@traced
def _abstracted(study: Study, endpoint: str, by: str) -> pd.DataFrame:
    values = study.patients(by, population=study.headline)[by]
    if values.notna().any():
        return survival.curve(study, endpoint, by)
    row = {"statistic": "median", "group": by, "state": "not-abstracted", "n": 0,
           "total": len(values)}  # fmt: skip
    return result_rows([row], analysis=survival.ANALYSIS, endpoint=endpoint,
                       population=study.headline, role="exploratory")  # fmt: skip


def one(rows: pd.DataFrame, endpoint: str, by: str) -> pd.DataFrame:
    """The rows of one endpoint by one grouping."""
    return rows[(rows["endpoint"] == endpoint) & (rows["group"] == by)]


def tests_by_groups(study: Study, endpoints: Sequence[str], by: Sequence[str]) -> pd.DataFrame:
    """The test of every endpoint by every grouping."""
    return combine([survival.compare(study, name, group) for name in endpoints for group in by])


def sensitivities(study: Study) -> pd.DataFrame:
    """Median, quartiles and yearly rates of each endpoint under every setting it knows."""
    tables = [
        _summary(survival.curve(study, name, setting=setting))
        for name in SENSITIVE
        for setting in ENDPOINTS[name].settings
        if setting
    ]
    return combine(tables)


def other_populations(study: Study, populations: Sequence[str]) -> pd.DataFrame:
    """Median, quartiles and yearly rates in every population besides the headline one."""
    return combine(
        [
            _summary(survival.curve(study, name, population=population))
            for population in populations
            if population != study.headline
            for name in ENDPOINTS
        ]
    )


def _summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Without the steps of the curve between its beginning and the yearly rates."""
    kept = [rows.loc[rows["state"] == "ok", "time"].min(), *survival.YEARS]
    return rows[rows["statistic"].isin(SUMMARY) | rows["time"].isin(kept)]
