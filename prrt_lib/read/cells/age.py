"""Age in years."""

from __future__ import annotations

import re
from typing import Any

from prrt_lib.read.cells.amounts import Amount, plain
from prrt_lib.read.cells.measured import measured, reader, refuse_codes
from prrt_lib.read.cells.notes import bare
from prrt_lib.read.cells.numbers import impossible, numeral, question, tidy
from prrt_lib.read.cells.units import decided, unit
from prrt_lib.read.context import Context
from prrt_lib.read.parsed import Parsed

LABEL = re.compile(
    r"^(?:(?:dx |diagnosis )?aged?|alter)(?: (?:at|bei) (?:dx|diagnosis|diagnose|ed))?"
    r"(?: ?[:=] ?| - ?| )"
)
TWO_PARTS = re.compile(
    r"([0-9]{1,3}) ?(y|yo|yrs?|years?|jahre?|j\.?|ans?|anos?|anni|anno|jaar|ar)"
    r"(?:,? (?:and |und |et |y |e |en |och |og )?|,)?([0-9]{1,2}) ?([a-z]+)\.?"
)
TWELFTHS = re.compile(r"([0-9]{1,3})(?: ?y(?:rs?|ears)?)? ([0-9]{1,2})/12(?: ?y(?:rs?|ears)?)?")
HALF = re.compile(r"([0-9]{1,3}) 1[/⁄]2(?: ?y(?:rs?|ears)?)?")
# The sex beside an age. A lone m may be months.
SEX = re.compile(
    r"^(?:m|f|male|female) ?(?=[0-9]{1,3}(?: ?y.*)?$)|(?<=[0-9]) ?(?:f|female|male|woman|man)$"
    r"|(?<=yo|ld|rs|/o|o\.) ?(?:m|f|male|female|woman|man|gentleman|lady)$"
)
OLDEST = 120.0


def age_unit(text: str) -> str | None:
    """Years or months; a lone m may also be the sex and is a question."""
    if text == "m":
        raise question("months-or-male")
    return unit(text, "years")


@reader
def read_age(raw: Any, context: Context) -> Parsed:
    """Years, from years, months or both; 99 without its unit may be a code and is a question."""
    if isinstance(raw, str):
        raw = LABEL.sub("", bare(plain(raw), "age", marked=False), count=1)
        raw = SEX.sub("", raw)
        months = _with_months(raw)
        if months is not None:
            return _checked(Amount("ok", months, None, "y", "years-and-months"), 1.0)
    amount = measured(raw, context, age_unit)
    refuse_codes(amount)
    if amount.unit is None and amount.status == "ok" and amount.low in (0.0, 99.0):
        raise question("code-or-value")
    chosen = amount.unit or (context.column_unit and decided(None, context.column_unit, "years"))
    return _checked(amount, 12.0 if chosen == "m" else 1.0)


def _with_months(text: str) -> float | None:
    """Years of "62 y 6 m"; None where the text is of another form."""
    for pattern in (TWO_PARTS, TWELFTHS):
        found = pattern.fullmatch(text)
        if found:
            years, months = numeral(found[1]), numeral(found[3 if found.re is TWO_PARTS else 2])
            if found.re is TWO_PARTS and found[4] != "m":
                _months_word(found[4])
            if months >= 12:
                raise question("twelve-months-or-more")
            return tidy(years + months / 12)
    found = HALF.fullmatch(text)
    return numeral(found[1]) + 0.5 if found else None


def _months_word(word: str) -> None:
    if age_unit(word) != "m":
        raise question("unknown-unit")


def _checked(amount: Amount, divisor: float) -> Parsed:
    low = tidy(amount.low / divisor)
    high = None if amount.high is None else tidy(amount.high / divisor)
    if max(low, high or 0.0) > OLDEST:
        raise impossible("older-than-anyone")
    return Parsed(amount.status, low, high, reason=amount.reason)
