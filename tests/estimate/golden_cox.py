"""Runs the Cox half of the estimators on the golden data; answers by R's term and statistic."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from prrt_lib.estimate.regression.concordance_index import concordance
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.regression.splines import harrell_knots, spline_effect
from prrt_lib.estimate.regression.subdistribution import fine_gray
from prrt_lib.estimate.resampling.rubin import pool

HERE = Path(__file__).parents[1] / "golden"


@cache
def folder() -> Path | None:
    """Where golden.csv and data/ are: beside the tests, else in the shared material."""
    root = Path(__file__).parents[2]
    shared = Path(os.environ.get("PRRT_EXTERNAL_DATA", root.parent / "shared")) / "golden"
    return next((place for place in (HERE, shared) if (place / "golden.csv").exists()), None)


@cache
def data(name: str) -> pd.DataFrame:
    """One data set with the derived columns that the analyses name."""
    found = pd.read_csv(folder() / "data" / f"{name}.csv")
    if name == "lung":
        found["case"] = found["id"] % 3 + 1.0
        found["iptw"] = 0.5 + (found["id"] % 7) / 4
    if name == "veteran":
        levels = ["squamous", "smallcell", "adeno", "large"]
        found["celltype"] = pd.Categorical(found["celltype"], levels)
    if name == "mgus2":
        found["sexM"] = (found["sex"] == "M").astype(float)
    if name == "pbc":
        for short, column in (("lbili", "bili"), ("lalb", "albumin"), ("lpro", "protime")):
            found[short] = np.log(found[column])
    return found


def complete(name: str, columns) -> pd.DataFrame:
    """The records without a missing value in ``columns``."""
    return data(name).dropna(subset=list(columns or []))


def run_cox(name, complete_in=None, new=None, **arguments) -> dict:
    """A Cox fit: coefficients, tests, concordance, baseline, prediction."""
    fit = cox(complete(name, complete_in), **arguments)
    rows, answers = fit.rows, {}
    single = rows[rows["statistic"].isin(["log_hazard_ratio", "coefficient"])]
    single = single[single["level"] != single["reference"].where(single["level"] != "", "-")]
    plain, robust = fit.std_errors.to_numpy(), fit.robust_std_errors
    for place, row in enumerate(single.to_dict("records")):
        term = row["variable"] + (f".{row['level']}" if "rcs" in row["level"] else row["level"])
        answers |= {(term, "coef"): row["estimate"], (term, "se"): plain[place]}
        answers |= {(term, "hr.lo"): np.exp(row["low"]), (term, "hr.hi"): np.exp(row["high"])}
        answers |= {(term, "p"): row["p"], (term, "pl.lo"): row["low"]}
        answers |= {(term, "pl.hi"): row["high"]}
        if robust is not None:
            answers[term, "robust.se"] = row["std_error"]
    names = {
        ("chi2", "likelihood_ratio"): ("lrt", "plrt"), ("chi2", "score"): ("score",),
        ("chi2", "wald"): ("wald",), ("chi2", "robust_score"): ("robust.score",),
        ("log_likelihood", "null"): ("loglik0", "penloglik0"),
        ("log_likelihood", "fitted"): ("loglik1", "penloglik1"),
    }  # fmt: skip
    for row in rows.to_dict("records"):
        for stat in names.get((row["statistic"], row["variable"]), ()):
            answers["model", stat] = row["estimate"]
        if row["statistic"] == "concordance":
            answers |= {("model", "c.index"): row["estimate"], ("model", "c.se"): row["std_error"]}
        if row["level"] == "nonlinear":
            answers |= {("nonlinear", "wald"): row["estimate"], ("nonlinear", "df"): row["df"]}
    answers |= {("model", "n"): fit.n, ("model", "nevent"): fit.events}
    return answers | (_predicted(fit, **new) if new else {})


def _predicted(fit, times, **covariates) -> dict:
    new, answers = pd.DataFrame([covariates]), {}
    steps = fit.baseline_hazard()
    for time in times:
        before = steps.loc[steps["time"] <= time, "cumulative_hazard"]
        answers[f"t={time}", "basecumhaz.at0"] = before.iloc[-1]
        row = fit.predict_survival(new, [time]).iloc[0]
        other = fit.predict_survival(new, [time], ties="breslow").iloc[0]
        place = f"newdata1@{time}"
        answers |= {(place, "pred.surv"): row["estimate"], (place, "pred.lo"): row["low"]}
        answers |= {(place, "pred.se"): row["std_error"], (place, "pred.hi"): row["high"]}
        answers[place, "pred.surv.breslowhaz"] = other["estimate"]
    return answers


def run_zph(name, transform, complete_in=None, **arguments) -> dict:
    """The proportional-hazards tests per column and GLOBAL."""
    rows = cox(complete(name, complete_in), **arguments).zph(transform, terms=False)
    answers = {}
    for row in rows.to_dict("records"):
        term = row["variable"].replace("[", "").replace("]", "")
        answers |= {(term, "chisq"): row["estimate"], (term, "p"): row["p"]}
    return answers


def run_residuals(name, complete_in, **arguments) -> dict:
    """Sums of squares, extremes and first values of the residuals."""
    fit = cox(complete(name, complete_in), **arguments)
    answers = {}
    for kind in ("martingale", "deviance"):
        r = fit.residuals(kind)
        found = {"min": r.min(), "max": r.max(), "sumsq": (r**2).sum(), "first": r.iloc[0]}
        answers |= {(kind, stat): value for stat, value in found.items()}
    for kind in ("schoenfeld", "dfbeta", "score"):
        squares = (fit.residuals(kind)[arguments["covariates"]] ** 2).sum()
        answers |= {(f"{kind}.{column}", "sumsq"): value for column, value in squares.items()}
    return answers


def run_concordance(name, complete_in, covariates, time_weight="n", up_to=None) -> dict:
    """Concordance of a linear predictor (several covariates) or of one column."""
    frame = complete(name, complete_in).copy()
    fit = cox(frame, "time", "event", covariates)
    single = len(covariates) == 1
    frame["score"] = (
        frame[covariates[0]] if single else frame[covariates] @ fit.coefficients.to_numpy()
    )
    rows = concordance(frame, "time", "event", "score", time_weight=time_weight, up_to=up_to)
    first = rows[rows["statistic"] == "concordance"].iloc[0]
    answers = {("all", "c"): first["estimate"], ("all", "se"): first["std_error"]}
    names = {
        "concordant": "concordant", "discordant": "discordant", "tied score": "tied.x",
        "tied time": "tied.y", "tied score and time": "tied.xy",
    }  # fmt: skip
    for level, stat in names.items():
        answers["all", stat] = rows.loc[rows["level"] == level, "estimate"].iloc[0]
    return answers


def run_fine_gray(name, complete_in=None, **arguments) -> dict:
    """A Fine-Gray fit of either form."""
    fit = fine_gray(complete(name, complete_in), **arguments)
    rows = fit.rows.set_index("variable")
    answers = {
        ("model", "loglik0"): rows.loc["null", "estimate"],
        ("model", "loglik1"): rows.loc["fitted", "estimate"],
    }
    for term in arguments["covariates"]:
        error = rows.loc[term, "std_error"]
        answers |= {(term, "coef"): rows.loc[term, "estimate"], (term, "se"): error}
        answers |= {(term, "robust.se"): error, (term, "se.naive"): fit.cox.std_errors[term]}
    return answers


def run_knots(name, column, count, complete_in=None) -> dict:
    """Harrell's knots."""
    found = harrell_knots(complete(name, complete_in)[column], count)
    return {(str(place), "knot"): value for place, value in enumerate(found, 1)}


