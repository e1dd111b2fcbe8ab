"""Contradictions inside a patient: each rule on the smallest workbook that shows it."""

from __future__ import annotations

import datetime as dt
import inspect

import pytest
from small_workbooks import PROFILE, D, added, asked, changed, read, rules

from prrt_lib.declare.adverse_terms import terms
from prrt_lib.read.checks import CHECKS, dates, events, scans

PATIENT, CYCLE, SCAN, EVENT = "Patients", "Cycles", "Scans", "Events"

# (sheet, row, changed cells) -> rule, the cell it names, (table, column) that become unused
CASES = {
    "birth after diagnosis": (
        (PATIENT, 0, {"Born": D(2011, 1, 1), "Age": None}),
        ("birth-after-diagnosis", (PATIENT, "C2"), [("patients", "birth_date")]),
    ),
    "age three years off": (
        (PATIENT, 0, {"Age": 57}),
        (
            "age-against-dates",
            (PATIENT, "D2"),
            [("patients", "age_at_diagnosis"), ("patients", "birth_date")],
        ),
    ),
    "a child": (
        (PATIENT, 0, {"Born": D(1994, 1, 1), "Age": 16}),
        ("age-18-or-younger", (PATIENT, "D2"), []),
    ),
    "diagnosis after first PRRT": (
        (PATIENT, 0, {"Diagnosis": D(2012, 1, 11), "Age": 62}),
        ("diagnosis-after-prrt", (PATIENT, "F2"), [("tumour", "diagnosis_date")]),
    ),
    "death before PRRT": (
        (PATIENT, 1, {"Died": D(2012, 12, 31)}),
        ("death-before-prrt", (PATIENT, "K3"), [("followup", "death_date")]),
    ),
    "last contact after death": (
        (PATIENT, 1, {"Seen": D(2014, 3, 2)}),
        ("contact-after-death", (PATIENT, "L3"), [("followup", "last_contact_date")]),
    ),
    "scan after death": (
        (SCAN, 1, {"Date": D(2014, 3, 2)}),
        ("row-after-death", (SCAN, "B3"), [("imaging", "scan_date")]),
    ),
    "alive with a date of death": (
        (PATIENT, 1, {"Status": "Alive", "Seen": D(2014, 1, 1)}),
        (
            "alive-with-death-date",
            (PATIENT, "J3"),
            [],
        ),
    ),
    "dead without a date": (
        (PATIENT, 1, {"Died": None}),
        ("dead-without-date", (PATIENT, "K3"), []),
    ),
    "alive without last contact": (
        (PATIENT, 0, {"Seen": None}),
        ("alive-without-contact", (PATIENT, "L2"), []),
    ),
    "consent after first PRRT": (
        (PATIENT, 0, {"Consent": D(2012, 2, 1)}),
        ("consent-after-prrt", (PATIENT, "E2"), []),
    ),
    "cycle number twice": (
        (CYCLE, 1, {"No": 1}),
        ("cycle-number-twice", (CYCLE, "B2"), [("prrt_cycles", "cycle_no")]),
    ),
    "cycles against their dates": (
        (CYCLE, 1, {"Date": D(2011, 11, 20)}),
        ("cycles-out-of-order", (CYCLE, "B3"), [("prrt_cycles", "cycle_no")]),
    ),
    "two cycles on one day": (
        (CYCLE, 1, {"Date": D(2012, 1, 10)}),
        ("cycles-same-day", (CYCLE, "C3"), [("prrt_cycles", "cycle_date")]),
    ),
    "27 days between cycles": (
        (CYCLE, 1, {"Date": D(2012, 2, 6)}),
        ("cycle-interval-short", (CYCLE, "C3"), []),
    ),
    "183 days between cycles": (
        (CYCLE, 1, {"Date": D(2012, 7, 11)}),
        ("cycle-interval-long", (CYCLE, "C3"), []),
    ),
    "reported progression without a scan": (
        (SCAN, 0, {"Progression": D(2013, 5, 1)}),
        ("progression-without-scan", (SCAN, "E2"), []),
    ),
    "reported progression on another day": (
        (SCAN, 1, {"Progression": D(2013, 9, 2)}),
        ("progression-differs-from-scan", (SCAN, "E3"), []),
    ),
    "fatigue of grade 4": (
        (EVENT, 0, {"Event": "Fatigue", "Grade": 4}),
        ("grade-not-defined", (EVENT, "C2"), [("adverse_events", "grade")]),
    ),
    "resolved before it began": (
        (EVENT, 0, {"End": D(2012, 1, 10)}),
        ("resolution-before-onset", (EVENT, "E2"), [("adverse_events", "resolution_date")]),
    ),
    "fatal event in a living patient": (
        (EVENT, 0, {"Event": "Sepsis", "Grade": 5}),
        ("fatal-event-alive", (EVENT, "C2"), [("adverse_events", "grade")]),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_contradiction_asks_at_its_cell_and_unuses_what_it_says(tmp_path, case):
    (sheet, row, cells), (rule, place, unused) = CASES[case]
    reading = read(tmp_path, changed(sheet, row, **cells))
    assert rules(reading) == [rule]
    assert asked(reading, rule) == [place]
    gone = reading.lineage.query("status == 'invalid'")
    assert set(zip(gone["table"], gone["column"], strict=True)) == set(unused)
    assert set(gone["rule"]) <= {rule}
    for table, column in unused:
        if column != "cycle_no":
            held = gone.query("table == @table and column == @column")["row"]
            frame = reading.tables[table]
            assert frame.loc[frame["row"].isin(held), column].isna().all()


def test_a_date_of_death_that_vital_status_denies_unuses_no_other_date(tmp_path):
    rows = changed(PATIENT, 1, Status="Alive", Died=D(2013, 6, 1), Seen=D(2014, 1, 1))
    reading = read(tmp_path, rows)
    assert rules(reading) == ["alive-with-death-date"]
    assert reading.tables["imaging"]["scan_date"].notna().all()


@pytest.mark.parametrize(
    ("days", "expected"),
    [(28, []), (27, ["cycle-interval-short"]), (182, []), (183, ["cycle-interval-long"])],
)
def test_cycle_intervals_from_4_to_26_weeks_are_usual(tmp_path, days, expected):
    day = D(2012, 1, 10) + dt.timedelta(days=days)
    assert rules(read(tmp_path, changed(CYCLE, 1, Date=day))) == expected


def test_a_patient_without_prrt_is_noted(tmp_path):
    reading = read(tmp_path, changed(CYCLE, 2, Date=None))
    assert "patient-without-prrt" in rules(reading)


def test_no_scan_at_all_is_one_note(tmp_path):
    rows = changed(SCAN, 0, Date=None, Progression=D(2013, 5, 1))
    rows[SCAN][1]["Date"] = None
    assert rules(read(tmp_path, rows)).count("scans-absent") == 1


def test_progression_before_first_prrt_is_the_indication_and_fine(tmp_path):
    assert rules(read(tmp_path, changed(SCAN, 0, Progression=D(2011, 12, 1)))) == []


def test_scans_before_first_prrt_are_legal(tmp_path):
    rows = added(
        SCAN, {"ID": "NET-001", "Date": D(2011, 12, 1), "Modality": "CT", "Response": "PD"}
    )
    assert rules(read(tmp_path, rows)) == ["progression-only-before-prrt"]


def test_a_per_patient_value_is_copied_to_each_cycle_with_a_note(tmp_path):
    text = PROFILE.replace("    ignore: [Notes]\n", "").replace(
        "      - table: symptoms",
        "      - {table: prrt_cycles, spread: true, columns: {ssa_at_time: Notes}}\n"
        "      - table: symptoms",
    )
    rows = changed(PATIENT, 0, Notes="Yes")
    rows[PATIENT][1]["Notes"] = "No"
    reading = read(tmp_path, rows, text)
    assert reading.tables["prrt_cycles"]["ssa_at_time"].tolist() == ["yes", "yes", "no"]
    assert asked(reading, "spread-value") == [(PATIENT, "M2")]
    assert set(reading.lineage.query("column == 'ssa_at_time'")["source"]) == {"spread"}


def partial(reading, table, stem, row=0):
    frame = reading.tables[table]
    return [str(frame[f"{stem}_{end}"].dt.date[row]) for end in ("lo", "hi")]


@pytest.mark.parametrize(
    ("cells", "table", "stem", "expected", "middle"),
    [
        # Diagnosis "2012" cannot lie after the first PRRT on 10 January 2012.
        ((PATIENT, 0, {"Diagnosis": "2012", "Age": 61}), "tumour", "diagnosis",
         ["2012-01-01", "2012-01-10"], "2012-01-05"),
        # Death "2013" in a patient scanned on 1 September 2013: 91 days later is 1 December,
        # the interval of 121 days has its middle 60 days after its first day.
        ((PATIENT, 1, {"Died": "2013"}), "followup", "death",
         ["2013-09-01", "2013-12-31"], "2013-10-31"),
        # Nothing bounds March 2010: 31 days, the middle is the 16th.
        ((PATIENT, 0, {"Diagnosis": "2010-03"}), "tumour", "diagnosis",
         ["2010-03-01", "2010-03-31"], "2010-03-16"),
    ],
)  # fmt: skip
def test_partial_dates_are_narrowed_by_the_other_dates(
    tmp_path, cells, table, stem, expected, middle
):
    sheet, row, values = cells
    reading = read(tmp_path, changed(sheet, row, **values))
    assert partial(reading, table, stem, row) == expected
    assert str(reading.tables[table][f"{stem}_date"].dt.date[row]) == middle
    assert rules(reading) == ["cell-imputed-partial"]


def test_a_partial_date_that_cannot_be_is_a_contradiction(tmp_path):
    reading = read(tmp_path, changed(PATIENT, 0, Diagnosis="2013", Age=63))
    assert rules(reading) == ["diagnosis-after-prrt", "cell-imputed-partial"]
    assert reading.tables["tumour"]["diagnosis_lo"].isna()[0]


def test_the_table_of_ctcae_terms_holds_what_the_specification_verified():
    known = {name: terms()[name].grades for name in ("myelodysplastic syndrome", "nausea",
             "creatinine increased", "platelet count decreased", "fatigue")}  # fmt: skip
    assert known == {
        "myelodysplastic syndrome": "45", "nausea": "123", "creatinine increased": "1234",
        "platelet count decreased": "1234", "fatigue": "123",
    }  # fmt: skip


def test_every_check_of_a_patient_is_asked():
    written = {
        check
        for module in (dates, events, scans)
        for name, check in vars(module).items()
        if inspect.isgeneratorfunction(check) and not name.startswith("_")
    }
    assert written == set(CHECKS)
