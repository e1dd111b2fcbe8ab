"""The whole study layer on invented patients whose truth is known: no workbook in between."""

import pandas as pd
import pytest

from demo import generate
from prrt_lib.analyse import cox, survival
from prrt_lib.base.paths import Places
from prrt_lib.declare.asked.findings import findings_frame
from prrt_lib.declare.parameters import Parameters
from prrt_lib.draw import sentences
from prrt_lib.study.build import write_cohort
from prrt_lib.study.data import Study

LINEAGE = ["table", "record", "row", "column", "sheet", "cell", "raw", "status", "rule", "source"]


def built(folder, n: int, model: str):
    cohort = generate(n=n, model=model)
    places = Places("truth", folder)
    parameters = Parameters(
        "truth", cutoff="2026-06-30", population="all_treated",
        covariates=["age_at_diagnosis", "sex", "grade_group", "primary_group"],
    )  # fmt: skip
    lineage = pd.DataFrame(columns=LINEAGE, dtype=object)
    write_cohort(cohort.tables, findings_frame([]), lineage, parameters, places)
    return cohort, Study(places)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return built(tmp_path_factory.mktemp("truth"), 20_000, "default")


def the(rows, **key):
    for name, value in key.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1, (key, len(rows))
    return rows.iloc[0]


def test_every_declared_log_hazard_ratio_is_within_three_standard_errors(large):
    _, study = large
    rows = cox.models(study, "os_dx_delayed")
    rows = rows[(rows["model"] == "multivariable") & (rows["statistic"] == "log_hazard_ratio")]
    declared = {
        ("age_at_diagnosis", ""): 0.025, ("grade_group", "G2"): 0.40,
        ("grade_group", "G3/NEC"): 1.20, ("primary_group", "pancreas"): 0.10,
        ("primary_group", "other GEP"): 0.10, ("primary_group", "lung"): 0.25,
        ("primary_group", "unknown primary"): 0.25, ("primary_group", "other"): 0.20,
    }  # fmt: skip
    for (variable, level), truth in declared.items():
        row = the(rows, variable=variable, level=level)
        assert abs(row["estimate"] - truth) < 3 * row["std_error"], (variable, level)
    sex = rows[(rows["variable"] == "sex") & (rows["level"] != rows["reference"])].iloc[0]
    sign = 1 if sex["level"] == "male" else -1
    assert abs(sign * sex["estimate"] - 0.10) < 3 * sex["std_error"]


def test_the_median_from_diagnosis_is_the_source_populations_given_survival_to_t0(large):
    cohort, study = large
    row = the(survival.curve(study, "os_dx_delayed"), statistic="median", state="ok")
    t0 = float(row["label"].rpartition(" ")[2])
    truth = cohort.true_median(given=t0)
    assert row["low"] <= truth <= row["high"]


def test_the_naive_curve_is_biased_upward_and_says_so(large):
    cohort, study = large
    row = the(survival.curve(study, "os_dx_naive"), statistic="median")
    assert row["low"] > 1.3 * cohort.true_median()
    assert "not adjusted for left truncation" in row["warning"]


@pytest.mark.parametrize(
    ("model", "word"), [("default", "No sign"), ("grade_dependent_lag", "caution")]
)
def test_the_page_speaks_up_when_late_referral_goes_with_survival(tmp_path, model, word):
    _, study = built(tmp_path, 4_000, model)
    text = sentences.entry_independence(survival.entry_independence(study)).texts[0]
    assert word in text
