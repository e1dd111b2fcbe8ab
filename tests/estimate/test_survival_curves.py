"""Kaplan-Meier and its relatives on shapes that break simpler code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from prrt_lib.estimate.curves.interval_censored import interval_censored_survival, turnbull
from prrt_lib.estimate.curves.restricted_mean import rmst, rmst_difference
from prrt_lib.estimate.curves.survival import kaplan_meier, median_follow_up, nelson_aalen
from prrt_lib.estimate.records import conditional_start

SIX = pd.DataFrame({"day": [2, 2, 3, 5, 5, 8], "died": [1, 0, 1, 1, 1, 0]})


def curve(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["statistic"] == "survival"].set_index("time")


def one(rows: pd.DataFrame, statistic: str) -> pd.Series:
    return rows[rows["statistic"] == statistic].iloc[0]


def brute_force(entry, exit_, died, time) -> float:
    survival = 1.0
    for t in sorted(set(exit_[died == 1])):
        if t <= time:
            at_risk = ((entry < t) & (t <= exit_)).sum()
            survival *= 1 - ((exit_ == t) & (died == 1)).sum() / at_risk
    return survival


def random_cohort(seed: int, size: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 20, size)
    return pd.DataFrame(
        {
            "start": entry,
            "day": entry + rng.integers(1, 25, size),
            "died": rng.integers(0, 2, size),
            "arm": rng.choice(["x", "y", "z"], size),
        }
    )


def test_by_hand_with_ties_and_a_censoring_on_an_event_day():
    rows = curve(kaplan_meier(SIX, "day", "died"))
    # day 2: 5/6; day 3: 3/4 of it; day 5: 1/3 of that
    assert rows["estimate"].tolist() == pytest.approx([1, 5 / 6, 5 / 8, 5 / 24])
    assert rows["at_risk"].tolist() == [6, 6, 4, 3]
    assert rows["events"].tolist() == [0, 1, 2, 4]
    greenwood = 5 / 24 * np.sqrt(1 / 30 + 1 / 12 + 2 / 3)
    assert rows["std_error"].iloc[-1] == pytest.approx(greenwood)


@pytest.mark.parametrize("seed", range(5))
def test_delayed_entry_equals_the_definition(seed):
    data = random_cohort(seed)
    rows = curve(kaplan_meier(data, "day", "died", "start", times=range(1, 30)))
    arrays = [data[name].to_numpy() for name in ("start", "day", "died")]
    wanted = [brute_force(*arrays, time) for time in range(1, 30)]
    assert rows["estimate"].tolist() == pytest.approx(wanted, abs=1e-12)


def test_agrees_with_lifelines_on_tied_days():
    data = random_cohort(4, 300)
    fitter = KaplanMeierFitter().fit(data["day"], data["died"])
    rows = curve(kaplan_meier(data, "day", "died", times=[5, 10, 20]))
    assert rows["estimate"].tolist() == pytest.approx(fitter.predict([5, 10, 20]).tolist())
    limits = fitter.confidence_interval_.loc[[5, 10, 20]].to_numpy()
    assert rows[["low", "high"]].to_numpy() == pytest.approx(limits, abs=1e-10)


def test_one_patient_dead():
    rows = kaplan_meier(pd.DataFrame({"day": [7], "died": [1]}), "day", "died")
    assert curve(rows)["estimate"].tolist() == [1, 0]
    assert one(rows, "median")["estimate"] == 7
    assert np.isnan(curve(rows)["low"].iloc[-1])


def test_nobody_dies():
    rows = kaplan_meier(SIX.assign(died=0), "day", "died", times=[3, 9])
    assert curve(rows)["estimate"].iloc[0] == 1
    assert curve(rows)["state"].tolist() == ["ok", "not-estimable"]
    assert one(rows, "median")["state"] == "not-reached"
    assert np.isnan(one(rows, "median")["estimate"])


def test_all_die_on_one_day():
    rows = kaplan_meier(SIX.assign(day=4, died=1), "day", "died")
    assert curve(rows)["estimate"].tolist() == [1, 0]
    assert [one(rows, name)["estimate"] for name in ("q25", "median", "q75")] == [4, 4, 4]


def test_no_rate_beyond_the_last_observed_day_unless_asked():
    row = curve(kaplan_meier(SIX, "day", "died", times=[8, 9]))
    assert row["state"].tolist() == ["ok", "not-estimable"]
    assert curve(kaplan_meier(SIX, "day", "died", times=[9], extend=True))["estimate"].iloc[
        0
    ] == pytest.approx(5 / 24)


def test_median_is_the_midpoint_where_the_curve_is_flat_at_one_half():
    # four deaths among eight distinct days: S is exactly 0.5 from day 4 until day 7
    data = pd.DataFrame({"day": [1, 2, 3, 4, 7, 8, 9, 10], "died": 1})
    assert one(kaplan_meier(data, "day", "died"), "median")["estimate"] == 5.5
    last = data.assign(died=[1, 1, 1, 1, 0, 0, 0, 0])
    assert one(kaplan_meier(last, "day", "died"), "median")["estimate"] == 7.0


def test_risk_set_that_empties_stays_at_zero_without_a_conditional_start():
    data = pd.DataFrame({"start": [0, 5, 5], "day": [2, 9, 12], "died": [1, 1, 0]})
    rows = curve(kaplan_meier(data, "day", "died", "start", times=[3, 9]))
    assert rows["estimate"].tolist() == [0, 0]


def test_conditional_start_waits_for_enough_at_risk():
    entry = [0, 1, 4, 4, 6, 6, 7]
    data = pd.DataFrame({"start": entry, "day": [3, 9, 8, 20, 21, 22, 25], "died": 1})
    t0, dropped, trimmed = conditional_start(data, "day", "start", 5)
    # at risk after day 6: those entering at 1, 4, 4, 6, 6
    assert (t0, dropped) == (6.0, 1)
    assert trimmed["start"].tolist() == [6, 6, 6, 6, 6, 7]
    rows = kaplan_meier(data, "day", "died", "start", times=[5, 6, 8], min_at_risk=5)
    assert curve(rows)["state"].tolist() == ["not-estimable", "ok", "ok"]
    assert curve(rows)["estimate"].tolist()[1:] == pytest.approx([1, 5 / 6])
    assert one(rows, "median")["label"] == "given event-free at 6"
    assert (one(rows, "median")["n"], one(rows, "median")["total"]) == (6, 7)
    assert "1 records with exit up to t0 dropped" in one(rows, "median")["warning"]
    assert "fewer than 5 at risk at 4 event times, first at day 20" in rows["warning"].iloc[0]


def test_each_group_starts_on_its_own_day():
    data = pd.DataFrame(
        {
            "start": [0] * 3 + [2, 2, 5],
            "day": [9, 9, 9, 9, 9, 9],
            "died": 1,
            "arm": ["x"] * 3 + ["y"] * 3,
        }
    )
    rows = kaplan_meier(data, "day", "died", "start", "arm", times=[9], min_at_risk=3)
    started = dict(zip(rows["group_level"], rows["label"], strict=True))
    assert started == {"x": "given event-free at 0", "y": "given event-free at 5"}


def test_a_group_that_never_has_enough_at_risk_is_not_estimable():
    data = random_cohort(5).assign(arm=["x"] * 58 + ["y"] * 2)
    rows = kaplan_meier(data, "day", "died", "start", "arm", times=[20], min_at_risk=5)
    assert set(rows[rows["group_level"] == "y"]["state"]) == {"not-estimable"}
    assert set(rows[rows["group_level"] == "x"]["state"]) <= {"ok", "not-reached"}


def test_follow_up_lets_the_dead_leave_before_the_censored():
    # day 5: one death and one end of follow-up; naive reversal would count the death at risk
    data = pd.DataFrame({"day": [5, 5, 9], "died": [1, 0, 0]})
    rows = median_follow_up(data, "day", "died")
    assert one(rows, "median")["estimate"] == 7.0  # S = 1/2 on days 5 to 9


def test_nelson_aalen_by_hand_and_with_ties_one_by_one():
    together = nelson_aalen(SIX, "day", "died", times=[5])
    assert together["estimate"].iloc[0] == pytest.approx(1 / 6 + 1 / 4 + 2 / 3)
    single = nelson_aalen(SIX, "day", "died", times=[5], ties="one-by-one")
    assert single["estimate"].iloc[0] == pytest.approx(1 / 6 + 1 / 4 + 1 / 3 + 1 / 2)


def test_restricted_mean_by_hand_and_its_contrasts():
    row = rmst(SIX, "day", "died", 6).iloc[0]
    # areas: 2 at 1, 1 at 5/6, 2 at 5/8, 1 at 5/24
    assert row["estimate"] == pytest.approx(2 + 5 / 6 + 10 / 8 + 5 / 24)
    two = pd.concat([SIX.assign(arm="x"), SIX.assign(arm="y", day=SIX["day"] + 1)])
    gap = rmst_difference(two, "day", "died", 6, "arm").iloc[0]
    one_, other = rmst(two, "day", "died", 6, by="arm")["estimate"]
    assert gap["estimate"] == pytest.approx(other - one_)


def test_restricted_mean_needs_observation_up_to_its_horizon():
    assert rmst(SIX, "day", "died", 9).iloc[0]["state"] == "not-estimable"
    assert rmst(SIX.assign(died=1), "day", "died", 9).iloc[0]["state"] == "ok"


def test_interval_censored_by_hand():
    # three disjoint intervals and one patient seen event-free on day 3: 1/4, 1/4, 1/2
    low, high = np.array([1.0, 2, 3, 0]), np.array([2, 4, np.inf, 1])
    left, right, mass = turnbull(low, high)
    assert list(zip(left, right, strict=True)) == [(0, 1), (1, 2), (3, 4)]
    assert mass == pytest.approx([0.25, 0.25, 0.5], abs=1e-6)
    frame = pd.DataFrame({"low": low, "high": high})
    rows = interval_censored_survival(frame, "low", "high", times=[2, 3.5])
    values = rows[rows["statistic"] == "survival"].set_index(["time", "level"])["estimate"]
    assert values[(2, "lowest")] == values[(2, "highest")] == pytest.approx(0.5)
    assert values[(3.5, "lowest")] == pytest.approx(0, abs=1e-6)
    assert values[(3.5, "highest")] == pytest.approx(0.5, abs=1e-6)


def test_interval_censored_with_exact_times_is_kaplan_meier():
    data = random_cohort(7).assign(start=0)
    known = data.assign(high=np.where(data["died"] == 1, data["day"], np.inf))
    rows = interval_censored_survival(known, "day", "high", times=[5, 10, 15])
    highest = rows[(rows["statistic"] == "survival") & (rows["level"] == "highest")]
    wanted = curve(kaplan_meier(data, "day", "died", times=[5, 10, 15]))["estimate"]
    assert highest["estimate"].tolist() == pytest.approx(wanted.tolist(), abs=1e-5)


days = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 8), st.booleans(), st.sampled_from("xy")),
    min_size=1,
    max_size=25,
)


def cohort(patients) -> pd.DataFrame:
    frame = pd.DataFrame(patients, columns=["start", "length", "died", "arm"])
    return frame.assign(day=frame["start"] + frame["length"])


@settings(max_examples=30)
@given(days)
def test_curve_starts_at_one_falls_only_at_events(patients):
    data = cohort(patients)
    rows = curve(kaplan_meier(data, "day", "died", "start"))
    assert rows["estimate"].iloc[0] == 1
    assert (np.diff(rows["estimate"]) <= 0).all()
    assert set(rows.index[1:]) == set(data.loc[data["died"], "day"])


@settings(max_examples=30)
@given(days)
def test_months_only_rescale(patients):
    data = cohort(patients)
    months = data.assign(day=data["day"] / 30.4375, start=data["start"] / 30.4375)
    one_, other = (kaplan_meier(frame, "day", "died", "start") for frame in (data, months))
    assert one_["at_risk"].to_numpy() == pytest.approx(other["at_risk"].to_numpy(), nan_ok=True)
    assert curve(one_)["low"].to_numpy() == pytest.approx(curve(other)["low"], nan_ok=True)
    assert one(other, "median")["estimate"] * 30.4375 == pytest.approx(
        one(one_, "median")["estimate"], nan_ok=True
    )


@settings(max_examples=30)
@given(days)
def test_a_censoring_on_day_zero_changes_only_n_and_the_first_number_at_risk(patients):
    data = cohort(patients).assign(start=0)
    more = pd.concat([data, data.head(1).assign(day=0, died=False)])
    one_, other = (curve(kaplan_meier(frame, "day", "died")) for frame in (data, more))
    assert (other["n"] == one_["n"] + 1).all()
    assert other["at_risk"].tolist() == [one_["at_risk"].iloc[0] + 1, *one_["at_risk"].iloc[1:]]
    for column in ("estimate", "std_error", "low", "high", "events"):
        assert other[column].to_numpy() == pytest.approx(one_[column].to_numpy(), nan_ok=True)


@settings(max_examples=30)
@given(days)
def test_doubling_the_cohort_keeps_the_curve_and_shrinks_the_error(patients):
    data = cohort(patients)
    single, double = (
        curve(kaplan_meier(frame, "day", "died", "start"))
        for frame in (data, pd.concat([data] * 2))
    )
    assert double["estimate"].tolist() == pytest.approx(single["estimate"].tolist())
    assert double["std_error"].to_numpy() * np.sqrt(2) == pytest.approx(
        single["std_error"].to_numpy(), nan_ok=True
    )


@settings(max_examples=30)
@given(days)
def test_groups_sum_to_the_total(patients):
    data = cohort(patients)
    rows = kaplan_meier(data, "day", "died", "start", "arm", times=[3])
    groups = rows[rows["statistic"] == "median"]
    assert groups["n"].sum() == len(data)
    assert groups["events"].sum() == data["died"].sum()


@settings(max_examples=30)
@given(days, st.integers(0, 24))
def test_an_event_turned_into_a_censoring_never_lowers_the_curve(patients, which):
    data = cohort(patients)
    died = data["died"].to_numpy().copy()
    died[which % len(died)] = False
    times = range(1, 15)
    one_, other = (
        curve(kaplan_meier(frame, "day", "died", "start", times=times, extend=True))["estimate"]
        for frame in (data, data.assign(died=died))
    )
    assert (other >= one_ - 1e-12).all()


@settings(max_examples=30)
@given(days)
def test_row_order_and_index_change_nothing(patients):
    data = cohort(patients)
    mixed = data.sample(frac=1, random_state=1).set_axis(range(100, 100 + len(data)))
    pd.testing.assert_frame_equal(
        kaplan_meier(data, "day", "died", "start"), kaplan_meier(mixed, "day", "died", "start")
    )
