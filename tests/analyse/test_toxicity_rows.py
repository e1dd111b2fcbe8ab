"""Cytopenia from laboratory and event sheet together, and kidney function that stays low."""

from __future__ import annotations

import pandas as pd
import pytest
from small_study import SmallStudy, check, n_of, one, treated
from test_laboratory_rows import lab

from prrt_lib.topics.adverse_events import laboratory, toxicity

IDS = ["A1", "A2", "A3", "A4"]
KIDNEY = {"test": "eGFR", "unit": "mL/min/1.73m2"}
FOLLOWUP = [{"patient_id": name, "vital_status": "alive", "last_contact_date": "2017-01-01"}
            for name in IDS]  # fmt: skip


def event(patient, term, grade, onset, resolved=None, ongoing=None):
    return {"patient_id": patient, "ae_id": f"{term} {onset}", "term_verbatim": term,
            "grade": grade, "onset_date": onset, "resolution_date": resolved,
            "ongoing": ongoing}  # fmt: skip


def study(labs=(), events=()):
    return SmallStudy({"patients": [{"patient_id": name} for name in IDS],
                       "prrt_cycles": treated(*IDS), "followup": FOLLOWUP,
                       "labs": list(labs), "adverse_events": list(events)},
                      min_group=1)  # fmt: skip


LABS = [
    # A1: grade 3 from day 30 to day 300. A2: grade 2 once, then normal again.
    lab("A1", -3, 210.0), lab("A1", 30, 45.0), lab("A1", 100, 48.0), lab("A1", 300, 49.0),
    lab("A2", 40, 60.0), lab("A2", 100, 150.0),
]  # fmt: skip
EVENTS = [
    event("A2", "low platelets", 3.0, "2015-02-15", "2015-03-01"),
    event("A3", "anemia", 3.0, "2015-02-01", "2015-12-01"),
    event("A1", "nausea", 3.0, "2015-02-01"),
]
PLATELETS, ANAEMIA = "Platelet count decreased", "Anemia"


@pytest.fixture(scope="module")
def rows():
    return check(toxicity.haematological(study(LABS, EVENTS)))


@pytest.mark.parametrize(("term", "source", "patients"), [
    (PLATELETS, "laboratory", (1, 2)), (PLATELETS, "event sheet", (1, 4)),
    (PLATELETS, "either", (2, 4)), (ANAEMIA, "event sheet", (1, 4)), (ANAEMIA, "either", (1, 4)),
    ("any of these", "either", (3, 4)),
])  # fmt: skip
def test_grade_3_is_counted_by_source_and_by_either(rows, term, source, patients):
    severe = rows[rows["group_level"] == "grade 3 or higher"]
    assert n_of(severe, level=term, stratum=source) == patients


def test_a_count_without_laboratory_results_is_not_abstracted_there(rows):
    assert one(rows, level=ANAEMIA, stratum="laboratory",
               group_level="grade 3 or higher")["state"] == "not-abstracted"  # fmt: skip


@pytest.mark.parametrize(("term", "patients"), [(PLATELETS, 1), (ANAEMIA, 1), ("any of these", 2)])
def test_longer_than_six_months_is_a_run_of_results_or_a_long_event(rows, term, patients):
    # A1: results of day 30 to 300; A3: an event of 303 days; A2's event lasts a fortnight.
    for grade in ("grade 2 or higher", "grade 3 or higher"):
        lasting = f"{grade} for more than 6 months"
        assert n_of(rows, level=term, stratum="either", group_level=lasting) == (patients, 4)


def test_a_better_result_in_between_ends_the_run():
    found = study([lab("A1", 30, 45.0), lab("A1", 100, 160.0), lab("A1", 300, 45.0)])
    lasting = check(toxicity.haematological(found)).query("group_level.str.contains('6 months')")
    assert n_of(lasting, level=PLATELETS, group_level="grade 3 or higher for more than 6 months",
                stratum="either")[0] == 0  # fmt: skip


@pytest.mark.parametrize(("last", "patients"), [("2015-08-03", 1), ("2015-08-02", 0)])
def test_an_ongoing_event_lasts_until_last_contact(last, patients):
    # 2015-02-01 plus 183 days is 2015-08-03; more than six months from day 184 on.
    told = [event("A1", "anemia", 3.0, "2015-01-31", ongoing="yes")]
    people = [{**FOLLOWUP[0], "last_contact_date": last}]
    found = SmallStudy({"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1"),
                        "followup": people, "adverse_events": told})  # fmt: skip
    rows = toxicity.haematological(found)
    assert n_of(rows, level=ANAEMIA, stratum="either",
                group_level="grade 3 or higher for more than 6 months")[0] == patients  # fmt: skip


def test_a_count_that_was_low_before_prrt_is_not_new():
    rows = toxicity.haematological(study([lab("A1", -1, 40.0), lab("A1", 60, 45.0)]))
    assert n_of(rows, level=PLATELETS, stratum="laboratory",
                group_level="grade 3 or higher") == (0, 1)  # fmt: skip


def test_neither_laboratory_nor_events_is_not_abstracted():
    rows = check(toxicity.haematological(study()))
    assert rows["state"].tolist() == ["not-abstracted"]


RENAL = [
    # A1 stays low for 200 days; A2 recovers; A3 has one low value and no other.
    lab("A1", 0, 80.0, **KIDNEY), lab("A1", 100, 45.0, **KIDNEY), lab("A1", 300, 44.0, **KIDNEY),
    lab("A2", 0, 90.0, **KIDNEY), lab("A2", 100, 50.0, **KIDNEY), lab("A2", 200, 85.0, **KIDNEY),
    lab("A3", 100, 25.0, **KIDNEY),
]  # fmt: skip


def test_renal_decline_counts_only_when_a_later_result_confirms_it():
    rows = check(toxicity.renal(study(RENAL)))
    assert n_of(rows, level="grade 2 or higher, confirmed") == (1, 3)
    assert n_of(rows, level="grade 3 or higher, confirmed") == (0, 3)
    # 45 of 80 is a fall of 44 per cent; A3 has no value before PRRT to fall from.
    assert n_of(rows, level="fall of 40 % or more, confirmed") == (1, 2)
    low = one(rows, level="grade 3 or higher, confirmed")
    assert "1 patient with a low last result that no later one confirms" in low["warning"]


def test_one_low_result_is_no_chronic_kidney_disease():
    rows = laboratory.page(study(RENAL))
    assert not (rows["label"] == "Chronic kidney disease").any()
    assert one(rows, level="nadir", statistic="median")["estimate"] == pytest.approx(44.0)


def test_results_eighty_nine_days_apart_do_not_confirm():
    pair = [lab("A1", 100, 45.0, **KIDNEY), lab("A1", 189, 45.0, **KIDNEY)]
    rows = toxicity.renal(study(pair))
    assert n_of(rows, level="grade 2 or higher, confirmed") == (0, 1)
    rows = toxicity.renal(study([pair[0], lab("A1", 190, 45.0, **KIDNEY)]))
    assert n_of(rows, level="grade 2 or higher, confirmed") == (1, 1)


def test_frames_of_the_page_have_no_patient():
    rows = pd.concat([toxicity.haematological(study(LABS, EVENTS)), toxicity.renal(study(RENAL))])
    assert not rows.astype(str).apply(lambda column: column.isin(IDS)).any(axis=None)
