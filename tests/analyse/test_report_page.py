"""The report: numbers that reconcile, sentences made of rows, coverage, tables as files."""

import re
import zipfile

import openpyxl
import pandas as pd
import pytest
from small_study import SmallStudy, treated

from prrt_lib.declare.asked.checklists import AUTHORS, checklists
from prrt_lib.declare.asked.clauses import clauses, matching
from prrt_lib.declare.rows import KEY, combine, result_rows, stamp
from prrt_lib.draw import alike, tables
from prrt_lib.run.notebook_form import STORY
from prrt_lib.topics.characteristics import describe
from prrt_lib.topics.quality import quality
from prrt_lib.topics.report import consistency, coverage, documents, paragraphs, report

IDS = tuple(f"A{number}" for number in range(1, 7))


@pytest.fixture(scope="module")
def study():
    """Six patients: five treated, four of them with a GEP primary, two women, one sex unknown."""
    sexes = ("female", "female", "male", "male", None, "male")
    sites = ("ileum", "pancreas", "ileum", "rectum", "lung", "ileum")
    return SmallStudy({
        "patients": [{"patient_id": name, "sex": sex}
                     for name, sex in zip(IDS, sexes, strict=True)],
        "tumour": [{"patient_id": name, "primary_site": site}
                   for name, site in zip(IDS, sites, strict=True)],
        "prrt_cycles": treated(*IDS[:5]),
    })  # fmt: skip


@pytest.fixture(scope="module")
def rows(study):
    return combine([quality.flow(study), describe.characteristics(study, by="primary_group"),
                    describe.characteristics(study, population="all_treated")])  # fmt: skip


def wrong(rows: pd.DataFrame, *shown) -> list[str]:
    return [text for item in consistency.check(rows, shown) for text in item.wrong]


def spoilt(rows: pd.DataFrame, column: str, value, **key) -> pd.DataFrame:
    """``rows`` with one number of the row at ``key`` replaced."""
    mask = pd.Series(True, index=rows.index)
    for name, own in key.items():
        mask &= rows[name] == own
    assert mask.any()
    return rows.assign(**{column: rows[column].mask(mask, value)})


def test_an_honest_report_reconciles(rows):
    table = tables.characteristics(report.main(rows, "characteristics", ""), "Patients")
    found = consistency.check(rows, [table])
    assert not [text for item in found for text in item.wrong]
    assert consistency.sentence(found).texts[0].endswith("every number reconciles.")
    assert found[-1].looked_at > 0


WOMEN = {"variable": "sex", "level": "female", "group": "", "population": "gep"}


@pytest.mark.parametrize(("column", "value", "key", "said"), [
    ("estimate", 0.51, WOMEN, "not n / total"),
    ("n", 1, WOMEN, "levels do not add up"),
    ("total", 3, {"variable": "sex", "population": "gep", "group": ""}, "not the flow's"),
    ("total", 7, {"variable": "sex", "level": "missing", "population": "all_treated"}, "differ"),
    ("n", 5, {"level": "GEP primary", "variable": "flow"}, "does not add up"),
    ("total", 2, {"variable": "sex", "group_level": "small bowel"}, ""),
    ("low", 0.9, WOMEN, "outside its limits"),
])  # fmt: skip
def test_a_wrong_number_is_found(rows, column, value, key, said):
    found = wrong(spoilt(rows, column, value, **key))
    if said:
        assert any(said in text for text in found), found


def test_groups_that_lose_a_patient_are_found(rows):
    part = rows[(rows["group_level"] == "small bowel") & (rows["variable"] == "sex")].index
    smaller = rows.assign(total=rows["total"].mask(rows.index.isin(part), 1.0),
                          n=rows["n"].mask(rows.index.isin(part), 1.0))  # fmt: skip
    assert any("groups do not add up" in text for text in wrong(smaller))


def test_a_curve_that_rises_again_is_found():
    steps = [{"statistic": "survival", "time": t, "estimate": s} for t, s in
             ((0, 1.0), (10, 0.5), (20, 0.6))]  # fmt: skip
    assert any("not monotone" in text for text in wrong(result_rows(steps)))


def test_more_events_than_patients_and_an_estimate_that_does_not_exist_are_found():
    many = result_rows([{"statistic": "median", "estimate": 5.0, "n": 3, "events": 4}])
    assert any("more than n" in text for text in wrong(many))
    ghost = result_rows([{"statistic": "median", "estimate": 5.0, "state": "not-estimable"}])
    assert any("does not exist" in text for text in wrong(ghost))


def test_the_twins_26_0_per_cent_of_135_is_found():
    # 35/135 is 25.9 %, 36/135 is 26.7 %: no count of 135 gives 26.0 %.
    table = tables.Table("Twin", ["", "All"], [[tables.Cell("pancreas"),
                                               tables.Cell("35/135 (26.0 %)")]])  # fmt: skip
    assert wrong(result_rows([]), table) == ["Twin: 35/135 printed as 26.0 %"]
    failed = consistency.sentence(consistency.check(result_rows([]), [table]))
    assert failed.texts[0].startswith("1 of 1 checks of numbers failed")


