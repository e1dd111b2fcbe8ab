"""A second implementation beside ours: lifelines on rows that one can count by hand."""

import pandas as pd
import pytest
from clocked_study import GivenTimes
from lifelines import CoxPHFitter, KaplanMeierFitter

from prrt_lib.analyse import second
from prrt_lib.declare.rows import result_rows
from prrt_lib.draw import clinical_tables

# Four at risk; deaths on days 100 and 400, so that S is 3/4, then 3/4 * 1/2.
FRAME = pd.DataFrame(
    {"entry": [0, 0, 0, 0], "exit": [100, 300, 400, 800], "event": [1, 0, 1, 0]}
)  # fmt: skip


def survival(time: float, estimate: float, **words) -> dict:
    return {"statistic": "survival", "time": time, "estimate": estimate, **words}


def test_a_curve_is_set_beside_that_of_lifelines_at_the_years():
    rows = result_rows([survival(365.0, 0.75), survival(731.0, 0.375), survival(400.0, 0.375)])
    pairs = second.pairs(rows, second.fit(KaplanMeierFitter(), FRAME))
    assert pairs["label"].tolist() == ["1 year", "2 years"]
    assert pairs["theirs"].tolist() == pytest.approx([0.75, 0.375], abs=1e-12)


def test_a_wrong_estimate_stands_out():
    rows = result_rows([survival(365.0, 0.7)])
    pairs = second.pairs(rows, second.fit(KaplanMeierFitter(), FRAME))
    table = clinical_tables.beside(pairs, "Overall survival", "lifelines")
    assert [cell.text for cell in table.body[0]] == [
        "1 year",
        "0.700000000",
        "5e-02",
    ]


def test_who_enters_late_counts_from_entry_on():
    late = FRAME.assign(entry=[0, 0, 0, 350])
    rows = result_rows([survival(365.0, 2 / 3)])
    pairs = second.pairs(rows, second.fit(KaplanMeierFitter(), late))
    assert pairs["theirs"].item() == pytest.approx(2 / 3, abs=1e-12)


def test_rows_that_lifelines_refuses_leave_nothing_to_compare():
    rows = result_rows([survival(365.0, 0.75)])
    for fitter in (KaplanMeierFitter(), CoxPHFitter()):
        fitted = second.fit(fitter, FRAME.iloc[:0].assign(age=1.0), ["age"])
        table = clinical_tables.beside(second.pairs(rows, fitted), "Overall survival", "lifelines")
        assert table.body[0][0].text == "nothing to compare"


def test_two_equal_groups_have_a_hazard_ratio_of_one_in_both():
    twice = pd.concat([FRAME.assign(group="a"), FRAME.assign(group="b")], ignore_index=True)
    twice = twice.assign(group=twice["group"].astype("category"))
    key = {"statistic": "log_hazard_ratio", "variable": "group", "reference": "a"}
    rows = result_rows([{**key, "level": "a", "estimate": 0.0},
                        {**key, "level": "b", "estimate": 0.0}])  # fmt: skip
    pairs = second.pairs(rows, second.fit(CoxPHFitter(), twice, ["group"]))
    assert pairs["label"].item().endswith(": b")
    assert pairs["theirs"].item() == pytest.approx(0, abs=1e-9)
    penalised = rows.assign(method="Cox, Firth's penalty")
    assert second.pairs(penalised, second.fit(CoxPHFitter(), twice, ["group"])).empty


def test_the_rows_begin_where_enough_are_at_risk():
    given = GivenTimes(pd.DataFrame({"entry": [0, 10, 20, 30, 40], "event": [1, 0, 1, 0, 1],
                                     "exit": [5, 500, 500, 500, 500]}))  # fmt: skip
    frame = second.from_start(given.times("os_dx_delayed"), 3)
    # On day 30 three are at risk (entered on 10, 20 and 30); the death of day 5 is before it.
    assert frame["entry"].tolist() == [30, 30, 30, 40]
