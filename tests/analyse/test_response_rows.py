"""Response of five patients: two respond, one is mixed, one grows, one has no scan."""

import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.analyse import response


def scan(patient, day, decrease=None, increase=None, new=None, **more):
    flags = {"any_lesion_decrease": decrease, "any_lesion_increase": increase, "new_lesions": new}
    return {"patient_id": patient, "scan_date": day, **flags, **more}


SCANS = [
    scan("A1", "2014-12-01", "no", "yes", "no", modality="CT"),
    scan("A1", "2015-06-01", "no", "no", "no", modality="CT", recist_class="SD"),
    scan("A1", "2015-12-01", "yes", "no", "no", modality="MRI", recist_class="SD"),
    scan("A2", "2015-06-01", "yes", "no", "no", modality="CT+PET", recist_class="PR"),
    scan("A2", "2016-06-01", "no", "yes", "no", modality="CT+PET", recist_class="PD",
         status_last_followup="PD"),
    scan("A3", "2015-06-01", "yes", "no", "yes", modality="CT"),
    scan("A4", "2015-06-01", "no", "yes", "no", modality="CT"),
]  # fmt: skip
SITES = dict(zip(("A1", "A2", "A3", "A4", "A5"),
                 ("ileum", "pancreas", "pancreas", "lung", "ileum"), strict=True))  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return SmallStudy({
        "patients": [{"patient_id": name} for name in SITES],
        "tumour": [{"patient_id": name, "primary_site": site} for name, site in SITES.items()],
        "prrt_cycles": treated(*SITES), "imaging": SCANS,
    })  # fmt: skip


ANY = "response of any magnitude"


def test_best_response_of_the_evaluable_has_four_patients(study):
    rows = check(response.classes(study, population="all_treated"))
    found = {row["level"]: (int(row["n"]), int(row["total"])) for _, row in rows.iterrows()}
    assert found == {"no evidence of disease": (0, 4), ANY: (2, 4), "mixed": (1, 4),
                     "stable": (0, 4), "progression": (1, 4)}  # fmt: skip


def test_the_first_response_of_a1_is_stable(study):
    rows = response.classes(study, "first_response", population="all_treated")
    assert n_of(rows, level="stable") == (1, 4)
    assert n_of(rows, level=ANY) == (1, 4)


def test_all_treated_stand_beside_the_evaluable(study):
    rows = check(response.denominators(study))
    assert n_of(rows, population="all_treated", level=ANY) == (2, 5)
    assert n_of(rows, population="imaging_evaluable", level=ANY) == (2, 4)
    assert n_of(rows, population="gep", stratum="imaging-evaluable", level=ANY) == (2, 3)
    assert n_of(rows, population="gep", stratum="", level=ANY) == (2, 4)
    assert n_of(rows, population="all_treated", level="not evaluable") == (1, 5)


def test_limits_of_2_in_4_are_the_exact_ones(study):
    # Clopper-Pearson for 2 of 4, from tables: 0.0676 to 0.9324.
    row = one(response.classes(study, population="all_treated"), level=ANY)
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.0676, 0.9324)


def test_groups_of_primaries_add_up(study):
    rows = check(response.classes(study, by="primary_group", population="all_treated"))
    assert n_of(rows, level=ANY, group_level="pancreas") == (1, 2)
    assert n_of(rows, level="progression", group_level="lung") == (1, 1)


def test_a_shrinkage_below_recist_is_a_response_of_any_magnitude_and_stable_by_recist(study):
    rows = check(response.against_recist(study, population="all_treated"))
    assert one(rows, level=ANY, group_level="SD")["n"] == 1
    assert one(rows, level=ANY, group_level="PR")["n"] == 1
    assert "2 of 6 scans carry no RECIST class" in rows["warning"].iloc[0]


def test_a_scan_before_first_prrt_is_no_response_and_no_modality(study):
    rows = check(response.modalities(study, population="all_treated"))
    assert n_of(rows, level="CT") == (5, 6)
    assert n_of(rows, level="PET") == (2, 6)
    # A1 went from CT to MRI; A2 kept CT with PET; the others had one scan.
    assert n_of(rows, variable="modality_switch") == (1, 2)


def test_status_comes_from_the_last_scan_that_has_one(study):
    rows = check(response.last_status(study, population="all_treated"))
    assert n_of(rows, level="PD") == (1, 1)
    assert n_of(rows, level="missing") == (4, 5)


def test_without_scans_response_is_not_abstracted():
    bare = SmallStudy({"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1")})
    rows = check(response.denominators(bare))
    assert set(rows["state"]) == {"not-abstracted"} and not rows["n"].any()