def run_spline(name, column, values, against, complete_in=None, **arguments) -> dict:
    """A Cox fit with a spline: coefficients, nonlinearity, log hazard ratios."""
    answers = run_cox(name, complete_in, **arguments)
    fit = cox(complete(name, complete_in), **arguments)
    for row in spline_effect(fit, column, values, against).to_dict("records"):
        place = f"{column}={row['level']} vs {row['reference']}"
        answers |= {(place, "loghr"): row["estimate"], (place, "se"): row["std_error"]}
    whole = fit.rows[(fit.rows["level"] == "all levels")].iloc[0]["estimate"]
    ratio = fit.coefficients / fit.std_errors
    answers |= {(column, "wald"): whole, (" Nonlinear", "wald"): answers["nonlinear", "wald"]}
    answers |= {("sex", "wald"): ratio["sex"] ** 2, ("TOTAL", "wald"): answers["model", "wald"]}
    for place, prime in enumerate(("", "'", "''"), 1):
        answers[column + prime, "coef"] = answers.get((f"{column}.rcs{place}", "coef"))
    return answers


def run_imputed(name, imputation, **arguments) -> dict:
    """A Cox fit of one completed data set."""
    frame = data(name)
    fit = cox(frame[frame[".imp"] == imputation], **arguments)
    pairs = fit.coefficients.items(), fit.std_errors.items()
    return {
        (term, stat): value
        for stat, series in zip(("coef", "se"), pairs, strict=True)
        for term, value in series
    }


def run_pool(name, complete_df=None, **arguments) -> dict:
    """Rubin's rules over all completed data sets."""
    fits = [cox(part, **arguments) for _, part in data(name).groupby(".imp")]
    complete_df = np.inf if complete_df is None else complete_df
    q = [fit.coefficients for fit in fits]
    pooled = pool(q, [fit.std_errors**2 for fit in fits], complete_df)
    low, high = pooled.limits(0.95)
    columns = {
        "qbar": pooled.estimate, "estimate": pooled.estimate, "ubar": pooled.within,
        "b": pooled.between, "t": pooled.total, "df": pooled.df, "riv": pooled.increase,
        "fmi": pooled.missing_information, "lo": low, "hi": high, "p": pooled.p(),
        "dfcom": np.full(len(low), complete_df),
    }  # fmt: skip
    return {
        (term, stat): values[place]
        for stat, values in columns.items()
        for place, term in enumerate(arguments["covariates"])
    }


RUNS = {
    "cox": run_cox, "cox.zph": run_zph, "cox.residuals": run_residuals,
    "concordance": run_concordance, "fine_gray": run_fine_gray,
    "harrell_knots": run_knots, "cox+splines": run_spline,
    "cox.imputed": run_imputed, "pool": run_pool,
}  # fmt: skip
