"""A drafted profile of layouts that nobody here designed; what is uncertain stays a TODO."""

from __future__ import annotations

import openpyxl
import pytest
import yaml
from small_workbooks import D

from prrt_lib.base.errors import WorkbookError
from prrt_lib.tools.check import check
from prrt_lib.tools.draft.profile import draft


def drafted(tmp_path, *lines, more=()):
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(list(line))
    for title, others in more:
        sheet = book.create_sheet(title)
        for line in others:
            sheet.append(list(line))
    book.save(tmp_path / "ours.xlsx")
    content = yaml.safe_load(draft(tmp_path / "ours.xlsx"))
    entries = {
        f"{block['table']}.{name}": entry
        for sheet in content["sheets"]
        for block in sheet["records"]
        for name, entry in (block.get("columns") or {}).items()
    }
    return content["sheets"], entries


def test_numbered_headers_become_one_entry_each(tmp_path):
    _, entries = drafted(
        tmp_path,
        ["ID", "PRRT date 1", "Activity (mCi) 1", "PRRT date 2", "Activity (mCi) 2"],
        ["A-1", D(2012, 1, 1), 200, D(2012, 3, 1), 200],
    )
    assert entries["prrt_cycles.cycle_date"] == "PRRT date {cycle_no}"
    assert entries["prrt_cycles.activity_gbq"] == "Activity (mCi) {cycle_no}"


def test_a_row_of_units_gives_the_units_and_is_skipped(tmp_path):
    sheets, entries = drafted(
        tmp_path,
        ["Our PRRT patients"],
        ["Study ID", "Treatment date", "Administered activity"],
        [None, "date", "GBq"],
        ["A-1", D(2012, 1, 1), 7.4],
    )
    assert entries["prrt_cycles.activity_gbq"] == {"header": "Administered activity", "unit": "GBq"}
    assert (sheets[0]["header_row"], sheets[0]["skip_rows"]) == (2, [3])


def test_numbers_without_a_unit_and_codes_without_a_meaning_are_left_to_a_person(tmp_path):
    _, entries = drafted(
        tmp_path,
        ["record_id", "sex", "prrt_date", "dose", "death"],
        ["A-1", 1, D(2012, 1, 1), 7.4, 0],
        ["A-2", 2, D(2012, 1, 1), 7.4, 1],
    )
    assert entries["patients.sex"] == {"header": "sex", "codebook": {"1": "TODO", "2": "TODO"}}
    assert entries["prrt_cycles.activity_gbq"]["unit"].startswith("TODO")
    assert "followup.death_date" not in entries
    assert entries["followup.vital_status"]["header"] == "TODO death"


@pytest.mark.parametrize(("heads", "place", "todo"), [
    # A tumour's grade does not stand on a sheet of adverse events.
    (["ID", "Event", "WHO grade", "Onset"], "tumour.grade_reported", True),
    (["ID", "Event", "Grade", "Onset"], "adverse_events.grade", False),
    # Rows of treatments with a start date are no adverse events.
    (["ID", "Therapy", "Start date"], "adverse_events.onset_date", True),
    (["ID", "Event", "Grade", "Start date"], "adverse_events.onset_date", False),
    # RECIST alone would leave progression without a source.
    (["ID", "Scan date", "RECIST"], "imaging.recist_class", True),
    (["ID", "Scan date", "Response", "RECIST"], "imaging.recist_class", False),
    (["ID", "Sex", "Comments"], "patients.comments", True),
])  # fmt: skip
def test_what_crosses_the_subject_of_a_sheet_is_left_to_a_person(tmp_path, heads, place, todo):
    title = "Adverse events" if "Event" in heads else "Imaging" if "Scan date" in heads else "List"
    other = ("Patients", [["ID", "First PRRT"], ["A", D(2012, 1, 1)]])
    dated = [D(2013, 1, 1) if "date" in head.lower() or head == "Onset" else "" for head in heads]
    lines = [["A", *(day or word for day in dated[1:])] for word in ("x", "y")]
    _, entries = drafted(tmp_path, more=[other, (title, [heads, *lines])])
    entry = entries[place]
    header = entry["header"] if isinstance(entry, dict) else entry
    assert header.startswith("TODO ") == todo


def test_a_todo_says_why(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["ID", "First PRRT", "Comments"])
    book.active.append(["A", D(2012, 1, 1), "x"])
    book.save(tmp_path / "ours.xlsx")
    line = next(one for one in draft(tmp_path / "ours.xlsx").splitlines() if "Comments" in one)
    assert "# free text" in line


