"""The endpoint family: what each declares, its curves side by side, and what came after PRRT."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from prrt_lib.analyse import survival
from prrt_lib.analyse.columns import rows_of
from prrt_lib.analyse.summaries import levels_of, nobody, share
from prrt_lib.analyse.survival import ANALYSIS, RATES
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import BRACKETS, YEARS
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.draw import figure_values, style
from prrt_lib.draw.canvas import Drawing, file_name, keep
from prrt_lib.estimate.proportions import probability_limits
from prrt_lib.study.cohort import NOT_NEW
from prrt_lib.study.data import Study
from prrt_lib.study.endpoints import ENDPOINTS, SETTINGS, horizon

DECLARED, HANDLING, SETTING = "declared", "intercurrent events", "setting"


@traced
def declared(study: Study) -> pd.DataFrame:
    """Rows (no estimate) of what each endpoint measures; ``variable`` asks, ``level`` answers."""
    records = []
    for name, item in ENDPOINTS.items():
        facts = {
            "time zero": item.origin, "entry": item.entry, "event": item.event,
            "competing event": item.competing, "censored at": item.censoring,
            "horizon": horizon(study.parameters.horizon_months),
            "role": study.parameters.role(name),
        }  # fmt: skip
        records += [_fact(name, item.label, DECLARED, *pair) for pair in facts.items()]
    return result_rows(records, analysis=ANALYSIS, statistic="value")


@traced
def handling(study: Study) -> pd.DataFrame:
    """Rows of how each endpoint treats each intercurrent event (decision 13)."""
    records = [
        _fact(name, item.label, HANDLING, event, way)
        for name, item in ENDPOINTS.items()
        for event, way in item.handling.items()
    ]
    return result_rows(records, analysis=ANALYSIS, statistic="value")


@traced
def settings() -> pd.DataFrame:
    """Rows of what each sensitivity setting changes."""
    records = [{"model": SETTING, "setting": name, "variable": "changes", "level": words}
               for name, words in SETTINGS.items() if name]  # fmt: skip
    return result_rows(records, analysis=ANALYSIS, statistic="value")


def _fact(endpoint: str, label: str, model: str, variable: str, level: str) -> dict[str, str]:
    words = level.replace("first_prrt", "first PRRT")
    return {"endpoint": endpoint, "label": label, "model": model, "variable": variable,
            "level": words}  # fmt: skip


@traced
def expected_precision(rows: pd.DataFrame, n: int = 50, conf_type: str = "log-log") -> pd.DataFrame:
    """The yearly rates of ungrouped curves with the limits that ``n`` such patients would give.

    The standard error grows with the square root of (events seen / events expected among ``n``),
    the rest of the design unchanged; limits on the scale of the curves.
    """
    kept = rows[
        rows["statistic"].isin(RATES) & (rows["group"] == "") & (rows["state"] == "ok")
        & rows["time"].isin(list(YEARS)) & (rows["level"].isin(["", "1"]))
    ]  # fmt: skip
    if kept.empty:
        return result_rows([])
    ratio = n / kept["n"]
    error = kept["std_error"] / np.sqrt(ratio)
    low, high = probability_limits(
        kept["estimate"].to_numpy(), error.to_numpy(), conf_type, float(kept["conf_level"].iloc[0])
    )
    # A rate of 0 or 1 has no standard error to scale.
    known = (error > 0).to_numpy()
    return stamp(
        kept, model=f"expected at n = {n}", std_error=error.where(known), n=n,
        events=kept["events"] * ratio, at_risk=np.nan, total=n,
        low=np.where(known, low, np.nan), high=np.where(known, high, np.nan),
        method=f"standard error x sqrt(events / events expected among {n}), {conf_type} limits",
        role="exploratory", warning="",
    )  # fmt: skip


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
    return result_rows([row], analysis=ANALYSIS, endpoint=endpoint,
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
    needs = {"vital_status_reversed": "vital_contradicted", "pairs_once": "suspected_copy"}
    people = study.patients(*needs.values(), population=study.headline)
    unneeded = {"", *(setting for setting, name in needs.items() if not people[name].any())}
    tables = []
    for name in SENSITIVE:
        # Of such endpoints the curve itself brings the readings of dates.
        brought = BRACKETS if survival.too_many_undated(study, study.times(name)) else ()
        tables += [
            survival.summary(survival.curve(study, name, setting=setting))
            for setting in ENDPOINTS[name].settings if setting not in {*unneeded, *brought}
        ]  # fmt: skip
    return combine(tables)


def further(study: Study) -> pd.DataFrame:
    """Median, quartiles and yearly rates of the endpoints beside the family of the registry."""
    return combine([survival.summary(survival.curve(study, name)) for name in FURTHER])


@checked
def other_populations(study: Study, populations: Sequence[str]) -> pd.DataFrame:
    """Median, quartiles and yearly rates in every population besides the headline one."""
    return combine(
        survival.summary(survival.curve(study, name, population=population))
        for population in populations
        if population != study.headline
        for name in ENDPOINTS
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


THERAPY = "subsequent_therapy"


@traced
def subsequent(study: Study, population: str | None = None) -> pd.DataFrame:
    """Patients with each therapy after first PRRT, any, any new anticancer one, and retreatment.

    Of all patients. A therapy without a date counts, since its sheet is of those after PRRT; one
    dated on or before first PRRT does not.
    """
    population = population or study.headline
    words = {"analysis": ANALYSIS, "model": "next treatment", "population": population,
             "role": "secondary", "label": "Therapies after first PRRT"}  # fmt: skip
    people = study.patients("first_prrt", "retreatment", population=population)
    if not study.abstracted("subsequent_therapies", "therapy"):
        return result_rows(nobody(THERAPY, len(people)), **words)
    given = rows_of(study, people["patient_id"], "subsequent_therapies", "therapy", "therapy_date")
    given = given.dropna(subset=["therapy"]).merge(people, on="patient_id")
    early = given["therapy_date"] <= given["first_prrt"]
    later = given[~early]
    names = levels_of(later["therapy"], "subsequent_therapies.therapy")
    classes = {level: later[later["therapy"] == level] for level in names}
    sets = {"any": later, "any new anticancer therapy": later[~later["therapy"].isin(NOT_NEW)],
            **classes, "second course of PRRT": people[people["retreatment"].notna()]}  # fmt: skip
    told = [f"{later['therapy_date'].isna().sum()} records without a date counted",
            f"{early.sum()} dated on or before first PRRT left out"]  # fmt: skip
    warning = "; ".join(text for text in told if not text.startswith("0 "))
    records = [share(own["patient_id"].nunique(), len(people), THERAPY, level)
               for level, own in sets.items()]  # fmt: skip
    return result_rows(records, method="n of all patients", warning=warning, **words)


DAYS_PER_YEAR = 365.25


def completeness(rows: pd.DataFrame, scenario: str, title: str, name: str) -> Drawing:
    """A bar per centre below one for all: observed of possible person-time, in years beside it."""
    style.apply()
    known = rows[(rows["statistic"] == "proportion") & (rows["state"] == "ok")]
    figure, axes = plt.subplots(figsize=(7.2, 1.4 + 0.34 * max(1, len(known))))
    share = 100 * known["estimate"].to_numpy(dtype=float)
    hatches = ["" if group == "" else "//" for group in known["group"]]
    axes.barh(range(len(known)), share, height=0.66, edgecolor="white", hatch=hatches,
              color=[style.PALETTE[0 if hatch == "" else 6] for hatch in hatches])  # fmt: skip
    for place, (value, row) in enumerate(zip(share, known.to_dict("records"), strict=True)):
        years = [row[part] / DAYS_PER_YEAR for part in ("n", "total")]
        told = f" {value:.0f} % ({years[0]:.1f} of {years[1]:.1f} years)"
        axes.text(value, place, told, va="center", fontsize=8)
    axes.set_yticks(range(len(known)), [level or "All" for level in known["group_level"]])
    axes.invert_yaxis()
    axes.set_xlim(0, 145)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("Person-time observed, % of that possible")
    axes.set_title(title)
    if not len(known):
        axes.text(0.5, 0.5, "not abstracted", transform=axes.transAxes, ha="center")
    return keep(figure, file_name(name), scenario, figure_values.shares(known, title))
