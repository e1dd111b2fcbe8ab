"""Pure statistics: frames in, result rows out. Knows nothing of PRRT.

``from prrt_lib.estimate import kaplan_meier`` loads only the module that the function lives in.
"""

from importlib import import_module
from typing import Any

# Module of one idea -> its public functions.
MODULES = {
    "curves.competing": ("cumulative_incidence",),
    "records": ("conditional_start",),
    "curves.gray": ("gray_test",),
    "curves.illness_death": ("illness_death_model",),
    "curves.interval_censored": ("interval_censored_survival",),
    "curves.landmark_analysis": ("landmark",),
    "curves.log_rank": ("logrank", "logrank_permutation"),
    "curves.quasi_independence": ("conditional_tau",),
    "curves.restricted_mean": ("rmst", "rmst_difference"),
    "curves.survival": ("kaplan_meier", "nelson_aalen", "median_follow_up"),
    "regression.concordance_index": ("concordance",),
    "regression.cox_model": ("CoxFit", "cox"),
    "regression.diagnostics": ("zph",),
    "regression.splines": ("harrell_knots", "spline_basis", "spline_effect"),
    "regression.subdistribution": ("fine_gray",),
    "resampling.bootstrap": ("bootstrap_cox",),
    "resampling.imputation": ("impute",),
    "resampling.rubin": ("pool", "pool_rows"),
    "agreement": ("kappa", "intraclass_correlation", "limits_of_agreement"),
    "fisher": ("fisher_exact",),
    "proportions": ("proportion", "binomial_test", "cochran_armitage"),
    "random_effects": ("mixed_model",),
    "rank_tests": ("signed_rank", "rank_sum", "kruskal_wallis"),
    "rates": ("poisson_rate", "rate_ratio"),
    "standardised_mean_difference": ("standardised_difference",),
}
PUBLIC = {name: module for module, names in MODULES.items() for name in names}

__all__ = sorted(PUBLIC)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *PUBLIC})
