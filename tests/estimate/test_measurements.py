"""What make coverage and make bench measure with is itself right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.coverage import scans, undated
from benchmarks.coverage.cohorts import cohorts, source_median, source_survival
from benchmarks.coverage.estimators import Found, everything
from benchmarks.coverage.ki67 import hidden
from benchmarks.coverage.page import summary, write
from benchmarks.speed import reference
from benchmarks.speed.timing import COVARIATES, patients
from demo.model import true_median, true_survival
from prrt_lib.estimate.curves.survival import kaplan_meier
from prrt_lib.estimate.regression.cox_model import cox


def test_coverage_bias_and_power_of_four_cohorts():
    rows = [
        Found("x", 1.0, 1.1, 0.2, 0.7, 1.5, 0.01), Found("x", 1.0, 1.5, 0.2, 1.1, 1.9, 0.2),
        Found("x", 1.0, 0.9, 0.2, 0.5, np.nan, 0.04), Found("x", 1.0),
    ]  # fmt: skip
    found = pd.DataFrame([(50, *row) for row in rows], columns=["n", *Found._fields])
    line = summary(found).iloc[0]
    assert (line["replicates"], line["none"]) == (4, 1)
    assert line["coverage"] == pytest.approx(2 / 3) and line["power"] == pytest.approx(2 / 3)
    assert line["bias"] == pytest.approx(0.5 / 3)


def test_cohorts_are_seeded_and_start_after_diagnosis():
    one, same = (list(cohorts(40, 3, [5])) for _ in range(2))
    assert len(one) == 3 and all(len(cohort) == 40 for cohort in one)
    pd.testing.assert_frame_equal(one[2], same[2])
    assert not one[0].equals(one[1])
    assert (one[0]["entry"] > 0).all() and set(one[0]["cause"]) <= {0, 1, 2}


def test_the_grid_of_the_source_population_is_fine_enough():
    assert source_survival(1826, 300) == pytest.approx(float(true_survival(1826, 300)), abs=1e-5)
    assert source_median(300) == pytest.approx(true_median(300), abs=1)


def test_about_half_of_ki67_is_hidden_and_the_rest_untouched():
    cohort = next(cohorts(2000, 1, [6]))
    seen = hidden(cohort, np.random.default_rng(1))["log2_ki67"]
    assert 0.4 < seen.isna().mean() < 0.6
    assert (seen.dropna() == cohort.loc[seen.notna(), "log2_ki67"]).all()


def test_every_estimator_answers_on_one_cohort():
    found = {one.estimator: one.estimate for one in everything(next(cohorts(135, 1, [8])))}
    medians = [found[f"OS from diagnosis, {kind}: median"] for kind in ("naive", "delayed entry")]
    assert medians[0] > medians[1] > 0  # who died before first PRRT is missing from the naive one


def test_an_undated_death_lies_between_the_last_day_seen_and_the_cutoff():
    """Died on day 1000, last seen on day 900, cut-off on day 3000; the second is alive."""
    cohort = pd.DataFrame({
        "seen_prrt": [900.0, 2000.0], "cutoff_prrt": [3000.0, 2100.0], "lag": [100.0, 50.0],
        "last_prrt": [1000.0, 2000.0], "dead": [True, False],
    })  # fmt: skip
    gone = np.array([True, False])
    read = {rule: undated.read(cohort, gone, rule) for rule in undated.RULES}
    assert read["left out"]["dead"].tolist() == [False]
    first = {rule: tuple(read[rule].loc[0, ["exit_prrt", "exit", "died"]])
             for rule in undated.RULES[1:]}  # fmt: skip
    # 901 + (3000 - 901) // 2 = 1950; day 3000 lies beyond the horizon of 2557 days.
    assert first == {"counted": (1950, 2050, 1), "shortest": (901, 1001, 1),
                     "longest": (2557, 2657, 0)}  # fmt: skip
    assert all(read[rule].loc[1, "exit_prrt"] == 2000 for rule in undated.RULES[1:])


def test_the_early_deaths_alone_lose_their_day():
    cohort = next(cohorts(135, 1, [9]))
    order = undated.order(cohort, 0.5, np.random.default_rng(1))
    late = cohort[cohort["dead"] & ~cohort.index.isin(order)]
    assert len(order) == -(-int(cohort["dead"].sum()) // 2)
    assert cohort.loc[order, "last_prrt"].max() <= late["last_prrt"].min()


def test_progression_is_seen_at_the_next_scan_or_never():
    """Scans on days 150, 300, ...; the second has none after day 400, the third enters on day 200,
    the fourth progressed before it entered."""
    cohort = pd.DataFrame({
        "entry_prrt": [0, 0, 200, 200], "true_progression": [310, 420, 700, 100],
        "last_prrt": [900, 3000, 650, 900], "dead": [True, True, True, True],
    })  # fmt: skip
    days = np.tile(np.arange(150, 3000, 150), (4, 1))
    frame = scans.observed(cohort, days, np.array([np.inf, 400, 400, np.inf]))
    expected = [[0, 300, 450, 900, 1], [0, 300, np.nan, 2557, 0], [200, 300, np.nan, 650, 1]]
    np.testing.assert_array_equal(frame[scans.COLUMNS], expected)
    # The third dies 350 days after the last scan.
    assert scans.told(frame, "main rule").to_numpy().tolist() == [
        [0, 450, 1], [0, 300, 0], [200, 650, 2]]  # fmt: skip
    later = frame.assign(exit=[900, 2557, 666])
    assert scans.told(later, "main rule").iloc[2].tolist() == [200, 300, 0]
    assert scans.told(later, "carried to death").iloc[2].tolist() == [200, 666, 2]


def test_a_part_that_is_not_run_again_stays_as_stored(tmp_path):
    """The first run finds two estimators, the second one of them anew."""
    columns = ["n", *Found._fields]
    one, other = (50, *Found("Ki-67: x", 1.0, 1.5, 0.2, 1.1, 1.9)), (50, *Found("S", 1.0, 1.2))
    write(pd.DataFrame([one, other], columns=columns), tmp_path)
    write(pd.DataFrame([(50, *Found("S", 1.0, 1.4))], columns=columns), tmp_path)
    stored = pd.read_csv(tmp_path / "coverage.csv").set_index("estimator")
    assert stored.index.tolist() == ["S", "Ki-67: x"]
    assert stored["mean"].tolist() == [1.4, 1.5]


def test_the_plain_reference_gives_the_same_numbers():
    frame = patients(300)
    stop, event = frame["time"].to_numpy(), frame["event"].to_numpy() == 1
    beta, covariance = reference.cox_efron(stop, event, frame[COVARIATES].to_numpy())
    fit = cox(frame, "time", "event", COVARIATES)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-8)
    np.testing.assert_allclose(fit.model_covariance, covariance, rtol=1e-7, atol=1e-12)
    times, survival, low, high = reference.kaplan_meier(stop, event)
    rows = kaplan_meier(frame, "time", "event", times=times)
    rows = rows[rows["statistic"] == "survival"]
    np.testing.assert_allclose(rows["estimate"], survival, rtol=1e-12)
    usable = (survival > 0) & (survival < 1)
    np.testing.assert_allclose(rows["low"][usable], low[usable], rtol=1e-9)
    np.testing.assert_allclose(rows["high"][usable], high[usable], rtol=1e-9)
