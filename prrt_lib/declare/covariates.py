"""Covariates as they may be written: a column, a logarithm or root of it, or per so many units."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.declare.parameters import unknown_name

if TYPE_CHECKING:
    import pandas as pd

FUNCTIONS = ("log", "log2", "log10", "sqrt")
CALL = re.compile(r"(?P<function>\w+) ?\( ?(?P<column>[\w.]+) ?\)")
PER = re.compile(r"(?P<column>[\w.]+) ?/ ?(?P<units>0*[1-9]\d*(\.\d+)?)")
PLAIN = re.compile(r"[\w.]+")


def parts(covariate: str) -> tuple[str, str] | None:
    """(column, what is done to it: "log2", "per 10" or ""); None for what is no covariate."""
    if called := CALL.fullmatch(covariate):
        return called["column"], called["function"]
    if per := PER.fullmatch(covariate):
        return per["column"], f"per {float(per['units']):g}"
    return (covariate, "") if PLAIN.fullmatch(covariate) else None


def column_of(covariate: str) -> str:
    """The column that ``covariate`` is made from; raises AnalysisError for an unknown form."""
    where = f"covariate {covariate!r}"
    found = parts(covariate) if isinstance(covariate, str) else None
    if found is None:
        raise AnalysisError(
            Problem(where, "neither a column nor a form of one", "a name such as cga_before, "
                    f"log2(cga_before) or cga_before/10; functions: {', '.join(FUNCTIONS)}",
                    "write one covariate as one text")
        )  # fmt: skip
    if "(" in covariate and found[1] not in FUNCTIONS:
        raise AnalysisError(unknown_name(found[1], list(FUNCTIONS), where))
    return found[0]


def transformed(values: pd.Series, covariate: str) -> pd.Series:
    """``values`` of the column as ``covariate`` has them.

    A value of 0 or less has no logarithm, one below 0 no root: both are missing. Raises
    AnalysisError where the column holds no numbers.
    """
    import numpy as np

    column = column_of(covariate)
    if column == covariate:
        return values
    if values.dtype.kind not in "fi":
        raise AnalysisError(
            Problem(f"covariate {covariate!r}", f"{column}, which holds no numbers",
                    "a column of numbers", f"write {column} alone")
        )  # fmt: skip
    done = (parts(covariate) or ("", ""))[1]
    if done not in FUNCTIONS:
        return values / float(done.removeprefix("per "))
    inside = values >= 0 if done == "sqrt" else values > 0
    return getattr(np, done)(values.where(inside))
