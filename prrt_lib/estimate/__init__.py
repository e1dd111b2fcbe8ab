"""Pure statistics: frames in, result rows out. Knows nothing of PRRT.

``from prrt_lib.estimate import kaplan_meier`` loads only the module that the function lives in.
"""

from importlib import import_module
from typing import Any

# Public function -> the module of its one idea.
PUBLIC = {
    "audit_time_zero": "time_zero", "bca_limits": "resampling", "binomial_test": "proportions",
    "bootstrap": "resampling", "bootstrap_cox": "resampling", "cochran_armitage": "trend",
    "concordance": "concordance_index", "conditional_start": "early_risk_set",
    "conditional_tau": "quasi_independence", "cox": "cox_model", "CoxFit": "cox_model",
    "cumulative_incidence": "competing", "fine_gray": "subdistribution",
    "fisher_exact": "fisher", "gray_test": "gray", "harrell_knots": "splines",
    "illness_death_model": "illness_death",
    "impute": "imputation", "interval_censored_survival": "interval_censored",
    "intraclass_correlation": "measurement_agreement",
    "limits_of_agreement": "measurement_agreement",
    "kaplan_meier": "survival", "kappa": "rater_agreement", "kruskal_wallis": "rank_tests",
    "landmark": "landmark_analysis", "logrank": "log_rank",
    "logrank_permutation": "log_rank_permutation", "median_follow_up": "survival",
    "milestone": "milestones", "mixed_model": "random_effects", "nelson_aalen": "survival",
    "optimism_corrected": "validation", "percentile_limits": "resampling",
    "permutation_test": "resampling", "poisson_rate": "rates", "pool": "rubin",
    "pool_rows": "rubin", "proportion": "proportions", "rank_sum": "rank_tests",
    "rate_ratio": "rates", "rmst": "restricted_mean", "rmst_difference": "restricted_mean",
    "rmst_ratio": "restricted_mean", "signed_rank": "rank_tests",
    "spline_basis": "splines",
    "spline_effect": "splines", "standardised_difference": "standardised_mean_difference",
    "zph": "proportional_hazards",
}  # fmt: skip

__all__ = sorted(PUBLIC)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *PUBLIC})
