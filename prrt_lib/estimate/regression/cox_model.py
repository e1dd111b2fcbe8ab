"""Cox regression: one call, one fit object, result rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from prrt_lib.declare.arguments import level_text
from prrt_lib.declare.rows import result_rows
from prrt_lib.declare.shown import Fit
from prrt_lib.estimate.records import entries_named, named, prepared, refuse, require_columns
from prrt_lib.estimate.regression import baseline, cox_rows, diagnostics
from prrt_lib.estimate.regression.concordance_index import concordance_of_fit
from prrt_lib.estimate.regression.cox_rows import robust_variance
from prrt_lib.estimate.regression.design_matrix import Design, design
from prrt_lib.estimate.regression.firth import maximise_penalised
from prrt_lib.estimate.regression.newton import Maximum, Singular, maximise
from prrt_lib.estimate.regression.risk_sets import RiskSets, risk_sets


@dataclass(frozen=True)
class CoxData:
    """n records in the order of the frame; ``index`` holds their labels there."""

    index: pd.Index
    stop: np.ndarray
    event: np.ndarray
    start: np.ndarray | None
    x: np.ndarray  # (n, p)
    weight: np.ndarray | None
    strata: np.ndarray | None  # numbers into ``strata_names``
    strata_names: tuple[str, ...]
    strata_columns: tuple[str, ...]
    cluster: np.ndarray | None
    cluster_column: str
    design: Design
    warnings: tuple[str, ...]


def cox_data(
    frame: pd.DataFrame, duration: str, event: str, covariates: Sequence[str],
    entry: str | None = None, strata: str | Sequence[str] | None = None,
    cluster: str | None = None, weights: str | None = None,
    reference: Mapping[str, object] | None = None,
    interactions: Sequence[Sequence[str]] = (),
    splines: Mapping[str, int | Sequence[float]] | None = None,
) -> CoxData:  # fmt: skip
    """CoxData; raises AnalysisError for rows or columns that cannot be used."""
    entries_named(frame, entry)
    groups, extra = named(strata), [cluster] if cluster else []
    wanted = list(dict.fromkeys([*covariates, *groups, *extra]))
    kept, warnings = _usable(frame, [duration, event, entry], wanted, weights)
    data = prepared(
        kept, duration, event, entry, by=groups, covariates=[*covariates, *extra],
        weights=weights, need_event=True, sort=False,
    )  # fmt: skip
    made = design(data, covariates, reference, interactions, splines)
    codes, names = None, ("",)
    if groups:
        grouped = data.groupby(groups, observed=True)
        codes = grouped.ngroup().to_numpy()
        names = tuple(", ".join(level_text(part) for part in key) for key, _ in grouped)
    return CoxData(
        index=kept.index, stop=data[duration].to_numpy(), event=data[event].to_numpy() == 1,
        start=data[entry].to_numpy() if entry else None, x=made.matrix(data),
        weight=data[weights].to_numpy() if weights else None,
        strata=codes, strata_names=names, strata_columns=tuple(groups),
        cluster=pd.factorize(data[cluster])[0] if cluster else None,
        cluster_column=cluster or "", design=made,
        warnings=(*warnings, *data.attrs["warnings"], *made.warnings),
    )  # fmt: skip


def _usable(frame, times, wanted, weights) -> tuple[pd.DataFrame, list[str]]:
    """Records with every covariate and a positive weight, and a sentence for the others."""
    columns = [name for name in dict.fromkeys([*times, *wanted, weights]) if name is not None]
    require_columns(frame, columns)
    kept, warnings = frame[columns], []
    gaps = kept[wanted].isna()
    full = ~gaps.any(axis=1).to_numpy()
    if not full.all():
        lost = {name: int(count) for name, count in gaps.sum().items() if count}
        each = [f"{name} ({count})" if len(lost) > 1 else name for name, count in lost.items()]
        warnings.append(f"{int(full.sum())} of {len(kept)} records, {int((~full).sum())} left out "
                        f"for missing {', '.join(each)}")  # fmt: skip
        kept = kept[full]
    if weights and pd.api.types.is_numeric_dtype(kept[weights]) and (kept[weights] == 0).any():
        zero = (kept[weights] == 0).to_numpy()
        warnings.append(f"{int(zero.sum())} records of weight zero left out")
        kept = kept[~zero]
    if not len(kept):
        refuse("the frame", "no record with all covariates", "at least one", "check missing values")
    return kept, warnings


@dataclass(frozen=True, repr=False)
class CoxFit(Fit):
    """A fitted Cox model; estimates are log hazard ratios."""

    data: CoxData
    sets: RiskSets
    maximum: Maximum
    ties: str
    penalty: str | None
    conf_level: float
    warnings: tuple[str, ...]

    @property
    def design(self) -> Design:
        """How covariates became columns."""
        return self.data.design

    @property
    def n(self) -> int:
        """Records used, also those never at risk at an event time."""
        return len(self.data.stop)

    @property
    def events(self) -> int:
        """Events used."""
        return int(self.data.event.sum())

    @property
    def events_per_parameter(self) -> float:
        """Events / estimated coefficients (decision 12); NaN without covariates."""
        return self.events / len(self.design.columns) if self.design.columns else float("nan")

    @property
    def converged(self) -> bool:
        """False when the search stopped short or an estimate runs to infinity."""
        return self.maximum.converged and not self.maximum.separated.any()

    @cached_property
    def coefficients(self) -> pd.Series:
        """Log hazard ratio per column of the design."""
        return pd.Series(self.maximum.beta / self.sets.scale, self.design.names, dtype=float)

    @cached_property
    def model_covariance(self) -> pd.DataFrame:
        """Inverse of the information."""
        return self._frame(self.maximum.variance)

    @cached_property
    def covariance(self) -> pd.DataFrame:
        """Robust (sandwich) covariance where clusters were named, else the inverse information."""
        return self._frame(self.scaled_covariance)

    @cached_property
    def scaled_covariance(self) -> np.ndarray:
        """``covariance`` on the scaled columns."""
        if self.data.cluster is None:
            return self.maximum.variance
        return robust_variance(self.sets, self.maximum, self.data.cluster)

    @property
    def std_errors(self) -> pd.Series:
        """From the information, whether or not clusters were named."""
        return _root(self.model_covariance)

    @property
    def robust_std_errors(self) -> pd.Series | None:
        """From the sandwich; None without clusters."""
        return None if self.data.cluster is None else _root(self.covariance)

    @property
    def log_likelihood(self) -> float:
        """At the estimate; with the penalty where there is one."""
        return self.maximum.loglik

    @property
    def log_likelihood_null(self) -> float:
        """With all coefficients zero."""
        return self.maximum.loglik_start

    @property
    def method(self) -> str:
        """Estimator and options, as a result row names them."""
        return cox_rows.method(self)

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """Result rows: coefficients with reference levels, tests, likelihoods."""
        return self.as_rows(cox_rows.estimates(self))

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Result rows: ``estimates`` and the concordance, which takes longer than the fit."""
        return self.as_rows([*cox_rows.estimates(self), concordance_of_fit(self)])

    def as_rows(self, records: Iterable[Mapping]) -> pd.DataFrame:
        """Result rows that carry this fit's counts, method and warnings."""
        common = {"n": self.n, "events": self.events, "method": self.method}
        words = "; ".join(self.warnings)
        return result_rows(records, **common, conf_level=self.conf_level, warning=words)

    def residuals(self, kind: str) -> pd.Series | pd.DataFrame:
        """martingale, deviance, score, dfbeta, schoenfeld or scaled_schoenfeld residuals."""
        return diagnostics.residuals(self, kind)

    def zph(self, transform: str = "km", terms: bool = True) -> pd.DataFrame:
        """Result rows of the score test of proportional hazards, per term and GLOBAL."""
        return diagnostics.zph(self, transform, terms)

    def baseline_hazard(self, ties: str | None = None) -> pd.DataFrame:
        """Cumulative hazard steps per stratum, all covariates zero."""
        return baseline.baseline_hazard(self, ties)

    def predict_survival(
        self, new: pd.DataFrame, times: Sequence[float], ties: str | None = None
    ) -> pd.DataFrame:
        """Result rows of S(t) with limits for each row of ``new`` at ``times``."""
        return baseline.predict_survival(self, new, times, ties)

    def _frame(self, scaled: np.ndarray) -> pd.DataFrame:
        values = scaled / np.outer(self.sets.scale, self.sets.scale)
        return pd.DataFrame(values, self.design.names, self.design.names)