def test_month_day_and_year_below_one_caption_are_one_date(tmp_path):
    _, entries = drafted(
        tmp_path,
        [None, "Date of birth", None, None, "First PRRT"],
        ["ID", "Month", "Day", "Year", "Month", "Day", "Year"],
        ["A-1", 3, 4, 1950, 1, 2, 2012],
    )
    parts = {"header": "Year", "month": "Month", "day": "Day"}
    assert entries["patients.birth_date"] == {**parts, "group": "Date of birth"}
    assert entries["prrt_cycles.cycle_date"] == {**parts, "group": "First PRRT"}


def test_three_columns_are_enough_for_a_profile(tmp_path):
    sheets, entries = drafted(
        tmp_path, ["ID", "First PRRT", "Death", "Last contact"], ["A", D(2012, 1, 1), None, None]
    )
    assert {"table": "patients"} in sheets[0]["records"]
    assert entries["prrt_cycles.cycle_date"] == "First PRRT"


def test_a_sheet_without_study_id_is_left_alone(tmp_path):
    codebook = ("codebook", [["variable", "code", "label"], ["sex", 1, "Male"]])
    sheets, _ = drafted(tmp_path, ["ID", "First PRRT"], ["A", D(2012, 1, 1)], more=[codebook])
    assert [sheet["sheet"] for sheet in sheets] == ["Sheet"]


@pytest.mark.parametrize(
    ("header", "place"),
    [("Geburtsdatum", "patients.birth_date"), ("Erstdiagnose", "tumour.diagnosis_date"),
     ("Therapiedatum", "prrt_cycles.cycle_date"), ("Aktivität (GBq)", "prrt_cycles.activity_gbq"),
     ("Todesdatum", "followup.death_date")],
)  # fmt: skip
def test_german_headers_are_known(tmp_path, header, place):
    _, entries = drafted(tmp_path, ["Patienten-ID", header], ["A", "x"])
    assert entries[place] == header


def test_a_check_says_where_and_what_to_do_without_the_text_of_a_cell(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["ID", "Sex", "First PRRT"])
    for number in range(3):
        book.active.append([f"A-{number}", f"xyzzy{number}", D(2012, 1, 1)])
    book.save(tmp_path / "ours.xlsx")
    profile = tmp_path / "ours.yaml"
    profile.write_text(draft(tmp_path / "ours.xlsx").replace("TODO ", ""), encoding="utf-8")
    text = profile.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("date_order")]
    profile.write_text("\n".join(lines), encoding="utf-8")
    _, told = check(tmp_path / "ours.xlsx", str(profile))
    assert "    3  patients.sex, sheet Sheet, from B2" in told
    assert "xyzzy" not in told


def test_a_codebook_sheet_is_proposed_and_has_to_be_confirmed(tmp_path):
    codes = ("Codebook", [["Variable", "Code", "Meaning"], ["SEX", 1, "male"], [None, 2, "female"],
                          ["RADIO", 1, "Lu-177"], [None, 2, "Y-90"]])  # fmt: skip
    _, entries = drafted(
        tmp_path,
        ["PATID", "SEX", "PRRTDT", "RADIO"],
        ["A-1", 1, D(2012, 1, 1), 2],
        ["A-2", 2, D(2012, 1, 1), 1],
        more=[codes],
    )
    assert entries["patients.sex"] == {
        "header": "TODO SEX", "codebook": {"1": "male", "2": "female"}}  # fmt: skip
    assert entries["prrt_cycles.isotope"]["header"] == "TODO RADIO"
    assert entries["prrt_cycles.cycle_date"] == "PRRTDT"


def test_a_diagnosis_in_words_is_no_date_and_dead_or_not_gets_its_meaning(tmp_path):
    sheets, entries = drafted(
        tmp_path,
        ["Pt #", "Diagnosis", "Date of Dx", "PRRT1 date", "PRRT2 date", "Dead (Y/N)"],
        [1, "NET", D(2010, 1, 1), D(2012, 1, 1), None, "Y"],
        [2, "NET", D(2010, 1, 1), D(2012, 1, 1), D(2012, 3, 1), "N"],
    )
    assert sheets[0]["ignore"] == ["TODO Diagnosis"]
    assert entries["tumour.diagnosis_date"] == "Date of Dx"
    assert entries["prrt_cycles.cycle_date"] == "PRRT{cycle_no} date"
    assert entries["followup.vital_status"] == {
        "header": "TODO Dead (Y/N)", "codebook": {"N": "alive", "Y": "dead"}}  # fmt: skip


def test_words_that_repeat_and_are_not_known_are_left_to_a_person_single_ones_are_not_shown(
    tmp_path,
):
    lines = [[f"A-{number}", sex, D(2012, 1, 1)] for number, sex in enumerate("FHHF")]
    lines += [["A-9", "Jane Doe", D(2012, 1, 1)]]
    _, entries = drafted(tmp_path, ["ID", "Sexe", "First PRRT"], *lines)
    assert entries["patients.sex"] == {"header": "Sexe", "codebook": {"F": "female", "H": "TODO"}}
    assert "Doe" not in (tmp_path / "ours.xlsx").with_suffix(".yaml").name + str(entries)


