"""Numbers under every sign and number format: what the cell shows is what is read."""

import pytest

from prrt_lib.read import parse

# What Excel shows of -0.30 and -30 under each format; the minus may be brackets or a colour.
PERCENT_FORMATS = ["0%", "0.0%", "0.00%", "0 %", "[Red]0%", "0%;-0%", "0%;(0%)", "0%;[Red]0%",
                   "0%;[Red]-0%;0%", "#,##0%", "+0%;-0%;0%", '0" "%']  # fmt: skip
PLAIN_FORMATS = ["General", "0", "0.0", "0.00", "#,##0.0", "0;-0", "0;(0)", "0_);(0)", "@", None]


@pytest.mark.parametrize("form", PERCENT_FORMATS)
@pytest.mark.parametrize("value", [-1.0, -0.3, -0.08, -0.005, 0.0, 0.005, 0.2, 1.5])
def test_a_change_in_a_percent_format_is_a_hundred_times_its_number(form, value):
    found = parse("number", value, number_format=form, column_unit="%")
    assert (found.status, found.value) == ("ok", pytest.approx(100 * value))


@pytest.mark.parametrize("form", PLAIN_FORMATS)
@pytest.mark.parametrize("value", [-100.0, -45.0, -30.0, -7.5, 0.0, 12.0, 150.0])
def test_a_change_in_a_plain_format_is_its_number(form, value):
    found = parse("number", value, number_format=form, column_unit="%")
    assert (found.status, found.value) == ("ok", pytest.approx(value))


@pytest.mark.parametrize("kind", ["percent_or_range", "lab_value", "activity", "mitoses", "age"])
@pytest.mark.parametrize("form", ["0%", "0.0", "General", "0%;(0%)"])
def test_what_cannot_be_negative_never_becomes_a_value(kind, form):
    found = parse(kind, -0.3, number_format=form, column_unit={"lab_value": "ng/mL"}.get(kind))
    assert found.status in ("invalid", "ambiguous") and found.value is None


@pytest.mark.parametrize("form", ["0%;0%", '"<"0%', '0%;"<"0%', "[<0]0%;0"])
def test_a_format_that_hides_the_minus_or_adds_a_bound_is_a_question(form):
    assert parse("number", -0.3, number_format=form, column_unit="%").status == "ambiguous"


@pytest.mark.parametrize("text", ["-30%", "-30 %", "−30%", "-30", "-30.0 %"])
def test_a_change_typed_as_text_reads_as_it_stands(text):
    assert parse("number", text, column_unit="%").value == -30


@pytest.mark.parametrize("text", ["- 30%", "\u2013 30%", "minus 30"])
def test_a_dash_apart_from_its_number_asks(text):
    assert parse("number", text, column_unit="%").reason == "dash-or-minus"


@pytest.mark.parametrize("raw", [-8.0, "-8", -9, -1.0])
def test_a_small_negative_number_may_be_a_code_where_nothing_names_percent(raw):
    assert parse("number", raw).status == "ambiguous"
    found = parse("number", raw, column_unit="%")
    assert (found.status, found.value) == ("ok", float(raw))


@pytest.mark.parametrize("raw", [-99, "-99", -999.0])
def test_a_code_for_missing_stays_one_in_a_column_of_percent(raw):
    assert parse("number", raw, column_unit="%").status == "missing"


@pytest.mark.parametrize(("raw", "form"), [(-0.3, "General"), (0.25, None), (-0.3, "0.00")])
def test_a_number_below_one_may_be_a_fraction_where_no_format_shows_percent(raw, form):
    assert parse("number", raw, number_format=form, column_unit="%").reason == "fraction-or-percent"


@pytest.mark.parametrize(("raw", "form"), [(-0.08, "0%"), ("-8%", None), ("-8 %", None)])
def test_with_its_percent_sign_it_is_a_value(raw, form):
    found = parse("number", raw, number_format=form, column_unit="%")
    assert (found.status, found.value) == ("ok", -8)
