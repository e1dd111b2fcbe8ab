"""Bands of the proliferative index, with values that are known only between bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prrt_lib.study.derive.grade import INDICES, excludes_its_end

# Lower end of each band and whether the end itself belongs to the band below: 20.0 % is still
# 10-20. The bands above 20 are those of NETTER-2.
BANDS = ("<3", "3 to <10", "10-20", ">20-55", ">55")
ENDS = ((3.0, False), (10.0, False), (20.0, True), (55.0, True))
UNDETERMINED = "more than one band"


def bands(tumour: pd.DataFrame) -> pd.Series:
    """Band of the index of each row; "more than one band" where its bounds leave it open.

    Between the largest lower and the largest upper bound of Ki-67 and MIB-1, as for the grade;
    None where neither was abstracted.
    """
    low = pd.DataFrame({name: _place(tumour, name, "lo") for name in INDICES}).max(axis=1)
    high = pd.DataFrame({name: _place(tumour, name, "hi") for name in INDICES}).max(axis=1)
    names = np.array([*BANDS, None], dtype=object)
    found = names[low.fillna(len(BANDS)).astype("int64")]
    found = np.where((low != high) & low.notna(), UNDETERMINED, found)
    return pd.Series(found, index=tumour.index, dtype=object)


def _place(tumour: pd.DataFrame, name: str, end: str) -> np.ndarray:
    """Number of the band at one end of an index; NaN where the index was not abstracted."""
    value = tumour[f"{name}_{end}"].to_numpy(dtype="float64")
    outside = excludes_its_end(tumour, name, "<" if end == "hi" else ">")
    place = np.zeros(len(value))
    for limit, below in ENDS:
        at_limit = (not below) & ~outside if end == "hi" else (not below) | outside
        place += (value > limit) | ((value == limit) & at_limit)
    open_end = len(ENDS) if end == "hi" else 0
    known = tumour[[f"{name}_lo", f"{name}_hi"]].notna().any(axis=1).to_numpy()
    return np.where(known, np.where(np.isnan(value), open_end, place), np.nan)
