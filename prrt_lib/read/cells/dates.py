"""Dates: a full day, or the interval that a partial date leaves open."""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from typing import Any

from prrt_lib.read.cells.date_texts import Written, written
from prrt_lib.read.cells.measured import month_or_year, reader, shown
from prrt_lib.read.cells.parsed import Ambiguous, Context, Invalid, Parsed, Refused, missing, ok

FIRST, LAST = 1900, 2100
# Excel serials outside these years are codes or counts, not dates of this study.
FIRST_SERIAL, FIRST_BIRTH_SERIAL = 1950, 1910
# Peptide receptor radionuclide therapy began in the 1990s.
FIRST_TREATMENT = 1990
OLDEST = 120
# Years after the cut-off from which a date is a typing error, not merely late.
BEYOND_CUTOFF = 5
EPOCHS = {1900: dt.date(1899, 12, 30), 1904: dt.date(1904, 1, 1)}
# A year typed into a cell that shows dates becomes that many days after the epoch.
YEARS_AS_SERIALS = {
    epoch: (start + dt.timedelta(FIRST), start + dt.timedelta(LAST))
    for epoch, start in EPOCHS.items()
}
SMALLEST_QUESTION = 10_000
# A day or month of zero; a clock's zeros and the decimals of a number are none.
ZERO_PART = re.compile(r"(?<![0-9:.])0{1,2}(?=[/. -])|(?<=[/. -])0{1,2}(?![0-9:])")
DECIMALS = re.compile(r"[0-9]+\.0+")
SERIAL_TEXT = re.compile(r"[1-9][0-9]{4}(?:\.0+)?")
CODES = (-99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0)
PLACEHOLDERS = {(1900, 1, 1), (1904, 1, 1), (1899, 12, 30), (1899, 12, 31), (1111, 11, 11)}


@reader
def read_partial_date(raw: Any, context: Context) -> Parsed:
    """A day, or the first and last day of the month or year that was written."""
    if isinstance(raw, float) and raw in (float("inf"), float("-inf")):
        raise Invalid("infinite")
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return _number(raw, context)
    if isinstance(raw, dt.date):
        return _true_date(raw, context)
    if not isinstance(raw, str):
        raise Invalid("not-a-date")
    return _text(raw, context)


# In a column of full dates a partial one keeps its interval too, never a day.
read_date = read_partial_date


def _text(raw: str, context: Context) -> Parsed:
    if not context.zero_unknown and ZERO_PART.search(raw) and not DECIMALS.fullmatch(raw.strip()):
        raise Invalid("day-or-month-zero")
    if context.epoch and SERIAL_TEXT.fullmatch(raw.strip()):
        return _serial(float(raw), context)
    parts = written(raw, context.date_order)
    if parts.day is None:
        if parts.short and context.role != "treatment":
            raise Ambiguous("two-digit-year")
        if parts.weekday is not None and not parts.short:
            raise Ambiguous("weekday-of-partial-date")
        year = _of_treatment(parts.year) if parts.short else parts.year
        return _interval(year, parts.month, context)
    if parts.about:
        raise Ambiguous("approximate-day")
    day = _of_two_digits(parts, context) if parts.short else _existing(parts.year, parts)
    if parts.weekday is not None and parts.weekday != day.weekday():
        raise Ambiguous("weekday-contradicts")
    return _checked(day, context)


def _true_date(raw: dt.date, context: Context) -> Parsed:
    if raw != raw:  # pandas' empty date is not equal to itself
        return missing()
    day = raw.date() if isinstance(raw, dt.datetime) else raw
    first, last = YEARS_AS_SERIALS[context.epoch or 1900]
    if first <= day <= last:
        raise Ambiguous("year-shown-as-date")
    finest = month_or_year(context.number_format)
    if finest == "month" and day.day == 1:
        return _interval(day.year, day.month, context)
    if finest == "year" and day.day == 1:
        if day.month == 1:
            return _interval(day.year, None, context)
        raise Ambiguous("date-shown-as-year")
    return _checked(day, context)


