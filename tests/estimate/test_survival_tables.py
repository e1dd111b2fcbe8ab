"""Proportions, rates, exact and rank tests on small tables worked out by hand."""

from __future__ import annotations

from itertools import product
from math import comb, factorial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.fisher import exact_p, fisher_exact
from prrt_lib.estimate.proportions import clopper_pearson, cochran_armitage, proportion
from prrt_lib.estimate.rank_tests import (
    kruskal_wallis,
    rank_sum,
    rank_sum_counts,
    signed_rank,
    signed_rank_counts,
)
from prrt_lib.estimate.rates import poisson_rate, rate_ratio
from prrt_lib.estimate.standardised_mean_difference import standardised_difference


def value(rows: pd.DataFrame, statistic: str, column: str = "estimate") -> float:
    return rows[rows["statistic"] == statistic][column].iloc[0]


def test_clopper_pearson_limits_leave_exactly_the_tails():
    low, high = clopper_pearson(3, 20)
    assert stats.binom.sf(2, 20, low) == pytest.approx(0.025)
    assert stats.binom.cdf(3, 20, high) == pytest.approx(0.025)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@pytest.mark.parametrize("method", ["clopper-pearson", "wilson", "wilson-corrected"])
@settings(max_examples=30)
def test_limits_contain_the_proportion_and_mirror(method, counts):
    x, n = counts
    row = proportion(x, n, method).iloc[0]
    mirror = proportion(n - x, n, method).iloc[0]
    assert 0 <= row["low"] <= row["estimate"] + 1e-12
    assert row["estimate"] - 1e-12 <= row["high"] <= 1
    assert row["low"] == pytest.approx(1 - mirror["high"], abs=1e-9)


def test_impossible_counts_are_refused_and_nobody_is_not_estimable():
    with pytest.raises(AnalysisError):
        proportion(5, 4)
    assert proportion(0, 0).iloc[0]["state"] == "not-estimable"
    assert poisson_rate(0, 0).iloc[0]["state"] == "not-estimable"


def test_poisson_limits_leave_exactly_the_tails():
    row = poisson_rate(4, 200.0).iloc[0]
    assert row["estimate"] == 0.02
    assert stats.poisson.sf(3, row["low"] * 200) == pytest.approx(0.025)
    assert stats.poisson.cdf(4, row["high"] * 200) == pytest.approx(0.025)


def test_rate_ratio_is_inverted_by_exchanging_the_groups():
    one, other = rate_ratio(4, 100, 9, 120).iloc[0], rate_ratio(9, 120, 4, 100).iloc[0]
    assert one["estimate"] == pytest.approx(np.log(4 / 100 / (9 / 120)))
    assert (one["low"], one["p"]) == pytest.approx((-other["high"], other["p"]))
    assert rate_ratio(0, 100, 9, 120).iloc[0]["estimate"] == -np.inf


def every_table(rows, columns):
    """Every table with the margins, by filling all but the last row and column."""
    free = (len(rows) - 1) * (len(columns) - 1)
    for cells in product(range(max(*rows, *columns) + 1), repeat=free):
        table = np.zeros((len(rows), len(columns)), dtype=int)
        table[:-1, :-1] = np.reshape(cells, (len(rows) - 1, -1))
        table[:-1, -1] = np.array(rows[:-1]) - table[:-1, :-1].sum(axis=1)
        table[-1] = np.array(columns) - table[:-1].sum(axis=0)
        if (table >= 0).all():
            yield table


def likelihood(table) -> float:
    return 1 / np.prod([float(factorial(int(x))) for x in table.ravel()])


SMALL = [[[3, 0, 2], [1, 4, 0]], [[2, 1, 0], [0, 2, 1], [1, 0, 3]], [[2, 3, 1, 0], [1, 0, 2, 4]]]


@pytest.mark.parametrize("table", SMALL)
def test_fisher_equals_full_enumeration(table):
    table = np.array(table)
    tables = list(every_table(table.sum(axis=1).tolist(), table.sum(axis=0).tolist()))
    weights = np.array([likelihood(one) for one in tables])
    extreme = weights <= likelihood(table) * (1 + 1e-7)
    assert exact_p(table) == pytest.approx(weights[extreme].sum() / weights.sum())
    assert exact_p(table) == exact_p(table.T[::-1]) == exact_p(table)


def test_fisher_tea_tasting():
    # 3 of 4 cups right: p = (1 + 16) x 2 / 70
    rows = fisher_exact([[3, 1], [1, 3]])
    assert value(rows, "p_value") == pytest.approx(34 / 70)
    # the tables 0 to 4 weigh 1, 16, 36, 16, 1; their mean is 3 at the root of this polynomial
    roots = np.roots([1, 0, -36, -32, -3])
    assert np.exp(value(rows, "log_odds_ratio")) == pytest.approx(roots.real.max(), abs=1e-9)


def test_fisher_ignores_empty_rows_and_refuses_what_it_cannot_enumerate(monkeypatch):
    assert value(fisher_exact([[3, 1], [1, 3], [0, 0]]), "p_value") == pytest.approx(34 / 70)
    assert value(fisher_exact([[5, 3]]), "p_value") == 1
    monkeypatch.setattr("prrt_lib.estimate.fisher.MOST_FILLINGS", 1000)
    with pytest.raises(AnalysisError, match="too many tables"):
        fisher_exact((np.arange(36).reshape(6, 6) % 7 + 20).tolist())


