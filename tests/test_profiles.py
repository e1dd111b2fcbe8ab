"""A profile is checked as a whole before any workbook is opened."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml
from small_workbooks import PROFILE, profile

from prrt_lib.base.errors import ProfileError
from prrt_lib.declare.layout import profiles
from prrt_lib.tools.draft.profile import draft
from prrt_lib.tools.template import template_profile

DATA = Path(__file__).parent / "data"


def problems(tmp_path: Path, text: str) -> str:
    with pytest.raises(ProfileError) as error:
        profiles.load(profile(tmp_path, text))
    return str(error.value)


@pytest.mark.parametrize("name", ["template", "sheets", "wide", "pancreatic"])
def test_shipped_profiles_load_and_satisfy_the_schema(name):
    loaded = profiles.load(name)
    assert loaded.name == name
    content = yaml.safe_load(loaded.path.read_text(encoding="utf-8"))
    jsonschema.validate(content, profiles.json_schema())


def test_the_template_profile_is_up_to_date_with_the_dictionary():
    stored = (profiles.PROFILES / "template.yaml").read_text(encoding="utf-8")
    assert stored == template_profile(), "python -m prrt_lib.tools.template rewrites it"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    id: ID\n    ignore", "    idd: ID\n    ignore", "did you mean 'id'"),
        ("- table: tumour", "- table: tumor", "did you mean 'tumour'"),
        ("sex: Sex", "sexx: Sex", "did you mean 'sex'"),
        ("label: Two patients", "date_order: DMYY", "did you mean 'DMY'"),
        ("label: Two patients", "units: {prrt_cycles.activity: GBq}", "'prrt_cycles.activity_gbq'"),
        ("cycle_date: Date,", "", "no entry for prrt_cycles.cycle_date"),
        ("sheet: Cycles", "header_row: two\n    sheet: Cycles", "a whole number"),
        ("sex: Sex", "sex: {header: Sex, kind: sexes}", "did you mean 'sex'"),
    ],
)
def test_a_mistake_names_its_line_and_the_nearest_name(tmp_path, old, new, expected):
    assert old in PROFILE
    message = problems(tmp_path, PROFILE.replace(old, new, 1))
    assert expected in message
    assert "small.yaml, line " in message


def test_all_problems_are_listed_at_once(tmp_path):
    text = PROFILE.replace("sex: Sex", "sexx: Sex").replace("grade: Grade", "graed: Grade")
    message = problems(tmp_path, text)
    assert "'sex'" in message and "'grade'" in message


def test_every_todo_stops_a_run_and_is_listed_with_its_line(tmp_path):
    text = PROFILE.replace("label: Two patients", "label: TODO").replace("No,", "TODO No,")
    message = problems(tmp_path, text)
    assert "small.yaml, line 2: found label is still TODO" in message
    assert "cycle_no is still TODO" in message


def test_a_repeated_key_is_an_error(tmp_path):
    with pytest.raises(Exception, match="occurs twice"):
        profiles.load(profile(tmp_path, PROFILE + "name: again\n"))


def test_an_unknown_profile_names_the_nearest_one():
    with pytest.raises(ProfileError, match="did you mean 'sheets'"):
        profiles.load("sheet")


def test_defaults_of_profile_and_sheet_reach_each_column_and_are_overridden(tmp_path):
    text = (
        PROFILE.replace("label: Two patients", "date_order: DMY")
        .replace("  - sheet: Cycles\n", "  - sheet: Cycles\n    date_order: MDY\n")
        .replace("scan_date: Date", "scan_date: {header: Date, date_order: MDY}")
    )
    loaded = profiles.load(profile(tmp_path, text))
    orders = {
        f"{block.table}.{name}": source.date_order
        for sheet in loaded.sheets
        for block in sheet.records
        for name, source in block.columns.items()
    }
    assert orders["patients.birth_date"] == "DMY"
    assert orders["prrt_cycles.cycle_date"] == "MDY"
    assert orders["imaging.scan_date"] == "MDY"
    assert orders["adverse_events.onset_date"] == "DMY"


@pytest.mark.parametrize("name", ["sheets_24", "wide_24"])
def test_a_draft_stops_a_run_until_its_todos_are_decided(tmp_path, name):
    text = draft(DATA / f"{name}.xlsx")
    message = problems(tmp_path, text)
    assert "is still TODO" in message
    decided = "\n".join(
        line.replace("TODO true if abstracted once per patient", "true")
        .replace("TODO which unit", "GBq")
        .replace("TODO ", "")
        for line in text.splitlines()
        if "label: TODO" not in line and "date_order: TODO" not in line
    )
    loaded = profiles.load(profile(tmp_path, decided))
    tables = {block.table for sheet in loaded.sheets for block in sheet.records}
    assert {"patients", "tumour", "prrt_cycles", "biomarkers", "imaging", "adverse_events",
            "followup"} <= tables  # fmt: skip
