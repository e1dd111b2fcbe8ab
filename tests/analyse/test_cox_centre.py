"""Centres as strata, as clusters and as a factor, on patients one can count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from clocked_study import GivenTimes
from lifelines import CoxPHFitter
from small_study import check, n_of, one

from prrt_lib.analyse import cox
from prrt_lib.topics.cox import cox_centre

AGE, SITE = "age_at_first_prrt", "treat_site_cycle1"


def pairs(older_first: int = 16, younger_first: int = 8) -> pd.DataFrame:
    """Centres of two patients who differ by one year and die one after the other."""
    order = [1.0] * older_first + [0.0] * younger_first
    rows = [
        {"exit": day, "event": 1, AGE: age, SITE: f"C{place:02d}"}
        for place, first in enumerate(order)
        for day, age in ((10 + place, first), (100 + place, 1 - first))
    ]
    return pd.DataFrame(rows)


def three_centres() -> pd.DataFrame:
    """Sixty deaths on different days in centres of 30, 20 and 10; those of the last come early."""
    rng = np.random.default_rng(7)
    site = np.repeat(["Basel", "Bern", "Chur"], (30, 20, 10))
    days = rng.permutation(60) + 1.0
    days[50:] = days[50:] / 4 + 0.1
    return pd.DataFrame({"exit": days, "event": 1, AGE: rng.normal(60, 8, 60), SITE: site})


def rows_of(frame: pd.DataFrame, **parameters) -> pd.DataFrame:
    study = GivenTimes(frame, **{"covariates": [AGE], **parameters})
    return check(cox_centre.centres(study, "os_prrt"))


def test_stratified_by_pair_the_hazard_ratio_is_that_of_the_pairs_in_which_the_older_dies_first():
    # Only the first death of a pair compares two patients: 16 against 8, so the ratio is 2.
    row = one(rows_of(pairs(), min_group=1), setting="centre_stratum")
    assert row["estimate"] == pytest.approx(np.log(2), abs=1e-6)
    assert row["role"] == "exploratory"


def test_clusters_leave_the_estimate_alone_and_change_its_standard_error():
    frame = three_centres().assign(**{SITE: [f"C{place % 20}" for place in range(60)]})
    row = one(rows_of(frame, min_group=1), setting="centre_cluster")
    plain = one(cox.models(GivenTimes(frame, covariates=[AGE]), "os_prrt"), variable=AGE,
                model="multivariable", statistic="log_hazard_ratio")  # fmt: skip
    other = CoxPHFitter().fit(frame, "exit", "event", cluster_col=SITE, formula=AGE)
    assert row["estimate"] == pytest.approx(plain["estimate"], abs=1e-9)
    assert row["std_error"] == pytest.approx(other.standard_errors_[AGE], rel=1e-4)
    assert row["std_error"] != pytest.approx(plain["std_error"], rel=1e-3)


def test_a_handful_of_clusters_has_no_robust_standard_error():
    row = one(rows_of(three_centres()), setting="centre_cluster")
    assert row["state"] == "not-estimable"
    assert "3 centres: fewer than 20 are too few clusters" in row["warning"]


def test_the_test_of_centres_is_twice_the_gain_in_log_likelihood_by_their_two_dummies():
    frame = three_centres()
    rows = rows_of(frame)
    row = one(rows, statistic="chi2")
    alone = CoxPHFitter().fit(frame, "exit", "event", formula=AGE)
    both = CoxPHFitter().fit(frame, "exit", "event", formula=f"{AGE} + C({SITE})")
    gain = 2 * (both.log_likelihood_ - alone.log_likelihood_)
    assert row["estimate"] == pytest.approx(gain, rel=1e-5) and row["df"] == 2
    assert n_of(rows, statistic="count", level="Bern") == (20, 60)
    assert one(rows, statistic="count", level="number of centres")["estimate"] == 3


def test_small_centres_are_pooled_or_left_out_and_the_row_says_which():
    frame = three_centres()
    frame.loc[:6, SITE] = ["A", "A", "A", "A", "B", "B", "B"]
    told = one(rows_of(frame), statistic="chi2")
    assert "2 centres of fewer than 5 patients pooled as other centres" in told["warning"]
    assert (told["df"], told["n"]) == (3, 60)
    frame.loc[:3, SITE] = "Basel"
    told = one(rows_of(frame), statistic="chi2")
    assert "1 centres of fewer than 5 patients left out" in told["warning"]
    assert (told["df"], told["n"]) == (2, 57)


@pytest.mark.parametrize(
    "change, words",
    [
        ({SITE: "Basel"}, "one centre"),
        ({"event": [1] * 9 + [0] * 51}, "fewer than 5 events per coefficient: 9"),
        ({"event": [1] * 50 + [0] * 10}, "a centre without events"),
    ],
)
def test_what_cannot_be_compared_says_why(change, words):
    row = one(rows_of(three_centres().assign(**change)), statistic="chi2")
    assert row["state"] == "not-estimable" and words in row["warning"]


def test_centres_that_nobody_wrote_down_are_not_abstracted_and_a_blank_one_is_counted():
    rows = rows_of(three_centres().assign(**{SITE: None}))
    assert one(rows, variable=SITE)["state"] == "not-abstracted"
    frame = three_centres()
    frame.loc[0, SITE] = None
    rows = rows_of(frame)
    assert n_of(rows, level="missing") == (1, 60)
    test = one(rows, statistic="chi2")
    assert test["n"] == 59
    assert "1 records without a centre or a covariate left out" in test["warning"]
