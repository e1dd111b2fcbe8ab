"""WHO 2019 grade of a neuroendocrine neoplasm, with its uncertainty kept."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

# Upper limits of G1 (exclusive) and of G2 (inclusive): WHO Classification of Tumours, Digestive
# System, 5th ed. (2019). Ki-67 in per cent, mitoses per 2 mm2.
LIMITS = {"ki67": (3.0, 20.0), "mib1": (3.0, 20.0), "mitoses": (2.0, 20.0)}
INCLUSIVE = re.compile("[≤≥=]|up to|at least|at most|or (?:less|more)", re.IGNORECASE)
INDICES = ("ki67", "mib1")
NAMES = {"ki67": "Ki-67", "mib1": "MIB-1", "mitoses": "mitoses"}
UNDETERMINED = {(1, 2): "undetermined (G1-G2)", (2, 3): "undetermined (G2-G3)",
                (1, 3): "undetermined (G1-G3)"}  # fmt: skip


def grades(tumour: pd.DataFrame) -> pd.DataFrame:
    """``grade`` and ``grade_basis`` for each row of ``tumour`` (decision 17).

    The grade lies between the largest of the indices' lower bounds and the largest of their
    upper bounds. Mitoses alone below 2 leave it open upwards. Poor differentiation is NEC
    whatever the index. None where neither an index nor a differentiation was abstracted.
    """
    lows = pd.DataFrame({name: _bound(tumour, name, "lo") for name in LIMITS}, index=tumour.index)
    highs = pd.DataFrame({name: _bound(tumour, name, "hi") for name in LIMITS}, index=tumour.index)
    low, high = lows.max(axis=1), highs.max(axis=1)
    grade = pd.Series(None, index=tumour.index, dtype=object)
    grade[low.notna() & (low == high)] = "G" + low.dropna().astype(int).astype(str)
    for (first, last), words in UNDETERMINED.items():
        grade[(low == first) & (high == last)] = words
    only_mitoses = lows["mitoses"].notna() & lows[list(INDICES)].isna().all(axis=1)
    grade[only_mitoses & (low == 1)] = "undetermined (>= G1)"
    differentiation = tumour["differentiation"]
    grade[(grade == "G3") & differentiation.isna()] = "undetermined (G3/NEC)"
    grade[low.isna() & (differentiation == "well")] = "undetermined"
    grade[differentiation == "poor"] = "NEC"
    return pd.DataFrame({"grade": grade, "grade_basis": _basis(lows, highs, differentiation)})


def _bound(tumour: pd.DataFrame, index: str, end: str) -> np.ndarray:
    """Grade 1-3 at one end of an index; NaN where the index was not abstracted.

    "<3" excludes 3 and ">20" excludes 20; a stated value or range includes its ends.
    """
    g1, g2 = LIMITS[index]
    value = tumour[f"{index}_{end}"].to_numpy(dtype="float64")
    open_ended = excludes_its_end(tumour, index, "<" if end == "hi" else ">")
    if end == "hi":
        below = (value < g1) | (open_ended & (value == g1))
        result = np.where(below, 1.0, np.where(value <= g2, 2.0, 3.0))
    else:
        above = (value > g2) | (open_ended & (value == g2))
        result = np.where(value < g1, 1.0, np.where(above, 3.0, 2.0))
    # An open end counts as known where the other end is: ">20" has no upper bound.
    known = tumour[[f"{index}_lo", f"{index}_hi"]].notna().any(axis=1).to_numpy()
    result = np.where(np.isnan(value), 3.0 if end == "hi" else 1.0, result)
    return np.where(known, result, np.nan)


def excludes_its_end(tumour: pd.DataFrame, index: str, operator: str) -> np.ndarray:
    """True where the bound itself cannot be the value: "<3", but not "<= 3" or "up to 3"."""
    text = tumour[f"{index}_raw"].fillna("").astype(str) if f"{index}_raw" in tumour else None
    bounded = (tumour[f"{index}_op"] == operator).to_numpy()
    return bounded if text is None else bounded & ~text.str.contains(INCLUSIVE).to_numpy()


def _basis(lows: pd.DataFrame, highs: pd.DataFrame, differentiation: pd.Series) -> pd.Series:
    """The indices that reach the upper bound of the grade, joined by "and"."""
    top = highs.eq(highs.max(axis=1), axis=0)
    words = pd.Series("", index=lows.index, dtype=object)
    for name, label in NAMES.items():
        joined = words.where(words == "", words + " and ") + label
        words = words.where(~top[name], joined)
    words[differentiation == "poor"] = "differentiation"
    return words.where(words != "", None)


def grade_group(grade: pd.Series, reported: pd.Series) -> pd.Series:
    """G1 | G2 | G3/NEC for models; None where the indices leave the grade open.

    The reported grade stands in only where no index was abstracted at all.
    """
    derived = grade.map({"G1": "G1", "G2": "G2", "G3": "G3/NEC", "NEC": "G3/NEC",
                         "undetermined (G3/NEC)": "G3/NEC"})  # fmt: skip
    told = reported.astype(object).map({"1": "G1", "2": "G2", "3": "G3/NEC", "NEC": "G3/NEC"})
    nothing = grade.isna() | (grade == "undetermined")
    both = derived.where(~nothing, told).astype(object)
    return both.where(both.notna(), None)


def discordant(grade: pd.Series, reported: pd.Series) -> pd.Series:
    """True where a derived grade and the reported one differ; False where either is open."""
    derived = grade.astype(object).map({"G1": "1", "G2": "2", "G3": "3", "NEC": "NEC"})
    reported = reported.astype(object)
    return derived.notna() & reported.notna() & (derived != reported)


def proliferation_index(tumour: pd.DataFrame) -> pd.Series:
    """Ki-67 in per cent, MIB-1 where Ki-67 has no single value: one index, two names."""
    return tumour["ki67"].fillna(tumour["mib1"])


def proliferation_conflict(tumour: pd.DataFrame) -> pd.Series:
    """True where both names of the index were abstracted and their bounds do not overlap."""
    ki67, mib1 = (tumour[[f"{name}_lo", f"{name}_hi"]].to_numpy("float64")
                  for name in ("ki67", "mib1"))  # fmt: skip
    apart = (ki67[:, 1] < mib1[:, 0]) | (mib1[:, 1] < ki67[:, 0])
    return pd.Series(apart, index=tumour.index)
