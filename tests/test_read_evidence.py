"""Questions that only several cells of a patient, or two patients, can raise."""

from __future__ import annotations

import datetime as dt
from itertools import count

import pytest
from small_workbooks import ROWS, added, read

from prrt_lib.declare.dictionary import DATE_KINDS, dictionary
from prrt_lib.read.checks import checked, dates, events, scans
from prrt_lib.read.checks.persons import near, same_person
from prrt_lib.read.records import Patient, Record, Seen, patient

NUMBER = count(2)


def record(table: str, name: str = "A", **texts) -> Record:
    """A record of typed values; dates as ISO text, "2012" or "2012-03" for partial ones."""
    values, row = {}, next(NUMBER)
    columns = dictionary().tables[table].columns
    for column, text in texts.items():
        declared = columns[column]
        values[declared.value_column] = text
        if declared.kind in DATE_KINDS:
            low = dt.date.fromisoformat((text + "-01-01")[:10])
            high = dt.date.fromisoformat((text + "-12-28")[:10])
            parts = declared.companions
            values |= {declared.value_column: low, parts["lo"]: low, parts["hi"]: high}
    seen = {column: Seen("S", f"B{row}", str(text), "ok", "") for column, text in texts.items()}
    return Record(table, name, values, seen, (0, "S", row))


def person(name: str, born: str, diagnosed: str = "", treated: str = "", sex=None) -> Patient:
    records = [record("patients", name, birth_date=born, sex=sex)]
    records += [record("tumour", name, diagnosis_date=diagnosed)] if diagnosed else []
    records += [record("prrt_cycles", name, cycle_date=treated)] if treated else []
    return patient(name, records)


def pairs(*people: Patient) -> list[str]:
    printed = {one.id: one.id for one in people}
    return [found["record"] for found in same_person(people, printed)]


@pytest.mark.parametrize(("one", "other", "same"), [
    ("1950-03-04", "1950-03-04", True), ("1950-03-04", "1950-04-03", True),
    ("1950-03-04", "1950-03-05", True), ("1950-03-04", "1960-03-04", True),
    ("1950-03-12", "1950-03-21", True), ("1945-03-12", "1954-03-12", True),
    ("1950-03-04", "1950-05-06", False), ("1950-03-12", "1950-04-13", False),
    ("1950-12-04", "1951-11-04", False),
])  # fmt: skip
def test_one_slip_of_typing_is_near_and_two_are_not(one, other, same):
    assert near(*map(dt.date.fromisoformat, (one, other))) == same


def test_the_same_birth_and_diagnosis_under_two_ids_is_asked_about_once():
    a, b = (person(name, "1950-03-04", "2010-05-06", sex="female") for name in ("A", "B"))
    c = person("C", "1950-03-04", "2012-01-01", sex="female")
    assert pairs(a, b, c) == ["B"]


@pytest.mark.parametrize(("born", "diagnosed", "sex", "asked"), [
    ("1950-04-03", "2010-05-06", "female", True), ("1950-03-04", "2010-06-05", "female", True),
    ("1950-03-04", "2010-05-07", None, True), ("1950-03-04", "2010-05-06", "male", False),
    ("1950-04-03", "2010-06-05", "female", False), ("1950", "2010-05-06", "female", False),
    ("1962-08-14", "2010-05-06", "female", False),
])  # fmt: skip
def test_one_date_is_the_same_and_the_other_near(born, diagnosed, sex, asked):
    first = person("A", "1950-03-04", "2010-05-06", sex="female")
    other = person("B", born, diagnosed, sex=sex)
    assert pairs(first, other) == (["B"] if asked else [])


def test_the_day_of_first_prrt_stands_in_for_an_unknown_diagnosis():
    first = person("A", "1950-03-04", treated="2014-02-03")
    assert pairs(first, person("B", "1950-03-05", treated="2014-02-03")) == ["B"]
    assert pairs(first, person("B", "1950-03-05", treated="2014-02-04")) == []


def test_a_day_that_many_share_is_a_placeholder():
    many = [person(f"P{n:02}", f"19{40 + n}-01-01", "2010-01-01") for n in range(21)]
    assert pairs(*many) == []


def asked(check, *records: Record) -> list[str]:
    return [question.rule for question in check(patient("A", records))]


@pytest.mark.parametrize(("recist", "change", "new", "rules"), [
    ("PR", -45, None, []), ("PR", -30, None, []), ("PR", -12, None, ["size-against-class"]),
    ("PR", 30, None, ["size-against-class"]), ("CR", -100, None, []),
    ("SD", -8, None, []), ("SD", 19, None, []), ("SD", -45, None, ["size-against-class"]),
    ("SD", 25, None, ["size-against-class"]), ("PD", 40, None, []), ("PD", -10, None, []),
    ("PD", -45, None, ["size-against-class"]), ("PD", -45, "yes", []), ("NE", -45, None, []),
])  # fmt: skip
def test_a_measured_change_is_held_against_the_recist_class(recist, change, new, rules):
    scan = record("imaging", scan_date="2014-01-01", recist_class=recist, size_change_pct=change,
                  new_lesions=new)  # fmt: skip
    assert asked(scans.sizes, scan) == rules


