"""What a fit refuses, what it only remarks on, and in which order it sees the records."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.records import merged_ties, prepared, warnings_of

FOUR = pd.DataFrame({"id": ["d", "a", "c", "b"], "day": [5, 3, 9, 3], "died": [1, 0, 1, 1]})


def changed(**columns) -> pd.DataFrame:
    return FOUR.assign(**columns)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (changed(day=[5, -3, 9, 3]), "1 records with a negative interval"),
        (changed(day=[5, np.nan, 9, np.inf]), "2 records missing or infinite"),
        (changed(day=["5", "3", "9", "3"]), "values of type object"),
        (changed(died=[1, 2, 2, 0]), "2 records with another code"),
        (changed(died=[1, np.nan, 0, 0]), "1 records missing or infinite"),
        (FOUR.drop(columns="died"), "0 columns of that name"),
        (pd.concat([FOUR, FOUR[["day"]]], axis=1), "2 columns of that name"),
        (FOUR.head(0), "0 records"),
    ],
)
def test_refuses_and_names_the_rule_and_the_count(frame, words):
    with pytest.raises(AnalysisError, match=words):
        prepared(frame, "day", "died")


def test_entry_after_exit_is_a_negative_interval():
    with pytest.raises(AnalysisError, match="2 records with a negative interval"):
        prepared(changed(start=[6, 0, 0, 4]), "day", "died", entry="start")


def test_competing_codes_only_when_declared():
    frame = changed(died=[1, 2, 2, 0])
    assert prepared(frame, "day", "died", causes=(1, 2))["died"].tolist() == [1, 2, 2, 0]


def test_no_event_is_refused_only_where_one_is_needed():
    frame = changed(died=0)
    assert len(prepared(frame, "day", "died")) == 4
    with pytest.raises(AnalysisError, match="no event in 4 records"):
        prepared(frame, "day", "died", need_event=True)


def test_input_is_unchanged_and_row_order_is_fixed():
    before = FOUR.copy()
    one = prepared(FOUR, "day", "died", covariates=["id"], sort=True)
    mixed = FOUR.sample(frac=1, random_state=3)
    two = prepared(mixed, "day", "died", covariates=["id"], sort=True)
    pd.testing.assert_frame_equal(FOUR, before)
    pd.testing.assert_frame_equal(one, two)
    assert one["id"].tolist() == ["a", "b", "d", "c"]


def test_event_at_entry_moves_one_day_and_censoring_at_entry_stays():
    frame = pd.DataFrame({"start": [4, 4, 0], "day": [4, 4, 6], "died": [True, False, True]})
    data = prepared(frame, "day", "died", entry="start")
    assert sorted(zip(data["day"], data["died"], strict=True)) == [(4, 0), (5, 1), (6, 1)]
    assert warnings_of(data) == "1 events at entry counted one day later"


def test_records_without_a_group_are_left_out_and_counted():
    data = prepared(changed(arm=["x", None, "y", "x"]), "day", "died", by="arm")
    assert len(data) == 3
    assert warnings_of(data) == "1 records without a value in arm left out"


def test_times_that_differ_only_by_rounding_tie():
    assert len(set(merged_ties(np.array([np.sqrt(2) ** 2, 2.0, 2.5]))[0])) == 2
    assert len(set(merged_ties(np.array([2.0, 2.0 + 1e-6, 2.5]))[0])) == 3
