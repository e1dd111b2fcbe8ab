"""The endpoint family side by side: groups, settings and populations, one curve each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from prrt_lib.analyse import survival
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import BRACKETS
from prrt_lib.declare.rows import combine, result_rows
from prrt_lib.study.data import Study
from prrt_lib.study.endpoints import ENDPOINTS

FURTHER = ("ttnt", "pfs_recist", "pfs_retreatment")
SENSITIVE = ("os_dx_delayed", "os_prrt", "ttp", "pfs", "cif_progression")


@checked
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


@checked
def tests_by_groups(study: Study, endpoints: Sequence[str], by: Sequence[str]) -> pd.DataFrame:
    """The test of every endpoint by every grouping."""
    return combine([survival.compare(study, name, group) for name in endpoints for group in by])


def sensitivities(study: Study) -> pd.DataFrame:
    """Median, quartiles and yearly rates of each endpoint under every setting it knows."""
    tables = [
        survival.summary(survival.curve(study, name, setting=setting))
        for name in SENSITIVE
        for setting in _told_apart(study, name)
    ]
    return combine(tables)


def _told_apart(study: Study, endpoint: str) -> list[str]:
    """The settings of ``endpoint`` besides those that its curve already brings or nobody needs."""
    needs = {"vital_status_reversed": "vital_contradicted", "pairs_once": "suspected_copy"}
    people = study.patients(*needs.values(), population=study.headline)
    idle = ["", *(setting for setting, name in needs.items() if not people[name].any())]
    if survival.too_many_undated(study, study.times(endpoint)):
        idle += BRACKETS
    return [setting for setting in ENDPOINTS[endpoint].settings if setting not in idle]


def further(study: Study) -> pd.DataFrame:
    """Median, quartiles and yearly rates of the endpoints beside the family of the registry."""
    return combine([survival.summary(survival.curve(study, name)) for name in FURTHER])


@checked
def other_populations(study: Study, populations: Sequence[str]) -> pd.DataFrame:
    """Median, quartiles and yearly rates in every population besides the headline one."""
    return combine(
        [
            survival.summary(survival.curve(study, name, population=population))
            for population in populations
            if population != study.headline
            for name in ENDPOINTS
        ]
    )


def moved(family: pd.DataFrame, settings: pd.DataFrame) -> pd.Series:
    """Whether each row of ``settings`` belongs to an endpoint and setting that move a number of
    the main analysis, in ``family``."""
    key = ["endpoint", "population", "group_level", "level", "time", "statistic"]
    shown = [*key, "setting", "estimate", "low", "high"]
    here = settings[settings["statistic"] != "at_risk"][shown]
    both = here.merge(family[family["setting"] == ""], on=key, how="left", suffixes=("", "_main"))
    same = pd.Series(True, index=both.index)
    for name in ("estimate", "low", "high"):
        other = both[f"{name}_main"]
        same &= (both[name] == other) | (both[name].isna() & other.isna())
    apart = both.loc[~same, ["endpoint", "setting"]].drop_duplicates()
    pairs = pd.MultiIndex.from_frame(settings[["endpoint", "setting"]])
    return pd.Series(pairs.isin(pd.MultiIndex.from_frame(apart)), index=settings.index)
