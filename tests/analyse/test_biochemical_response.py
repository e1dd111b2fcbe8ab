"""Biochemical response of twelve patients: who falls to half of the value before PRRT 1."""

import pandas as pd
import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.base.errors import AnalysisError
from prrt_lib.topics.biomarkers import biomarkers

FIRST = pd.Timestamp("2015-01-01")
BOUND = {"<": (0.0, 1.0), ">": (1.0, float("nan")), "=": (1.0, 1.0)}


def sample(patient, day, value, op="=", *, assay="Euro", **more):
    date = FIRST + pd.Timedelta(day, "D")
    low, high = BOUND[op]
    return {"patient_id": patient, "analyte": "CgA", "sample_date": date, "sample_lo": date,
            "sample_hi": date, "op": op, "unit": "ng/mL", "uln": 100.0, "uln_unit": "ng/mL",
            "value": value if op == "=" else None, "value_lo": value * low,
            "value_hi": value * high, "assay": assay, **more}  # fmt: skip


SAMPLES = [
    # Exactly half of the baseline.
    sample("A01", -10, 400.0), sample("A01", 40, 200.0),
    # Not after PRRT 1, but 300 days later.
    sample("A02", -10, 400.0), sample("A02", 40, 210.0), sample("A02", 300, 100.0),
    # Falls only after chemotherapy on day 200.
    sample("A03", -10, 400.0), sample("A03", 40, 300.0), sample("A03", 300, 100.0),
    # Not above the upper limit before PRRT 1.
    sample("A04", -10, 90.0), sample("A04", 40, 20.0),
    # "> 400": 200 is at most half of it, 300 may or may not be.
    sample("A05", -10, 400.0, ">"), sample("A05", 40, 200.0),
    sample("A06", -10, 400.0, ">"), sample("A06", 40, 300.0),
    # "< 150" is less than half of 400, "< 300" may or may not be.
    sample("A07", -10, 400.0), sample("A07", 40, 150.0, "<"),
    sample("A08", -10, 400.0), sample("A08", 40, 300.0, "<"),
    # Another assay, and none on record.
    sample("A09", -10, 400.0), sample("A09", 40, 100.0, assay="Cis"),
    sample("A10", -10, 400.0, assay=None), sample("A10", 40, 100.0, assay=None),
    sample("A11", -10, 400.0, ppi_within_14d="yes"), sample("A11", 40, 100.0),
    # "> 200" is more than half of 400.
    sample("A12", -10, 400.0), sample("A12", 40, 200.0, ">"),
]  # fmt: skip
IDS = [f"A{number:02d}" for number in range(1, 13)]
BEST = {"variable": "CgA", "level": "biochemical_response", "stratum": "best"}


@pytest.fixture(scope="module")
def study():
    chemotherapy = {"patient_id": "A03", "therapy": "chemotherapy", "therapy_date": "2015-07-20"}
    return SmallStudy(
        {
            "patients": [{"patient_id": name} for name in IDS],
            "prrt_cycles": treated(*IDS, first="2015-01-01"),
            "subsequent_therapies": [chemotherapy],
            "biomarkers": SAMPLES,
        }
    )


@pytest.fixture(scope="module")
def rows(study):
    return check(biomarkers.responses(study))


def test_five_of_the_seven_who_can_be_judged_respond_at_some_time(rows):
    # A01, A02, A05, A07 and A11 respond; A03 and A12 do not.
    assert n_of(rows, setting="", **BEST) == (5, 7)
    # Exact limits of 5 of 7: beta quantiles, as binom.test of R gives them.
    row = one(rows, setting="", **BEST)
    assert (row["low"], row["high"]) == pytest.approx((0.2904209, 0.9633074), abs=1e-6)


def test_only_those_who_respond_after_prrt_1_count_there(rows):
    assert n_of(rows, setting="", **{**BEST, "stratum": "after PRRT 1"}) == (4, 7)


def test_nobody_has_a_sample_after_a_second_cycle(rows):
    row = one(rows, setting="", **{**BEST, "stratum": "after PRRT 2"})
    assert (row["state"], row["total"]) == ("not-estimable", 0)


def test_who_cannot_be_decided_is_counted_apart(rows):
    undecided = {**BEST, "level": "cannot be decided", "setting": ""}
    assert n_of(rows, **undecided) == (2, 12)


def test_the_warning_leads_from_everybody_to_those_counted(rows):
    told = one(rows, setting="", **BEST)["warning"]
    assert "11 of 12 patients with a value above the upper limit before PRRT 1" in told
    assert "2 without a later sample of the same recorded assay" in told
    assert "2 whose bounds leave it open" in told


def test_without_proton_pump_inhibitors_one_responder_is_out(rows):
    assert n_of(rows, setting="without_ppi", **BEST) == (4, 6)


def test_a_marker_that_nobody_has_is_not_abstracted(rows):
    assert set(rows.loc[rows["variable"] == "pancreastatin", "state"]) == {"not-abstracted"}


def test_a_fall_after_the_horizon_or_after_retreatment_does_not_count():
    ids = ["A1", "A2"]
    again = [{"patient_id": "A2", "cycle_no": 2, "cycle_date": "2016-01-01"}]
    samples = [sample(name, day, value) for name, late in (("A1", 2558), ("A2", 366))
               for day, value in ((-10, 400.0), (40, 400.0), (late, 100.0))]  # fmt: skip
    small = SmallStudy({"patients": [{"patient_id": name} for name in ids],
                        "prrt_cycles": treated(*ids, first="2015-01-01") + again,
                        "biomarkers": samples}, cutoff="2024-12-31")  # fmt: skip
    assert n_of(biomarkers.responses(small), setting="", **BEST) == (0, 2)


def test_a_later_sample_without_a_date_counts_where_its_label_places_it():
    undated = {name: pd.NaT for name in ("sample_date", "sample_lo", "sample_hi")}
    ids = ["A1", "A2"]
    samples = [
        sample("A1", -10, 400.0),
        {**sample("A1", 40, 100.0), **undated, "timepoint_label": "post_PRRT1"},
        # No label: nothing says that this one came after PRRT 1.
        sample("A2", -10, 400.0), {**sample("A2", 40, 100.0), **undated},
    ]  # fmt: skip
    small = SmallStudy({"patients": [{"patient_id": name} for name in ids],
                        "prrt_cycles": treated(*ids, first="2015-01-01"),
                        "biomarkers": samples})  # fmt: skip
    rows = biomarkers.responses(small)
    assert n_of(rows, setting="", **BEST) == (1, 1)
    assert n_of(rows, setting="", **{**BEST, "stratum": "after PRRT 1"}) == (1, 1)


def test_an_unknown_setting_names_the_nearest(study):
    with pytest.raises(AnalysisError, match="did you mean 'without_ppi'"):
        biomarkers.responses(study, settings=["without_pp"])
