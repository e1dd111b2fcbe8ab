"""Which sample stands for which time point (decision 18), as multiples of its upper limit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from prrt_lib.study.questions import ask_rows

WINDOWS = ("diagnosis", "before", "after_1", "after_2")
LABELS = {"diagnosis": "diagnosis", "pre_PRRT1": "before", "post_PRRT1": "after_1",
          "post_PRRT2": "after_2"}  # fmt: skip
DAYS_AROUND_DIAGNOSIS, DAYS_BEFORE, DAYS_AFTER = 90, 90, 120
# Names of one and the same unit: a microgram in a litre is a nanogram in a millilitre.
SAME_UNIT = {"ug/L": "ng/mL", "µg/L": "ng/mL", "mcg/L": "ng/mL", "mg/L": "ug/mL", "ng/L": "pg/mL"}
Findings = list[dict[str, str]]


def assign(samples: pd.DataFrame, clocks: pd.DataFrame) -> tuple[pd.DataFrame, Findings]:
    """One row per patient, marker and filled window, with the chosen sample; and questions.

    ``clocks`` is indexed by patient_id with ``diagnosis``, ``cycle_1``, ``cycle_2`` and the first
    known date of a later cycle, ``until_1``, ``until_2``; an absent cycle sets no bound, and an
    undated one opens no window of its own. A date decides over a label; without a date the
    label places the sample, ``dated`` is False and a dated sample goes before it.
    """
    rows = samples[samples["patient_id"].isin(clocks.index) & samples["analyte"].notna()]
    rows = with_multiples(rows[_has_value(rows)].reset_index(drop=True))
    inside, worth = _inside(rows, clocks)
    undated = rows["sample_date"].isna()
    labelled = rows["timepoint_label"].map(LABELS)
    chosen = pd.concat([_best(rows, name, inside, worth, undated, labelled) for name in WINDOWS])
    filled = rows.loc[chosen.index].assign(window=chosen.to_numpy(), dated=~undated[chosen.index])
    place = filled["window"].map({name: place for place, name in enumerate(WINDOWS)})
    filled = filled.assign(place=place).sort_values(["patient_id", "analyte", "place"])
    filled = filled.drop(columns="place").reset_index(drop=True)
    return filled, _findings(rows, inside, labelled, undated, filled)


def _best(rows, name: str, inside: Mapping, worth: Mapping, undated, labelled) -> pd.Series:
    """The window's name at the index of each patient's and marker's best sample for it."""
    candidates = inside[name] | (undated & (labelled == name))
    order = rows.loc[candidates, ["patient_id", "analyte", "row"]]
    # Assigning a longer series to a frame without rows would give it rows.
    order = order.assign(undated=undated[candidates], less=-worth[name][candidates]).sort_values(
        ["patient_id", "analyte", "undated", "less", "row"], kind="stable"
    )
    best = order.drop_duplicates(["patient_id", "analyte"])
    return pd.Series(name, index=best.index, dtype=object)


def _inside(rows: pd.DataFrame, clocks: pd.DataFrame) -> tuple[Mapping, Mapping]:
    """Per window: which samples lie in it, and how well each serves (larger is better)."""
    day = rows["sample_date"]
    names = ("diagnosis", "cycle_1", "cycle_2", "until_1", "until_2")
    dx, c1, c2, next_1, next_2 = (rows["patient_id"].map(clocks[name]) for name in names)
    away = (day - dx).dt.days.abs()
    later = (day - c1).dt.days
    end_1 = np.minimum((next_1 - c1).dt.days.fillna(DAYS_AFTER), DAYS_AFTER)
    second = (day - c2).dt.days
    end_2 = np.minimum((next_2 - c2).dt.days.fillna(DAYS_AFTER), DAYS_AFTER)
    inside = {
        "diagnosis": (away <= DAYS_AROUND_DIAGNOSIS) & (day <= c1),
        "before": (later >= -DAYS_BEFORE) & (later <= 0),
        "after_1": (later > 0) & (later <= end_1),
        "after_2": (second > 0) & (second <= end_2),
    }
    worth = {"diagnosis": -away, "before": later, "after_1": later, "after_2": second}
    return inside, worth


def _has_value(rows: pd.DataFrame) -> pd.Series:
    return rows[["value", "value_lo", "value_hi"]].notna().any(axis=1)


def one_unit(units: pd.Series) -> pd.Series:
    """``units`` with one name for each set of equal units."""
    return units.map(lambda unit: SAME_UNIT.get(unit, unit))


def with_multiples(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` with ``xuln`` and its bounds: value / upper limit of normal of an equal unit.

    ``xuln`` only for an exact value; a bounded one keeps ``xuln_lo`` and ``xuln_hi``.
    """
    unit, of_limit = (one_unit(rows[name]) for name in ("unit", "uln_unit"))
    same = of_limit.isna() | unit.isna() | (of_limit == unit)
    limit = rows["uln"].where(same & (rows["uln"] > 0))
    exact = rows["op"].isna() | (rows["op"] == "=")
    return rows.assign(
        xuln=(rows["value"] / limit).where(exact),
        xuln_lo=rows["value_lo"].fillna(rows["value"].where(exact)) / limit,
        xuln_hi=rows["value_hi"].fillna(rows["value"].where(exact)) / limit,
    )


def _findings(rows, inside, labelled, undated, filled) -> Findings:
    agrees = pd.Series(False, index=rows.index)
    for name in WINDOWS:
        agrees |= inside[name] & (labelled == name)
    wrong = rows[labelled.notna() & ~undated & ~agrees]
    found = ask_rows("label-against-date", "biomarkers", "timepoint_label", wrong)
    found += ask_rows("sample-undated", "biomarkers", "sample_date", rows[undated])
    both = filled[filled["window"].isin(["diagnosis", "before"])]
    twice = both[both.duplicated(["patient_id", "row"])]
    return found + ask_rows("marker-fills-two-windows", "biomarkers", "sample_date", twice)


def before_first_prrt(filled: pd.DataFrame, analyte: str, ids: pd.Index) -> pd.Series:
    """Exact multiple of the upper limit from a dated sample before PRRT 1, for each of ``ids``."""
    chosen = filled[
        (filled["window"] == "before") & (filled["analyte"] == analyte) & filled["dated"]
    ]
    return chosen.set_index("patient_id")["xuln"].reindex(ids)
