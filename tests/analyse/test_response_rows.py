"""Response of five patients: two respond, one is mixed, one grows, one has no scan."""

import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.topics.response import imaging, response


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
    # A5 has no scan: never imaged, which is another thing than a scan that cannot be judged.
    assert n_of(rows, population="all_treated", level="never imaged") == (1, 5)
    assert n_of(rows, population="all_treated", level="not evaluable") == (0, 5)


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


def test_best_recist_class_of_the_measured_and_of_all(study):
    # A1: SD twice. A2: PR before its PD.
    rows = check(response.recist(study, population="all_treated"))
    assert rows["method"].str.contains("unconfirmed").all()
    rows = rows[rows["variable"] == "best_recist"]
    measured = rows[rows["stratum"] == "with a RECIST class"]
    assert [n_of(measured, level=name) for name in ("CR", "PR", "SD", "PD")] == [
        (0, 2), (1, 2), (1, 2), (0, 2)]  # fmt: skip
    assert n_of(rows, stratum="", level="PR") == (1, 5)
    assert n_of(rows, stratum="", level="no RECIST class") == (3, 5)


def test_objective_response_and_disease_control_have_both_denominators(study):
    rows = response.recist(study, population="all_treated")
    for variable, n in (("objective_response", 1), ("disease_control", 2)):
        assert n_of(rows, variable=variable, stratum="with a RECIST class") == (n, 2)
        assert n_of(rows, variable=variable, stratum="") == (n, 5)
    # One of five, exact: 0.0051 to 0.7164 (tables of Clopper-Pearson limits).
    row = one(rows, variable="objective_response", stratum="")
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.0051, 0.7164)


def test_findings_before_prrt_are_those_of_the_last_evaluable_scan_until_then(study):
    rows = check(imaging.baseline(study, population="all_treated"))
    assert n_of(rows, variable="baseline_class", level="progression") == (1, 1)
    assert n_of(rows, variable="baseline_class", level="missing") == (4, 5)


def test_a_scan_before_first_prrt_is_no_response_and_no_modality(study):
    rows = check(response.modalities(study, population="all_treated"))
    assert n_of(rows, level="CT") == (5, 6)
    assert n_of(rows, level="PET") == (2, 6)
    # A1 went from CT to MRI; A2 kept CT with PET; the others had one scan.
    assert n_of(rows, variable="modality_switch") == (1, 2)


def test_status_of_the_imaging_sheet_stands_beside_that_of_the_last_contact():
    scans = [scan("A1", "2015-06-01", status_last_followup="PD"),
             scan("A1", "2016-06-01", status_last_followup="SD"), scan("A1", "2017-06-01"),
             scan("A2", None, status_last_followup="PD")]  # fmt: skip
    known = SmallStudy({
        "patients": [{"patient_id": name} for name in ("A1", "A2")],
        "prrt_cycles": treated("A1", "A2"), "imaging": scans,
        "followup": [{"patient_id": "A2", "disease_status_last": "NED"}],
    })  # fmt: skip
    rows = check(response.last_status(known))
    # The last dated scan with a status; that of A2 has no date.
    assert n_of(rows, variable="status_last_followup", level="SD") == (1, 1)
    assert n_of(rows, variable="status_last_followup", level="missing") == (1, 2)
    assert n_of(rows, variable="disease_status_last", level="NED") == (1, 1)
    assert n_of(rows, variable="disease_status_last", level="missing") == (1, 2)


def test_a_status_that_nobody_wrote_down_is_not_abstracted_alone(study):
    rows = response.last_status(study, population="all_treated")
    assert one(rows, variable="disease_status_last")["state"] == "not-abstracted"
    assert n_of(rows, variable="status_last_followup", level="PD") == (1, 1)


def test_without_a_recist_class_recist_is_not_abstracted():
    bare = SmallStudy({"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1"),
                       "imaging": [scan("A1", "2015-06-01", "yes", "no", "no")]})  # fmt: skip
    rows = check(response.recist(bare))
    assert set(rows["state"]) == {"not-abstracted"}
    assert set(rows["variable"]) == {"best_recist", "objective_response", "disease_control"}


def test_without_scans_response_is_not_abstracted():
    bare = SmallStudy({"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1")})
    rows = check(response.denominators(bare))
    assert set(rows["state"]) == {"not-abstracted"} and not rows["n"].any()
