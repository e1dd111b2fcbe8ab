"""What each endpoint declares, as result rows, and how precise its rates would be elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.analyse.survival import ANALYSIS
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.parameters import YEARS
from prrt_lib.declare.rows import result_rows, stamp
from prrt_lib.estimate.proportions import probability_limits
from prrt_lib.study.data import Study
from prrt_lib.study.endpoints import ENDPOINTS, SETTINGS

DECLARED, HANDLING, SETTING = "declared", "intercurrent events", "setting"
RATES = ("survival", "cumulative_incidence")


@traced
def declared(study: Study) -> pd.DataFrame:
    """Rows (no estimate) of what each endpoint measures; ``variable`` asks, ``level`` answers."""
    records = []
    for name, item in ENDPOINTS.items():
        facts = {
            "time zero": item.origin, "entry": item.entry, "event": item.event,
            "competing event": item.competing, "censored at": item.censoring,
            "horizon": item.horizon, "role": study.parameters.role(name),
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
    records = [
        {"model": SETTING, "setting": name, "variable": "changes", "level": words}
        for name, words in SETTINGS.items()
        if name
    ]
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
