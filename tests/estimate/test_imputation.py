"""Chained equations keep what is known, and Rubin's rules put the results together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prrt_lib.estimate.curves.risk_table import hazard_at_risk
from prrt_lib.estimate.regression.cox_model import cox
from prrt_lib.estimate.resampling.imputation import impute
from prrt_lib.estimate.resampling.rubin import pool, pool_rows


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    """120 patients; Ki-67 rises with age and raises the hazard; a third of it is missing."""
    rng = np.random.default_rng(11)
    age = rng.normal(60, 10, 120)
    ki67 = np.clip(np.round(5 + 0.3 * (age - 60) + rng.normal(0, 4, 120)), 1, 60)
    death = rng.exponential(1000 * np.exp(-0.05 * (ki67 - 5)))
    frame = pd.DataFrame({"age": age, "ki67": ki67, "grade": np.where(ki67 < 3, "G1", "G2")})
    frame["exit"] = np.ceil(np.minimum(death, 1500))
    frame["event"] = (death <= 1500).astype(int)
    frame["true"] = frame["ki67"]
    hidden = rng.random(120) < 0.35
    frame.loc[hidden, ["ki67", "grade"]] = [np.nan, None]
    frame["low"] = np.where(hidden, np.where(frame["true"] < 5, 0.0, 5.0), np.nan)
    frame["high"] = np.where(hidden, np.where(frame["true"] < 5, 4.0, 60.0), np.nan)
    return frame


def run(cohort, **options):
    base = {"m": 5, "iterations": 4, "seed": 3, "auxiliary": ["age"]}
    return impute(cohort, ["ki67", "grade"], "exit", "event", **{**base, **options})


def test_known_values_stay_and_gaps_are_filled_with_observed_values(cohort):
    done = run(cohort)
    known = cohort["ki67"].notna()
    for frame in done.frames:
        assert (frame.loc[known, "ki67"] == cohort.loc[known, "ki67"]).all()
        assert frame["ki67"].notna().all() and frame["grade"].isin(["G1", "G2"]).all()
        assert set(frame["ki67"]) <= set(cohort["ki67"].dropna())
    assert cohort["ki67"].isna().any()


def test_bounded_values_are_imputed_inside_their_bounds(cohort):
    hidden = cohort["ki67"].isna()
    for frame in run(cohort, bounds={"ki67": ("low", "high")}).frames:
        inside = frame["ki67"].between(cohort["low"], cohort["high"])
        assert inside[hidden].all()


def test_bounds_without_a_donor_are_filled_from_the_model(cohort):
    narrow = cohort.assign(low=7.25, high=7.75)
    hidden = cohort["ki67"].isna()
    for frame in run(narrow, bounds={"ki67": ("low", "high")}).frames:
        assert frame.loc[hidden, "ki67"].between(7.25, 7.75).all()
        assert frame.loc[hidden, "ki67"].nunique() > 1


def test_a_seed_gives_the_same_values_and_another_seed_others(cohort):
    one, same, other = run(cohort), run(cohort), run(cohort, seed=4)
    pd.testing.assert_frame_equal(one.frames[2], same.frames[2])
    assert not one.frames[2].equals(other.frames[2])


def test_derived_columns_are_recomputed(cohort):
    done = run(cohort, derive=lambda f: f.assign(grade=np.where(f["ki67"] < 3, "G1", "G2")))
    frame = done.frames[1]
    assert ((frame["ki67"] < 3) == (frame["grade"] == "G1")).all()


def test_the_number_of_imputations_follows_the_share_incomplete(cohort):
    done = run(cohort, m=None, iterations=1)
    share = cohort["ki67"].isna().mean() * 100
    assert len(done.frames) == max(20, int(np.ceil(share)))


def test_the_trace_has_a_line_per_chain_iteration_and_column(cohort):
    assert len(run(cohort).trace) == 5 * 4 * 2


def test_the_hazard_while_at_risk_by_hand():
    exits, event = np.array([2.0, 4.0, 6.0]), np.array([True, True, False])
    entries = np.array([0.0, 0.0, 3.0])
    # at risk at 2: two; at 4: two
    found = hazard_at_risk(exits, event, entries)
    np.testing.assert_allclose(found, [1 / 2, 1, 1 / 2])


def test_pooling_by_hand():
    pooled = pool([[1.0], [2.0], [3.0]], [[0.5], [0.5], [0.5]])
    assert pooled.estimate[0] == 2 and pooled.within[0] == 0.5 and pooled.between[0] == 1
    assert pooled.total[0] == pytest.approx(0.5 + 4 / 3)
    share = (4 / 3) / (0.5 + 4 / 3)
    assert pooled.df[0] == pytest.approx(2 / share**2)


def test_survival_pools_on_the_complementary_log_log_scale(cohort):
    fits = [cox(f, "exit", "event", ["age", "ki67"]) for f in run(cohort).frames]
    new = pd.DataFrame({"age": [60], "ki67": [8]})
    tables = [fit.predict_survival(new, [365]) for fit in fits]
    rows = pool_rows(tables)
    first = rows[rows["statistic"] == "survival"].iloc[0]
    values = np.array([table["estimate"].iloc[0] for table in tables])
    expected = np.exp(-np.exp(np.log(-np.log(values)).mean()))
    assert first["estimate"] == pytest.approx(expected, rel=1e-12)
    assert 0 < first["low"] < first["estimate"] < first["high"] < 1
    assert (rows["statistic"] == "fraction_missing_information").sum() == 1
