"""CTCAE v5 grades of laboratory values, from their limits of normal and their baseline."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.declare.yaml_files import load_words

SOURCE = Path(__file__).with_name("lab_grades.yaml")
# Decimals at which a value and a limit count as equal, after conversion of units.
SAME = 9


@cache
def rules() -> Mapping[str, Mapping[str, Any]]:
    """Laboratory test -> its term, units and limits."""
    return load_words(SOURCE)


def term_of(test: str) -> str:
    """The CTCAE term that a laboratory test is graded by."""
    return rules()[test]["term"]


def canonical_unit(test: str) -> str:
    """The unit that values of ``test`` are compared in."""
    return next(iter(rules()[test]["units"]))


def in_canonical_units(test: str, values: pd.Series, units: pd.Series) -> pd.Series:
    """``values`` of ``test`` in its canonical unit; NaN where the unit is missing or another."""
    factors = {name: float(factor) for name, factor in rules()[test]["units"].items()}
    return values.astype(float) * units.map(factors).astype(float)


def grades(test: str, frame: pd.DataFrame) -> pd.DataFrame:
    """``grade_lo`` and ``grade_hi`` (0 to 4, NaN when nothing is known) of each row.

    ``frame`` holds, in the canonical unit, ``value_lo`` and ``value_hi`` (equal for an exact
    value), ``lln``, ``uln`` and ``baseline``, each missing where not known. A limit that is not
    known, and a bound, leave the grade between two; they are equal where the rule decides.
    """
    rule = rules()[test]
    falling = "below" in rule
    worst, best = ("value_lo", "value_hi") if falling else ("value_hi", "value_lo")
    known = frame[["value_lo", "value_hi"]].notna().any(axis=1)
    low = _graded(rule, frame, frame[best], sure=True)
    high = _graded(rule, frame, frame[worst], sure=False)
    return pd.DataFrame({"grade_lo": low.where(known), "grade_hi": high.where(known)})


def _graded(rule: Mapping, frame: pd.DataFrame, value: pd.Series, sure: bool) -> pd.Series:
    """The highest grade surely reached, or (``sure`` False) the highest that may be reached."""
    reached = pd.Series(0.0, index=frame.index)
    for grade, beyond in _steps(rule, frame, value):
        holds = beyond.map({True: True, False: False, None: not sure}).astype(bool)
        reached = reached.mask(holds, float(grade))
    return reached


def _steps(rule: Mapping, frame: pd.DataFrame, value: pd.Series):
    """(grade, whether the value is beyond its limit: True, False or None), grades rising."""
    if "below" in rule:
        for grade, limit in rule["below"].items():
            wanted = frame["lln"] if limit == "LLN" else pd.Series(float(limit), frame.index)
            yield int(grade), _beyond(wanted, value)
        return
    for grade, times in rule["times_uln"].items():
        over = _beyond(value, frame["uln"] * float(times))
        if grade in rule["times_baseline"]:
            factor = float(rule["times_baseline"][grade])
            over = _either(over, _beyond(value, frame["baseline"] * factor))
        yield int(grade), over


def _beyond(larger: pd.Series, smaller: pd.Series) -> pd.Series:
    """Whether ``larger`` > ``smaller``: True, False, or None where one of them is missing."""
    over = (larger - smaller).round(SAME) > 0
    return over.astype(object).where(larger.notna() & smaller.notna(), None)


def _either(over_uln: pd.Series, over_baseline: pd.Series) -> pd.Series:
    """True if either is; without a baseline the limit of normal alone decides."""
    return over_uln.where(~over_baseline.map(lambda told: told is True), True)
