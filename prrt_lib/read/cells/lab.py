"""Laboratory values with their unit as written."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from prrt_lib.read.cells.amounts import Amount, plain
from prrt_lib.read.cells.measured import measured, reader
from prrt_lib.read.cells.notes import bare
from prrt_lib.read.cells.numbers import question
from prrt_lib.read.cells.text import normal
from prrt_lib.read.cells.units import CASE_DECIDES, decided, unit
from prrt_lib.read.context import Context
from prrt_lib.read.parsed import Parsed

# The laboratory's own mark for above or below its reference range.
FLAG = re.compile(r" ?(?:\((?:h|l|hh|ll|high|low|elevated)\)|[↑↓])$|(?<=[0-9l%]) h$")
FLAG_INSIDE = re.compile(r" \((?:h|l|hh|ll|high|low)\) (?=[a-z])")
UNIT_FIRST = re.compile(r"^([a-z]{1,4}/[a-z]{1,2}) ?([0-9.,]+)$")
FLAG_FIRST = re.compile(r"^(?:h|↑) ?(?=[0-9])")
# The analyte's name, and the reference range or fasting state that the laboratory prints behind.
ANALYTE = re.compile(r"^(?:cga|chromogranin[ -]a|pancreastatin)(?: ?[:=] ?| ?- ?(?=[0-9])| )")
PRINTED = re.compile(
    r" ?[(\[](?:fasting|fasted|(?:ref(?:erence)?\.?|normal|nl|uln|n)(?: range)?:? ?"
    r"(?:<|<=|up to )?[0-9.]+(?: ?- ?[0-9.]+)?(?: [a-z]+/[a-z]+)?)[)\]]$"
)
# "125+": 125 or more, or 125 and above the reference range.
RAISED = re.compile(r"[0-9][0-9.,]* ?\+")
# A verdict before the value that it is about.
VERDICT = re.compile(
    r"^(?:elevated|raised|high|low|normal|erhoht|hoch|normwertig|eleve|haut|normale?|alto|elevado|"
    r"elevato)(?:[,:] ?| \(?)(?:(?<=\()([^()]+)\)|(?<!\()([0-9].*))$"
)
BEYOND = 1e9

lab_unit = partial(unit, group="lab")


@reader
def read_lab_value(raw: Any, context: Context) -> Parsed:
    """The value as written with its unit, from the cell, else from the column."""
    if isinstance(raw, str):
        if CASE_DECIDES.search(normal(raw)):
            raise question("unit-differs-by-case")
        if RAISED.fullmatch(plain(raw)):
            raise question("bound-or-flag")
        raw = VERDICT.sub(r"\1\2", bare(plain(raw), "lab_value", marked=False))
        raw = FLAG.sub("", PRINTED.sub("", ANALYTE.sub("", FLAG_FIRST.sub("", raw))))
        raw = UNIT_FIRST.sub(r"\2 \1", FLAG_INSIDE.sub(" ", bare(raw, "lab_value", marked=False)))
    amount = measured(raw, context, lab_unit)
    _plausible(amount)
    if context.column_unit and CASE_DECIDES.search(normal(context.column_unit)):
        raise question("unit-differs-by-case")
    if amount.unit == "%" and not isinstance(raw, str):
        _percent_column(context.column_unit)
    chosen = decided(amount.unit, context.column_unit, "lab")
    return Parsed(amount.status, amount.low, amount.high, chosen, reason=amount.reason)


def _percent_column(column_unit: str | None) -> None:
    """Raises Refused where a percent format stands in a column of another unit."""
    if column_unit and decided(None, column_unit, "lab") != "%":
        raise question("number-format")


def _plausible(amount: Amount) -> None:
    """Raises Refused on codes for missing that may be values, and on numbers no assay gives."""
    if amount.unit is None and amount.status == "ok" and amount.low in (999.0, 9999.0, 99999.0):
        raise question("code-or-value")
    if max(amount.low, amount.high or 0.0) > BEYOND:
        raise question("beyond-any-assay")
