"""First severe event and MDS/AL of eight patients with death competing; axes; deaths; labs."""

import pandas as pd
import pytest
from small_study import SmallStudy, check, n_of, one, treated

from prrt_lib.topics.adverse_events import adverse, incidence, laboratory

IDS = tuple(f"A{number}" for number in range(1, 9))


def event(patient, term, grade, onset, **more):
    return {"patient_id": patient, "term_verbatim": term, "grade": grade, "onset_date": onset,
            **more}  # fmt: skip


def alive(patient, until):
    return {"patient_id": patient, "vital_status": "alive", "last_contact_date": until}


def dead(patient, on, cause=None, **more):
    return {"patient_id": patient, "vital_status": "dead", "death_date": on,
            "last_contact_date": on, "cause_of_death": cause, **more}  # fmt: skip


# First PRRT 2015-01-01 for all. Days: A1 severe at 10, A2 dies at 20, A3 severe at 30, A4 severe
# without a date, A5 severe before first PRRT, A6 to A8 without an event.
FOLLOWUP = [
    alive("A1", "2017-01-01"), dead("A2", "2015-01-21", "NET"),
    dead("A3", "2016-01-01", "cardiac", mds_al_date="2015-12-22"),
    alive("A4", "2017-01-01"), alive("A5", "2017-01-01"), alive("A6", "2017-01-01"),
    alive("A7", "2017-01-01"), dead("A8", "2015-03-02"),
]  # fmt: skip
EVENTS = [
    event("A1", "anemia", 3.0, "2015-01-11", related_prrt="probable", related_progression="yes",
          entered_in_registry="yes"),
    event("A1", "nausea", 2.0, "2015-01-05", related_prrt="probable", related_progression="no",
          entered_in_registry="yes"),
    event("A3", "fatigue", 3.0, "2015-01-31", related_prrt="unlikely", related_progression="yes",
          entered_in_registry="no"),
    event("A4", "vomiting", 3.0, None, related_progression="no"),
    event("A5", "ascites", 3.0, "2014-12-01", related_prrt="unrelated", related_progression="yes"),
    # The same leukaemia is in follow-up, one day later.
    event("A3", "MDS", 4.0, "2015-12-21", related_prrt="possible"),
]  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return SmallStudy({"patients": [{"patient_id": name} for name in IDS], "followup": FOLLOWUP,
                       "prrt_cycles": treated(*IDS), "adverse_events": EVENTS},
                      min_group=1)  # fmt: skip


def at(rows, time):
    return one(rows, statistic="cumulative_incidence", time=float(time))


def test_the_first_severe_event_with_death_competing_by_hand(study):
    # A4 has no date and is left out: seven at risk. Day 10: 1/7. Day 20: a death, six at risk,
    # so 1/7 remain of what comes later: day 30: 1/7 + 5/7 * 1/5 = 2/7.
    rows = check(incidence.severe(study))
    assert at(rows, 10)["estimate"] == pytest.approx(1 / 7)
    assert at(rows, 365)["estimate"] == pytest.approx(2 / 7)
    assert "1 left out: with the event but without its date" in at(rows, 365)["warning"]
    # A5's event before first PRRT is not treatment-emergent: A5 stays, without an event.
    assert at(rows, 365)["n"] == 7


def test_mds_counts_once_at_its_earlier_date(study):
    # Days: deaths at 20 (A2) and 60 (A8); A3's MDS at 354 of six left: 6/8 * 1/6.
    rows = check(incidence.marrow(study))
    assert at(rows, 365)["estimate"] == pytest.approx(1 / 8)
    latency = one(rows, statistic="median", level="latency")
    assert (latency["estimate"], latency["unit"], latency["n"]) == (354.0, "days", 1)
    assert n_of(rows, level="crude share") == (1, 8)
    # Watched: A1, A4 to A7 731 days each, A2 20, A8 60, A3 until the MDS 354.
    rate = one(rows, statistic="rate")
    assert rate["estimate"] == pytest.approx(100 / ((5 * 731 + 20 + 60 + 354) / 365.25))


def test_an_event_on_the_day_of_first_prrt_counts_one_day_later():
    told = [event("A1", "nausea", 3.0, "2015-01-01")]
    small = SmallStudy({"patients": [{"patient_id": "A1"}, {"patient_id": "A6"}],
                        "followup": [FOLLOWUP[0], FOLLOWUP[5]], "prrt_cycles": treated("A1", "A6"),
                        "adverse_events": told}, min_group=2)  # fmt: skip
    assert at(check(incidence.severe(small)), 1)["estimate"] == 0.5


