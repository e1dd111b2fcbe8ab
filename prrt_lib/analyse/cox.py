"""Cox models of the study: declared covariates only, one by one and together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.records import level_text
from prrt_lib.estimate.regression.cox_model import CoxFit, cox
from prrt_lib.study.data import Study
from prrt_lib.study.times import Times

ANALYSIS = "cox"
UNIVARIABLE, MULTIVARIABLE = "univariable", "multivariable"
READINGS = ("shortest", "longest")
FEW, TOO_FEW = 10, 5


@checked
def models(
    study: Study, endpoint: str, covariates: Sequence[str] | None = None,
    population: str | None = None, setting: str = "",
) -> pd.DataFrame:  # fmt: skip
    """Hazard ratios of the declared covariates: each alone, then all together.

    Covariates must be known at entry (decision 10). Below ten events per estimated coefficient
    the rows carry a warning; below five, or with a level without events, the model is fitted
    with Firth's penalty and marked exploratory (decision 12).
    """
    names = list(covariates or study.parameters.covariates)
    alone = [_univariable(study, endpoint, name, population, setting) for name in names]
    return combine([*alone, _multivariable(study, endpoint, names, population, setting)])


@traced
def _univariable(
    study: Study, endpoint: str, name: str, population: str | None, setting: str
) -> pd.DataFrame:
    known = prepare(study, endpoint, [name], population, setting)
    rows = _fitted(known.frame, [name], UNIVARIABLE) if known.names else _not_abstracted(name)
    return stamped(study, known, rows)


@traced
def _multivariable(
    study: Study, endpoint: str, names: list[str], population: str | None, setting: str
) -> pd.DataFrame:
    known = prepare(study, endpoint, names, population, setting)
    if not known.names:
        return result_rows([])
    return stamped(study, known, _fitted(known.frame, known.names, MULTIVARIABLE))


@dataclass(frozen=True)
class Prepared:
    """Times with covariates as factors; ``names`` have values, ``absent`` have none."""

    times: Times
    frame: pd.DataFrame
    names: list[str]
    absent: list[str]

    @property
    def coefficients(self) -> int:
        """Coefficients that a model of all ``names`` estimates."""
        return sum(_columns(self.frame[name]) for name in self.names)

    @property
    def too_few_events(self) -> bool:
        """Fewer than five events per coefficient of the model of all ``names``."""
        return int((self.frame["event"] == 1).sum()) < TOO_FEW * self.coefficients


@checked
def prepare(
    study: Study, endpoint: str, covariates: Sequence[str] | None = None,
    population: str | None = None, setting: str = "", more: Sequence[str] = (),
) -> Prepared:  # fmt: skip
    """Entry, exit, event and covariates of ``endpoint``; ``more`` are columns besides them."""
    names = list(covariates or study.parameters.covariates)
    asked = tuple(dict.fromkeys([*names, *more]))
    times = study.times(endpoint, setting, population or study.headline, asked)
    frame = _factors(times.frame, asked)
    known = [name for name in names if frame[name].notna().any()]
    return Prepared(times, frame, known, [name for name in names if name not in known])


def _columns(values: pd.Series) -> int:
    return max(0, values.nunique() - 1) if values.dtype == "category" else 1


def not_estimable(names: Sequence[str], model: str, why: str) -> pd.DataFrame:
    """A row per covariate that says why ``model`` gives no hazard ratio."""
    records = [{"statistic": "log_hazard_ratio", "variable": name} for name in names]
    return result_rows(records, model=model, state="not-estimable", warning=why)


@checked
def several(
    study: Study, endpoints: Sequence[str], covariates: Sequence[str] | None = None
) -> pd.DataFrame:
    """:func:`models` of each endpoint, one under the other."""
    return combine([models(study, name, covariates) for name in endpoints])


@checked
def partial_dates(
    study: Study, endpoints: Sequence[str], covariates: Sequence[str] | None = None
) -> pd.DataFrame:
    """Hazard ratios of the declared model of each endpoint, with the shortest and the longest
    reading of partial dates (decision 8): the settings of :data:`READINGS`, exploratory."""
    names = list(covariates or study.parameters.covariates)
    rows = combine([_multivariable(study, endpoint, names, None, setting)
                    for endpoint in endpoints for setting in READINGS])  # fmt: skip
    return rows[rows["statistic"] == "log_hazard_ratio"].reset_index(drop=True)


def _factors(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Categories in their declared order; levels that nobody has are left out."""
    ordered = {}
    for name in names:
        declared, values = dictionary().derived.get(name), frame[name]
        scale = isinstance(values.dtype, pd.CategoricalDtype)
        if scale:
            values = values.cat.rename_categories(level_text)
        if scale or values.dtype == object:
            known = values.cat.categories if scale else declared.allowed if declared else ()
            present = [level for level in known if level in set(values)]
            levels = present or sorted(values.dropna().unique())
            ordered[name] = pd.Categorical(values, categories=levels, ordered=scale)
    return frame.assign(**ordered)


