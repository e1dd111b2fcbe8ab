"""Where hazards are not proportional: differences of restricted mean survival beside the ratio."""

from __future__ import annotations

from typing import Any

import pandas as pd

from prrt_lib.analyse.cox import ANALYSIS, MULTIVARIABLE, prepare
from prrt_lib.analyse.summaries import warned
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import YEARS
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.curves.restricted_mean import rmst_difference
from prrt_lib.study.data import Study

RESTRICTED = "restricted mean"
LEVEL = 0.05
# Groups are compared from first PRRT, also where the model counts from diagnosis (decision 31).
CLOCK = {"os_dx_delayed": "os_prrt", "os_dx_naive": "os_prrt"}


def concerned(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """(endpoint, variable) of the models of all covariates whose hazards are not proportional.

    Where the global score test has p < 0.05: the variables whose own test has, else all of them.
    """
    tests = rows[(rows["model"] == MULTIVARIABLE) & (rows["setting"] == "")
                 & (rows["reference"] == "proportional hazards")]  # fmt: skip
    found = []
    for endpoint, of_model in tests.groupby("endpoint", sort=False):
        whole = of_model["variable"] == "GLOBAL"
        if (of_model.loc[whole, "p"] < LEVEL).any():
            own = of_model[~whole]
            chosen = own[own["p"] < LEVEL] if (own["p"] < LEVEL).any() else own
            found += [(endpoint, name) for name in chosen["variable"]]
    return found


def restricted_means(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """Differences of restricted mean survival for what is :func:`concerned` in ``rows`` of
    :func:`prrt_lib.analyse.cox.models`; none where hazards are proportional.

    Up to the last of the years 1, 2, 3, 5, 7 that every group is observed for (Royston and
    Parmar 2013).
    """
    return combine(_means(study, endpoint, name) for endpoint, name in concerned(rows))


@traced
def _means(study: Study, endpoint: str, name: str) -> pd.DataFrame:
    known = prepare(study, CLOCK.get(endpoint, endpoint), [name])
    times, frame, label = known.times, known.frame, dictionary().label(name)
    words = {"analysis": ANALYSIS, "model": RESTRICTED, "endpoint": endpoint, "variable": name,
             "population": times.population, "role": "exploratory", "group": "", "group_level": "",
             "total": len(frame), "label": times.endpoint.label}  # fmt: skip
    if frame[name].dtype != "category":
        return _without(f"{label} is a quantity: there are no groups to compare", words)
    fewest, sizes = study.parameters.min_group, frame[name].value_counts()
    few = [level for level in sizes.index if sizes[level] < fewest]
    if len(sizes) - len(few) < 2:
        return _without(f"{label}: fewer than two groups of {fewest} patients", words)
    frame = frame[~frame[name].isin(few)]
    for tau in sorted(YEARS, reverse=True):
        found = rmst_difference(frame, "exit", "event", float(tau), name, "entry")
        if (found["state"] == "ok").all():
            break
    left = (f"{label}, {level}: left out, fewer than {fewest} patients" for level in few)
    words |= {"stratum": f"{label}, to {YEARS[tau]}", "level": found["group_level"]}
    return stamp(warned(found, [*times.warnings, *left]), **words)


def _without(why: str, words: dict[str, Any]) -> pd.DataFrame:
    record = {"statistic": "rmst_difference", "state": "not-estimable", "warning": why}
    return result_rows([record], **words)
