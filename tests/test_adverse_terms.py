"""The table of adverse-event terms: written once, well formed, never matched by likeness."""

import csv

import pytest

from prrt_lib.declare.adverse_terms import OTHER_CLASS, SOURCE, one_spelling, organ_class, terms

LINES = list(csv.DictReader(SOURCE.open(encoding="utf-8", newline="")))


def test_it_holds_about_120_terms_in_order():
    names = [line["term"] for line in LINES]
    assert 115 <= len(names) == len(set(names)) and names == sorted(names)


def test_no_spelling_stands_for_two_terms():
    words = [w for line in LINES for w in (line["term"], *filter(None, line["also"].split(";")))]
    assert len(terms()) == len(words)


def test_grades_are_rising_digits_from_1_to_5():
    for line in LINES:
        grades = line["grades"]
        assert grades and grades == "".join(sorted(set(grades))) and set(grades) <= set("12345")


@pytest.mark.parametrize(("term", "grades"), [
    ("nausea", "123"), ("fatigue", "123"), ("alopecia", "12"), ("MDS", "45"), ("anaemia", "12345"),
    ("platelet count decreased", "1234"), ("neutropenia", "1234"), ("lymphopenia", "1234"),
    ("low WBC", "1234"), ("raised creatinine", "1234"), ("ALT increased", "1234"),
    ("vomiting", "12345"), ("diarrhoea", "12345"), ("abdominal pain", "123"), ("CKD", "12345"),
    ("tumour lysis syndrome", "345"), ("AKI", "345"), ("febrile neutropenia", "345"),
])  # fmt: skip
def test_grades_that_exist_in_ctcae_v5(term, grades):
    assert terms()[term.casefold()].grades == grades


def test_british_and_short_spellings_are_one_term_and_likeness_is_not():
    assert one_spelling("Diarrhoea") == one_spelling("loose  stools") == "Diarrhea"
    assert one_spelling("low-platelets") == "Platelet count decreased"
    assert one_spelling("carcinoid crisis") == "Carcinoid crisis"
    assert one_spelling("Anemias") == "Anemias"


def test_an_undeclared_term_has_no_organ_class():
    assert organ_class("Nausea") == "Gastrointestinal disorders"
    assert organ_class("Carcinoid crisis") == OTHER_CLASS