def _not_abstracted(name: str) -> pd.DataFrame:
    return result_rows(
        [{"statistic": "log_hazard_ratio", "variable": name, "state": "not-abstracted"}],
        model=UNIVARIABLE,
    )


def _fitted(frame: pd.DataFrame, names: list[str], model: str) -> pd.DataFrame:
    """One model's rows with its own place in the key; what cannot be fitted says why."""
    own = f"{model}: {names[0]}" if model == UNIVARIABLE else ""
    try:
        fit, warning = _fit(frame, names)
    except AnalysisError as error:
        return not_estimable(names, model, error.found)
    rows = pd.concat([fit.rows, _proportionality(fit)], ignore_index=True)
    words = rows["warning"].map(lambda text: "; ".join(part for part in (warning, text) if part))
    scale = rows["statistic"].isin(["log_hazard_ratio", "coefficient"])
    stratum = pd.Series(own, index=rows.index).where(~scale & bool(own), "")
    return stamp(rows, model=model, warning=words, stratum=stratum)


def _fit(frame: pd.DataFrame, names: list[str]) -> tuple[CoxFit, str]:
    plain = cox(frame, "exit", "event", names, entry="entry")
    per = plain.events_per_parameter
    counted = f"{plain.events} events for {len(plain.design.columns)} coefficients"
    if per < TOO_FEW or not plain.converged or _level_without_events(plain):
        why = counted if per < TOO_FEW else "a level without events or without a finite estimate"
        penalised = cox(frame, "exit", "event", names, entry="entry", penalty="firth")
        return penalised, f"Firth's penalty, exploratory: {why}"
    return plain, f"fewer than {FEW} events per coefficient: {counted}" if per < FEW else ""


def thin_levels(rows: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """``rows`` without the hazard ratios of levels with fewer than ``fewest`` patients or without
    an event (decision 36); the level stays in its model."""
    thin = (rows["level"] != "") & (rows["statistic"] == "log_hazard_ratio")
    thin &= (rows["n"] < fewest) | (rows["events"] == 0)
    told = [
        f"{dictionary().label(row['variable'])}, {row['level']}: {row['n']:g} patients with "
        f"{row['events']:g} events only: no hazard ratio of their own"
        for row in rows[thin].to_dict("records")
    ]
    words = rows["warning"].where(~thin, (rows["warning"] + "; ").where(rows["warning"] != "", ""))
    words[thin] += told
    blank = {name: rows[name].mask(thin) for name in ("estimate", "std_error", "low", "high", "p")}
    state = rows["state"].mask(thin, "not-estimable")
    return stamp(rows, warning=words, state=state, **blank)


def _level_without_events(fit: CoxFit) -> bool:
    levels = fit.rows[(fit.rows["statistic"] == "log_hazard_ratio") & (fit.rows["level"] != "")]
    return bool((levels["events"] == 0).any())


def _proportionality(fit: CoxFit) -> pd.DataFrame:
    """Score tests of proportional hazards; they belong to the unpenalised model."""
    if fit.penalty:
        return result_rows([])
    return stamp(fit.zph("km"), setting="", reference="proportional hazards")


def stamped(study: Study, known: Prepared, rows: pd.DataFrame, role: str = "") -> pd.DataFrame:
    """``rows`` under the study's keys, with the endpoint's own warnings."""
    times = known.times
    rows = thin_levels(rows, study.parameters.min_group)
    own = [times.endpoint.banner, *times.warnings]
    warning = rows["warning"].map(lambda text: "; ".join(part for part in (*own, text) if part))
    role = role or ("exploratory" if times.setting else study.parameters.role(times.endpoint.name))
    exploratory = rows["warning"].str.contains("exploratory")
    whole = rows["n"].notna() & (rows["level"] == "") & rows["total"].isna()
    return stamp(
        rows, analysis=ANALYSIS, endpoint=times.endpoint.name, population=times.population,
        total=rows["total"].mask(whole, len(times.frame)),
        setting=times.setting, warning=warning, label=times.endpoint.label,
        role=pd.Series(role, index=rows.index).where(~exploratory, "exploratory"),
    )  # fmt: skip
