"""What the report page takes from the result rows of all other notebooks."""

from __future__ import annotations

import pandas as pd

from prrt_lib.base.errors import ParameterError, Problem
from prrt_lib.present.sentences import Sentences

PROFILES = ("internal",)
HEADLINES = ("gep", "all_treated")


def stamp(profile: str) -> Sentences:
    """The notice that says who may read this page; raises ParameterError on an unknown profile."""
    if profile not in PROFILES:
        raise ParameterError(
            Problem("notebooks: report: profile", repr(profile), f"one of {list(PROFILES)}",
                    "release needs disclosure control, which is not yet there")
        )  # fmt: skip
    return Sentences(("INTERNAL: small groups are not suppressed. Not for release.",))


def main(rows: pd.DataFrame, analysis: str, group: str | None = None) -> pd.DataFrame:
    """The main-setting rows of one analysis in its headline population."""
    kept = rows[(rows["analysis"] == analysis) & (rows["setting"] == "")]
    if group is not None:
        kept = kept[kept["group"] == group]
    populations = [name for name in HEADLINES if (kept["population"] == name).any()]
    if not populations:
        return kept.reset_index(drop=True)
    fixed = ~kept["population"].isin(HEADLINES)
    return kept[fixed | (kept["population"] == populations[0])].reset_index(drop=True)


def count(rows: pd.DataFrame) -> pd.DataFrame:
    """How many result rows each analysis wrote, by role."""
    return rows.pivot_table(
        index="analysis", columns="role", values="row_id", aggfunc="count", fill_value=0
    )
