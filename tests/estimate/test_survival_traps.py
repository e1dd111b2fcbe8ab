"""Places where common Python tools are wrong or silent, each with the right number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prrt_lib.base.errors import AnalysisError
from prrt_lib.estimate.curves.competing import cumulative_incidence
from prrt_lib.estimate.curves.log_rank import logrank
from prrt_lib.estimate.curves.restricted_mean import rmst, rmst_difference
from prrt_lib.estimate.curves.survival import kaplan_meier, median_follow_up
from prrt_lib.estimate.fisher import fisher_exact
from prrt_lib.estimate.proportions import cochran_armitage
from prrt_lib.estimate.rank_tests import signed_rank
from prrt_lib.estimate.regression.cox_model import cox
from tests.golden.views import view


def median(rows: pd.DataFrame) -> float:
    return rows[rows["statistic"] == "median"]["estimate"].iloc[0]


def test_trap_05_restricted_mean_has_the_greenwood_error_and_a_difference():
    rows = rmst(view("veteran"), "time", "status", 500, by="trt")
    assert rows["std_error"].tolist() == pytest.approx([14.4128305710261, 17.8880891977445])
    gap = rmst_difference(view("veteran"), "time", "status", 500, "trt").iloc[0]
    assert (gap["estimate"], gap["p"]) == pytest.approx((-0.633015149124518, 0.978016333029091))


def test_trap_06_tied_competing_events_are_not_jittered():
    rows = [
        cumulative_incidence(view("mgus2"), "etime", "ecode", times=[120])["estimate"].iloc[0]
        for _ in range(3)
    ]
    assert rows[0] == rows[1] == rows[2] == pytest.approx(0.0637221680131129, abs=1e-12)


def test_trap_08_follow_up_is_not_the_flipped_flag_when_days_tie():
    flipped = kaplan_meier(view("mgus2:censoring"), "futime", "censored")
    assert median(flipped) == 185
    assert median(median_follow_up(view("mgus2"), "futime", "death")) == 184


def test_trap_10_median_of_a_curve_at_exactly_one_half_is_the_midpoint():
    assert median(kaplan_meier(view("veteran8"), "time", "status")) == 114


def test_trap_11_the_variance_of_an_incidence_is_named():
    words = [
        cumulative_incidence(view("mgus2"), "etime", "ecode", times=[12], variance=name)["method"]
        for name in ("delta", "aalen")
    ]
    assert words[0].iloc[0] != words[1].iloc[0]


def test_trap_13_fisher_of_a_larger_table_is_exact_and_the_trend_test_divides_by_n():
    data = view("veteran")
    table = pd.crosstab(data["trt"], data["celltype"]).to_numpy()
    p = [fisher_exact(table)["p"].iloc[0] for _ in range(2)]
    assert p[0] == p[1] == pytest.approx(0.0698937280883406, abs=1e-10)
    trend = cochran_armitage([37, 82, 44], [63, 113, 50])["estimate"].iloc[0]
    assert trend == pytest.approx(11.8826992968342, abs=1e-9)


@pytest.mark.parametrize("change", [{"time": -1}, {"event": 2}])
def test_trap_14_negative_days_and_undeclared_codes_are_refused(change):
    data = view("lung").copy()
    data.loc[3, list(change)] = list(change.values())
    with pytest.raises(AnalysisError, match="1 records"):
        kaplan_meier(data, "time", "event")


def test_trap_14_a_shuffled_index_cannot_pair_days_with_other_patients():
    data = view("lung")
    other = data.set_axis(np.random.default_rng(1).permutation(len(data)))
    rows = [kaplan_meier(frame, "time", "event", by="sex") for frame in (data, other)]
    pd.testing.assert_frame_equal(*rows)


def test_trap_15_rounding_does_not_break_ties():
    exact = pd.DataFrame({"day": [2.0, 2.0, 3.0], "died": [1, 1, 1], "arm": list("xyx")})
    rounded = exact.assign(day=[np.sqrt(2) ** 2, 2.0, 3.0])
    for one, other in (
        (kaplan_meier(exact, "day", "died"), kaplan_meier(rounded, "day", "died")),
        (logrank(exact, "day", "died", "arm"), logrank(rounded, "day", "died", "arm")),
    ):
        assert one["estimate"].to_numpy() == pytest.approx(other["estimate"], nan_ok=True)
        assert len(one) == len(other)


def test_trap_15_weighted_results_do_not_depend_on_row_order():
    data = view("lung").assign(w=lambda frame: 0.5 + frame["id"] % 7 / 4)
    mixed = data.sample(frac=1, random_state=5)
    rows = [cox(frame, "time", "event", ["age"], weights="w").rows for frame in (data, mixed)]
    pd.testing.assert_frame_equal(*rows)


def test_signed_rank_rounds_differences_first():
    rows = signed_rank(view("pbcseq_pairs"), "bili.y1", "bili.base", method="normal")
    assert rows["estimate"].iloc[0] == 15895
