"""Dates: a day only where one day is meant, an interval where a part is missing."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_values import write_value

from prrt_lib.read.cells.date_texts import WORDS
from prrt_lib.read.parsing import REFUSED, VALUED, parse

KINDS = ("date", "partial_date")
DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.datetimes(),
    st.dates(), st.times(),
)  # fmt: skip
PIECES = (
    "1", "03", "15", "31", "12", "00", "16", "2016", "2015", "1962", "Mar", "März", "août",
    "may", "-", "/", ".", ",", "?", "??", "UNK", "XX", "~", "ca.", "'T", "14:30", "Z", "to",
    "or", "summer", "early", "Q1", "\xa0", "\n", "Tue", "th", "er", "de", "†", "(a)", " ", " ",
)  # fmt: skip
TYPED = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)
FORMS = (
    "%Y-%m-%d", "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%B %d, %Y", "%d%b%Y", "%Y/%m/%d", "%Y%m%d",
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d 00:00:00", "%A, %B %d, %Y", "%a %d %b %Y", "%Y %b %d",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=250, deadline=None)
@given(raw=SCALARS)
def test_any_scalar_gets_an_answer(kind, raw):
    found = parse(kind, raw)
    assert found.status in VALUED + REFUSED
    assert (found.value is None) == (found.status in REFUSED)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=800, deadline=None)
@given(raw=TYPED)
def test_what_is_read_exists_and_reads_the_same_after_writing(kind, raw):
    found = parse(kind, raw)
    if found.status in VALUED:
        assert dt.date.fromisoformat(found.value)
        again = parse(kind, write_value(kind, found))
        assert (again.status, again.value, again.high, again.precision) == (
            found.status, found.value, found.high, found.precision,
        )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(day=DAYS, form=st.sampled_from(FORMS), kind=st.sampled_from(KINDS))
def test_every_certain_spelling_of_a_day_is_that_day(day, form, kind):
    for text in (day.strftime(form), day.strftime(form).upper(), f"\u00a0{day.strftime(form)} "):
        found = parse(kind, text)
        assert (found.status, found.value, found.precision) == ("ok", day.isoformat(), "day")


@settings(max_examples=150, deadline=None)
@given(day=DAYS, mark=st.sampled_from("/.-"))
def test_the_order_of_day_and_month_is_declared_proved_or_asked(day, mark):
    day_first, month_first = (day.strftime(f"%{a}{mark}%{b}{mark}%Y") for a, b in ("dm", "md"))
    assert parse("date", day_first, date_order="DMY").value == day.isoformat()
    assert parse("date", month_first, date_order="MDY").value == day.isoformat()
    certain = day.day > 12 or day.day == day.month
    for text in (day_first, month_first):
        assert parse("date", text).value == (day.isoformat() if certain else None)


@settings(max_examples=200, deadline=None)
@given(day=DAYS)
def test_both_epochs_true_dates_and_text_agree(day):
    serial = (day - dt.date(1899, 12, 30)).days
    same = [
        parse("date", serial, epoch=1900), parse("date", serial - 1462, epoch=1904),
        parse("date", day), parse("date", dt.datetime(day.year, day.month, day.day, 14, 30)),
        parse("date", serial + 0.6, epoch=1900),
    ]  # fmt: skip
    assert {found.value for found in same} == {day.isoformat()}
    assert parse("date", serial).status in ("ambiguous", "invalid")


@pytest.mark.parametrize("number", range(1, 13))
def test_months_of_ten_languages(number):
    for word in WORDS["months"][number]:
        assert parse("date", f"15 {word} 2016").value == f"2016-{number:02}-15"
        assert parse("partial_date", f"{word.title()} 2016").value == f"2016-{number:02}-01"


def test_no_month_word_stands_for_two_months():
    words = [word for group in WORDS["months"].values() for word in group]
    assert len(words) == len(set(words))


def test_a_partial_date_ends_at_the_cutoff_and_never_starts_after_it():
    found = parse("partial_date", "2017", cutoff="2017-06-30")
    assert (found.value, found.high, found.precision) == ("2017-01-01", "2017-06-30", "year")
    assert parse("partial_date", "Jul 2017", cutoff="2017-06-30").status == "invalid"


@pytest.mark.parametrize(
    "text",
    [
        "Mon 15 Mar 2016",  # it was a Tuesday
        "15-20 Mar 2016", "2016-03-15 2016-04-01", "15/03/2016\n16/03/2016", "2016-03-15 planned",
        "15\n03\n2016", "Mar/Apr 2016", "2011/12", "2013-14", "2014.1", "Mar 16", "16-03-15",
        "15/03/16", "summer 2012", "early 2014", "Q1 2014", "2014?", "15 Mar 2016 ?", "<2014",
        "42444", "06/UNK/2015", "15 Ma 2016", "2016/15/03", "1٥/03/2016", "13/13/2016",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_no_day_or_interval_is_invented(kind, text):
    assert parse(kind, text).status in ("ambiguous", "invalid")


def test_unknown_day_follows_the_declared_order():
    assert parse("partial_date", "UNK/06/2015", date_order="DMY").value == "2015-06-01"
    assert parse("partial_date", "06/UNK/2015", date_order="MDY").value == "2015-06-01"
    assert parse("partial_date", "UNK/06/2015", date_order="MDY").status == "ambiguous"


@pytest.mark.parametrize(
    "role, text, value",
    [
        ("birth", "15-Mar-62", "1962-03-15"),
        ("birth", "15-Mar-16", None),
        ("birth", "15-03-62", "1962-03-15"),
        ("birth", "15-03-24", None),
        ("treatment", "03-04-16", None),
        ("treatment", "15-Mar-16", "2016-03-15"),
        ("treatment", "15-Mar-62", None),
        ("birth", "1890-03-15", None),
        ("treatment", "1989-03-15", None),
    ],
)
def test_role_and_cutoff_decide_on_a_century_or_refuse(role, text, value):
    assert parse("date", text, role=role, date_order="DMY", cutoff="2017-06-30").value == value


def test_a_month_format_on_the_first_is_a_month():
    first = dt.datetime(2014, 3, 1)
    assert parse("date", first, number_format="mmm-yy").precision == "month"
    assert parse("date", first, number_format="MMM JJ").precision == "month"
    assert parse("date", first, number_format="dd/mm/yyyy").precision == "day"
    assert parse("date", dt.date(2014, 1, 1), number_format="yyyy").precision == "year"
    assert parse("date", dt.date(2014, 3, 1), number_format="yyyy").status == "ambiguous"
