"""Adverse events of four patients: counted by patient, by worst grade, and per time."""

import pandas as pd
import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.topics.adverse_events import adverse, incidence

IDS = ("A1", "A2", "A3", "A4")
NO = dict.fromkeys(adverse.CRITERIA, "no")


def event(patient, number, term, grade, onset, **more):
    return {"patient_id": patient, "ae_id": str(number), "term_verbatim": term, "grade": grade,
            "onset_date": onset, **more}  # fmt: skip


EVENTS = [
    # Three spellings of one event: A1 counts once, at grade 3.
    event("A1", 1, "nausea", 1.0, "2015-01-02", related_prrt="probable", **NO),
    event(
        "A1", 2, "Nausea ", 3.0, "2015-03-01", related_prrt="unlikely", **{**NO, "ser_hosp": "yes"}
    ),
    event(
        "A2", 3, "anemia", 2.0, "2015-02-01", related_prrt="definite", **NO, serious_reported="yes"
    ),
    # Without a grade, and one criterion not recorded: neither severe nor serious can be told.
    event("A2", 4, "low platelets", None, None, related_prrt="possible", **{**NO, "ser_ime": None}),
    # Before first PRRT: legal, not treatment-emergent.
    event("A3", 5, "Anaemia", 4.0, "2014-12-01", related_prrt="unrelated", **NO),
    # More than 90 days after the last cycle.
    event("A3", 6, "fatigue", 2.0, "2016-01-01", related_prrt="unrelated", **NO),
]
FOLLOWUP = [
    {"patient_id": name, "vital_status": "alive", "last_contact_date": "2017-01-01"} for name in IDS
]


@pytest.fixture(scope="module")
def study():
    return SmallStudy({"patients": [{"patient_id": name} for name in IDS], "followup": FOLLOWUP,
                       "prrt_cycles": treated(*IDS), "adverse_events": EVENTS})  # fmt: skip


@pytest.fixture(scope="module")
def rows(study):
    return check(adverse.overview(study))


@pytest.mark.parametrize(
    ("kind", "patients", "count"),
    [
        ("any", 3, 5),
        ("severe", 1, 1),
        ("serious", 2, 2),
        ("related", 2, 3),
        ("related_severe", 0, 0),
    ],
)
def test_patients_with_at_least_one_and_events(rows, kind, patients, count):
    own = rows[rows["stratum"] == ""]
    assert n_of(own, level=kind, statistic="proportion") == (patients, 4)
    assert one(own, level=kind, statistic="count")["estimate"] == count


def test_what_is_not_known_counts_in_the_upper_bound_alone(rows):
    # The ungraded platelets of A2, with one criterion not recorded, may be severe and serious.
    most = rows[rows["stratum"] == "upper bound"]
    assert n_of(most, level="severe", statistic="proportion") == (2, 4)
    assert one(most, level="severe", statistic="count")["estimate"] == 2
    assert n_of(most, level="serious", statistic="proportion") == (2, 4)
    assert one(most, level="serious", statistic="count")["estimate"] == 3
    assert not (most["level"] == "related").any()


@pytest.mark.parametrize(
    ("criteria", "reported", "serious"),
    [
        ({}, "yes", "yes"),
        ({}, "no", "no"),
        ({}, None, None),
        ({"ser_hosp": "yes"}, None, "yes"),
        ({"ser_hosp": "yes"}, "no", "yes"),
        ({"ser_hosp": "no"}, None, None),
        ({"ser_hosp": "no"}, "no", "no"),
        (NO, None, "no"),
        (NO, "yes", "yes"),
    ],
)
def test_serious_is_any_criterion_or_the_report(criteria, reported, serious):
    blank = dict.fromkeys(adverse.CRITERIA)
    one_event = pd.DataFrame([{**blank, **criteria, "serious_reported": reported}], dtype=object)
    assert adverse.serious(one_event).iloc[0] == serious


def test_an_event_that_nobody_assessed_is_not_related_but_may_be():
    told = [event("A1", 1, "nausea", 3.0, "2015-02-01", related_prrt="probable"),
            event("A2", 2, "nausea", 3.0, "2015-02-01")]  # fmt: skip
    study = SmallStudy({"patients": [{"patient_id": name} for name in IDS],
                        "prrt_cycles": treated(*IDS), "adverse_events": told})  # fmt: skip
    rows = check(adverse.overview(study))
    least = rows[rows["stratum"] == ""]
    assert n_of(least, level="related_severe", statistic="proportion") == (1, 4)
    most = rows[rows["stratum"] == "upper bound"]
    assert n_of(most, level="related_severe", statistic="proportion") == (2, 4)
    warning = adverse.by_term(study, related_only=True)["warning"].iloc[0]
    assert warning == "1 events whose relatedness was not assessed are not counted"


