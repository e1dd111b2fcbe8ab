"""What the report page takes from the result rows of all other notebooks."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from prrt_lib.base.errors import ParameterError, Problem
from prrt_lib.draw import clinical_tables, tables
from prrt_lib.draw.figures import END
from prrt_lib.draw.sentences import Sentences, notice
from prrt_lib.draw.tables import Table

PROFILES = ("internal",)
HEADLINES = ("gep", "all_treated")
QUANTILES = ("median", "q25", "q75", "mean", "sd", "min", "max")
MODELS = ("univariable", "multivariable", "multiple imputation")


def stamp(profile: str) -> Sentences:
    """The notice that says who may read this page; raises ParameterError on an unknown profile."""
    if profile not in PROFILES:
        raise ParameterError(
            Problem("notebooks: report: profile", repr(profile), f"one of {list(PROFILES)}",
                    "release needs disclosure control, which is not yet there")
        )  # fmt: skip
    return notice(["INTERNAL: small groups are not suppressed. Not for release."])


def headline(rows: pd.DataFrame) -> str:
    """The population that the survival page shows first."""
    kept = rows[(rows["analysis"] == "survival") & (rows["model"] == "completeness")]
    found = [name for name in HEADLINES if (kept["population"] == name).any()]
    return found[0] if found else HEADLINES[-1]


def main(
    rows: pd.DataFrame, analysis: str, group: str | None = None, models: Sequence[str] = ()
) -> pd.DataFrame:  # fmt: skip
    """The main-setting rows of one analysis in its headline population.

    ``models`` keeps only these (the others are on the analysis' own page).
    """
    kept = tables.bracketed(rows[rows["analysis"] == analysis])
    kept = kept[kept["setting"] == ""]
    if models:
        kept = kept[kept["model"].isin(models)]
    if group is not None:
        kept = kept[kept["group"] == group]
    populations = [name for name in HEADLINES if (kept["population"] == name).any()]
    if not populations:
        return kept.reset_index(drop=True)
    shown = headline(rows) if headline(rows) in populations else populations[0]
    fixed = ~kept["population"].isin(HEADLINES)
    return kept[fixed | (kept["population"] == shown)].reset_index(drop=True)


def by_stratum(rows: pd.DataFrame, title: str) -> Table:
    """Shares of the headline population: one column per denominator (stratum)."""
    shown = rows["statistic"].isin(["proportion", "count", *QUANTILES])
    kept = rows[rows["population"].isin(HEADLINES) & shown]
    columns = kept["stratum"].where(kept["stratum"] != "", "all of the population")
    return tables.characteristics(kept.assign(group_level=columns), title)


def apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Quantities of several levels (activity by isotope) as lines of their own, never merged."""
    own = rows["statistic"].isin(QUANTILES) & (rows["level"] != "")
    label, level = rows["label"], rows["level"]
    return rows.assign(
        variable=rows["variable"].mask(own, rows["variable"] + " " + level),
        label=label.mask(own, label + ": " + level), level=level.mask(own, ""),
    )  # fmt: skip


def markers(rows: pd.DataFrame, title: str) -> Table:
    """Biomarkers at each time point: n, median with quartiles, range; each unit on its own."""
    shown = rows["statistic"].isin(QUANTILES)
    known = rows[shown & ~rows["unit"].str.startswith("log")]
    return clinical_tables.quantiles(known, title)


def adverse(rows: pd.DataFrame, title: str) -> Table:
    """Patients and events by kind of adverse event."""
    return clinical_tables.overview(rows[rows["variable"] == "adverse_events"], title)


def handling(rows: pd.DataFrame, title: str) -> Table:
    """Each endpoint down, intercurrent events across: how each is treated."""
    kept = rows[(rows["analysis"] == "survival") & (rows["model"] == "intercurrent events")]
    return clinical_tables.facts(kept, title, down="label")


FLOW = ("step", "population", "n_before", "n_excluded", "n_after", "reason", "rule")


def flow(rows: pd.DataFrame) -> pd.DataFrame:
    """The steps to each population, rebuilt from their rows, as the flow diagram takes them."""
    steps = rows[rows["variable"] == "flow"]
    records = []
    for population, part in steps.groupby("population", sort=False):
        for step, one in part.groupby("level", sort=False):
            after = one.loc[one["group"] == ""].iloc[0]
            left = one.loc[one["group"] == "excluded", "n"]
            gone = int(left.sum())
            records.append({
                "step": step, "population": population, "n_before": int(after["n"]) + gone,
                "n_excluded": gone, "n_after": int(after["n"]), "reason": after["label"],
                "rule": "" if len(left) else END,
            })  # fmt: skip
    return pd.DataFrame(records, columns=list(FLOW))


def count(rows: pd.DataFrame) -> pd.DataFrame:
    """How many result rows each analysis wrote, by role."""
    return rows.pivot_table(
        index="analysis", columns="role", values="row_id", aggfunc="count", fill_value=0
    )
