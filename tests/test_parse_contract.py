"""The lines of the reading contract, one by one."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from prrt_lib.read.parsing import KINDS, REFUSED, VALUED, parse

DAY = dt.datetime(2016, 3, 2)
EVERY_FACT = {
    "cutoff": "2020-06-30", "date_order": "DMY", "epoch": 1900, "role": "treatment",
    "column_unit": None, "number_format": "General", "locale": "en-US",
}  # fmt: skip
PLAIN = {
    "date": ("2016-03-15", "2016-03-15"), "partial_date": ("2016-03-15", "2016-03-15"),
    "activity": ("7.4 GBq", 7.4), "percent_or_range": ("5 %", 5.0), "mitoses": ("2/10 HPF", 2.0),
    "lab_value": ("125 ng/mL", 125.0), "yes_no": ("yes", "yes"), "sex": ("F", "female"),
    "stage": ("IIIb", "IIIB"), "grade": ("NET-G2", "2"), "isotope": ("177Lu-DOTATATE", "Lu-177"),
    "response": ("PR", "PR"), "ctcae_grade": ("3", "3"), "relatedness": ("possible", "possible"),
    "age": ("62 y 6 m", 62.5), "smoking": ("never", "never"), "id": ("NET-001", "NET-001"),
    "text": ("wt loss", "wt loss"), "integer": ("4", 4.0), "number": ("4.5", 4.5),
    "category": ("pancreas", "pancreas"),
}  # fmt: skip
PARTIAL = ("Mar 2016", "03/2016", "2016", "UNK/03/2016", "2016-03", "UN-UNK-2016")


def test_the_kinds_are_the_closed_list():
    assert sorted(KINDS) == sorted(PLAIN)


def test_unknown_names_are_errors_of_the_caller():
    with pytest.raises(ValueError, match="unknown kind"):
        parse("dates", "2016-03-15")
    with pytest.raises(ValueError, match="unknown context"):
        parse("date", "2016-03-15", order="DMY")
    with pytest.raises(ValueError, match="date_order"):
        parse("date", "2016-03-15", date_order="YMD")


def test_an_answer_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse("date", "2016-03-15").value = "x"


@pytest.mark.parametrize("kind", sorted(PLAIN))
def test_facts_that_do_not_concern_a_kind_are_ignored(kind):
    raw, value = PLAIN[kind]
    found = parse(kind, raw, **EVERY_FACT)
    assert (found.status, found.value) == ("ok", value)


@pytest.mark.parametrize("raw", PARTIAL)
def test_a_partial_date_is_never_a_day(raw):
    found = parse("date", raw)
    assert found.status in ("imputed-partial", "invalid")
    assert parse("partial_date", raw).status == "imputed-partial"


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"date", "partial_date"}))
@pytest.mark.parametrize("raw", [DAY, DAY.date(), dt.time(2, 30), dt.timedelta(hours=30)])
def test_what_excel_turned_into_a_date_is_invalid(kind, raw):
    assert parse(kind, raw).status == "invalid"


@pytest.mark.parametrize("kind, raw", [
    ("activity", 7.4), ("activity", 200), ("activity", 7400), ("activity", "7400"),
    ("lab_value", 53), ("lab_value", "12500"), ("mitoses", 2), ("mitoses", "<2"),
    ("percent_or_range", 0.02), ("percent_or_range", "0.15"),
])  # fmt: skip
def test_a_magnitude_never_decides_a_unit(kind, raw):
    assert parse(kind, raw).status == "ambiguous"


@pytest.mark.parametrize("kind, raw", [
    ("response", "PR -> PD"), ("response", "PR→PD"), ("response", "SD, later PD"),
    ("ctcae_grade", "3, later 1"), ("ctcae_grade", "3/4"), ("ctcae_grade", "CTCAE 3/4"),
    ("grade", "G2/3"), ("grade", "G1 -> G2"), ("stage", "II -> IV"), ("stage", "III-IV"),
    ("relatedness", "possible -> probable"), ("smoking", "former -> current"),
    ("yes_no", "no -> yes"), ("yes_no", "yes, no"), ("yes_no", "ja, nein"),
    ("smoking", "current smoker, quit 1998"), ("relatedness", "possible\nrelated"),
    ("activity", "7.4 -> 3.7 GBq"), ("lab_value", "53 -> 110 ng/mL"),
])  # fmt: skip
def test_a_course_or_two_values_are_a_question(kind, raw):
    found = parse(kind, raw)
    assert (found.status, found.value, found.high) == ("ambiguous", None, None)


@pytest.mark.parametrize("raw, value, pack_years", [
    ("never", "never", None), ("former", "former", None), ("current", "current", None),
    ("former, 20 pack-years", "former", 20.0), ("ex-smoker 1 ppd x 20 years", "former", 20.0),
    ("current 30 PY", "current", 30.0), ("quit 1998, 12.5 pack-years", "former", 12.5),
])  # fmt: skip
def test_smoking_has_a_status_and_pack_years(raw, value, pack_years):
    found = parse("smoking", raw)
    assert (found.status, found.value, found.high) == ("ok", value, pack_years)


@pytest.mark.parametrize("raw, value", [
    ("T2N0M1", "IV"), ("pT3 pN1 pM1", "IV"), ("M1a", "IV"), ("T2N0Mx", None), ("T2N0M0", None),
    ("no M1", None), ("IIIb", "IIIB"), ("Stage 4", "IV"), (3, "III"),
])  # fmt: skip
def test_tnm_is_a_stage_only_with_m1(raw, value):
    found = parse("stage", raw)
    assert (found.status, found.value) == (("ok", value) if value else ("ambiguous", None))


@pytest.mark.parametrize("raw, value, unit", [
    ("5/50 HPF", 1.0, "/10 HPF"), ("2/20 HPF", 1.0, "/10 HPF"), ("2/10 HPF", 2.0, "/10 HPF"),
    ("2/2 mm2", 2.0, "/2 mm2"), ("4/mm2", 8.0, "/2 mm2"), ("no mitoses/10 HPF", 0.0, "/10 HPF"),
])  # fmt: skip
def test_mitoses_are_per_ten_fields_or_two_square_millimetres(raw, value, unit):
    found = parse("mitoses", raw)
    assert (found.status, found.value, found.unit) == ("ok", value, unit)


@pytest.mark.parametrize("raw, role, status", [
    ("15-Mar-16", "treatment", "ok"), ("15-Mar-16", "birth", "ambiguous"),
    ("15-Mar-16", None, "ambiguous"), ("15-Mar-95", "treatment", "ok"),
])  # fmt: skip
def test_two_digits_of_a_year_need_a_role_that_leaves_one_century(raw, role, status):
    found = parse("date", raw, role=role)
    assert found.status == status
    assert found.value in (None, "2016-03-15", "1995-03-15")


@pytest.mark.parametrize("kind, raw", [
    ("percent_or_range", "5%?"), ("activity", "7.4 GBq?"), ("stage", "IV?"), ("age", "51?"),
    ("response", "PD?"), ("grade", "G2?"), ("date", "15 Mar 2016?"), ("smoking", "former?"),
])  # fmt: skip
def test_a_question_mark_asks(kind, raw):
    assert parse(kind, raw).status == "ambiguous"


@pytest.mark.parametrize("kind, raw, value", [
    ("percent_or_range", "approx 5%", 5.0), ("activity", "ca. 200 mCi", 7.4), ("age", "~51", 51.0),
    ("activity", "7.4 GBq IV", 7.4), ("activity", "Lu-177 7.4 GBq", 7.4),
])  # fmt: skip
def test_about_a_number_and_the_route_leave_the_number(kind, raw, value):
    assert (parse(kind, raw).status, parse(kind, raw).value) == ("ok", value)


@pytest.mark.parametrize("scalar, plain", [
    (np.int64(51), 51), (np.float64(51.4), 51.4), (np.float32(51.5), 51.5), (np.int8(51), 51),
    (np.str_("51 y"), "51 y"), (np.bool_(True), True), (np.float64("nan"), float("nan")),
    (pd.NA, None), (pd.NaT, None), (np.datetime64("NaT", "ns"), None),
    (np.datetime64("2016-03-15"), dt.date(2016, 3, 15)), (pd.Timestamp("2016-03-15"),
     dt.datetime(2016, 3, 15)), (np.array(51.0), 51.0),
])  # fmt: skip
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_scalar_of_numpy_or_pandas_reads_like_its_python_value(kind, scalar, plain):
    assert parse(kind, scalar) == parse(kind, plain)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("raw", [object(), [1], {}, (1, 2), b"51", 1j, np.array([1, 2]), range(3),
                                 pd.Series([1]), np.complex128(1)], ids=lambda raw: type(raw).__name__)  # fmt: skip  # noqa: E501
def test_what_no_workbook_holds_is_invalid(kind, raw):
    assert parse(kind, raw).status == "invalid"


@pytest.mark.parametrize("codebook", [{1: "yes", 0: "no", 9: "unknown"},
                                      {"1": "yes", "0": "no", "9": "unknown"}])  # fmt: skip
@pytest.mark.parametrize("raw, status, value", [
    (1, "ok", "yes"), ("1", "ok", "yes"), (1.0, "ok", "yes"), (0, "ok", "no"),
    (9, "missing", None), (7, "invalid", None), (True, "invalid", None),
])  # fmt: skip
def test_codes_are_numbers_or_text(codebook, raw, status, value):
    found = parse("yes_no", raw, codebook=codebook)
    assert (found.status, found.value) == (status, value)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("raw", ["", "NA", "unknown", None, "T2N0Mx", "#REF!", "PR -> PD", 1e308,
                                 "9" * 400, "(" * 200, "1," * 140, -0.0, True])  # fmt: skip
def test_no_value_stands_beside_a_refusal_and_nothing_raises(kind, raw):
    found = parse(kind, raw)
    assert found.status in VALUED + REFUSED and found.reason
    if found.status in REFUSED:
        assert (found.value, found.high, found.unit, found.precision) == (None,) * 4
