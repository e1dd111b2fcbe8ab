"""Centres in the declared Cox models: as strata, as clusters, and how much they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from prrt_lib.analyse.cox import FEW, TOO_FEW, Prepared, not_estimable, prepare, stamped
from prrt_lib.analyse.summaries import warned, without_value
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.arguments import checked
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.regression.cox_model import CoxFit, cox
from prrt_lib.estimate.regression.cox_rows import chi2_record
from prrt_lib.study.data import Study

CENTRE = "treat_site_cycle1"
OTHERS = "other centres"
STRATUM, CLUSTER, HETEROGENEITY = "centre_stratum", "centre_cluster", "centre_heterogeneity"
MODELS = {STRATUM: "stratified by centre", CLUSTER: "robust, clustered by centre",
          HETEROGENEITY: "differences between centres"}  # fmt: skip
# Sandwich errors are far too small where clusters are few (Cameron and Miller, J Hum Resour 2015):
# five centres can make any covariate "significant".
FEWEST_CLUSTERS = 20


class _Refused(Exception):
    """Why a model of centres is not fitted."""


@checked
def several(
    study: Study, endpoints: Sequence[str], covariates: Sequence[str] | None = None
) -> pd.DataFrame:
    """:func:`centres` of each endpoint, one under the other."""
    return combine([centres(study, name, covariates) for name in endpoints])


@traced
def centres(
    study: Study, endpoint: str, covariates: Sequence[str] | None = None,
    population: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The model of all declared covariates with the centre of cycle 1 in it, three ways.

    A baseline hazard per centre (setting centre_stratum), standard errors robust to likeness
    within centres (centre_cluster), and the likelihood-ratio test of the centre as a factor
    beside the covariates (centre_heterogeneity), with patients and events per centre. Centres of
    fewer than ``min_group`` patients are pooled as "other centres", which are left out where even
    together they are fewer; as clusters they stand on their own. With one centre, fewer than
    five events per coefficient, a centre without events, or fewer than 20 centres as clusters:
    not estimable, and the row says why.
    """
    known = prepare(study, endpoint, covariates, population, "", more=[CENTRE])
    site = known.frame[CENTRE].astype(object)
    if site.isna().all():
        bare = [{"statistic": "chi2", "variable": CENTRE, "state": "not-abstracted"}]
        return _own(study, known, HETEROGENEITY, result_rows(bare))
    full = known.frame.assign(**{CENTRE: site}).dropna(subset=[CENTRE, *known.names])
    lost = len(known.frame) - len(full)
    bare = f"{lost} records without a centre or a covariate left out" if lost else ""
    pooled, small = _pooled(full, study.parameters.min_group)
    told = "; ".join(filter(None, (bare, small)))
    level = study.parameters.conf_level
    ratios = {
        STRATUM: lambda: _fit(pooled, known, level, strata=CENTRE),
        CLUSTER: lambda: _fit(full, known, level, cluster=CENTRE),
    }
    parts = [
        _own(study, known, setting, _ratios(known, fit), told if setting == STRATUM else bare)
        for setting, fit in ratios.items()
        if known.names
    ]
    # Patients and events of each centre, the number of centres, and who has none recorded.
    frame = known.frame
    events = (frame["event"] == 1).groupby(site).sum()
    counts = site.value_counts().sort_index()
    common = {"statistic": "count", "variable": CENTRE, "total": len(frame)}
    records = [
        {**common, "level": name, "n": count, "estimate": count, "events": int(events[name])}
        for name, count in counts.items()
    ]
    number = {**common, "level": "number of centres", "total": None}
    records.append({**number, "n": len(counts), "estimate": len(counts)})
    records += without_value(int(site.isna().sum()), len(frame), CENTRE)
    test = result_rows([*records, _heterogeneity(pooled, known)])
    return combine([*parts, _own(study, known, HETEROGENEITY, test, told)])


def _own(study: Study, known: Prepared, setting: str, rows: pd.DataFrame, told: str = ""):
    rows = stamped(study, known, warned(rows, [told]), "exploratory")
    return stamp(rows, setting=setting, model=MODELS[setting])


def _pooled(full: pd.DataFrame, fewest: int) -> tuple[pd.DataFrame, str]:
    """``full`` with small centres as one, or without them, and what was done in words."""
    counts = full[CENTRE].value_counts()
    small = counts.index[counts < fewest]
    if not len(small):
        return full, ""
    told = f"{len(small)} centres of fewer than {fewest} patients"
    if counts[small].sum() < fewest:
        return full[~full[CENTRE].isin(small)], f"{told} left out"
    together = full[CENTRE].where(~full[CENTRE].isin(small), OTHERS)
    return full.assign(**{CENTRE: together}), f"{told} pooled as {OTHERS}"


def _fit(frame: pd.DataFrame, known: Prepared, conf_level: float, more: Sequence[str] = (),
         **how: str) -> CoxFit:  # fmt: skip
    """The unpenalised fit; refused with one centre or with fewer than five events per term."""
    clusters = frame[CENTRE].nunique()
    if clusters < 2:
        raise _Refused("one centre: nothing to compare or to stratify by")
    try:
        fit = cox(frame, "exit", "event", [*known.names, *more], entry="entry",
                  conf_level=conf_level, **how)  # fmt: skip
    except AnalysisError as error:
        raise _Refused(error.found) from None
    terms = len(fit.design.columns)
    if fit.events < TOO_FEW * terms:
        raise _Refused(f"fewer than {TOO_FEW} events per coefficient: {fit.events} for {terms}")
    if not fit.converged:
        raise _Refused("a level or a centre without events or without a finite estimate")
    if "cluster" in how and clusters < FEWEST_CLUSTERS:
        raise _Refused(f"{clusters} centres: fewer than {FEWEST_CLUSTERS} are too few clusters "
                       "for robust standard errors")  # fmt: skip
    return fit


def _ratios(known: Prepared, fit: Callable[[], CoxFit]) -> pd.DataFrame:
    """Hazard ratios of the fit, or a row per covariate that says why there are none."""
    try:
        made = fit()
    except _Refused as why:
        return not_estimable(known.names, "", str(why))
    few = f"fewer than {FEW} events per coefficient: {made.events}"
    told = few if made.events_per_parameter < FEW else ""
    rows = made.estimates[made.estimates["statistic"] == "log_hazard_ratio"]
    return warned(rows, [told])


def _heterogeneity(frame: pd.DataFrame, known: Prepared) -> dict:
    """Twice the gain in log likelihood by the centre as a factor, on the same patients."""
    record = {"statistic": "chi2", "variable": CENTRE, "reference": "same hazard in all centres",
              "method": "likelihood-ratio test of the centre beside the declared covariates",
              "n": len(frame), "events": int((frame["event"] == 1).sum())}  # fmt: skip
    try:
        both = _fit(frame, known, 0.95, [CENTRE])
    except _Refused as why:
        return {**record, "state": "not-estimable", "warning": str(why)}
    alone = both.log_likelihood_null
    if known.names:
        alone = cox(frame, "exit", "event", known.names, entry="entry").log_likelihood
    value, df = 2 * (both.log_likelihood - alone), frame[CENTRE].nunique() - 1
    few = both.events_per_parameter < FEW
    warning = f"fewer than {FEW} events per coefficient: {both.events}" if few else ""
    return {**record, **chi2_record(CENTRE, value, df), "warning": warning}
