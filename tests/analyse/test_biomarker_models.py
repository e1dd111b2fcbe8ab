"""Markers with bounds, over time and against survival, of a few patients one can count."""

import numpy as np
import pandas as pd
import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.base.errors import AnalysisError
from prrt_lib.study.derive.windows import with_multiples
from prrt_lib.topics.biomarkers import biomarker_survival, biomarkers

FIRST = "2015-01-01"


def sample(patient, day, value, *, low=None, high=None, op="=", uln=100.0, **more):
    date = pd.Timestamp(FIRST) + pd.Timedelta(day, "D")
    ends = {"value": value, "value_lo": value if low is None else low,
            "value_hi": value if high is None else high}  # fmt: skip
    return {"patient_id": patient, "analyte": "CgA", "sample_date": date, "sample_lo": date,
            "sample_hi": date, "op": op, "unit": "ng/mL", "uln": uln, "uln_unit": "ug/L",
            "assay": "Euro", **ends, **more}  # fmt: skip


def study_of(samples, followup=(), imaging=()):
    ids = sorted({row["patient_id"] for row in samples})
    tables = {"patients": [{"patient_id": name} for name in ids], "biomarkers": samples,
              "prrt_cycles": treated(*ids, first=FIRST)}  # fmt: skip
    if followup:
        tables["followup"] = list(followup)
    if imaging:
        tables["imaging"] = list(imaging)
    return SmallStudy(tables)


# Before PRRT 1: 1, 2, 4 and 16 times the limit, "<50" (below half of it) and ">800" (above 8).
BEFORE = [
    sample("A1", -10, 100.0, ppi_within_14d="yes"), sample("A2", -10, 200.0, ppi_within_14d="no"),
    sample("A3", -10, 400.0), sample("A4", -10, 1600.0),
    sample("A5", -10, None, low=0.0, high=50.0, op="<"),
    sample("A6", -10, None, low=800.0, high=np.nan, op=">"),
]  # fmt: skip
AFTER = [sample("A1", 40, 50.0), sample("A2", 40, 100.0), sample("A3", 40, 200.0)]


@pytest.fixture(scope="module")
def study():
    return study_of(BEFORE + AFTER)


def test_equal_units_of_value_and_limit_give_a_multiple():
    rows = pd.DataFrame({
        "value": [300.0] * 3, "value_lo": [300.0] * 3, "value_hi": [300.0] * 3, "op": ["="] * 3,
        "unit": ["ug/L", "ng/mL", "nmol/L"], "uln": [100.0] * 3, "uln_unit": ["ng/mL"] * 3,
    })  # fmt: skip
    assert with_multiples(rows)["xuln"].fillna(0).tolist() == [3.0, 3.0, 0.0]


def test_values_on_the_log_scale_keep_both_bounds(study):
    found = biomarkers.logged(study).query("window == 'before'").set_index("patient_id")
    assert found.loc["A4", ["low", "high"]].tolist() == [4.0, 4.0]
    assert found.loc["A5", ["low", "high"]].tolist() == [-np.inf, -1.0]
    assert found.loc["A6", "low"] == 3.0 and np.isnan(found.loc["A6", "high"])


def test_changes_of_minus_2_minus_1_and_0_move_by_minus_1_together():
    after = [sample("A1", 40, 50.0), sample("A2", 40, 50.0), sample("A3", 40, 400.0)]
    rows = check(biomarkers.over_time(study_of(BEFORE[:3] + after)))
    row = one(rows, variable="CgA", level="after PRRT 1", statistic="coefficient")
    assert row["estimate"] == pytest.approx(-1.0, abs=1e-6)
    assert row["reference"] == "before PRRT 1"


def test_changes_that_are_all_alike_leave_nothing_to_estimate_a_spread_from():
    rows = check(biomarkers.over_time(study_of(BEFORE[:3] + AFTER)))
    assert one(rows, variable="CgA")["state"] == "not-estimable"


def test_proton_pump_inhibitors_are_counted_of_those_with_an_answer(study):
    rows = check(biomarkers.flags(study))
    ppi = "on a proton pump inhibitor within 14 days"
    assert n_of(rows, variable="CgA", level="before PRRT 1", stratum=ppi) == (1, 2)
    pair = "before PRRT 1 to after PRRT 1"
    assert n_of(rows, variable="CgA", level=pair, stratum="assay or unit changed") == (0, 3)


def test_a_bound_takes_its_side_of_a_cut_only_where_it_is_certain():
    low = pd.Series([1.0, 1.0 + 1e-9, -np.inf, 0.5, 1.0, 3.0])
    high = pd.Series([1.0, 1.0 + 1e-9, 1.0, 2.0, np.nan, np.nan])
    assert biomarker_survival.side(low, high, 2.0).tolist() == [
        "<= 2 x ULN", "> 2 x ULN", "<= 2 x ULN", None, "> 2 x ULN", "> 2 x ULN",
    ]  # fmt: skip


def followup(**days):
    return [
        {"patient_id": name, "vital_status": "dead" if dead else "alive",
         **({"death_date": date} if dead else {}), "last_contact_date": date}
        for name, (day, dead) in days.items()
        for date in [pd.Timestamp(FIRST) + pd.Timedelta(day, "D")]
    ]  # fmt: skip


OUTCOME = followup(A1=(700, False), A2=(300, True), A3=(200, True), A4=(100, True),
                   A5=(600, False), A6=(30, True))  # fmt: skip


def test_the_log_rank_test_of_a_cut_by_hand():
    # Above 2 x ULN: A3 (200), A4 (100), A6 (30). Not above: A1, A5 alive, A2 dies at 300.
    # Expected deaths above at 30, 100, 200, 300: 3/6 + 2/5 + 1/4 + 0 = 1.15, observed 3;
    # variance 1/4 + 6/25 + 3/16 = 0.6775.
    rows = check(biomarker_survival.above_cut(study_of(BEFORE, OUTCOME), "os_prrt", "CgA", 2.0))
    row = one(rows, statistic="chi2")
    assert row["estimate"] == pytest.approx((3 - 1.15) ** 2 / 0.6775)
    assert row["model"] == "cut at 2 x ULN"


def test_a_cut_with_nobody_on_one_side_says_so():
    rows = check(
        biomarker_survival.above_cut(study_of(BEFORE[:2], OUTCOME[:2]), "os_prrt", "CgA", 5.0)
    )
    row = one(rows, statistic="log_hazard_ratio")
    assert row["state"] == "not-estimable" and "fewer than two classes" in row["warning"]


def test_a_later_marker_enters_at_its_sample_and_the_early_dead_are_out():
    samples = [sample(f"A{n}", 60, 100.0 * n) for n in range(1, 7)]
    rows = check(biomarker_survival.afterwards(study_of(samples, OUTCOME), "os_prrt", "CgA"))
    row = one(rows, model="after PRRT 1, entry at the sample", variable="CgA_after_1")
    # A6 died on day 30, before a sample dated day 60 could be taken: never at risk.
    assert row["n"] == 5 and "1 whose time ended by the sample" in row["warning"]


def test_a_marker_before_prrt_is_refused_where_patients_enter_at_diagnosis(study):
    with pytest.raises(AnalysisError, match="decision 10"):
        biomarker_survival.above_cut(study, "os_dx_naive", "CgA")


def test_without_markers_every_page_says_not_abstracted():
    small = SmallStudy({"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1")})
    marked = biomarker_survival.page(small, ["os_prrt"], 2.0)
    for table in (biomarkers.over_time(small), biomarkers.flags(small), marked):
        assert set(check(table)["state"]) == {"not-abstracted"}
