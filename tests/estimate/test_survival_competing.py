"""Cumulative incidence and Gray's test on ties, late entry and empty groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.curves.competing import aalen_johansen, cumulative_incidence
from prrt_lib.estimate.curves.gray import gray_test
from prrt_lib.estimate.curves.survival import kaplan_meier

SIX = pd.DataFrame({"day": [2, 2, 3, 5, 5, 8], "what": [1, 2, 0, 2, 1, 0]})


def random_cohort(seed: int, size: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 10, size)
    return pd.DataFrame(
        {
            "start": entry,
            "day": entry + rng.integers(1, 25, size),
            "what": rng.integers(0, 3, size),
            "arm": rng.choice(["x", "y", "z"], size),
        }
    )


def test_by_hand_with_both_causes_on_one_day():
    rows = cumulative_incidence(SIX, "day", "what", times=[2, 5])
    # day 2: 1/6; S = 4/6; day 5: one of three at risk
    assert rows["estimate"].tolist() == pytest.approx([1 / 6, 1 / 6 + 4 / 6 / 3])
    assert rows["at_risk"].tolist() == [6, 3]
    assert rows["events"].tolist() == [1, 2]
    assert rows["level"].tolist() == ["1", "1"]


def test_agrees_with_statsmodels_on_tied_days():
    data = random_cohort(1)
    other = CumIncidenceRight(data["day"].to_numpy(), data["what"].to_numpy())
    for cause in (1, 2):
        rows = cumulative_incidence(data, "day", "what", cause, times=other.times)
        assert rows["estimate"].to_numpy() == pytest.approx(other.cinc[cause - 1], abs=1e-12)
        usable = other.cinc_se[cause - 1] > 0
        wanted = other.cinc_se[cause - 1][usable]
        assert rows["std_error"].to_numpy()[usable] == pytest.approx(wanted, rel=1e-8)


def test_identical_calls_give_identical_values():
    data = random_cohort(2)
    rows = [cumulative_incidence(data, "day", "what", by="arm") for _ in range(2)]
    pd.testing.assert_frame_equal(*rows)


def test_without_competing_events_it_is_one_minus_kaplan_meier():
    data = random_cohort(3).assign(what=lambda frame: np.minimum(frame["what"], 1))
    rows = cumulative_incidence(data, "day", "what", entry="start", times=[5, 15, 25])
    survival = kaplan_meier(data, "day", "what", "start", times=[5, 15, 25])
    survival = survival[survival["statistic"] == "survival"]
    assert rows["estimate"].to_numpy() == pytest.approx(1 - survival["estimate"].to_numpy())
    assert rows["std_error"].to_numpy() == pytest.approx(survival["std_error"].to_numpy())


def test_late_entry_equals_the_definition():
    data = random_cohort(4)
    survival = incidence = None
    survival, incidence = 1.0, 0.0
    for day in sorted(set(data.loc[data["what"] > 0, "day"])):
        at_risk = ((data["start"] < day) & (day <= data["day"])).sum()
        here = data[data["day"] == day]["what"]
        incidence += survival * (here == 1).sum() / at_risk
        survival *= 1 - (here > 0).sum() / at_risk
    last = float(data["day"].max())
    rows = cumulative_incidence(data, "day", "what", entry="start", times=[last])
    assert rows["estimate"].iloc[0] == pytest.approx(incidence)


def test_the_two_variances_are_named_and_differ():
    rows = [
        cumulative_incidence(SIX, "day", "what", times=[5], variance=name).iloc[0]
        for name in ("delta", "aalen")
    ]
    assert "Greenwood" in rows[0]["method"] and "Aalen variance" in rows[1]["method"]
    assert rows[0]["std_error"] != rows[1]["std_error"]
    with pytest.raises(AnalysisError, match="variance"):
        cumulative_incidence(SIX, "day", "what", variance="robust")


def test_the_delta_variance_equals_the_sum_written_out():
    data = random_cohort(5)
    fit = aalen_johansen(data["day"].to_numpy(), data["what"].to_numpy(), 1)
    y, d, own = fit.table.at_risk, fit.table.events, fit.events
    before = np.append(1.0, np.cumprod(1 - d / y))[:-1]
    gap = fit.value[-2] - fit.value[:-1]
    parts = (
        gap**2 * d[:-1] / (y * (y - d))[:-1]
        + (before**2 * own * (y - own) / y**3)[:-1]
        - 2 * gap * (before * own / y**2)[:-1]
    )
    assert fit.std_error[-2] == pytest.approx(np.sqrt(parts.sum()))


def test_an_undeclared_cause_is_refused():
    with pytest.raises(AnalysisError, match="cause"):
        cumulative_incidence(SIX, "day", "what", cause=3)
    with pytest.raises(AnalysisError, match="2 records with another code"):
        cumulative_incidence(SIX, "day", "what", causes=[1])


def test_no_event_of_the_cause():
    rows = cumulative_incidence(SIX.assign(what=[2, 2, 0, 2, 2, 0]), "day", "what", times=[5])
    assert rows["estimate"].iloc[0] == 0
    test = gray_test(SIX.assign(what=[2, 2, 0, 2, 2, 0], arm=list("xyxyxy")), "day", "what", "arm")
    assert test["state"].iloc[0] == "not-estimable"


def test_conditional_start_as_for_kaplan_meier():
    data = pd.DataFrame({"start": [0, 1, 4, 4, 6, 6, 7], "day": [3, 9, 8, 20, 21, 22, 25]})
    data["what"] = [1, 2, 1, 1, 2, 1, 0]
    rows = cumulative_incidence(data, "day", "what", entry="start", times=[5, 8], min_at_risk=5)
    assert rows["state"].tolist() == ["not-estimable", "ok"]
    assert rows["estimate"].iloc[1] == pytest.approx(1 / 6)


def test_gray_does_not_depend_on_which_group_is_left_out():
    data = random_cohort(6)
    one = gray_test(data, "day", "what", "arm").iloc[0]
    renamed = data.assign(arm=data["arm"].map({"x": "c", "y": "a", "z": "b"}))
    other = gray_test(renamed, "day", "what", "arm").iloc[0]
    assert (one["df"], other["df"]) == (2, 2)
    assert one["estimate"] == pytest.approx(other["estimate"])


def test_gray_rejects_as_often_as_it_should():
    rng = np.random.default_rng(11)
    p = []
    for _ in range(200):
        day, what = rng.integers(1, 40, 60), rng.integers(0, 3, 60)
        frame = pd.DataFrame({"day": day, "what": what, "arm": ["x", "y"] * 30})
        p.append(gray_test(frame, "day", "what", "arm").iloc[0]["p"])
    assert 0.01 < np.mean(np.array(p) < 0.05) < 0.10


patients = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 8), st.integers(0, 2)), min_size=1, max_size=25
)


@settings(max_examples=50)
@given(patients)
def test_incidences_and_survival_sum_to_one(rows):
    data = np.array(rows, dtype="float64")
    exits, codes = data[:, 0] + data[:, 1], data[:, 2].astype(int)
    fits = [aalen_johansen(exits, codes, cause, data[:, 0]) for cause in (1, 2)]
    event_free = np.cumprod(fits[0].table.survivors / fits[0].table.at_risk)
    total = fits[0].value + fits[1].value + event_free
    assert total == pytest.approx(np.ones(len(total)))
    assert all(np.isfinite(fit.std_error).all() for fit in fits)