def test_cochran_armitage_by_hand():
    # 1/4, 2/4, 3/4 on scores 1 2 3: sum of x (s - 2) = 2; p q sum n (s - 2)^2 = 0.25 x 8
    assert value(cochran_armitage([1, 2, 3], [4, 4, 4]), "chi2") == pytest.approx(2.0)
    linear = cochran_armitage([1, 2, 3], [4, 4, 4], variance="n-1")
    assert value(linear, "chi2") == pytest.approx(2.0 * 11 / 12)
    assert cochran_armitage([0, 0], [4, 4]).iloc[0]["state"] == "not-estimable"


def pairs(gaps) -> pd.DataFrame:
    return pd.DataFrame({"before": 10.0, "after": 10.0 + np.array(gaps)})


def test_signed_rank_by_hand():
    rows = signed_rank(pairs([1, 2, 3, -4, 5]), "after", "before")
    # V = 1 + 2 + 3 + 5 = 11 of 15; ways to lose 4 or less: {}, 1, 2, 3, 4, 12, 13 = 7 of 32
    assert value(rows, "statistic") == 11
    assert value(rows, "statistic", "p") == pytest.approx(2 * 7 / 32)
    # the eighth of fifteen averages: -4 -1.5 -1 -.5 .5 1 1.5 (2) 2 2.5 3 3 3.5 4 5
    assert value(rows, "pseudo_median") == 2


def test_signed_rank_treats_rounded_differences_as_ties():
    frame = pd.DataFrame({"before": [0.1, 0.2, 0.3], "after": [0.3, 0.4, 0.1]})
    rows = signed_rank(frame, "after", "before")
    assert value(rows, "statistic") == 4  # three differences of 0.2: each rank 2
    assert "normal" in rows["method"].iloc[0]


def test_signed_rank_exact_with_ties_counts_sign_patterns():
    gaps = np.array([1, 1, -2, 3, 3, 4.0])
    ranks = stats.rankdata(np.abs(gaps))
    sums = [np.dot(signs, ranks) for signs in product([0, 1], repeat=6)]
    observed = ranks[gaps > 0].sum()
    wanted = min(1, 2 * np.mean([total >= observed for total in sums]))
    rows = signed_rank(pairs(gaps), "after", "before", method="exact")
    assert value(rows, "statistic", "p") == pytest.approx(wanted)


def test_signed_rank_without_any_difference():
    assert signed_rank(pairs([0, 0]), "after", "before").iloc[0]["state"] == "not-estimable"


def test_rank_sum_exact_equals_scipy_and_its_shift_is_the_median_difference():
    frame = pd.DataFrame({"x": [1.0, 4, 6, 9, 2, 3, 5], "arm": list("aaaabbb")})
    rows = rank_sum(frame, "x", "arm", reference="b")
    wanted = stats.mannwhitneyu([1, 4, 6, 9], [2, 3, 5], method="exact")
    assert value(rows, "statistic") == wanted.statistic
    assert value(rows, "statistic", "p") == pytest.approx(wanted.pvalue)
    gaps = np.subtract.outer([1, 4, 6, 9], [2, 3, 5])
    assert value(rows, "difference") == np.median(gaps)
    back = rank_sum(frame, "x", "arm")
    assert value(back, "difference", "low") == -value(rows, "difference", "high")


def test_counts_of_rank_statistics():
    assert signed_rank_counts(np.array([1.0, 2, 3])).tolist()[::2] == [1, 1, 1, 2, 1, 1, 1]
    assert rank_sum_counts(2, 3).tolist() == [1, 1, 2, 2, 2, 1, 1]
    assert rank_sum_counts(7, 9).sum() == comb(16, 7)


def test_kruskal_wallis_equals_scipy_with_ties():
    frame = pd.DataFrame({"x": [1, 2, 2, 3, 3, 5, 5, 8, 9], "arm": list("abcabcabc")})
    wanted = stats.kruskal(*(part["x"] for _, part in frame.groupby("arm")))
    rows = kruskal_wallis(frame, "x", "arm")
    assert (value(rows, "chi2"), value(rows, "chi2", "p")) == pytest.approx(tuple(wanted))


def test_missing_values_are_left_out_and_counted():
    frame = pd.DataFrame({"x": [1, 2, np.nan, 4], "arm": list("abab")})
    rows = kruskal_wallis(frame, "x", "arm")
    assert rows["n"].iloc[0] == 3
    assert "1 records without a value" in rows["warning"].iloc[0]


def test_standardised_difference_by_type():
    frame = pd.DataFrame(
        {
            "arm": list("aaaabbbb"),
            "age": [1.0, 2, 3, 4, 3, 4, 5, 6],
            "male": [True, True, True, False, True, False, False, False],
            "site": list("ppqqppqq"),
        }
    )
    rows = standardised_difference(frame, ["age", "male", "site"], "arm").set_index("variable")
    assert rows.loc["age", "estimate"] == pytest.approx(2 / np.sqrt(5 / 3))
    assert rows.loc["male", "estimate"] == pytest.approx(0.5 / np.sqrt(0.1875))
    assert rows.loc["site", "estimate"] == 0
    swapped = standardised_difference(frame, ["age"], "arm", reference="b")
    assert swapped["estimate"].iloc[0] == pytest.approx(-2 / np.sqrt(5 / 3))
