"""A level is the level of its value: 0, 0.0, "0" and np.int64(0) name one group everywhere."""

import numpy as np
import pandas as pd
import pytest

from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.arguments import matched
from prrt_lib.estimate import (
    cox,
    cumulative_incidence,
    fine_gray,
    gray_test,
    rank_sum,
    rmst_difference,
    standardised_difference,
)

ZERO = (0, 0.0, "0", "0.0", np.int64(0), np.float64(0))
COLUMNS = {
    "integers": [0, 1] * 5,
    "decimals": [0.0, 1.0] * 5,
    "texts": ["0", "1"] * 5,
    "categories": pd.Categorical([0, 1] * 5, categories=[1, 0]),
}


def frame(group) -> pd.DataFrame:
    return pd.DataFrame({
        "days": [10, 20, 30, 40, 50, 60, 70, 80, 90, 100], "group": group,
        "event": [1, 1, 0, 1, 1, 0, 1, 1, 0, 1], "age": [40.0, 55, 61, 48, 70, 66, 52, 59, 63, 45],
    })  # fmt: skip


CONTRASTS = {
    "rmst_difference": lambda data, level: rmst_difference(
        data, "days", "event", 60, "group", reference=level),
    "rank_sum": lambda data, level: rank_sum(data, "age", "group", reference=level),
    "standardised_difference": lambda data, level: standardised_difference(
        data, ["age"], "group", reference=level),
    "cox": lambda data, level: cox(
        data, "days", "event", ["group"], reference={"group": level}).rows,
    "fine_gray": lambda data, level: fine_gray(
        data, "days", "event", ["group"], reference={"group": level}).rows,
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRASTS)
@pytest.mark.parametrize("kind", COLUMNS)
def test_every_way_to_write_the_level_gives_the_same_contrast(name, kind):
    data = frame(COLUMNS[kind])
    values = []
    for level in ZERO:
        rows = CONTRASTS[name](data, level)
        contrast = rows[rows["reference"] == "0"]
        assert len(contrast), "the reference is the level 0"
        values.append(contrast["estimate"].tolist())
    assert all(one == values[0] for one in values)
    other = CONTRASTS[name](data, 1)
    assert set(other["reference"]) - {""} == {"1"}


@pytest.mark.parametrize("name", CONTRASTS)
def test_a_level_that_is_not_there_names_those_that_are(name):
    with pytest.raises(AnalysisError, match=r"found 2; expected one of \['0', '1'\]"):
        CONTRASTS[name](frame(COLUMNS["integers"]), 2)


@pytest.mark.parametrize("level", [True, np.True_, "True", "yes", "true"])
def test_truth_is_a_level(level):
    """The restricted mean to day 60 of a level does not depend on how the level is written."""
    data = frame([True, False] * 5)
    rows = rmst_difference(data, "days", "event", 60, "group", reference=level)
    assert rows["reference"].tolist() == ["yes"] and rows["group_level"].tolist() == ["no"]
    rows = cox(data, "days", "event", ["group"], reference={"group": level}).rows
    assert set(rows["reference"]) - {""} == {"yes"}


def test_a_text_that_equals_one_level_is_that_level_and_two_equals_are_asked_about():
    assert matched("1.0", ["1", "1.0"], "reference") == "1.0"
    assert matched(1, ["01", "02"], "reference") == "01"
    with pytest.raises(AnalysisError, match=r"which is each of \['01', '1.0'\]"):
        matched(1, ["01", "1.0"], "reference")
    with pytest.raises(AnalysisError, match=r"one of \['G1', 'G2'\]"):
        matched("G3", ["G1", "G2"], "reference")


@pytest.mark.parametrize("cause", [2, 2.0, "2", np.int64(2)])
def test_a_cause_is_its_code_however_it_is_written(cause):
    data = frame(COLUMNS["texts"]).assign(event=[1, 2, 0, 1, 2, 0, 1, 2, 0, 1])
    incidence = cumulative_incidence(data, "days", "event", cause, times=[50])
    # Before day 20 nine are free of both, one of them fails of cause 2: 0.9 x 1/9 = 0.1. On day
    # 50 six are at risk, and S(50-) is 0.9 x 8/9 x 6/7: 0.1 + that / 6.
    expected = 0.1 + 0.9 * 8 / 9 * 6 / 7 / 6
    assert incidence["estimate"].iloc[0] == pytest.approx(expected)
    assert incidence["level"].iloc[0] == "2"
    assert gray_test(data, "days", "event", "group", cause)["events"].iloc[0] == 3
    assert fine_gray(data, "days", "event", ["age"], cause).events == 3
    for call in (lambda: gray_test(data, "days", "event", "group", 3),
                 lambda: fine_gray(data, "days", "event", ["age"], 3),
                 lambda: cumulative_incidence(data, "days", "event", 3)):  # fmt: skip
        with pytest.raises(AnalysisError, match=r"cause: found 3; expected one of \['1', '2'\]"):
            call()


def test_new_patients_have_the_levels_of_the_fit_by_value():
    """Fitted on 0.0 and 1.0, asked about 1 and "1"; strata as well."""
    data = frame([0.0, 1.0] * 5).assign(centre=[1.0] * 6 + [2.0] * 4)
    fit = cox(data, "days", "event", ["group"], strata="centre", reference={"group": 0})
    told = [
        fit.predict_survival(pd.DataFrame({"group": [one], "centre": [1]}), [30])["estimate"][0]
        for one in (1, "1", 1.0)
    ]
    assert told[0] == told[1] == told[2] < 1
