"""What callers give an analysis, held against what its signature says."""

from __future__ import annotations

import functools
import inspect
import math
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from prrt_lib.base.errors import AnalysisError, Problem
from prrt_lib.declare.parameters import unknown_name

Called = TypeVar("Called", bound=Callable)

LISTS = ("Sequence[str]", "list[str]")
# Annotation -> what it admits, and the words for it.
ADMITTED: Mapping[str, tuple[Callable[[Any], bool], str, str]] = {
    "str": (lambda value: isinstance(value, str), "one name, as text",
            "name one, or call once for each"),
    "float": (lambda value: _number(value), "a number, such as 6 or 2.5", "give a number"),
    "int": (lambda value: _number(value) and float(value).is_integer(), "a whole number",
            "give a whole number"),
    **dict.fromkeys(LISTS, (lambda value: _names(value), "a list of names, such as ['a', 'b']",
                            "put the names in a list")),
}  # fmt: skip


def _number(value: Any) -> bool:
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return real and math.isfinite(value)


def _names(value: Any) -> bool:
    several = hasattr(value, "__len__") and not isinstance(value, (str, bytes, Mapping))
    return several and all(isinstance(item, str) for item in value)


def check(function: Callable, args: Iterable[Any], named: Mapping[str, Any]) -> None:
    """Nothing; raises AnalysisError where a text, a number or a list of names is something else.

    Goes by the annotations of ``function``; None passes where the annotation admits it.
    """
    bound = _signature(function).bind(*args, **named)
    module = function.__module__.rpartition(".")[2]
    problems = []
    for name, value in bound.arguments.items():
        parameter = _signature(function).parameters[name]
        annotation, _, optional = str(parameter.annotation).partition(" | ")
        if annotation not in ADMITTED or (optional and value is None):
            continue
        fits, expected, todo = ADMITTED[annotation]
        several = parameter.kind is inspect.Parameter.VAR_POSITIONAL
        where = f"{module}.{function.__name__.lstrip('_')}, {name}"
        problems += [Problem(where, repr(one), expected, todo)
                     for one in (value if several else [value]) if not fits(one)]  # fmt: skip
    if problems:
        raise AnalysisError(problems)


@functools.cache
def _signature(function: Callable) -> inspect.Signature:
    return inspect.signature(function)


def checked(function: Called) -> Called:
    """``function``, whose arguments go through :func:`check` first."""

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        check(function, args, named)
        return function(*args, **named)

    return call  # type: ignore[return-value]


def one_of(name: Any, allowed: Iterable[str], where: str) -> str:
    """``name``; raises AnalysisError with the nearest of ``allowed`` where it is none of them."""
    known = list(allowed)
    if not isinstance(name, str) or name not in known:
        raise AnalysisError(unknown_name(name, known, where))
    return name


def above_zero(value: float, where: str) -> float:
    """``value``; raises AnalysisError where it is no number above 0."""
    if not _number(value) or value <= 0:
        raise AnalysisError(Problem(where, repr(value), "a number above 0", "correct the number"))
    return value


# Levels that a message lists.
MOST = 20


def level_text(value: object) -> str:
    """The level as a result row writes it: whole numbers without a decimal point."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def matched(wanted: object, levels: Sequence[str], where: str) -> str:
    """The one of ``levels`` (texts of :func:`level_text`) that ``wanted`` names by value.

    0, 0.0, "0" and "0.0" are the same level; so are True, "True" and "yes". Raises AnalysisError
    naming the levels where none, or more than one, is meant.
    """
    text = level_text(wanted)
    if text in levels:
        return text
    same = [level for level in levels if _by_value(level) == _by_value(text)]
    if len(same) == 1:
        return same[0]
    found = f"{wanted!r}" + (f", which is each of {same}" if same else "")
    known = f"one of {list(levels[:MOST])}" + (f" or {len(levels) - MOST} more" if
                                              len(levels) > MOST else "")  # fmt: skip
    raise AnalysisError(Problem(where, found, known, "name an existing level"))


def _by_value(text: str) -> float | str:
    truth = {"true": "yes", "false": "no"}
    try:
        return float(text)
    except ValueError:
        return truth.get(text.lower(), text)