@pytest.mark.parametrize(("facts", "rules"), [
    ({"stage_reported": "IV", "metastases_at_dx": "no"}, ["stage-against-metastases"]),
    ({"stage_reported": "IVA", "metastases_at_dx": "no"}, ["stage-against-metastases"]),
    ({"tnm_raw": "pT3N1M1a", "metastases_at_dx": "no"}, ["stage-against-metastases"]),
    ({"stage_reported": "IV", "metastases_at_dx": "yes"}, []),
    ({"stage_reported": "IIIB", "metastases_at_dx": "no"}, []),
    ({"tnm_raw": "T3N1M0", "metastases_at_dx": "no"}, []),
    ({"stage_reported": "IV"}, []),
])  # fmt: skip
def test_stage_iv_needs_a_metastasis(facts, rules):
    assert asked(scans.stages, record("tumour", **facts)) == rules


CYCLE = ("prrt_cycles", "2014-01-10")


@pytest.mark.parametrize(("onset", "word", "rules"), [
    ("2014-01-09", "probable", ["related-before-prrt"]), ("2014-01-10", "probable", []),
    ("2014-01-09", "unrelated", []), ("2014", "definite", []), ("2013", "possible",
                                                               ["related-before-prrt"]),
])  # fmt: skip
def test_what_began_before_prrt_is_not_related_to_it(onset, word, rules):
    event = record("adverse_events", onset_date=onset, related_prrt=word)
    cycle = record("prrt_cycles", cycle_date="2014-01-10")
    assert asked(events.related, event, cycle) == rules


def test_relatedness_before_prrt_is_unused_and_the_event_stays():
    event = record("adverse_events", onset_date="2013-12-01", related_prrt="probable", grade="2")
    cycle = record("prrt_cycles", cycle_date="2014-01-10")
    records, _ = checked([patient("A", [record("patients"), event, cycle])], {"A": "A"})
    left = next(one for one in records if one.table == "adverse_events")
    assert left.value("related_prrt") is None and left.value("grade") == "2"


@pytest.mark.parametrize(("born", "diagnosed", "rules"), [
    ("1950-01-01", "2010-01-01", []), ("1850-01-01", "2010-01-01", ["birth-too-early"]),
    ("1905-01-01", "2010-01-01", []), ("1950-01-01", "1911-01-01", ["diagnosis-too-early"]),
    ("1950-01-01", "1960-01-01", []),
])  # fmt: skip
def test_a_life_or_a_disease_too_long_is_a_contradiction(born, diagnosed, rules):
    own = [record("patients", birth_date=born), record("tumour", diagnosis_date=diagnosed),
           record("prrt_cycles", cycle_date="2014-01-10")]  # fmt: skip
    assert asked(dates.lifetime, *own) == rules
    kept, _ = checked([patient("A", own)], {"A": "A"})
    values = {one.table: one for one in kept}
    assert (values["patients"].value("birth_date") is None) == ("birth-too-early" in rules)
    assert (values["tumour"].value("diagnosis_date") is None) == ("diagnosis-too-early" in rules)


def test_records_after_the_last_contact_are_one_question_that_names_them_all():
    follow = record("followup", last_contact_date="2014-06-01", vital_status="alive")
    late = [record("imaging", scan_date="2014-07-01"), record("labs", lab_date="2015-01-01")]
    early = record("imaging", scan_date="2014-06-01")
    (question,) = dates.contact(patient("A", [follow, early, *late]))
    assert question.rule == "record-after-contact" and len(question.related) == 2
    assert not question.unused
    dead = record("followup", last_contact_date="2014-06-01", death_date="2014-08-01")
    assert asked(dates.contact, dead, *late) == []


def test_progression_on_scans_up_to_prrt_alone_is_worth_a_note():
    cycle = record("prrt_cycles", cycle_date="2014-01-10")
    before = record("imaging", scan_date="2013-12-01", response_raw="PD")
    after = record("imaging", scan_date="2014-06-01", response_raw="PD")
    assert asked(scans.progression, cycle, before) == ["progression-only-before-prrt"]
    assert asked(scans.progression, cycle, before, after) == []


@pytest.mark.parametrize(("changes", "used"), [
    ((12, -9, 0, -9, 30), (12, None, 0, None, 30)), ((12, -9, 0, -9, -30), (12, -9, 0, -9, -30)),
    ((12, -9, 0, 15, 30), (12, -9, 0, 15, 30)), ((12, -7, -7), (12, -7, -7)),
])  # fmt: skip
def test_a_code_that_is_the_only_decrease_of_its_column_is_asked_about_and_not_used(changes, used):
    people = [
        patient(f"P{number}", [record("imaging", f"P{number}", size_change_pct=change)])
        for number, change in enumerate(changes)
    ]
    records, found = checked(people, {one.id: one.id for one in people})
    assert tuple(read.value("size_change_pct") for read in records) == used
    asked_about = [row for row in found if row["rule"] == "change-may-be-a-code"]
    assert len(asked_about) == used.count(None)


def test_a_suspected_pair_names_the_rows_of_both(tmp_path):
    copy = {**ROWS["Patients"][0], "ID": "NET-003", "Born": dt.datetime(1950, 1, 2)}
    reading = read(tmp_path, added("Patients", copy))
    pair = reading.findings.query("rule == 'same-person'")
    assert pair[["record", "sheet", "cell", "related_cells"]].to_numpy().tolist() == [
        ["NET-003", "Patients", "C4", "Patients!C2"]
    ]
    # Never merged, never left out.
    assert reading.tables["patients"]["patient_id"].tolist() == ["NET-001", "NET-002", "NET-003"]