def test_the_flow_is_rebuilt_from_its_rows(study, rows):
    rebuilt = report.flow(rows)
    columns = ["population", "step", "n_before", "n_excluded", "n_after"]
    pd.testing.assert_frame_equal(rebuilt[columns], study.flow[columns].reset_index(drop=True))


def test_the_abstract_quotes_rows_and_says_what_was_not_abstracted(rows):
    told = paragraphs.abstract(stamp(rows))
    text = told.texts[0]
    assert text.startswith("5 patients treated with PRRT.")
    assert "Adverse events: not abstracted." in text and "nan" not in text
    assert set(told.row_ids) <= set(rows["row_id"])


def test_the_abstract_says_who_was_never_imaged():
    best = {"analysis": "response", "variable": "best_response", "statistic": "proportion",
            "population": "all_treated"}  # fmt: skip
    any_response = {"level": "response of any magnitude", "stratum": "imaging-evaluable"}
    rows = result_rows([
        {**best, **any_response, "n": 3, "total": 4, "estimate": 0.75},
        {**best, "level": "never imaged", "n": 1, "total": 5, "estimate": 0.2},
    ])  # fmt: skip
    told = paragraphs.abstract(rows).texts[0]
    assert "Best response of any magnitude: 3/4 (75.0 %) of the imaging-evaluable; " in told
    assert "never imaged: 1/5 (20.0 %)." in told


def test_a_clause_may_be_answered_by_one_of_several_variables():
    rows = result_rows([{"variable": name, "statistic": "count"} for name in ("a", "b", "c")])
    assert matching({"variable": ["a", "c"]}, rows)["variable"].tolist() == ["a", "c"]
    assert matching({"variable": "b"}, rows)["variable"].tolist() == ["b"]


def test_no_rows_at_all_make_no_sentence_with_a_number():
    nothing = result_rows([])
    for made in (paragraphs.abstract, paragraphs.methods, paragraphs.results):
        assert not re.search(r"\d|nan", " ".join(made(nothing).texts))
    assert coverage.registry(nothing).body[0][-1].text == coverage.OPEN


def test_warnings_that_differ_in_their_numbers_are_one_line():
    texts = ["2 enter late at PRRT 1", "5 enter late at PRRT 1", "3 enter late at PRRT 1"]
    assert alike.summary(texts) == "2 to 5 enter late at PRRT 1"
    rows = result_rows([
        {"statistic": "median", "state": "not-estimable", "variable": f"v{number}",
         "analysis": "survival", "warning": f"{text}; fewer than 10 events"}
        for number, text in enumerate(texts)
    ])  # fmt: skip
    lines = [[cell.text for cell in line] for line in paragraphs.warnings(rows).body]
    assert lines == [["2 to 5 enter late at PRRT 1", "survival", "3"],
                     ["fewer than 10 events", "survival", "3"]]  # fmt: skip


def test_names_with_digits_are_not_counts():
    assert alike.kind("Grade 3 before PRRT 1: 4 left out") == ("Grade 3 before PRRT 1: # left out")


SHOWN = result_rows([
    {"statistic": "proportion", "variable": "sex", "estimate": 0.5},
    {"statistic": "proportion", "variable": "amino_acid", "state": "not-abstracted"},
    {"statistic": "proportion", "variable": "ssa_at_time", "estimate": 0.8},
])  # fmt: skip


@pytest.mark.parametrize(("variables", "said"), [
    ("sex", "answered"),
    ("amino_acid", "not abstracted"),
    ("race", "not shown"),
    (["sex", "ssa_at_time"], "answered"),
    (["ssa_at_time", "amino_acid", "radiosensitiser"],
     "answered in part; not abstracted: Amino acid infusion; not shown: Radiosensitiser"),
    (["amino_acid", "radiosensitiser"],
     "answered in part; not abstracted: Amino acid infusion; not shown: Radiosensitiser"),
])  # fmt: skip
def test_an_item_is_answered_by_rows_that_are_found_of_all_that_it_asks_for(variables, said):
    assert coverage.answer(coverage.asked({"variable": variables}), SHOWN) == said


def test_an_item_that_names_no_rows_is_not_shown():
    assert coverage.answer(coverage.asked({}), SHOWN) == "not shown"


def test_a_clause_says_which_of_its_columns_are_not_shown():
    # Sex has a row; race, ethnicity, ECOG and Karnofsky have none in SHOWN.
    states = {line[0].text: line[-1].text for line in coverage.registry(SHOWN).body}
    assert states["B2"] == ("answered; not shown: Race, Ethnicity, ECOG performance status at "
                            "first PRRT, Karnofsky index at first PRRT")  # fmt: skip
    assert states["B1"] == "not shown"
    assert coverage.registry(SHOWN).notes[-1].startswith(f"{len(clauses())} in all: ")


