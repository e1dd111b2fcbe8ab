"""Log-rank tests against their definition and against statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import survdiff

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.curves.log_rank import logrank, logrank_permutation
from prrt_lib.estimate.curves.risk_table import hazard_at_risk


def cohort(seed: int = 1, size: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 6, size)
    return pd.DataFrame(
        {
            "start": entry,
            "day": entry + rng.integers(1, 20, size),
            "died": rng.integers(0, 2, size),
            "arm": rng.choice(["x", "y", "z"], size),
            "site": rng.choice(["p", "q"], size),
        }
    )


def definition(data: pd.DataFrame, level: str) -> tuple[float, float]:
    """O - E and its variance for one group, one event day after the other."""
    gap = variance = 0.0
    for day in sorted(set(data.loc[data["died"] == 1, "day"])):
        at_risk = data[(data["start"] < day) & (day <= data["day"])]
        dead = at_risk[(at_risk["day"] == day) & (at_risk["died"] == 1)]
        y, d, share = len(at_risk), len(dead), (at_risk["arm"] == level).mean()
        gap += (dead["arm"] == level).sum() - d * share
        if y > 1:
            variance += d * (y - d) / (y - 1) * share * (1 - share)
    return gap, variance


def one(rows: pd.DataFrame, statistic: str, level: str = "") -> pd.Series:
    chosen = (rows["statistic"] == statistic) & (rows["group_level"] == level)
    return rows[chosen].iloc[0]


def test_delayed_entry_equals_the_definition():
    data = cohort()
    rows = logrank(data, "day", "died", "arm", entry="start")
    for level in "xyz":
        gap, variance = definition(data, level)
        observed = one(rows, "observed", level)
        expected = one(rows, "expected", level)
        assert observed["estimate"] - expected["estimate"] == pytest.approx(gap)
        assert observed["std_error"] ** 2 == pytest.approx(variance)


def test_stratified_sums_the_strata():
    data = cohort(2).query("arm != 'z'")
    rows = logrank(data, "day", "died", "arm", entry="start", strata="site")
    parts = [definition(data[data["site"] == site], "x") for site in "pq"]
    gap, variance = (sum(part[i] for part in parts) for i in (0, 1))
    assert one(rows, "chi2")["estimate"] == pytest.approx(gap**2 / variance)


def test_agrees_with_statsmodels():
    data = cohort(3)
    rows = logrank(data, "day", "died", "arm")
    assert (one(rows, "chi2")["estimate"], one(rows, "chi2")["p"]) == pytest.approx(
        survdiff(data["day"], data["died"], data["arm"])
    )


def test_renaming_two_groups_keeps_p():
    data = cohort(4).query("arm != 'z'")
    swapped = data.assign(arm=data["arm"].map({"x": "y", "y": "x"}))
    p = [one(logrank(frame, "day", "died", "arm", rho=1), "chi2")["p"] for frame in (data, swapped)]
    assert p[0] == pytest.approx(p[1])


def test_trend_of_two_groups_is_the_root_of_chi_squared():
    data = cohort(5).query("arm != 'z'")
    rows = logrank(data, "day", "died", "arm", trend=True)
    assert one(rows, "z")["estimate"] ** 2 == pytest.approx(one(rows, "chi2")["estimate"])


def test_trend_depends_on_the_spacing_of_scores_only():
    data = cohort(6)
    one_ = logrank(data, "day", "died", "arm", trend={"x": 0, "y": 1, "z": 5})
    other = logrank(data, "day", "died", "arm", trend={"x": 3, "y": 5, "z": 13})
    assert one(one_, "z")["estimate"] == pytest.approx(one(other, "z")["estimate"])
    assert one(one_, "z")["p"] != one(logrank(data, "day", "died", "arm", trend=True), "z")["p"]


@pytest.mark.parametrize("died", [[0, 0, 0, 0], [0, 0, 0, 1]])
def test_too_little_to_test_is_said(died):
    data = pd.DataFrame({"day": [1, 2, 3, 4], "died": died, "arm": list("xxyy")})
    assert one(logrank(data, "day", "died", "arm"), "chi2")["state"] == "not-estimable"


def test_one_group_is_refused():
    with pytest.raises(AnalysisError, match="one group"):
        logrank(cohort().assign(arm="x"), "day", "died", "arm")


def test_scores_sum_to_zero_and_give_observed_minus_expected():
    data = cohort(7)
    exits, entries = data["day"].to_numpy(float), data["start"].to_numpy(float)
    scores = data["died"] - hazard_at_risk(exits, data["died"].to_numpy() > 0, entries)
    assert scores.sum() == pytest.approx(0, abs=1e-10)
    assert scores[data["arm"] == "x"].sum() == pytest.approx(definition(data, "x")[0])


def test_permutation_finds_the_exact_p_of_a_small_trial():
    # 4 against 4, no ties: 70 arrangements; the extreme one has two of 70 at least as far out
    data = pd.DataFrame({"day": range(1, 9), "died": 1, "arm": list("xxxxyyyy")})
    p = one(logrank_permutation(data, "day", "died", "arm", resamples=20_000), "p_value")["p"]
    assert p == pytest.approx(2 / 70, abs=0.004)


def test_permutation_is_seeded_and_ignores_row_order():
    data = cohort(8)
    mixed = data.sample(frac=1, random_state=2)
    one_, other = (
        logrank_permutation(frame, "day", "died", "arm", resamples=500, seed=4)
        for frame in (data, mixed)
    )
    assert one(one_, "p_value")["p"] == one(other, "p_value")["p"]
