"""Words of a cell become allowed values, or a question."""

from __future__ import annotations

import pytest
from small_workbooks import PROFILE, changed, read

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


# verstorben, vivant, vivo; mort, muerto, morto; lebt, levend, levande, levende; tot; overleden;
# fallecido, falecido. A is "am Leben" or a name of death (avliden): a question in both.
LETTERS = [
    ("V", {"de": "dead", "fr": "alive", "es": "alive", "it": "alive", "pt": "alive"}),
    ("M", {"fr": "dead", "es": "dead", "it": "dead", "pt": "dead"}),
    ("l", {"de": "alive", "nl": "alive", "sv": "alive", "da": "alive"}),
    ("T", {"de": "dead"}), ("O", {"nl": "dead"}), ("F", {"es": "dead", "pt": "dead"}),
    ("A", {"de": None, "sv": None}),
]  # fmt: skip


@pytest.mark.parametrize(("letter", "language", "status"), [
    (letter, language, status) for letter, known in LETTERS for language, status in known.items()
])  # fmt: skip
def test_a_letter_of_vital_status_means_what_the_declared_language_says(letter, language, status):
    column = dictionary().column("followup.vital_status")
    found = category_values(column, letter, {}, f"{language}-{language.upper()}")
    assert found[:2] == (("ok", (status,)) if status else ("ambiguous", ()))


@pytest.mark.parametrize(("told", "sex", "status"), [
    ("", None, None), ("locale: nl-NL", "female", None), ("locale: es-ES", "male", "alive"),
    ("locale: de-DE", None, "dead"),
])  # fmt: skip
def test_a_workbook_of_letters_is_a_question_until_the_profile_says_its_language(
    tmp_path, told, sex, status
):
    """V is vrouw or varón; verstorben or vivo."""
    text = PROFILE.replace("name: small", f"name: small\n{told}")
    reading = read(tmp_path, changed("Patients", 1, Sex="V", Status="V"), text)
    found = (reading.tables["patients"]["sex"][1], reading.tables["followup"]["vital_status"][1])
    assert found == (sex, status)
    asked = sorted(reading.findings.query("status in ('ambiguous', 'invalid')")["cell"])
    assert asked == [cell for cell, known in (("B3", sex), ("J3", status)) if not known]


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