def _number(raw: float, context: Context) -> Parsed:
    """A year, a year and month (201603 or 2016.03), or a day of eight digits; else a serial day.

    2016.1 may be January or October: Excel drops the zero.
    """
    if FIRST <= raw < LAST + 1:
        if shown(context.number_format).is_date:
            raise Ambiguous("year-shown-as-date")
        month = round((raw - int(raw)) * 100)
        if abs(raw - int(raw) - month / 100) > 1e-6 or month > 12:
            raise Invalid("no-serial")
        if month == 10:
            raise Ambiguous("month-without-zero")
        return _interval(int(raw), month or None, context)
    if FIRST * 100 < raw < (LAST + 1) * 100 and raw == int(raw) and 1 <= raw % 100 <= 12:
        return _interval(int(raw) // 100, int(raw) % 100, context)
    if FIRST * 10_000 < raw < (LAST + 1) * 10_000 and raw == int(raw):
        return _text(str(int(raw)), context)
    return _serial(raw, context)


def _serial(raw: float, context: Context) -> Parsed:
    if raw in CODES:
        return missing("sentinel")
    days = int(raw)
    if not 0 < days < 100_000:
        raise Invalid("no-serial")
    if context.epoch is None:
        if days < SMALLEST_QUESTION:
            raise Invalid("no-serial")
        raise Ambiguous("serial-without-epoch")
    day = EPOCHS[context.epoch] + dt.timedelta(days)
    first = FIRST_BIRTH_SERIAL if context.role == "birth" else FIRST_SERIAL
    if not first <= day.year <= LAST:
        raise Invalid("serial-out-of-range")
    return _checked(day, context, "serial")


def _existing(year: int, parts: Written) -> dt.date:
    try:
        return dt.date(year, parts.month, parts.day)
    except ValueError:
        raise Invalid("no-such-day") from None


def _of_two_digits(parts: Written, context: Context) -> dt.date:
    """The one century that role and cut-off leave; raises Refused where both or none remain."""
    if context.role == "treatment" and context.cutoff is None:
        return _existing(_of_treatment(parts.year), parts)
    if context.role is None or context.cutoff is None:
        raise Ambiguous("two-digit-year")
    possible, reason = [], "no-such-day"
    for century in (1900, 2000):
        try:
            day = _existing(century + parts.year, parts)
            _checked(day, context)
        except Refused as refusal:
            reason = refusal.args[0]
        else:
            if day <= _cutoff(context):
                possible.append(day)
    if len(possible) > 1:
        raise Ambiguous("two-digit-year")
    if not possible:
        raise Invalid(reason)
    return possible[0]


def _of_treatment(two_digits: int) -> int:
    """The year of a treatment: only one century holds it after 1990 and within 100 years."""
    return two_digits + (1900 if two_digits >= FIRST_TREATMENT - 1900 else 2000)


def _interval(year: int, month: int | None, context: Context) -> Parsed:
    if not FIRST <= year <= LAST:
        raise Invalid("year-out-of-range")
    if month is not None and not 1 <= month <= 12:
        raise Invalid("no-such-month")
    low = dt.date(year, month or 1, 1)
    high = dt.date(year, month or 12, monthrange(year, month or 12)[1])
    cutoff = _cutoff(context)
    if cutoff and low > cutoff:
        raise Invalid("after-cutoff")
    if (year, month, 1) in PLACEHOLDERS:
        raise Invalid("year-out-of-range")
    _of_role(high, context)
    high = min(high, cutoff) if cutoff else high
    precision = "month" if month else "year"
    return Parsed(
        "imputed-partial", low.isoformat(), high.isoformat(), None, precision, "partial-date"
    )


def _checked(day: dt.date, context: Context, reason: str = "as-written") -> Parsed:
    if not FIRST <= day.year <= LAST or (day.year, day.month, day.day) in PLACEHOLDERS:
        raise Invalid("year-out-of-range")
    cutoff = _cutoff(context)
    if cutoff and day.year > cutoff.year + BEYOND_CUTOFF:
        raise Invalid("far-after-cutoff")
    _of_role(day, context)
    if cutoff and context.role == "birth" and day > cutoff:
        raise Invalid("born-after-cutoff")
    return ok(day.isoformat(), reason, precision="day")


def _of_role(day: dt.date, context: Context) -> None:
    """Raises Refused on a day that cannot be of the declared role."""
    if context.role == "treatment" and day.year < FIRST_TREATMENT:
        raise Invalid("before-treatment-existed")
    cutoff = _cutoff(context)
    if context.role == "birth" and cutoff and cutoff.year - day.year > OLDEST:
        raise Invalid("older-than-anyone")


def _cutoff(context: Context) -> dt.date | None:
    return dt.date.fromisoformat(context.cutoff[:10]) if context.cutoff else None
