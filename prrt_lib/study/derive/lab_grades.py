"""CTCAE grades of laboratory values, from their limits of normal and their baseline."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.declare.yaml_files import load_words

SOURCE = Path(__file__).with_name("lab_grades.yaml")
# Decimals at which a value and a limit count as equal, after conversion of units.
SAME = 9


@cache
def rules() -> Mapping[str, Mapping[str, Any]]:
    """Laboratory test -> its term, units and limits."""
    return load_words(SOURCE)


@cache
def rule_of(test: str, version: int = 5) -> Mapping[str, Any]:
    """Term, units and limits of a test in one version of CTCAE.

    Raises AnalysisError for a test whose limits in version 6 could not be verified.
    """
    own = dict(rules()[test])
    later = own.pop("v6", {})
    if version == 5:
        return own
    if isinstance(later, str):
        raise AnalysisError(
            Problem(f"{test}, CTCAE v{version}", "limits of this version that could not be "
                    "verified", "limits of version 5", "set ctcae_version: 5 for this test")
        )  # fmt: skip
    return {"term": own["term"], "units": own["units"], **later} if later else own


def rising(test: str) -> bool:
    """Whether high values of the test are the bad ones."""
    return "below" not in rules()[test]


def term_of(test: str, version: int = 5) -> str:
    """The CTCAE term that a laboratory test is graded by; that of version 5 where 6 is refused."""
    later = rules()[test].get("v6", {})
    known = later if version != 5 and isinstance(later, dict) else {}
    return known.get("term", rules()[test]["term"])


def canonical_unit(test: str) -> str:
    """The unit that values of ``test`` are compared in."""
    return next(iter(rules()[test]["units"]))


def in_canonical_units(test: str, values: pd.Series, units: pd.Series) -> pd.Series:
    """``values`` of ``test`` in its canonical unit; NaN where the unit is missing or another."""
    factors = {name: float(factor) for name, factor in rules()[test]["units"].items()}
    return values.astype(float) * units.map(factors).astype(float)


def grades(test: str, frame: pd.DataFrame, version: int = 5) -> pd.DataFrame:
    """``grade_lo`` and ``grade_hi`` (0 to 4, NaN when nothing is known) of each row.

    ``frame`` holds, in the canonical unit, ``value_lo`` and ``value_hi`` (equal for an exact
    value), ``lln``, ``uln`` and ``baseline``, each missing where not known, and where they differ
    ``baseline_lln`` and ``baseline_uln``. A limit that is not known, and a bound, leave the grade
    between two; they are equal where the rule decides. Without a baseline the limits of a normal
    one hold.
    """
    rule = rule_of(test, version)
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
    elif "above_both" in rule:
        above = _beyond(value, frame["uln"]), _beyond(value, frame["baseline"])
        either = [one.map(lambda told: told is False) for one in above]
        both = above[0].where(above[1].notna(), None)
        yield int(rule["above_both"]), both.where(~(either[0] | either[1]), False)
    elif "normal_baseline" in rule:
        normal = frame.get("baseline_uln", frame["uln"]).fillna(frame["uln"])
        raised = _true(_beyond(frame["baseline"], normal))
        for grade, times in rule["normal_baseline"].items():
            least = frame["baseline"] * float(rule["raised_baseline"][grade])
            reached = int(grade) == 1 and "raised_from" in rule
            own = _not_below(value, least) if reached else _beyond(value, least)
            yield int(grade), _beyond(value, frame["uln"] * float(times)).where(~raised, own)
    else:
        yield from _multiples(rule, frame, value)


def _multiples(rule: Mapping, frame: pd.DataFrame, value: pd.Series):
    """Multiples of ULN, or of the baseline (in ``times_low_baseline``: one below its LLN)."""
    baseline, factors = frame["baseline"], rule.get("times_baseline", {})
    if "times_low_baseline" in rule:
        least = frame.get("baseline_lln", frame["lln"]).fillna(frame["lln"])
        baseline = baseline.where(_true(_beyond(least, baseline)))
        factors = rule["times_low_baseline"]
    for grade, times in rule["times_uln"].items():
        over = _beyond(value, frame["uln"] * float(times))
        if grade in factors:
            over = over.where(~_true(_beyond(value, baseline * float(factors[grade]))), True)
        yield int(grade), over


def _beyond(larger: pd.Series, smaller: pd.Series) -> pd.Series:
    """Whether ``larger`` > ``smaller``: True, False, or None where one of them is missing."""
    over = (larger - smaller).round(SAME) > 0
    return over.astype(object).where(larger.notna() & smaller.notna(), None)


def _not_below(value: pd.Series, limit: pd.Series) -> pd.Series:
    """Whether ``value`` >= ``limit``, None where one of them is missing."""
    return _beyond(limit, value).map({True: False, False: True, None: None}).astype(object)


def _true(told: pd.Series) -> pd.Series:
    return told.map(lambda one: one is True).astype(bool)