def test_every_item_leads_to_a_page_and_asks_for_columns_of_a_row_key():
    for name, content in checklists().items():
        items = [item["item"] for item in content["items"]]
        assert len(items) == len(set(items)), name
        for item in content["items"]:
            assert item["page"] in (*STORY, AUTHORS), item
            assert set(item.get("rows", {})) <= set(KEY), item
            assert item.get("rows") or item["page"] == AUTHORS, item
    for name, clause in clauses().items():
        assert clause["notebook"] in STORY and set(clause["rows"]) <= set(KEY), name


def test_a_page_is_a_link_and_its_words_are_escaped():
    linked = tables.Cell("<y>", page="cox")
    html = tables.Table("t", ["a", "b"], [[tables.Cell("x"), linked]])._repr_html_()
    assert '<a href="cox.html">&lt;y&gt;</a>' in html


def test_levels_of_a_quantity_are_lines_of_their_own():
    records = [{"statistic": "median", "variable": "activity_gbq", "label": "Activity",
                "level": isotope, "estimate": value, "n": 3, "unit": "GBq"}
               for isotope, value in (("Lu-177", 7.4), ("Y-90", 3.6))]  # fmt: skip
    table = tables.characteristics(report.apart(result_rows(records)), "Treatment")
    assert [line[0].text for line in table.body] == ["Activity: Lu-177", "Activity: Y-90"]


def test_numbers_are_numbers_in_excel_and_headers_repeat_in_word(rows, tmp_path):
    shown = report.main(rows, "characteristics", "")
    made = [tables.characteristics(shown, "Patients")]
    documents.excel(made, rows, tmp_path / "t.xlsx", "INTERNAL")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["Result rows"]
    head = [cell.value for cell in sheet[1]]
    women = [line for line in sheet.iter_rows(min_row=2, values_only=True)
             if line[head.index("level")] == "female"]  # fmt: skip
    assert women and women[0][head.index("estimate")] == 0.5
    documents.word(made, rows, tmp_path / "t.docx", "INTERNAL")
    text = zipfile.ZipFile(tmp_path / "t.docx").read("word/document.xml").decode()
    assert text.count("<w:tblHeader") == 1 and "2/4 (50.0 %)" in text


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@SUM(A1)"])
def test_no_text_of_a_table_is_a_formula_in_excel_and_a_field_in_word(tmp_path, text):
    row = result_rows([{"statistic": "count", "level": text, "estimate": -1.0}])
    cells = [tables.Cell(text), tables.Cell("-1", tuple(row["row_id"]))]
    made = [tables.Table(text, [text, "n"], [cells], [text])]
    documents.excel(made, row, tmp_path / "t.xlsx", "INTERNAL")
    sheets = openpyxl.load_workbook(tmp_path / "t.xlsx")
    own = [cell for sheet in sheets for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in own} == {"s", "n"}
    # Title, head, cell and note of the table, and the level among the result rows.
    assert [cell.value for cell in own].count(f"'{text}") == 5
    assert text not in [cell.value for cell in own] and -1 in [cell.value for cell in own]
    documents.word(made, row, tmp_path / "t.docx", "INTERNAL")
    written = zipfile.ZipFile(tmp_path / "t.docx").read("word/document.xml").decode()
    assert f"<w:t>{text}</w:t>" in written
    assert "instrText" not in written and "fldSimple" not in written


def test_responders_in_time_counts_and_the_kidney_are_told_from_their_rows():
    ratio = {"analysis": "response_dependent", "model": "response alone", "endpoint": "os_prrt",
             "statistic": "log_hazard_ratio", "estimate": 0.0, "low": -0.693147, "high": 0.693147,
             "p": 0.5, "label": "OS: a responder from then on", "role": "exploratory"}  # fmt: skip
    low = {"analysis": "laboratory", "variable": "platelets", "statistic": "median", "n": 9}
    rows = result_rows([
        ratio, {**low, "level": "nadir", "estimate": 140.0, "unit": "10^9/L"},
        {**low, "level": "since the last cycle", "estimate": 5.0, "unit": "weeks"},
        {"analysis": "laboratory", "variable": "eGFR", "statistic": "slope", "estimate": -2.5,
         "low": -3.0, "high": -2.0, "conf_level": 0.95, "unit": "mL/min/1.73m2 per year"},
    ])  # fmt: skip
    told = paragraphs.response(rows)
    assert told.texts[0] == (
        "OS: a responder from then on, response as a time-dependent covariate: hazard ratio 1.00 "
        "(0.50 to 2.00), p = 0.500 (exploratory)."
    )
    assert told.row_ids == (rows["row_id"].iloc[0],)
    counts = paragraphs.laboratory(rows).texts[0]
    assert "median of 140 10^9/L, 5.00 weeks after the last cycle (n = 9)" in counts
    assert "-2.50 mL/min/1.73m2 per year (95 % limits -3.00 to -2.00)" in counts


def test_without_such_rows_the_sentences_say_so():
    nothing = result_rows([{"analysis": "laboratory", "variable": "laboratory",
                            "statistic": "proportion", "state": "not-abstracted"}])  # fmt: skip
    assert "not abstracted" in paragraphs.response(nothing).texts[0]
    assert "not abstracted" in paragraphs.laboratory(nothing).texts[0]
