"""Order statistics of pairwise averages, counted and not formed."""

import numpy as np
import pandas as pd
import pytest

from prrt_lib.estimate.rank_tests import averages, signed_rank


def formed(values):
    """Every average of a pair, one by one."""
    return sorted(round((a + b) / 2, 10) for n, a in enumerate(values) for b in values[n:])


def test_the_six_averages_of_1_2_and_6():
    # 1, 1.5, 2, 3.5, 4, 6: the median lies between 2 and 3.5.
    three = averages(np.array([6.0, 1.0, 2.0]))
    assert [three.smallest(k) for k in range(1, 7)] == [1, 1.5, 2, 3.5, 4, 6]
    assert (three.count, three.median()) == (6, 2.75)


@pytest.mark.parametrize("seed", range(5))
def test_every_order_statistic_is_that_of_the_formed_averages(seed):
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=13) * 10.0 ** rng.integers(-3, 4), int(rng.integers(0, 9)))
    own = averages(values)
    assert [own.smallest(k) for k in range(1, own.count + 1)] == pytest.approx(formed(values))
    assert own.median() == pytest.approx(np.median(formed(values)), abs=1e-12)


@pytest.mark.parametrize("decimals", [0, 1, 9])
def test_normal_limits_are_where_the_statistic_of_formed_averages_crosses(decimals):
    values = np.round(np.random.default_rng(4).normal(0.4, 2, size=60), decimals)
    frame = pd.DataFrame({"after": values, "before": 0.0})
    row = signed_rank(frame, "after", "before", method="normal").iloc[1]
    points = np.unique(formed(values[values != 0]))

    def z(shift):
        moved = values[values != 0] - shift
        ranks = pd.Series(np.abs(np.round(moved, 10))).rank().to_numpy()
        gap = ranks[moved > 0].sum() - len(moved) * (len(moved) + 1) / 4
        return (gap - np.sign(gap) * 0.5) / np.sqrt((ranks**2).sum() / 4)

    between = (points[1:] + points[:-1]) / 2
    crossed = [points[np.argmax([z(at) <= target for at in between])]
               for target in (1.959963984540054, -1.959963984540054)]  # fmt: skip
    assert [row["low"], row["high"]] == pytest.approx(crossed, abs=1e-12)


def test_differences_of_any_size_are_held_without_overflow():
    assert averages(np.array([4e15, 2e15])).smallest(2) == pytest.approx(3e15)


def test_twenty_thousand_pairs_need_no_table_of_two_hundred_million():
    gaps = np.random.default_rng(1).normal(-1, 1, size=20_000)
    row = signed_rank(pd.DataFrame({"a": gaps, "b": 0.0}), "a", "b").iloc[1]
    assert row["low"] < row["estimate"] < row["high"]
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * 1.0233 / 20_000**0.5, rel=0.05)