def test_both_axes_crossed_count_events(study):
    # Emergent: A1 anemia (yes, yes), A1 nausea (yes, no), A3 fatigue (no, yes), A4 (-, no),
    # A3 MDS (yes, -).
    rows = check(adverse.axes(study))
    assert n_of(rows, variable="related", level="yes", group="") == (3, 5)
    assert n_of(rows, variable="related_progression", level="no") == (2, 5)
    cross = rows[rows["group"] == "related_progression"]
    found = {(r.level, r.group_level): r.n for r in cross.itertuples() if r.n}
    assert found == {("yes", "yes"): 1, ("yes", "no"): 1, ("no", "yes"): 1,
                     ("not assessed", "no"): 1, ("yes", "not assessed"): 1}  # fmt: skip
    assert cross["n"].sum() == 5
    assert "1 events are laid to PRRT and to progression" in rows["warning"].iloc[0]


def test_what_the_registry_holds_is_shown_by_relatedness_with_the_scope(study):
    rows = check(adverse.capture(study))
    assert n_of(rows, group_level="related") == (2, 2)
    assert n_of(rows, group_level="not related") == (0, 1)
    assert one(rows, group_level="not assessed")["state"] == "not-estimable"
    assert "absent by design" in rows["warning"].iloc[0]


def test_organ_classes_count_patients_once(study):
    rows = check(adverse.by_class(study))
    gut = "Gastrointestinal disorders"
    assert n_of(rows, level=gut, group_level="any grade") == (2, 8)
    assert n_of(rows, level=gut, group_level="grade 3 or higher") == (1, 8)


def test_deaths_by_cause_and_soon_after_the_last_cycle(study):
    rows = check(adverse.deaths(study))
    assert n_of(rows, level="died") == (3, 8)
    assert n_of(rows, level="within 30 days of last PRRT") == (1, 8)
    # Of two deaths with a recorded cause; the third has none, as the survival page counts it.
    assert n_of(rows, variable="cause_of_death", level="NET") == (1, 2)
    assert n_of(rows, variable="cause_of_death", level="missing") == (1, 3)
    assert set(rows["label"]) == {"Died, safety (n = 8)", "Cause of death, safety (n = 8)"}


def test_where_nobody_died_there_is_no_share_of_causes():
    small = SmallStudy({"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1"),
                        "followup": [FOLLOWUP[0]]})  # fmt: skip
    rows = check(adverse.deaths(small))
    assert n_of(rows, level="died") == (0, 1)
    assert one(rows, variable="cause_of_death")["state"] == "not-estimable"


def test_without_any_source_all_pages_say_not_abstracted():
    small = SmallStudy({"patients": [{"patient_id": "A1"}], "prrt_cycles": treated("A1")})
    pages = (incidence.severe, incidence.marrow, adverse.axes,
             adverse.capture, adverse.by_class, adverse.deaths, laboratory.page,
             laboratory.egfr_slope)  # fmt: skip
    for page in pages:
        rows = check(page(small))
        assert set(rows["state"]) == {"not-abstracted"}, page
        assert rows["estimate"].isna().all()


def lab(patient, day, value, test="platelets", unit="10^9/L", lln=150.0, uln=None):
    date = pd.Timestamp("2015-01-01") + pd.Timedelta(day, "D")
    ends = {"lab_value": value, "lab_value_lo": value, "lab_value_hi": value}
    return {"patient_id": patient, "lab_test": test, "lab_date": date, **ends,
            "lab_value_unit": unit, "lab_lln": lln, "lab_uln": uln}  # fmt: skip


def lab_study(*rows):
    ids = sorted({row["patient_id"] for row in rows})
    return SmallStudy({"patients": [{"patient_id": name} for name in ids],
                       "prrt_cycles": treated(*ids), "labs": list(rows)},
                      min_group=1)  # fmt: skip


def test_nadir_days_to_it_and_grades_worse_than_before_prrt():
    rows = check(laboratory.page(lab_study(
        lab("A1", -5, 200.0), lab("A1", 30, 45.0), lab("A1", 60, 90.0),
        # Grade 1 before and after: not new. In thousands per microlitre it is the same number.
        lab("A2", -5, 120.0), lab("A2", 40, 100.0, unit="10^3/uL"),
        lab("A3", 20, 160.0),
    )))  # fmt: skip
    assert n_of(rows, variable="platelets", level="any grade") == (1, 3)
    assert n_of(rows, variable="platelets", level="grade 3 or higher") == (1, 3)
    assert one(rows, level="nadir", statistic="median")["estimate"] == 100.0
    assert one(rows, level="time to nadir", statistic="median")["estimate"] == 30.0


def test_the_slope_of_egfr_is_that_of_three_straight_lines():
    lines = {"A1": (90, -2.0), "A2": (80, -4.0), "A3": (70, -3.0)}
    rows = [lab(name, round(365.25 * year), start + slope * round(365.25 * year) / 365.25
                + wobble * 0.1, "eGFR", "mL/min/1.73m2", 60.0)
            for name, (start, slope) in lines.items()
            for year, wobble in ((0, 1), (1, -1), (2, -1), (3, 1))]  # fmt: skip
    row = one(check(laboratory.egfr_slope(lab_study(*rows))), statistic="slope")
    assert row["estimate"] == pytest.approx(-3.0, abs=1e-3)
    assert row["n"] == 3