def test_dates_typed_as_text_prove_their_order_or_leave_it_open(tmp_path):
    def order(*dates):
        drafted(tmp_path, ["ID", "First PRRT"], *[["A-1", date] for date in dates])
        return yaml.safe_load(draft(tmp_path / "ours.xlsx")).get("date_order")

    assert order("13/01/2012", "02/03/2012") == "DMY"
    assert order("01/13/2012") == "MDY"
    assert order("01/02/2012").startswith("TODO")
    assert order("13/01/2012", "01/13/2012").startswith("TODO")
    assert order(D(2012, 1, 1)) is None


def test_a_column_of_units_and_rows_of_visits_are_proposed(tmp_path):
    sheets, entries = drafted(
        tmp_path,
        ["ID", "PRRT date", "Activity", "Unit"],
        ["A-1", D(2012, 1, 1), 200, "mCi"],
        more=[("Follow-up", [["ID", "Last seen", "Status"], ["A-1", D(2013, 1, 1), "alive"],
                             ["A-1", D(2014, 1, 1), "alive"]])],
    )  # fmt: skip
    assert entries["prrt_cycles.activity_gbq"] == {"header": "Activity", "unit_header": "Unit"}
    assert sheets[1]["records"][0]["latest"].startswith("TODO last_contact_date")


def test_an_export_of_redcap_is_drafted_from_its_labels_and_choices(tmp_path):
    head = ["Variable / Field Name", "Form Name", "Field Type", "Field Label",
            "Choices, Calculations, OR Slider Labels"]  # fmt: skip
    fields = [["record", "base", "text", "Record", ""],
              ["q1", "base", "radio", "Sex", '"1, Male | 2, Female"'],
              ["q2", "base", "radio", "Primary site", '"1, Ileum | 2, Gut NOS"'],
              ["q3", "treat", "text", "Date of PRRT", ""],
              ["q4", "treat", "text", "Activity (mCi)", ""]]  # fmt: skip
    table = "\n".join(",".join(f'"{x}"' if "," in x and '"' not in x else x for x in line)
                      for line in [head, *fields])  # fmt: skip
    (tmp_path / "fields.csv").write_text(table, encoding="utf-8")
    records = "record,q1,q2,q3,q4\n1,1,2,,\n1,,,2012-01-01,200\n"
    (tmp_path / "records.csv").write_text(records, encoding="utf-8")
    with pytest.raises(WorkbookError, match="--dictionary FILE.csv"):
        draft(tmp_path / "records.csv")
    text = draft(tmp_path / "records.csv", tmp_path / "fields.csv")
    base, treat = yaml.safe_load(text)["sheets"]
    assert base["records"][0]["columns"] == {"sex": "q1"}
    site = base["records"][1]["columns"]["primary_site"]
    assert site["codebook"] == {"1": "Ileum", "2": "TODO Gut NOS"}
    assert treat["records"][0]["columns"] == {
        "cycle_date": "q3", "activity_gbq": {"header": "q4", "unit": "mCi"}}  # fmt: skip


def test_a_sheet_of_all_tests_is_split_into_markers_and_other_tests(tmp_path):
    header = ["Study No", "Collection date", "Test", "Result", "Unit"]
    lines = [[1, D(2012, 1, 1), test, 100, "x"] for test in ("CgA", "Platelets", "Lipase")]
    sheets, _ = drafted(tmp_path, header, *lines)
    markers, labs = (b for b in sheets[0]["records"] if b["table"] != "patients")
    value = {"header": "Result", "unit_header": "Unit"}
    assert (markers["table"], markers["only"]) == ("biomarkers", {"Test": ["CgA"]})
    assert (labs["table"], labs["only"]) == ("labs", {"Test": ["Platelets"]})
    assert (markers["columns"]["value"], labs["columns"]["lab_value"]) == (value, value)
    assert sheets[0]["ignore_rows"] == {"Test": ["TODO Lipase"]}


def test_the_study_id_goes_before_a_hospital_number_and_an_age_has_to_be_confirmed(tmp_path):
    sheets, entries = drafted(
        tmp_path,
        ["MRN", "Study #", "Sex (1=m, 2=f)", "Age", "First PRRT"],
        [4711, "001", 1, 61, D(2012, 1, 1)],
        [4712, "002", 2, 44, D(2012, 1, 1)],
    )
    assert sheets[0]["id"] == "Study #"
    assert entries["patients.age_at_diagnosis"] == "TODO Age"
    assert entries["patients.sex"]["codebook"] == {"1": "m", "2": "f"}
    assert entries["patients.sex"]["header"].startswith("TODO")
