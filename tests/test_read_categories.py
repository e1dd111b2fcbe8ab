"""Words of a cell become allowed values, or a question."""

from __future__ import annotations

import pytest

from prrt_lib.declare.dictionary import dictionary
from prrt_lib.read.cells.reader import category_values, vocabularies

READ = [
    ("tumour.primary_site", "Terminal ileum", ("ileum",)),
    ("tumour.primary_site", "SB", ("small bowel",)),
    ("tumour.primary_site", "midgut", ("small bowel",)),
    ("tumour.primary_site", "Pancreatic tail ", ("pancreas",)),
    ("tumour.primary_site", "small intestine", ("small bowel",)),
    ("tumour.primary_site", "Unknown primary", ("unknown primary",)),
    ("tumour.primary_site", "CUP", ("unknown primary",)),
    ("tumour.primary_site", "ampulla/biliary", ("ampulla/biliary",)),
    ("tumour.primary_site", "Dünndarm", ("small bowel",)),
    ("followup.vital_status", "verstorben", ("dead",)),
    ("followup.vital_status", "lebt", ("alive",)),
    ("tumour.differentiation", "well ", ("well",)),
    ("tumour.necrosis", "No", ("absent",)),
    ("tumour.necrosis", "Yes", ("present, unspecified",)),
    ("patients.alcohol_use", "Yes", ("yes, unspecified",)),
    ("patients.alcohol_use", "No", ("none",)),
    ("patients.alcohol_use", "EtOH occ", ("social",)),
    ("symptoms.symptom", "flushing+diarrhea; wt loss", ("flushing", "diarrhoea", "weight loss")),
    ("symptoms.symptom", "Flushing and Wheezing", ("flushing", "wheeze")),
    ("prior_therapies.therapy", "TACE/TARE", ("liver-directed therapy",)),
    ("prior_therapies.therapy", "CAPTEM", ("alkylating chemotherapy",)),
    ("subsequent_therapies.therapy", "CAPTEM", ("chemotherapy",)),
    ("imaging.modality", "PET/CT", ("CT", "PET")),
    ("imaging.modality", "MRI*", ("MRI",)),
    ("imaging.role", "last_followup", ("last_followup",)),
    ("biomarkers.timepoint_label", "before first PRRT", ("pre_PRRT1",)),
    ("biomarkers.analyte", "Chromogranin A", ("CgA",)),
    ("prrt_cycles.route", "i.v.", ("intravenous",)),
    ("patients.record_source", "Chart retrospective", ("chart_retrospective",)),
    ("labs.lab_test", "SGPT", ("ALT",)),
    ("labs.lab_test", "ASAT", ("AST",)),
    ("labs.lab_test", "Total bilirubin", ("bilirubin",)),
    ("labs.lab_test", "Alk. Phos.", ("ALP",)),
    ("labs.lab_test", "alkaline phosphatase", ("ALP",)),
    ("labs.lab_test", "Serum albumin", ("albumin",)),
    ("patients.race", "any text at all", ("any text at all",)),
]
ASKED = [
    ("tumour.primary_site", "pancreas or ileum"),
    ("tumour.primary_site", "not the pancreas"),
    ("symptoms.symptom", "no flushing, diarrhoea"),
    ("symptoms.symptom", "none, flushing"),
    ("imaging.modality", "some scan"),
    ("labs.lab_test", "direct bilirubin"),
    ("labs.lab_test", "ALT/AST"),
    ("labs.lab_test", "urine albumin"),
    ("labs.lab_test", "AP"),
    ("tumour.differentiation", "well to poor"),
    ("tumour.necrosis", 1),
    ("patients.alcohol_use", True),
]


@pytest.mark.parametrize(("address", "raw", "values"), READ)
def test_known_words_are_read(address, raw, values):
    assert category_values(dictionary().column(address), raw, {})[:2] == ("ok", values)


@pytest.mark.parametrize(("address", "raw"), ASKED)
def test_anything_else_is_a_question_without_a_value(address, raw):
    status, values, reason = category_values(dictionary().column(address), raw, {})
    assert status in ("ambiguous", "invalid") and values == () and reason


@pytest.mark.parametrize("raw", [None, "", "  ", "NA", "unknown", "."])
def test_nothing_known_is_missing(raw):
    column = dictionary().column("tumour.primary_site")
    assert category_values(column, raw, {})[:2] == ("missing", ())


def test_a_codebook_comes_before_the_words():
    column = dictionary().column("tumour.primary_site")
    codes = {"1": "pancreas", "2": "SB", "9": "unknown"}
    assert category_values(column, 2, codes)[:2] == ("ok", ("small bowel",))
    assert category_values(column, 9, codes)[0] == "missing"
    assert category_values(column, 7, codes)[0] in ("ambiguous", "invalid")


def test_every_word_of_a_vocabulary_is_read_by_a_column_that_uses_it():
    tables = dictionary().tables.values()
    users = {}
    for column in (column for table in tables for column in table.columns.values()):
        if column.synonyms:
            users.setdefault(column.synonyms, []).append(column)
    assert set(users) == set(vocabularies())
    for name, words in vocabularies().items():
        for spelling in words:
            answers = [category_values(column, spelling, {})[0] for column in users[name]]
            assert "ok" in answers, (name, spelling)