def cox(
    frame: pd.DataFrame,
    duration: str,
    event: str,
    covariates: Sequence[str],
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    ties: str = "efron",
    penalty: str | None = None,
    conf_level: float = 0.95,
    reference: Mapping[str, object] | None = None,
    interactions: Sequence[Sequence[str]] = (),
    splines: Mapping[str, int | Sequence[float]] | None = None,
) -> CoxFit:
    """The CoxFit of ``duration`` (exit) and ``event`` (0/1) on ``covariates``.

    Records are at risk in (entry, exit]. ``weights`` are case weights. Naming ``cluster`` gives
    robust standard errors. Records without a covariate are left out and counted in ``warnings``.
    Raises AnalysisError for data that cannot be fitted; separation is a warning.
    """
    if ties not in ("efron", "breslow"):
        refuse("ties", repr(ties), "one of ['efron', 'breslow']", "choose one of these")
    if penalty not in (None, "firth"):
        refuse("penalty", repr(penalty), "one of [None, 'firth']", "choose one of these")
    data = cox_data(
        frame, duration, event, covariates, entry, strata, cluster, weights,
        reference, interactions, splines,
    )  # fmt: skip
    return fit_cox(data, ties, penalty, conf_level)


def fit_cox(data: CoxData, ties: str, penalty: str | None, conf_level: float) -> CoxFit:
    """The CoxFit of prepared data."""
    sets = risk_sets(data.stop, data.event, data.x, data.start, data.strata, data.weight, ties)
    try:
        top = maximise_penalised(sets) if penalty == "firth" else maximise(sets)
    except Singular as error:
        refuse(f"covariates {[data.design.names[place] for place in error.columns]}",
               "columns that are constant in every risk set or follow from the columns before them",
               "columns with information of their own", "leave these columns out")  # fmt: skip
    warnings = (*data.warnings, *cox_rows.concerns(top, data.design.names))
    return CoxFit(data, sets, top, ties, penalty, conf_level, warnings)


def _root(covariance: pd.DataFrame) -> pd.Series:
    return pd.Series(np.sqrt(np.diag(covariance)), covariance.index, dtype=float)
