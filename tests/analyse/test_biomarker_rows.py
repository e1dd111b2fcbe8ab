"""Markers of six patients: multiples of the upper limit, bounds, units and assays that change."""

import numpy as np
import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.topics.biomarkers import biomarkers

FIRST = "2015-01-01"
CHANGED = "assay or unit changed"


def sample(
    patient, day, value, *, low=None, op="=", unit="ng/mL", uln=100.0, analyte="CgA", **more
):
    ends = {"value": value, "value_lo": value if low is None else low, "value_hi": value}
    limit = {"uln": uln, "uln_unit": unit if uln else None}
    return {"patient_id": patient, "analyte": analyte, "sample_date": day, "sample_lo": day,
            "sample_hi": day, "op": op, "unit": unit, **limit, **ends, **more}  # fmt: skip


SAMPLES = [
    sample("A1", "2014-12-01", 400.0), sample("A1", "2015-02-01", 100.0),
    sample("A2", "2014-12-01", 800.0), sample("A2", "2015-02-01", 400.0),
    # Another assay after PRRT 1: no change can be computed.
    sample("A3", "2014-12-01", 200.0, assay="Euro"), sample("A3", "2015-02-01", 50.0, assay="Cis"),
    # "> 5000": above every exact value, so the median is known.
    sample("A4", "2014-12-01", None, low=5000.0, op=">"), sample("A4", "2015-02-01", 100.0),
    # Without an upper limit of normal it stays in its unit.
    sample("A5", "2014-12-01", 300.0, uln=None),
    # 91 days before PRRT 1 and far from diagnosis: no window.
    sample("A6", "2014-10-02", 900.0),
]  # fmt: skip
IDS = ("A1", "A2", "A3", "A4", "A5", "A6")


@pytest.fixture(scope="module")
def study():
    return SmallStudy(
        {
            "patients": [{"patient_id": name} for name in IDS],
            "prrt_cycles": treated(*IDS, first=FIRST),
            "biomarkers": SAMPLES,
        },
        min_group=1,
    )


@pytest.fixture(scope="module")
def rows(study):
    return check(biomarkers.levels(study))


def test_five_of_six_have_a_sample_before_prrt_1_and_one_is_a_bound(rows):
    before = {"variable": "CgA", "level": "before PRRT 1", "statistic": "count"}
    assert n_of(rows, stratum="", **before) == (5, 6)
    assert n_of(rows, stratum="known only by bounds", **before) == (1, 6)


def test_the_median_of_2_4_8_and_more_than_50_times_the_limit_is_6(rows):
    key = {"variable": "CgA", "level": "before PRRT 1", "stratum": "x ULN"}
    row = one(rows, statistic="median", **key)
    assert (row["estimate"], row["n"], row["total"]) == (6.0, 4, 6)
    assert one(rows, statistic="q25", **key)["estimate"] == 3.5
    assert one(rows, statistic="q75", **key)["state"] == "not-estimable"


def test_a_value_without_an_upper_limit_is_never_mixed_with_multiples(rows):
    key = {"variable": "CgA", "level": "before PRRT 1", "stratum": "ng/mL", "statistic": "median"}
    assert one(rows, **key)["estimate"] == 300.0


def test_changes_are_minus_2_and_minus_1_on_the_log2_scale(study):
    pairs = biomarkers.changes(study).set_index("patient_id")
    assert pairs["log2_change"].dropna().round(9).to_dict() == {"A1": -2.0, "A2": -1.0}
    assert pairs["excluded"].to_dict() == {
        "A1": "",
        "A2": "",
        "A3": "assay or unit changed",
        "A4": "known only by bounds",
    }


def test_the_pseudo_median_of_minus_2_and_minus_1_has_no_limits_with_two_pairs(study):
    rows = check(biomarkers.paired(study))
    row = one(
        rows, variable="CgA", level="before PRRT 1 to after PRRT 1", statistic="pseudo_median"
    )
    assert row["estimate"] == -1.5 and row["n"] == 2 and np.isnan(row["low"])
    assert "too few pairs" in row["warning"] and "1 pairs left out, assay" in row["warning"]


def test_a_window_without_a_sample_stays_empty(rows):
    # Nobody had a second cycle, and diagnosis is not known.
    for level in ("at diagnosis", "after PRRT 2"):
        key = {"variable": "CgA", "level": level, "statistic": "count", "stratum": ""}
        assert n_of(rows, **key) == (0, 6)


def test_a_pair_that_nobody_has_is_not_estimable(study):
    rows = biomarkers.paired(study)
    row = one(rows, variable="CgA", level="before PRRT 1 to after PRRT 2")
    assert (row["state"], row["n"]) == ("not-estimable", 0)


def test_micrograms_per_litre_and_nanograms_per_millilitre_are_one_unit():
    pair = [sample("A1", "2014-12-01", 400.0, uln=None),
            sample("A1", "2015-02-01", 100.0, unit="ug/L", uln=None)]  # fmt: skip
    tables = {"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1", first=FIRST)}
    changes = biomarkers.changes(SmallStudy({**tables, "biomarkers": pair}))
    assert changes["log2_change"].round(9).tolist() == [-2.0]


def test_a_marker_that_nobody_has_is_not_abstracted(rows, study):
    found = rows[rows["variable"] == "pancreastatin"]
    assert set(found["state"]) == {"not-abstracted"}
    pairs = biomarkers.paired(study)
    assert set(pairs.loc[pairs["variable"] == "pancreastatin", "state"]) == {"not-abstracted"}


def test_the_figure_shows_exact_values_of_the_commonest_scale_only(study):
    shown = biomarkers.shown(study, "CgA")
    assert biomarkers.axis(shown) == "x ULN"
    before = shown[shown["time_point"] == "before PRRT 1"]
    assert before["value"].tolist() == [4.0, 8.0, 2.0]


def test_an_assay_left_blank_is_no_change_of_assay_and_the_pairs_are_counted():
    before, after = ("2014-12-01", 400.0), ("2015-02-01", 100.0)
    small = SmallStudy({
        "patients": [{"patient_id": name} for name in ("A1", "A2", "A3", "A4")],
        "prrt_cycles": treated("A1", "A2", "A3", "A4", first=FIRST),
        "biomarkers": [
            sample("A1", *before), sample("A1", *after),
            sample("A2", *before, assay="Euro"), sample("A2", *after),
            sample("A3", *before, assay="Euro"), sample("A3", *after, assay="Cis"),
            sample("A4", *before, assay="Euro"), sample("A4", *after, assay="Euro"),
        ],
    })  # fmt: skip
    pairs = biomarkers.changes(small).set_index("patient_id")
    assert pairs["excluded"].to_dict() == {"A1": "", "A2": "", "A3": CHANGED, "A4": ""}
    test = one(biomarkers.paired(small), variable="CgA", statistic="pseudo_median",
               level="before PRRT 1 to after PRRT 1")  # fmt: skip
    assert test["n"] == 3 and "2 pairs with an assay not recorded, kept" in test["warning"]
    flagged = biomarkers.flags(small)
    assert n_of(flagged, variable="CgA", stratum=CHANGED) == (1, 2)
