"""A corrected value that an abstractor answers with replaces the cell, in plain sight."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from small_workbooks import ROWS, D, added, asked, book, changed, profile

from prrt_lib.declare.asked import answers as ledger
from prrt_lib.declare.asked.answers import Answer
from prrt_lib.read import questions
from prrt_lib.read.reading import Reading, read_workbook

# 7.400 MBq: either thousands with a dot or seven; nobody can tell without a locale.
UNCLEAR = changed("Cycles", 0, Activity="7.400 MBq")


def read(folder: Path, rows, answers=()) -> Reading:
    path = folder / "small.xlsx"
    book(rows).save(path)
    return read_workbook(path, profile(folder), answers=answers)


def question(reading: Reading, rule: str) -> Answer:
    """The one question of a rule."""
    (found,) = [q for q in questions.asked(reading.findings, reading.lineage) if q.rule == rule]
    return found


def signed(answer: Answer, corrected: str, **more: str) -> Answer:
    given = {"initials": "CV", "date": "2026-07-15", **more}
    return replace(answer, corrected=corrected, **given)


def activity(reading: Reading) -> list[float]:
    return reading.tables["prrt_cycles"]["activity_gbq"].tolist()


def line(reading: Reading, cell: str, sheet: str = "Cycles") -> dict:
    found = reading.lineage.query("sheet == @sheet and cell == @cell and column != 'patient_id'")
    return found.to_dict("records")[0]


def test_an_unclear_cell_is_not_used_until_it_is_answered(tmp_path):
    before = read(tmp_path, UNCLEAR)
    assert activity(before)[1:] == [7.4, 7.4] and activity(before)[0] != activity(before)[0]
    answer = signed(question(before, "cell-ambiguous"), "7.4 GBq")
    after = read(tmp_path, UNCLEAR, [answer])
    assert activity(after) == [7.4, 7.4, 7.4]
    assert asked(after, "cell-ambiguous") == []
    assert asked(after, "value-overridden") == [("Cycles", "D2")]


def test_lineage_names_who_and_when_and_keeps_the_cell_s_own_text(tmp_path):
    answer = signed(question(read(tmp_path, UNCLEAR), "cell-ambiguous"), "7.4 GBq")
    after = read(tmp_path, UNCLEAR, [answer])
    found = line(after, "D2")
    assert found["status"] == "ok" and found["rule"] == "override"
    assert found["source"] == "override CV 2026-07-15"
    assert found["raw"] == "7.400 MBq"
    assert after.tables["prrt_cycles"]["activity_raw"].tolist()[0] == "7.400 MBq"
    # Everything else reads as it did.
    others = after.lineage.query("rule == 'override'")
    assert len(others) == 1


@pytest.mark.parametrize("gone", ["initials", "date"])
def test_an_override_without_initials_or_date_is_refused(tmp_path, gone):
    answer = signed(question(read(tmp_path, UNCLEAR), "cell-ambiguous"), "7.4 GBq", **{gone: ""})
    after = read(tmp_path, UNCLEAR, [answer])
    assert activity(after)[0] != activity(after)[0]
    assert asked(after, "override-refused") == [("Cycles", "D2")]
    assert asked(after, "cell-ambiguous") == [("Cycles", "D2")]


def test_an_override_beside_a_confirmation_is_refused(tmp_path):
    answer = signed(question(read(tmp_path, UNCLEAR), "cell-ambiguous"), "7.4", confirmed="yes")
    assert asked(read(tmp_path, UNCLEAR, [answer]), "override-refused") == [("Cycles", "D2")]


def test_an_override_that_is_unclear_itself_changes_nothing(tmp_path):
    answer = signed(question(read(tmp_path, UNCLEAR), "cell-ambiguous"), "7.400 MBq")
    after = read(tmp_path, UNCLEAR, [answer])
    assert activity(after)[0] != activity(after)[0]
    assert asked(after, "override-unreadable") == [("Cycles", "D2")]


def test_an_override_follows_its_row_and_falls_away_when_the_cell_is_corrected(tmp_path):
    answer = signed(question(read(tmp_path, UNCLEAR), "cell-ambiguous"), "7.4 GBq")
    moved = {**UNCLEAR, "Cycles": UNCLEAR["Cycles"][::-1]}
    after = read(tmp_path, moved, [answer])
    assert activity(after) == [7.4, 7.4, 7.4]
    assert line(after, "D4")["rule"] == "override"
    corrected = changed("Cycles", 0, Activity=7.2)
    after = read(tmp_path, corrected, [answer])
    assert activity(after) == [7.2, 7.4, 7.4]
    assert asked(after, "override-obsolete") == [("Cycles", "D2")]


def test_of_two_cells_that_say_the_same_only_the_one_asked_about_is_replaced(tmp_path):
    rows = changed("Cycles", 0, Activity="7.400 MBq")
    rows["Cycles"][1]["Activity (GBq)"] = "7.400 MBq"
    before = read(tmp_path, rows)
    first, second = [q for q in questions.asked(before.findings, before.lineage)
                     if q.rule == "cell-ambiguous"]  # fmt: skip
    assert first.key != second.key and (first.cell, second.cell) == ("D2", "D3")
    after = read(tmp_path, rows, [signed(second, "7.4 GBq")])
    assert asked(after, "cell-ambiguous") == [("Cycles", "D2")]
    assert line(after, "D3")["rule"] == "override"


def test_a_blank_date_of_death_can_be_given(tmp_path):
    rows = changed("Patients", 1, Died=None)
    answer = signed(question(read(tmp_path, rows), "dead-without-date"), "2014-03-01")
    after = read(tmp_path, rows, [answer])
    died = after.tables["followup"]["death_date"].dropna()
    assert died.dt.strftime("%Y-%m-%d").tolist() == ["2014-03-01"]
    assert asked(after, "dead-without-date") == []


def test_an_override_may_hold_several_words(tmp_path):
    rows = changed("Patients", 0, Symptoms="flushing, hiccups")
    answer = signed(question(read(tmp_path, rows), "cell-ambiguous"), "flushing; diarrhoea")
    symptoms = read(tmp_path, rows, [answer]).tables["symptoms"]["symptom"].tolist()
    assert symptoms == ["diarrhoea", "flushing"]


def test_an_implausible_override_is_asked_about_like_any_value(tmp_path):
    answer = signed(question(read(tmp_path, UNCLEAR), "cell-ambiguous"), "16 GBq")
    assert asked(read(tmp_path, UNCLEAR, [answer]), "implausible") == [("Cycles", "D2")]


def test_an_override_of_a_question_without_a_cell_is_refused(tmp_path):
    rows = added("Events", {"ID": "NET-009", "Event": "Nausea", "Grade": 1, "Onset": D(2012, 1, 1)})
    answer = signed(question(read(tmp_path, rows), "orphan-record"), "NET-001")
    assert asked(read(tmp_path, rows, [answer]), "override-refused") == [("Events", "A3")]


def test_the_key_of_a_question_follows_the_content_and_not_the_row(tmp_path):
    before = question(read(tmp_path, UNCLEAR), "cell-ambiguous")
    moved = {**UNCLEAR, "Cycles": UNCLEAR["Cycles"][::-1]}
    assert question(read(tmp_path, moved), "cell-ambiguous").key == before.key
    other = question(read(tmp_path, changed("Cycles", 0, Activity="7.500 MBq")), "cell-ambiguous")
    assert other.key != before.key and other.finding_id == before.finding_id


def test_answers_survive_their_file_and_no_cell_is_a_formula(tmp_path):
    told = [Answer("k2", answer="=1+1", corrected="-5", comment='@b, "c"\nd'), Answer("k1")]
    path = tmp_path / "small.answers.csv"
    path.write_text(ledger.text_of(told), encoding="utf-8")
    assert "'=1+1" in path.read_text(encoding="utf-8")
    assert set(ledger.load(path)) == set(told)
    assert ledger.load(tmp_path / "none.csv") == ()


def test_reading_without_answers_is_what_it_was(tmp_path):
    assert "value-overridden" not in set(read(tmp_path, ROWS).findings["rule"])
