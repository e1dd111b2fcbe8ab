"""How far two groups lie apart in a characteristic, in standard deviations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from prrt_lib.declare.arguments import matched
from prrt_lib.declare.rows import result_rows
from prrt_lib.estimate.records import codes_and_levels, refuse, require_columns


def standardised_difference(
    frame: pd.DataFrame,
    columns: Sequence[str],
    by: str,
    *,
    reference: object = None,
    categorical: Sequence[str] = (),
) -> pd.DataFrame:
    """Rows ``standardised_difference`` per column and level of ``by`` against ``reference``.

    Numbers: difference of means over the root of the mean of the two variances (positive when
    the level's mean is the larger). Text, categories, yes/no and columns named in
    ``categorical``: the Mahalanobis distance of the shares (Yang and Dalton 2012), never
    negative. Missing values are left out column by column; ``n`` counts what is used.
    ``reference`` is the first level unless given.
    """
    require_columns(frame, [by, *columns])
    known = frame[frame[by].notna()]
    codes, levels = codes_and_levels(known[by])
    if len(levels) < 2:
        refuse(f"column {by!r}", f"{len(levels)} levels", "two or more levels")
    base = levels[0] if reference is None else matched(reference, levels, "reference")
    records = []
    for column in columns:
        value = known[column]
        number = pd.api.types.is_numeric_dtype(value) and not pd.api.types.is_bool_dtype(value)
        kind = "categorical" if column in categorical or not number else "continuous"
        zero = value[codes == levels.index(base)].dropna()
        for code, level in enumerate(levels):
            if level == base:
                continue
            own = value[codes == code].dropna()
            gap = np.nan
            if min(len(own), len(zero)) >= 2:
                gap = _continuous(own, zero) if kind == "continuous" else _categorical(own, zero)
            state = {"estimate": gap} if np.isfinite(gap) else {"state": "not-estimable"}
            records.append({"variable": column, "group_level": level, "n": len(own) + len(zero),
                            "method": f"standardised difference, {kind}", **state})  # fmt: skip
    return result_rows(records, group=by, reference=base, statistic="standardised_difference")


def _continuous(own: pd.Series, zero: pd.Series) -> float:
    one, two = own.astype("float64"), zero.astype("float64")
    gap, spread = one.mean() - two.mean(), (one.var() + two.var()) / 2
    if spread == 0:
        return 0.0 if gap == 0 else float("nan")
    return float(gap / np.sqrt(spread))


def _categorical(own: pd.Series, zero: pd.Series) -> float:
    """Distance of the shares, one level left out; levels nobody has do not count."""
    codes, levels = codes_and_levels(pd.concat([own, zero], ignore_index=True).astype(object))
    if len(levels) < 2:
        return 0.0
    shares = [
        np.bincount(part, minlength=len(levels))[1:] / len(part)
        for part in (codes[: len(own)], codes[len(own) :])
    ]
    gap = shares[0] - shares[1]
    spread = sum(np.diag(share) - np.outer(share, share) for share in shares) / 2
    if np.linalg.matrix_rank(spread) < len(gap):
        return float("nan") if np.any(gap) else 0.0
    return float(np.sqrt(gap @ np.linalg.solve(spread, gap)))
