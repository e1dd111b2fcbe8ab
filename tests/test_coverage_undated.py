"""The study of deaths without a day: what each rule makes of a cohort that one can see."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.coverage import undated

# Deaths on day 100, 200 ... 700 after first PRRT, the eighth alive at the cut-off on day 800; all
# were treated 50 days after diagnosis. The third was last seen alive on day 249.
DAYS = [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0]
EIGHT = pd.DataFrame({
    "entry_prrt": 0.0, "exit_prrt": DAYS, "last_prrt": DAYS, "cutoff_prrt": 800.0, "lag": 50.0,
    "entry": 50.0, "exit": np.array(DAYS) + 50, "dead": [True] * 7 + [False],
    "died": [1] * 7 + [0], "seen_prrt": np.array(DAYS) - 51,
})  # fmt: skip
TRUTH = 480.0


@pytest.fixture(autouse=True)
def truth(monkeypatch):
    monkeypatch.setattr(undated, "median_after_prrt", lambda: TRUTH)
    monkeypatch.setattr(undated, "source_median", lambda start: TRUTH + 50)


@pytest.mark.parametrize(("rule", "median"), [
    ("left out", 500.0),  # 100, 200, 400, [500], 600, 700, alive: the fourth of seven
    ("counted", 512.5),  # between day 250 and 800: 525; half of eight are dead from 500 to 525
    ("shortest", 450.0),  # on day 250: half are dead from 400 to 500
    ("longest", 550.0),  # on day 800: half are dead from 500 to 600
])  # fmt: skip
def test_the_median_under_each_rule_where_the_third_death_has_no_day(rule, median):
    told = undated.read(EIGHT, EIGHT.index == 2, rule)
    found, whole = undated._from_prrt("x", told), undated._whole("x", told)
    assert (found.truth, found.estimate) == (TRUTH, median)
    assert (whole.truth, whole.estimate) == (TRUTH + 50, median + 50)


def test_a_death_that_may_lie_beyond_the_horizon_is_censored_there():
    later = EIGHT.assign(cutoff_prrt=6000.0)
    told = undated.read(later, later.index == 2, "counted").loc[2]
    assert (told["exit_prrt"], told["died"]) == (undated.HORIZON, 0)


@pytest.mark.parametrize(("part", "losing"), [(1.0, range(7)), (0.5, range(4))])
def test_days_are_lost_by_any_death_or_by_those_of_the_earlier_half(part, losing):
    drawn = [undated.order(EIGHT, part, np.random.default_rng(seed)) for seed in range(20)]
    assert all(sorted(one) == list(losing) for one in drawn)
    assert {one[0] for one in drawn} == set(losing)


def test_each_share_loses_its_days_and_the_rules_bracket_the_median():
    """Of seven deaths of eleven patients 5 % is none, 10 % is one, 30 % is two."""
    eleven = pd.concat([EIGHT, *[EIGHT.tail(1)] * 3], ignore_index=True)
    made = [(*one.estimator.split("|"), one.estimate) for one in undated.medians(eleven, 1)]
    found = pd.DataFrame(made, columns=["what", "share", "arm", "clock", "rule", "median"])
    rules = found.groupby("share")["rule"].agg(set)
    assert rules["0"] == rules["5"] == {"counted"}
    assert rules["10"] == rules["30"] == set(undated.RULES)
    plain = found[found["share"] == "0"].groupby("clock")["median"].agg(set)
    assert plain.to_dict() == {"from first PRRT": {600.0}, "from diagnosis": {650.0}}
    wide = found.pivot(index=["share", "arm", "clock"], columns="rule", values="median").dropna()
    assert len(wide) == 8
    assert (wide["shortest"] <= wide["counted"]).all()
    assert (wide["counted"] <= wide["longest"]).all()


def test_the_table_prints_bias_in_months_with_its_error_and_the_medians_that_are_none():
    keys = [f"{undated.NAME}|{share}|{arm}|{clock}|{rule}" for share in undated.SHARES
            for arm in undated.ARMS for clock in undated.CLOCKS for rule in undated.RULES
            if share or rule == "counted"]  # fmt: skip
    summary = pd.DataFrame({"estimator": keys, "bias": 60.875, "bias_mcse": 6.0875, "none": 0})
    summary.loc[summary.index[-1], ["bias", "none"]] = [-30.4375, 4]
    lines = undated.table(summary).splitlines()
    assert len(lines) == 2 + 2 + 3 * 4
    assert lines[2] == "| 0 % |  | from first PRRT |  | +2.0 ± 0.2 |  |  |"
    shown = " | ".join(["+2.0 ± 0.2"] * 3)
    assert (
        lines[-1] == f"| 30 % | early deaths | from diagnosis | {shown} | -1.0 ± 0.2, none in 4 |"
    )