def test_an_axis_that_nobody_recorded_is_not_abstracted_and_not_0(rows):
    assert one(rows, level="related_progression")["state"] == "not-abstracted"


def test_events_that_do_not_tell_are_counted_in_words(rows):
    for level in ("severe", "serious"):
        row = one(rows, level=level, statistic="proportion", stratum="")
        assert "not known for 1 of 5 events" in row["warning"]


def test_the_scope_of_what_was_captured_is_said(rows):
    warning = one(rows, level="any", statistic="proportion")["warning"]
    assert "absent by design" in warning and "1 events of unknown onset" in warning


def test_up_to_90_days_after_the_last_cycle_the_late_fatigue_is_out(study):
    rows = check(adverse.overview(study, setting="90_days"))
    assert n_of(rows, level="any", statistic="proportion") == (2, 4)


def test_a_patient_counts_once_per_term_at_the_worst_grade(study):
    rows = check(adverse.by_term(study))
    assert n_of(rows, level="Nausea", group_level="any grade") == (1, 4)
    assert n_of(rows, level="Nausea", group_level="grade 3") == (1, 4)
    assert n_of(rows, level="Nausea", group_level="grade 1") == (0, 4)


def test_spellings_of_one_event_are_one_term_by_declaration(study):
    terms = set(adverse.by_term(study)["level"])
    assert terms == {"Nausea", "Anemia", "Platelet count decreased", "Fatigue"}


def test_related_terms_are_those_laid_to_prrt(study):
    rows = check(adverse.by_term(study, related_only=True))
    assert n_of(rows, level="Nausea", group_level="grade 1") == (1, 4)
    assert "Fatigue" not in set(rows["level"])


def test_two_rates_first_events_and_all_events(study):
    # Each patient is watched 731 days. All: 5 events in 2924 days. First: A1 at day 1, A3 at day
    # 365, A4 without (731 days); A2 has an undated event and gives no time.
    rows = check(incidence.rates(study))
    whole = one(rows, level="any", stratum="events")
    assert whole["estimate"] == pytest.approx(5 / 2924 * 36525)
    first = one(rows, level="any", stratum="patients with a first event")
    assert first["estimate"] == pytest.approx(2 / (1 + 365 + 731) * 36525)
    # Exact Poisson limits of 5 events, from tables: 1.6235 to 11.6683.
    assert whole["low"] == pytest.approx(1.6235 / 2924 * 36525, rel=1e-4)
    assert whole["high"] == pytest.approx(11.6683 / 2924 * 36525, rel=1e-4)


def test_criteria_and_report_of_seriousness_can_disagree(study):
    rows = check(adverse.seriousness(study))
    assert one(rows, level="no", group_level="yes")["n"] == 1
    assert one(rows, level="yes", group_level="yes")["n"] == 0


def test_a_bare_yes_or_no_is_shown_as_reported():
    told = [event("A1", 1, "nausea", 1.0, "2015-02-01", serious_reported="yes")]
    study = SmallStudy({"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1", "A2"),
                        "adverse_events": told})  # fmt: skip
    row = one(adverse.overview(study), level="serious", statistic="proportion")
    assert (row["n"], row["total"]) == (1, 2)
    assert row["label"] == "Serious as reported (no criterion abstracted)"


def test_severity_seriousness_and_relatedness_words():
    facts = adverse.related(pd.Series(["possible", "unlikely", None]), ["possible"])
    assert facts.tolist() == ["yes", "no", None]


def test_events_by_outcome_are_of_those_that_tell_it_and_an_action_that_nobody_wrote_is_said(study):
    # Five emergent events; the one before first PRRT does not count.
    told = ("recovered", "recovered", None, "ongoing", "recovered", "recovered")
    found = [{**item, "outcome": word} for item, word in zip(EVENTS, told, strict=True)]
    own = SmallStudy({"patients": [{"patient_id": name} for name in IDS], "followup": FOLLOWUP,
                      "prrt_cycles": treated(*IDS), "adverse_events": found})  # fmt: skip
    rows = check(adverse.fates(own))
    assert n_of(rows, variable="outcome", level="recovered") == (3, 4)
    assert n_of(rows, variable="outcome", level="ongoing") == (1, 4)
    assert n_of(rows, variable="outcome", level="missing") == (1, 5)
    assert one(rows, variable="action_taken")["state"] == "not-abstracted"
    assert set(adverse.fates(study)["state"]) == {"not-abstracted"}


def test_no_adverse_event_table_is_not_abstracted_and_never_0():
    study = SmallStudy({"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1")})
    for page in (adverse.overview, adverse.by_term, incidence.rates, adverse.seriousness):
        rows = check(page(study))
        assert rows["state"].tolist() == ["not-abstracted"] and rows["estimate"].isna().all()
