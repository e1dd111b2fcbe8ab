"""Amounts: the same however they are typed, a question wherever two numbers could be meant."""

import datetime as dt
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_parse_cases import TABLES, cases, read
from written_values import write_value

from prrt_lib.read.parsing import REFUSED, VALUED, parse

QUANTITIES = (
    "activity", "percent_or_range", "mitoses", "lab_value", "age", "integer", "number",
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.datetimes(),
    st.dates(), st.times(),
)  # fmt: skip
PIECES = (
    "0", "1", "2", "5", "7.4", "10", "50", "200", "1,234", "7.400", "1.2e4", "-", "–", "<", ">",
    "<=", "~", "?", "%", "+", "/", "x", "(", ")", ".", ",", ";", "GBq", "mCi", "MBq", "ng/mL",
    "HPF", "/10", "mm2", "y", "mo", "Ki-67", "to", "or", "ULN", "10^9/L", "½", "²", "\xa0",
    "\u202f", "\n", "\t", "'", "*", "†", "a", "ca.", "bis", "und",
)  # fmt: skip
TYPED = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)


def read_as(kind, raw, **context):
    found = parse(kind, raw, **context)
    return found.status, found.value, found.high, found.unit


@pytest.mark.parametrize("kind", QUANTITIES)
@settings(max_examples=150, deadline=None)
@given(raw=SCALARS)
def test_any_scalar_gets_an_answer(kind, raw):
    found = parse(kind, raw)
    assert found.status in VALUED + REFUSED
    assert (found.value is None) == (found.status in REFUSED)


@pytest.mark.parametrize("kind", QUANTITIES)
@settings(max_examples=250, deadline=None)
@given(raw=TYPED)
def test_what_is_read_can_be_written_and_read_again(kind, raw):
    found = parse(kind, raw)
    if found.status in VALUED:
        assert read_as(kind, write_value(kind, found)) == read_as(kind, raw)
        ends = [found.value] if found.high is None else [found.value, found.high]
        assert all(math.isfinite(end) for end in ends)
        assert ends == sorted(ends)


@pytest.mark.parametrize("kind", QUANTITIES)
def test_every_valued_case_reads_the_same_after_writing(kind):
    for case in [case for name in TABLES for case in cases(kind, name)]:
        found = read(case)
        # Written without its percent sign, -8 may be a code for missing.
        code = kind == "number" and found.value in (-1, -8, -9, -88)
        if found.status in VALUED and not code:
            again = parse(kind, write_value(kind, found))
            assert (again.status, again.value, again.high, again.unit) == (
                found.status, found.value, found.high, found.unit,
            ), case["id"]  # fmt: skip


@pytest.mark.parametrize("kind", QUANTITIES)
def test_outer_blanks_kind_of_blank_and_width_change_nothing(kind):
    wide = {**{ord("0") + n: 0xFF10 + n for n in range(10)}, ord("%"): "％", ord(" "): "\u00a0"}
    for case in [case for name in TABLES for case in cases(kind, name)]:
        if case["raw_type"] == "str" and parse(kind, case["raw"]).status in VALUED:
            expected = read_as(kind, case["raw"])
            for text in (f"\u00a0{case['raw']}  ", case["raw"].translate(wide)):
                assert read_as(kind, text) == expected, case["id"]


@pytest.mark.parametrize("text", ["200 mci", "200 MCi", "200 mCi", "200 mcI"])
def test_the_case_of_an_activity_unit_changes_nothing(text):
    assert read_as("activity", text) == ("ok", 7.4, None, "GBq")


