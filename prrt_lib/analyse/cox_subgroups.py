"""One covariate's hazard ratio within subgroups, with tests that it differs between them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from scipy.stats import chi2

from prrt_lib.analyse.cox import Prepared, not_estimable, prepare, stamped
from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.footprints import traced
from prrt_lib.declare.rows import combine, result_rows, stamp
from prrt_lib.estimate.cox_model import cox
from prrt_lib.study.data import Study

MODEL = "subgroup"
FEWEST = 10


@traced
def subgroups(
    study: Study, endpoint: str, effect: str = "", by: Sequence[str] = (),
    population: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Log hazard ratio of ``effect`` (the first declared covariate when empty) in every level of
    ``by`` with at least ten events, and a likelihood-ratio test of each interaction.

    All of it exploratory; no adjustment for multiplicity.
    """
    effect = effect or study.parameters.covariates[0]
    groups = [name for name in by if name != effect]
    known = prepare(study, endpoint, [effect], population, more=groups)
    if not known.names:
        row = {"statistic": "log_hazard_ratio", "variable": effect, "state": "not-abstracted"}
        return stamped(study, known, result_rows([row], model=MODEL), "exploratory")
    tables = [_within(known, effect, "", "", known.frame)]
    for group in groups:
        tables += _levels(known, effect, group)
    rows = combine(tables)
    return stamped(study, known, rows, "exploratory")


def _levels(known: Prepared, effect: str, group: str) -> list[pd.DataFrame]:
    frame = known.frame
    if frame[group].isna().all():
        row = {"statistic": "log_hazard_ratio", "variable": effect, "state": "not-abstracted"}
        return [result_rows([row], model=MODEL, group=group)]
    levels = [level for level in frame[group].cat.categories if (frame[group] == level).any()]
    tables = [_within(known, effect, group, level, frame[frame[group] == level])
              for level in levels]  # fmt: skip
    return [*tables, _interaction(frame, effect, group, len(levels))]


def _within(
    known: Prepared, effect: str, group: str, level: str, part: pd.DataFrame
) -> pd.DataFrame:  # fmt: skip
    words = {"model": MODEL, "group": group, "group_level": str(level)}
    part = part.dropna(subset=[effect])
    events = int((part["event"] == 1).sum())
    if events < FEWEST:
        rows = not_estimable([effect], MODEL, f"fewer than {FEWEST} events")
        return stamp(rows, n=len(part), events=events, **words)
    try:
        rows = cox(part, "exit", "event", [effect], entry="entry").estimates
    except AnalysisError as error:
        rows = not_estimable([effect], MODEL, "; ".join(item.found for item in error.problems))
    kept = rows[rows["statistic"] == "log_hazard_ratio"].reset_index(drop=True)
    return stamp(kept, **words)


def _interaction(frame: pd.DataFrame, effect: str, group: str, levels: int) -> pd.DataFrame:
    """Twice the log-likelihood that the products add to both main effects."""
    record = {"statistic": "chi2", "variable": effect, "reference": "interaction"}
    common = {"model": MODEL, "group": group, "n": len(frame)}
    complete = frame.dropna(subset=[effect, group])
    try:
        if levels < 2:
            raise AnalysisError([])
        plain = cox(complete, "exit", "event", [effect, group], entry="entry")
        full = cox(complete, "exit", "event", [effect, group], entry="entry",
                   interactions=[(effect, group)])  # fmt: skip
    except AnalysisError:
        return result_rows([{**record, "state": "not-estimable"}], **common)
    if not (plain.converged and full.converged):
        why = "a level without events: no finite estimate"
        return result_rows([{**record, "state": "not-estimable"}], warning=why, **common)
    value = max(0.0, 2 * (full.log_likelihood - plain.log_likelihood))
    df = len(full.design.columns) - len(plain.design.columns)
    found = {**record, "estimate": value, "df": df, "p": float(chi2.sf(value, df))}
    return result_rows([found], **{**common, "n": full.n, "events": full.events},
                       method="likelihood-ratio test of interaction")  # fmt: skip
