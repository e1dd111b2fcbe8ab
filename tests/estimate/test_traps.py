"""Fifteen places where common Python tools are wrong, silent or empty: one named test each.

Traps 5, 6, 8, 10, 11, 13, 14 and 15 are in test_survival_traps.py.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prrt_lib import estimate
from prrt_lib.estimate.regression.cox_model import cox
from tests.estimate.golden_cox import HERE, RUNS, complete

MAPPING = pd.read_csv(HERE / "statistics_cox.csv", keep_default_na=False)
GOLDEN = pd.read_csv(HERE / "golden.csv", keep_default_na=False, dtype=str)


def both(dataset: str, analysis: str, stat: str) -> tuple[list[float], list[float]]:
    """Ours and R's values of one statistic of one analysis."""
    named = MAPPING[(MAPPING["dataset"] == dataset) & (MAPPING["analysis"] == analysis)].iloc[0]
    answers = RUNS[named["function"]](dataset, **json.loads(named["arguments"]))
    rows = GOLDEN[(GOLDEN["dataset"] == dataset) & (GOLDEN["analysis"] == analysis)]
    rows = rows[(rows["stat"] == stat) & (rows["value"] != "")]
    assert len(rows)
    return [float(answers[term, stat]) for term in rows["term"]], [float(v) for v in rows["value"]]


def analysis(dataset: str, start: str, containing: str = "") -> str:
    """The first analysis of ``dataset`` that starts so."""
    names = MAPPING.loc[MAPPING["dataset"] == dataset, "analysis"]
    return next(name for name in names if name.startswith(start) and containing in name)


def test_trap_01_baseline_hazard_respects_delayed_entry():
    # by hand, no covariate effect: at 4 three of four at risk, at 8 three, at 9 two
    frame = pd.DataFrame(
        {"entry": [0, 0, 4, 0], "exit": [4, 9, 9, 8], "event": [1, 0, 1, 1], "x": [0, 1, -1, 0]}
    )
    fit = cox(frame, "exit", "event", ["x"], entry="entry")
    risk = np.exp(fit.coefficients["x"] * frame["x"])
    steps = [1 / risk[[0, 1, 3]].sum(), 1 / risk[[1, 2, 3]].sum(), 1 / risk[[1, 2]].sum()]
    np.testing.assert_allclose(fit.baseline_hazard()["cumulative_hazard"], np.cumsum(steps))


@pytest.mark.parametrize("dataset", ["lung", "veteran", "pbc"])
def test_trap_02_coefficients_are_at_the_maximum_not_near_it(dataset):
    found, r = both(dataset, analysis(dataset, "cox.efron|"), "coef")
    assert found == pytest.approx(r, rel=1e-10, abs=1e-12)


def test_trap_02_separation_is_named_instead_of_a_number():
    frame = pd.DataFrame({"exit": range(1, 11), "event": [0, 1] * 5, "g": [1, 0] * 5})
    fit = cox(frame, "exit", "event", ["g"])
    row = fit.rows[fit.rows["statistic"] == "log_hazard_ratio"].iloc[0]
    assert row["state"] == "not-estimable" and "firth" in row["warning"]
    firth = cox(frame, "exit", "event", ["g"], penalty="firth").coefficients["g"]
    assert -6 < firth < 0


def test_trap_03_robust_errors_with_ties_and_score_residuals_that_sum_to_zero():
    name = analysis("lung", "cox.efron.cluster")
    found, r = both("lung", name, "robust.se")
    assert found == pytest.approx(r, rel=1e-9)
    frame = complete("lung", ["age", "sex"])
    sums = cox(frame, "time", "event", ["age", "sex"]).residuals("score").sum()
    np.testing.assert_allclose(sums, 0, atol=1e-8)


@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
def test_trap_04_proportional_hazards_is_the_exact_score_test_with_a_global_one(transform):
    name = analysis("veteran", f"zph.{transform}|cox.efron", "celltype")
    found, r = both("veteran", name, "chisq")
    assert found == pytest.approx(r, rel=1e-9)
    terms = GOLDEN.loc[(GOLDEN["dataset"] == "veteran") & (GOLDEN["analysis"] == name), "term"]
    assert "GLOBAL" in set(terms)


def test_trap_07_who_enters_at_an_event_time_is_not_at_risk_of_it():
    frame = pd.DataFrame(
        {"entry": [0, 0, 5], "exit": [5, 9, 7], "event": [1, 1, 1], "x": [1, 0, 3]}
    )
    fit = cox(frame, "exit", "event", ["x"], entry="entry", ties="breslow")
    moved = cox(frame.replace({"entry": {5: 5.5}}), "exit", "event", ["x"], entry="entry")
    assert fit.log_likelihood_null == pytest.approx(-np.log(2) - np.log(2))
    assert fit.coefficients["x"] == pytest.approx(moved.coefficients["x"], rel=1e-10)


def test_trap_09_predicted_survival_uses_efrons_hazard_and_steps():
    name = analysis("lung", "cox.efron|age")
    for stat in ("pred.surv", "pred.lo", "pred.hi", "pred.surv.breslowhaz"):
        found, r = both("lung", name, stat)
        assert found == pytest.approx(r, rel=1e-9), stat


@pytest.mark.parametrize(
    "name",
    ["gray_test", "fine_gray", "CoxFit.zph", "CoxFit.predict_survival", "pool", "pool_rows",
     "harrell_knots", "spline_effect", "logrank", "impute"],
)  # fmt: skip
def test_trap_12_what_python_lacks_is_here(name):
    found = estimate
    for part in name.split("."):
        found = getattr(found, part)
    assert callable(found)


def test_trap_12_firth_takes_strata_and_entry():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"entry": rng.integers(0, 5, 60), "x": rng.normal(size=60)})
    frame = frame.assign(exit=frame["entry"] + rng.integers(1, 30, 60), site=rng.integers(0, 2, 60))
    frame["event"] = rng.integers(0, 2, 60)
    options = {"entry": "entry", "strata": "site"}
    plain = cox(frame, "exit", "event", ["x"], **options)
    firth = cox(frame, "exit", "event", ["x"], penalty="firth", **options)
    assert abs(firth.coefficients["x"] - plain.coefficients["x"]) < plain.std_errors["x"]
    assert firth.coefficients["x"] != plain.coefficients["x"]


def test_all_fifteen_traps_have_a_test():
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*traps.py"))
    numbers = {int(number) for number in re.findall(r"def test_trap_(\d\d)_", text)}
    assert numbers == set(range(1, 16))