@pytest.mark.parametrize(
    "kind, text",
    [
        ("activity", "7.4 GBq 3.7 GBq"),
        ("activity", "7\n400 MBq"),
        ("activity", "7  400 MBq"),
        ("activity", "7.4\u0336 GBq"),
        ("activity", "≮7.4 GBq"),
        ("activity", "tot 29.6 GBq"),
        ("percent_or_range", "5\n10"),
        ("percent_or_range", "2\u00ad5 %"),
        ("percent_or_range", "3₂ %"),
        ("percent_or_range", "5,10%"),
        ("percent_or_range", "Ki 67"),
        ("percent_or_range", "MIB 15%"),
        ("percent_or_range", "2+"),
        ("mitoses", "2,3/10 HPF"),
        ("mitoses", "1/10 HPF 2/10 HPF"),
        ("lab_value", "4.5 G/L"),
        ("lab_value", "150 109/L"),
        ("lab_value", "53 mg/d"),
        ("lab_value", "1234,567 ng/mL"),
        ("lab_value", "10 000 000 000 000 ng/mL"),
        ("age", "51M"),
        ("age", "62;6"),
        ("number", "5-"),
        ("number", "0x1F"),
    ],
)
def test_two_possible_numbers_are_a_question(kind, text):
    assert parse(kind, text).status in ("ambiguous", "invalid")


@pytest.mark.parametrize(
    "locale, text, value",
    [
        ("de-DE", "1.234,5 ng/mL", 1234.5),
        ("de_DE", "1.234 ng/mL", 1234.0),
        ("en-GB", "1,234 ng/mL", 1234.0),
        ("en-US", "1.234 ng/mL", 1.234),
        ("fr-FR", "1\u202f234,5 ng/mL", 1234.5),
        ("de-CH", "1’234.5 ng/mL", 1234.5),
        ("es-MX", "1,234.5 ng/mL", 1234.5),
        ("en-US", "12,34 ng/mL", None),
        ("en-US", "1.234,5 ng/mL", None),
        ("de-DE", "12.34 ng/mL", None),
        ("xx-XX", "1,234 ng/mL", None),
        ("en-ZA", "1,234 ng/mL", None),
    ],
)
def test_separators_follow_the_declared_locale_or_are_a_question(locale, text, value):
    found = parse("lab_value", text, locale=locale)
    assert found.value == value
    assert found.status == ("ok" if value else "ambiguous")


@pytest.mark.parametrize(
    "number_format, status, value",
    [
        ('0.0" GBq"', "ok", 7.4),
        ('"<"0.0" GBq"', "censored-low", 7.4),
        ('"up to "0.0" GBq"', "censored-low", 7.4),
        ('"≥ "0.0" GBq"', "censored-high", 7.4),
        ('"not "0.0" GBq"', "ambiguous", None),
        (r"0.0\ \m\C\i", "ok", 0.2738),
        ('[<8]"<8";0.0" GBq"', "ambiguous", None),
        ("d-mmm", "invalid", None),
        ("[h]:mm", "invalid", None),
        ("TT.MM.JJJJ", "invalid", None),
        ('"text only"', "ambiguous", None),
        ('0.0" per cycle"', "ambiguous", None),
        ("General", "ambiguous", None),
        ("0.00E+00", "ambiguous", None),
    ],
)
def test_the_number_format_says_what_the_reader_sees(number_format, status, value):
    found = parse("activity", 7.4, number_format=number_format)
    assert (found.status, found.value) == (status, value)


def test_a_date_time_or_boolean_is_never_a_number():
    made = [dt.datetime(2016, 3, 2), dt.date(2016, 3, 2), dt.time(2, 3), True, dt.timedelta(1)]
    for kind in QUANTITIES:
        assert {parse(kind, raw).status for raw in made} == {"invalid"}


def test_numbers_too_large_or_not_finite_are_refused():
    for kind in QUANTITIES:
        for raw in (10**400, float("inf"), float("-inf"), "1e999", "9" * 400):
            assert parse(kind, raw, column_unit=None).status in REFUSED
        assert parse(kind, float("nan")).status == "missing"


def test_a_unit_of_the_cell_goes_before_the_unit_of_the_header():
    assert read_as("activity", "200 mCi", column_unit="GBq") == ("ok", 7.4, None, "GBq")
    assert read_as("activity", "200", column_unit="mCi") == ("ok", 7.4, None, "GBq")
    assert read_as("activity", "200", column_unit="furlong")[0] == "ambiguous"
