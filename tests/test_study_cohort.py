"""Who is analysed, what is asked about, and what notebooks are offered."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest
from study_tables import asked, cohort, spec, texts, treated, typed

from prrt_lib.base.errors import AnalysisError
from prrt_lib.declare.asked.findings import finding, rules
from prrt_lib.declare.dictionary import dictionary
from prrt_lib.declare.parameters import Parameters
from prrt_lib.study.build import all_findings
from prrt_lib.study.cohort import build
from prrt_lib.study.derive import courses, sites
from prrt_lib.study.endpoints import ENDPOINTS, SETTINGS
from prrt_lib.study.known_at import known_at
from prrt_lib.study.times import times
from prrt_lib.study.typed import complete


@cache
def from_spec(file: str, cutoff: str = "2020-12-31"):
    """The cohort of a spec file, built once; nobody changes it."""
    return cohort(spec(file), cutoff=cutoff)


DATED = ["survival.md", "progression.md", "partial_dates.md", "looking.md"]
SITES = {
    "prrt_cycles": treated("A", "B", "C", "D"),
    "tumour": texts("patient primary_site", "A ileum", "B lung", "C .", "D pancreas"),
    "patients": texts("patient sex", "A female", "B male", "C male", "D male", "E male"),
}


def test_flow_numbers_add_up_and_agree_with_the_flags():
    built = cohort(SITES)
    flow = built.flow
    assert (flow["n_before"] - flow["n_excluded"] == flow["n_after"]).all()
    for name, rows in flow.groupby("population"):
        chain = rows["n_before"].tolist()[1:]
        assert chain == rows["n_after"].tolist()[:-1]
        assert rows["n_after"].iloc[-1] == built.patients[f"in_{name}"].sum()
    finals = flow[flow["rule"] == "population"].set_index("population")["n_after"]
    assert finals.to_dict() == {"all_treated": 4, "gep": 2, "imaging_evaluable": 0, "safety": 4}
    assert flow["n_before"].iloc[0] == 5


def test_unknown_primary_is_not_gep_and_a_blank_site_is_unknown():
    site = pd.Series(["ileum", "ampulla/biliary", "unknown primary", "thymus", None])
    assert sites.gep_primary(site).tolist() == ["yes", "yes", "no", "no", "unknown"]
    groups = ["small bowel", "other GEP", "unknown primary", "other", None]
    assert sites.primary_group(site).tolist() == groups


def test_every_primary_site_of_the_dictionary_has_its_group():
    assert set(sites.sites()) == set(dictionary().column("tumour.primary_site").allowed)


def test_first_prrt_without_date_or_after_the_cutoff_is_counted_and_left_out():
    lines = ("A 1 2012-01-01", "B 1 .", "B 2 2012-03-01", "C 1 2021-01-01")
    tables = {"prrt_cycles": texts("patient cycle_no cycle_date", *lines)}
    built = cohort(tables, cutoff="2020-12-31")
    assert built.patients["patient_id"].tolist() == ["A"]
    assert asked(built, "first-prrt-unknown") == ["B"]
    assert asked(built, "first-prrt-after-cutoff") == ["C"]


@pytest.mark.parametrize(
    "tables, words",
    [
        ({"prrt_cycles": treated("A")}, "cut-off 2011-12-31 is before every first PRRT"),
        ({"patients": texts("patient sex", "A female")}, "1 no PRRT recorded"),
        ({}, "0 treated patients among 0"),
    ],
)
def test_no_patient_left_is_one_clear_message(tables, words):
    with pytest.raises(AnalysisError, match=words) as caught:
        cohort(tables, cutoff="2011-12-31")
    assert caught.value.exit_code == 2


def test_a_gap_of_183_days_starts_a_new_course_and_182_does_not():
    # 2012-07-01 is 182 days after 2012-01-01; 2012-12-31 is 183 days after 2012-07-01.
    cycles = texts(
        "patient cycle_no cycle_date", "A 1 2012-01-01", "A 2 2012-07-01", "A 3 2012-12-31"
    )
    built = cohort({"prrt_cycles": cycles})
    assert built.tables["prrt_cycles"]["course_no"].tolist() == [1, 1, 2]
    assert built.patients["retreatment"].tolist() == [pd.Timestamp("2012-12-31")]
    assert built.patients["first_prrt"].tolist() == [pd.Timestamp("2012-01-01")]


def placed(*lines, gap: int = 183) -> list[tuple]:
    """(cycle_no, cycle, course) in order; a course of 0 is not known."""
    cycles = typed("prrt_cycles", texts("patient cycle_no cycle_date", *lines))
    ordered = courses.in_order(complete({"prrt_cycles": cycles})["prrt_cycles"], gap)
    known = ordered["course_no"].fillna(0).astype(int)
    return list(zip(ordered["cycle_no"].astype(int), ordered["cycle"], known, strict=True))


def test_an_undated_cycle_keeps_its_place_and_the_course_of_its_neighbours():
    # 91 days from cycle 1 to 3 hold no gap of 183.
    lines = ("A 1 2012-01-01", "A 2 .", "A 3 2012-04-01", "A 4 2014-01-01")
    assert placed(*lines) == [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 4, 2)]


def test_the_course_of_an_undated_cycle_between_courses_or_at_the_end_is_not_known():
    # 366 = 2 x 183 days over one undated cycle: one of the two gaps starts a course, which one is
    # open. 365 days may be 182 and 183 or 180 and 185: no new course is known.
    first = ("A 1 2012-01-01", "A 2 .")
    assert placed(*first, "A 3 2013-01-01") == [(1, 1, 1), (2, 2, 0), (3, 3, 2)]
    assert placed(*first, "A 3 2012-12-31") == [(1, 1, 1), (2, 2, 1), (3, 3, 1)]
    assert placed(*first) == [(1, 1, 1), (2, 2, 0)]


def test_dates_decide_the_place_of_dated_cycles_and_a_cycle_without_number_stays_in_its_row():
    lines = ("A 1 2012-03-01", "A 2 2012-01-01", "B 1 2012-01-01", "B 2 .", "B 3 2012-03-01")
    assert [no for no, _, _ in placed(*lines)] == [2, 1, 1, 2, 3]
    cycles = typed("prrt_cycles", texts("patient cycle_date", "A 2012-01-01", "A .",
                                        "A 2012-03-01"))  # fmt: skip
    ordered = courses.in_order(complete({"prrt_cycles": cycles})["prrt_cycles"], 183)
    assert ordered["cycle_date"].isna().tolist() == [False, True, False]


def test_an_undated_cycle_after_one_beyond_the_cutoff_is_beyond_it_too():
    cycles = texts("patient cycle_no cycle_date", "A 1 2012-01-01", "A 2 2012-03-01", "A 3 .",
                   "B 1 2012-01-01", "B 2 .")  # fmt: skip
    built = cohort({"prrt_cycles": cycles}, cutoff="2012-02-01")
    assert built.patients["n_cycles"].tolist() == [1, 2]
    assert len(built.tables["prrt_cycles"]) == built.patients["n_cycles"].sum()


def test_cumulative_activity_is_known_only_when_every_cycle_tells_isotope_activity_and_date():
    # A 7.4 + 7.0; B without an activity, C without an isotope, D without a date; E has had two
    # isotopes, whose activities are not added.
    cycles = texts("patient cycle_no cycle_date isotope activity_gbq",
                   "A 1 2012-01-01 Lu-177 7.4", "A 2 2012-03-01 Lu-177 7.0",
                   "B 1 2012-01-01 Lu-177 7.4", "B 2 2012-03-01 Lu-177 .",
                   "C 1 2012-01-01 Lu-177 7.4", "C 2 2012-03-01 . 7.4",
                   "D 1 2012-01-01 Lu-177 7.4", "D 2 . Lu-177 7.4",
                   "E 1 2012-01-01 Lu-177 7.4", "E 2 2012-03-01 Y-90 3.7")  # fmt: skip
    built = cohort({"prrt_cycles": cycles}).patients
    assert built["cumulative_gbq"].iloc[0] == pytest.approx(14.4)
    assert built["cumulative_gbq"].iloc[1:].isna().all()


def test_questions_about_survival_name_the_right_patients():
    built = from_spec("survival.md")
    assert asked(built, "dead-without-date") == ["J"]
    assert asked(built, "alive-with-death-date") == ["O", "P"]
    assert asked(built, "dead-by-date-only") == ["N"]
    assert asked(built, "alive-without-contact") == ["H"]
    assert asked(built, "observation-start-assumed") == list("ABCDFGHIJMNOP")


def test_questions_about_progression_name_the_right_patients():
    built = from_spec("progression.md")
    assert asked(built, "progression-without-scan") == ["E"]
    assert asked(built, "progression-differs-from-scan") == ["F"]
    assert asked(built, "row-after-cutoff") == ["M"]
    assert times(built, "ttp").counts["dropped"] == {"progression before entry": 1}
    assert times(built, "ttp").counts["without_evaluable_scan"] == 2


def test_without_any_scan_progression_is_censored_at_last_contact():
    tables = {
        "prrt_cycles": treated("A", "B"),
        "imaging": texts("patient progression_date_reported", "A 2012-07-19"),
        "followup": texts("patient vital_status last_contact_date", "A alive 2013-01-01",
                          "B alive 2013-01-01"),
    }  # fmt: skip
    built = cohort(tables)
    frame = times(built, "ttp").frame
    assert frame[["exit", "event"]].to_numpy().tolist() == [[200, 1], [366, 0]]
    assert asked(built, "scans-absent") == [""]
    assert built.patients["best_response"].tolist() == [None, None]


def test_late_entry_is_counted_and_dropped_patients_have_a_reason():
    made = times(from_spec("survival.md"), "os_dx_delayed")
    assert made.counts["late_entry"] == 1
    assert made.counts["dropped"] == {
        "date of diagnosis not known": 1,
        "end of follow-up before entry": 1,
    }
    assert made.counts["population"] == made.counts["used"] + sum(made.counts["dropped"].values())
    assert "1 enter late, when their observation starts" in made.warnings
    assert (made.counts["undated_deaths"], made.counts["deaths"]) == (1, 8)
    assert made.warnings[0] == "1 of 8 deaths without a date"


@pytest.mark.parametrize("name", ["n_cycles", "best_response", "cumulative_gbq", "not_a_column"])
def test_a_covariate_not_known_at_entry_is_refused_with_its_decision(name):
    with pytest.raises(AnalysisError, match="decision 10"):
        times(cohort(SITES), "os_prrt", columns=(name,))


def test_from_diagnosis_without_delay_only_what_diagnosis_knew_may_group():
    built = cohort(SITES)
    assert "grade_group" in times(built, "os_dx_naive", columns=("grade_group",)).frame
    assert "ssa_cycle1" in times(built, "os_dx_delayed", columns=("ssa_cycle1",)).frame
    with pytest.raises(AnalysisError, match="decision 10"):
        times(built, "os_dx_naive", columns=("ssa_cycle1",))


def test_misspelt_names_meet_the_nearest_one():
    built = cohort(SITES)
    with pytest.raises(AnalysisError, match="did you mean 'os_prrt'"):
        times(built, "os_prt")
    with pytest.raises(AnalysisError, match="did you mean 'carried_to_death'"):
        times(built, "pfs", "carried_to_deaths")
    with pytest.raises(AnalysisError, match="setting"):
        times(built, "os_prrt", "carried_to_death")


def test_every_derived_column_has_a_moment_and_exists_in_the_cohort():
    built = cohort(SITES).patients
    assert set(dictionary().derived) <= set(built.columns)
    assert set(dictionary().derived) <= set(known_at())


def test_every_setting_belongs_to_an_endpoint_and_every_rule_is_declared():
    assert {name for item in ENDPOINTS.values() for name in item.settings} == set(SETTINGS)
    assert {"first-prrt-unknown", "scans-absent"} <= set(rules())


@pytest.mark.parametrize("endpoint", list(ENDPOINTS))
@pytest.mark.parametrize("file", DATED)
def test_an_earlier_cutoff_never_adds_events_or_time(file, endpoint):
    late = times(from_spec(file, "2014-12-31"), endpoint).frame.set_index("patient_id")
    early = times(from_spec(file, "2012-12-31"), endpoint).frame.set_index("patient_id")
    both = early.join(late, lsuffix="_early", rsuffix="_late", how="inner")
    assert (both["exit_early"] <= both["exit_late"]).all()
    assert (early["event"] > 0).sum() <= (late["event"] > 0).sum()


@pytest.mark.parametrize("endpoint", list(ENDPOINTS))
@pytest.mark.parametrize("file", DATED)
def test_shortest_and_longest_bracket_every_single_duration(file, endpoint):
    built = from_spec(file, "2014-10-01")
    exits = [times(built, endpoint, name).frame.set_index("patient_id")["exit"]
             for name in ("shortest", "", "longest")]  # fmt: skip
    assert (exits[0] <= exits[1]).all() and (exits[1] <= exits[2]).all()


def test_row_order_and_unused_tables_change_nothing():
    tables = spec("progression.md")
    turned = {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in tables.items()}
    pd.testing.assert_frame_equal(cohort(tables).patients, cohort(turned).patients)


def test_building_leaves_its_tables_as_they_were():
    tables = {name: typed(name, frame) for name, frame in SITES.items()}
    before = {name: frame.copy(deep=True) for name, frame in tables.items()}
    build(tables, Parameters("x", cutoff="2020-12-31"))
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_patients_held_out_by_reading_stand_in_the_flow():
    findings = pd.DataFrame({"rule": ["conflicting-patient"], "record": ["Z"]})
    tables = {name: typed(name, frame) for name, frame in SITES.items()}
    flow = build(tables, Parameters("x", cutoff="2020-12-31"), findings).flow
    assert flow[["n_before", "n_excluded", "n_after"]].iloc[0].tolist() == [6, 1, 5]


DEATHS = {
    "dead, nothing else": ("dead . .", (1096, 1)),
    "nothing about death": (". . .", (0, 0)),
    "a cause of death alone": (". . NET", (1096, 1)),
    "a cause of death of somebody alive": ("alive . NET", (0, 0)),
    "death before first PRRT": ("dead 2011-06-01 .", (1096, 1)),
    "alive, death before first PRRT": ("alive 2011-06-01 .", (0, 0)),
    "lost, with a date of death": ("lost 2013-01-01 .", (366, 1)),
    "death after the cut-off": ("dead 2019-01-01 .", (2191, 0)),
}


@pytest.mark.parametrize(("follow", "expected"), DEATHS.values(), ids=DEATHS)
def test_a_known_death_never_leaves_survival(follow, expected):
    # First PRRT 2012-01-01, cut-off 2017-12-31: without a date between 2012-01-02 and the cut-off,
    # 2190 days, the middle 1095 days later is 2015-01-01, day 1096.
    tables = {
        "prrt_cycles": treated("A"),
        "followup": texts("patient vital_status death_date cause_of_death", f"A {follow}"),
    }
    made = times(cohort(tables, cutoff="2017-12-31"), "os_prrt")
    assert made.frame[["exit", "event"]].to_numpy().tolist() == [list(expected)]


@pytest.mark.parametrize(("column", "status", "died"), [
    ("death_date", "ambiguous", True), ("death_date", "invalid", False),
    ("birth_date", "ambiguous", False),
])  # fmt: skip
def test_a_date_of_death_that_cannot_be_placed_is_a_death_and_a_word_is_none(column, status, died):
    findings = pd.DataFrame({"rule": ["cell"], "record": ["A"], "column": [column],
                             "status": [status]})  # fmt: skip
    tables = {name: typed(name, frame) for name, frame in SITES.items()}
    people = build(tables, Parameters("x", cutoff="2020-12-31"), findings).patients
    assert people["died"].iloc[0] == ("yes" if died else "no")


def test_the_day_of_abstraction_bounds_a_death_without_a_date():
    tables = {
        "prrt_cycles": treated("A", "B", "C"),
        "followup": texts("patient vital_status last_contact_date abstraction_date",
                          "A dead 2012-12-31 2014-12-31", "B dead 2012-12-31 2012-06-30",
                          "C dead 2018-02-01 ."),
    }  # fmt: skip
    built = cohort(tables, cutoff="2017-12-31")
    people = built.patients.set_index("patient_id")
    ends = people.loc["A", ["death_lo", "death", "death_hi"]]
    assert [str(day.date()) for day in ends] == ["2013-01-01", "2013-12-31", "2014-12-31"]
    # Read before the patient was last seen: the day of abstraction bounds nothing.
    assert str(people.loc["B", "death_hi"].date()) == "2017-12-31"
    # Seen alive after the cut-off: the death has not happened at it.
    assert people.loc["C", "died"] == "no" and asked(built, "death-after-cutoff") == ["C"]
    assert asked(built, "contact-after-cutoff") == ["C"]
    assert times(built, "os_prrt").warnings[0] == "2 of 2 deaths without a date"


def test_a_contact_before_first_prrt_gives_way_to_the_latest_record():
    tables = {
        "prrt_cycles": treated("A"),
        "imaging": texts("patient scan_date response_word", "A 2012-07-01 SD"),
        "followup": texts("patient vital_status last_contact_date", "A alive 2011-12-31"),
    }
    built = cohort(tables)
    assert asked(built, "contact-before-prrt") == ["A"]
    assert times(built, "os_prrt").frame["exit"].tolist() == [182]


def test_each_suspected_pair_counts_once_in_its_sensitivity():
    findings = pd.DataFrame({"rule": ["same-person"], "record": ["C"], "column": ["birth_date"],
                             "status": ["ok"]})  # fmt: skip
    tables = {name: typed(name, frame) for name, frame in SITES.items()}
    built = build(tables, Parameters("x", cutoff="2020-12-31"), findings)
    assert times(built, "os_prrt").frame["patient_id"].tolist() == ["A", "B", "C", "D"]
    once = times(built, "os_prrt", "pairs_once")
    assert once.frame["patient_id"].tolist() == ["A", "B", "D"]
    assert once.counts["dropped"] == {"may be another patient under a second id": 1}


def test_what_reading_asked_is_not_asked_again():
    built = from_spec("progression.md")
    assert asked(built, "progression-without-scan") == ["E"]
    known = pd.DataFrame(
        [finding("progression-without-scan", table="imaging", record="E", cell="K9")]
    )
    both = all_findings(known, built, pd.DataFrame())
    assert both.loc[both["rule"] == "progression-without-scan", "cell"].tolist() == ["K9"]


def test_without_scans_a_gap_cannot_be_measured_and_a_new_therapy_ends_the_watch():
    tables = {
        "prrt_cycles": treated("A", "B"),
        "followup": texts("patient vital_status death_date last_contact_date",
                          "A dead 2014-01-01 .", "B alive . 2014-01-01"),
        "subsequent_therapies": texts("patient therapy therapy_date", "B everolimus 2012-07-19"),
    }  # fmt: skip
    built = cohort(tables)
    main, changed = (times(built, "pfs", name).frame for name in ("", "new_therapy_censored"))
    assert main[["exit", "event"]].to_numpy().tolist() == [[731, 1], [731, 0]]
    assert changed[["exit", "event"]].to_numpy().tolist() == [[731, 1], [200, 0]]


def test_where_fewer_than_half_were_scanned_each_endpoint_of_progression_says_so():
    tables = {
        "prrt_cycles": treated("A", "B", "C", "D"),
        "imaging": texts("patient scan_date response_word", "A 2012-07-01 SD", "B 2011-12-01 SD"),
    }
    built = cohort(tables)
    for endpoint in ("ttp", "pfs", "cif_progression"):
        said = times(built, endpoint).warnings[0]
        assert said == "only 1 of 4 patients have an evaluable scan"
    assert not any("evaluable" in said for said in times(built, "os_prrt").warnings)
    scanned = texts("patient scan_date response_word", "A 2012-07-01 SD", "B 2012-07-01 SD")
    half = times(cohort({**tables, "imaging": scanned}), "ttp")
    assert not any(said.startswith("only") for said in half.warnings)


def test_a_death_and_a_contact_after_the_cut_off_are_asked_about_and_end_at_it():
    tables = {
        "prrt_cycles": treated("A", "B"),
        "followup": texts("patient vital_status death_date last_contact_date",
                          "A dead 2019-01-01 .", "B alive . 2020-12-31"),
    }  # fmt: skip
    built = cohort(tables, cutoff="2017-12-31")
    assert asked(built, "death-after-cutoff") == ["A"]
    assert asked(built, "contact-after-cutoff") == ["B"]
    people = built.patients.set_index("patient_id")
    assert [str(day.date()) for day in people["last_seen"]] == ["2017-12-31", "2017-12-31"]
    assert people["died"].tolist() == ["no", "no"]
    assert times(built, "os_prrt").frame["exit"].tolist() == [2191, 2191]


def test_every_column_that_may_be_a_covariate_has_its_line_in_the_dictionary():
    tables = [dictionary().tables[name] for name in ("patients", "tumour", "followup")]
    of_cells = {part for table in tables for name, column in table.columns.items()
                for part in (name, column.value_column, *column.companions.values())}  # fmt: skip
    early = {name for name, moment in known_at().items() if moment != "later"}
    assert early - of_cells - set(dictionary().derived) == set()
