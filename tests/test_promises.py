"""What SECURITY.md, docs/choices.md and docs/first-hour.md promise and no other test looks at."""

from __future__ import annotations

import ast
import re
import subprocess

import openpyxl
import pytest
import yaml
from small_workbooks import PROFILE, D, book, changed, profile, read

from prrt_lib.base.paths import PROJECT, Places
from prrt_lib.cli import main
from prrt_lib.declare.parameters import Parameters
from prrt_lib.read import parse
from prrt_lib.study.build import write_cohort
from prrt_lib.tools.check import check
from prrt_lib.tools.draft.profile import draft

REAL = ("data/raw/ours.xlsx", "data/raw/ours.answers.csv", "data/raw/ours.csv",
        "data/processed/ours/findings.csv", "reports/ours/index.html",
        "figures/ours/a.png")  # fmt: skip
NETWORK = {"socket", "requests", "urllib.request", "http.client", "httpx", "aiohttp", "ftplib"}


# --- SECURITY.md ---------------------------------------------------------------------------------
@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="not a clone")
@pytest.mark.parametrize("name", REAL)
def test_git_ignores_workbooks_and_products_of_a_centre(name):
    def ignored(path: str) -> bool:
        done = subprocess.run(["git", "check-ignore", "-q", path], cwd=PROJECT, check=False)
        return done.returncode == 0

    assert ignored(name)
    assert not ignored("data/raw/demo.xlsx")


def test_a_commit_hook_refuses_any_other_workbook():
    hooks = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    (hook,) = [h for repo in hooks for h in repo["hooks"] if h["id"] == "no-patient-workbook"]

    def refused(path: str) -> bool:
        return bool(re.search(hook["files"], path)) and not re.search(hook["exclude"], path)

    assert all(map(refused, ["ours.xlsx", "data/raw/ours.xls", "data/raw/a.parquet", "x/y.ods"]))
    assert not refused("data/raw/demo.xlsx")


def test_the_library_has_nothing_that_opens_a_connection():
    for path in (PROJECT / "prrt_lib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not NETWORK & set(names), path.name


def test_jupyterlab_is_not_asked_to_listen_elsewhere():
    recipe = (PROJECT / "Makefile").read_text("utf-8").partition("\nlab:")[2].partition("\n\n")[0]
    assert "jupyterlab" in recipe
    assert not re.search(r"--ip|0\.0\.0\.0|ServerApp", recipe)


def test_free_text_stands_in_no_finding_and_in_no_count(tmp_path):
    text = PROFILE.replace("ignore: [Notes]", "").replace(
        "consent_date: Consent}", "consent_date: Consent, comments: Notes}"
    )
    rows = changed("Patients", 0, Notes="Zanzibar said so", Sex="Zanzibar", Primary="Zanzibar")
    reading = read(tmp_path, book(rows), text)
    assert reading.tables["patients"]["comments"].tolist()[0] == "Zanzibar said so"
    places = Places("s", tmp_path)
    parameters = Parameters(scenario="s", workbook="w", profile="p", cutoff="2016-01-01")
    write_cohort(reading.tables, reading.findings, reading.lineage, parameters, places)
    for name in ("findings.csv", "flow.csv", "parameters.json", "columns.json"):
        assert "Zanzibar" not in (places.processed / name).read_text("utf-8"), name


# --- docs/choices.md, Reading --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "raw", "context", "expected"),
    [
        ("date", "03/04/2016", {}, "ambiguous"),
        ("date", "13/04/2016", {}, "2016-04-13"),
        ("activity", "7,4 GBq", {}, 7.4),
        ("activity", "7,4 GBq", {"locale": "de-DE"}, 7.4),
        ("activity", "7,4 GBq", {"locale": "en-US"}, "ambiguous"),
        ("activity", "7.400 MBq", {}, "ambiguous"),
        ("activity", "7,400 MBq", {}, "ambiguous"),
        ("activity", "7,400 MBq", {"locale": "en-US"}, 7.4),
        ("activity", "3.7 GBq + 3.7 GBq", {}, "ambiguous"),
        ("response", "PR?", {}, "ambiguous"),
        ("grade", "poorly differentiated", {}, "NEC"),
        ("grade", "high grade", {}, "ambiguous"),
        ("isotope", "Lu-177/Y-90", {}, "ambiguous"),
        ("isotope", "Lu-177+Y-90", {}, "Lu-177+Y-90"),
        ("isotope", "Lu-177 and Y-90", {}, "Lu-177+Y-90"),
        ("isotope", "Lu-177 Y-90 tandem", {}, "Lu-177+Y-90"),
        ("yes_no", "None", {}, "no"),
        ("yes_no", "never", {}, "no"),
        ("yes_no", "absent", {}, "no"),
        ("smoking", "yes", {}, "ambiguous"),
        ("smoking", "no", {}, "ambiguous"),
        ("date", "2030-01-01", {"cutoff": "2026-06-30"}, "2030-01-01"),
        ("partial_date", "2030", {"cutoff": "2026-06-30"}, "invalid"),
    ],
)
def test_choices_of_reading_hold(kind, raw, context, expected):
    found = parse(kind, raw, **context)
    assert (found.value if found.value is not None else found.status) == expected


@pytest.mark.parametrize(
    ("typed", "site"),
    [("Unknown", None), ("unknown primary", "unknown primary"), ("CUP", "unknown primary")],
)
def test_an_unknown_site_is_missing_and_an_unknown_primary_is_a_site(tmp_path, typed, site):
    reading = read(tmp_path, changed("Patients", 0, Primary=typed))
    assert reading.tables["tumour"]["primary_site"].tolist()[0] == site


# --- docs/first-hour.md --------------------------------------------------------------------------
def test_drafting_checking_and_reading_change_no_workbook(tmp_path):
    book().save(tmp_path / "b.xlsx")
    before = (tmp_path / "b.xlsx").read_bytes()
    draft(tmp_path / "b.xlsx")
    check(tmp_path / "b.xlsx", profile(tmp_path), "2016-01-01")
    assert (tmp_path / "b.xlsx").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.xlsx", "small.yaml"]


LEAST = """\
name: least
sheets:
  - sheet: Data
    id: ID
    records:
      - table: patients
      - table: prrt_cycles
        columns: {cycle_date: First PRRT}
      - table: followup
        columns: {death_date: Death, last_contact_date: Last contact}
      - table: biomarkers
        constants: {analyte: CgA}
        columns: {value: {header: CgA, unit: ng/mL}, uln: {header: CgA ULN, unit: ng/mL}}
        needs: [value]
      - table: biomarkers
        constants: {analyte: pancreastatin}
        columns: {value: {header: PST, unit: pg/mL}}
        needs: [value]
"""


def test_the_least_that_runs_and_two_markers_of_one_row(tmp_path):
    made = openpyxl.Workbook()
    made.active.title = "Data"
    made.active.append(["ID", "First PRRT", "Death", "Last contact", "CgA", "CgA ULN", "PST"])
    made.active.append(["A-1", D(2012, 1, 1), None, D(2014, 1, 1), 300, 100, 50])
    made.active.append(["A-2", D(2012, 1, 1), D(2013, 1, 1), None, 200, 100, None])
    made.save(tmp_path / "b.xlsx")
    found, _ = check(tmp_path / "b.xlsx", profile(tmp_path, LEAST), "2016-01-01")
    assert "error" not in set(found["severity"])
    markers = read(tmp_path, made, LEAST).tables["biomarkers"]
    assert markers[["patient_id", "analyte", "value"]].values.tolist() == [
        ["A-1", "CgA", 300.0], ["A-1", "pancreastatin", 50.0], ["A-2", "CgA", 200.0]]  # fmt: skip


@pytest.mark.parametrize("given", ["{header: CgA ULN}", "CgA ULN"])
def test_a_limit_of_normal_needs_the_unit_of_its_marker(tmp_path, given):
    text = LEAST.replace("{header: CgA ULN, unit: ng/mL}", given)
    made = openpyxl.Workbook()
    made.active.title = "Data"
    made.active.append(["ID", "First PRRT", "Death", "Last contact", "CgA", "CgA ULN", "PST"])
    made.active.append(["A-1", D(2012, 1, 1), None, D(2014, 1, 1), 300, 100, 50])
    reading = read(tmp_path, made, text)
    assert reading.findings.query("column == 'uln'")["cell"].tolist() == ["F2"]


def test_a_codebook_must_be_complete(tmp_path):
    text = PROFILE.replace("sex: Sex", 'sex: {header: Sex, codebook: {"1": male}}')
    rows = changed("Patients", 0, Sex="1")
    rows["Patients"][1]["Sex"] = "2"
    reading = read(tmp_path, book(rows), text)
    assert reading.tables["patients"]["sex"].tolist() == ["male", None]
    assert reading.findings.query("column == 'sex'")["cell"].tolist() == ["B3"]


def test_with_a_cutoff_a_check_asks_what_a_run_asks(tmp_path, capsys):
    book(changed("Patients", 1, Died=D(2019, 1, 1))).save(tmp_path / "b.xlsx")
    found, _ = check(tmp_path / "b.xlsx", profile(tmp_path), "2016-01-01")
    assert found.query("rule == 'death-after-cutoff'")["record"].tolist() == ["NET-002"]
    found, told = check(tmp_path / "b.xlsx", profile(tmp_path))
    assert "death-after-cutoff" not in set(found["rule"]) and "without a cut-off" in told
    command = ["check", str(tmp_path / "b.xlsx"), "--profile", profile(tmp_path)]
    assert main([*command, "--cutoff", "2016-01-01"]) == 0
    assert "death-after-cutoff" in capsys.readouterr().out


def test_a_check_of_a_scenario_reads_its_workbook_profile_and_cutoff(tmp_path, capsys):
    book(changed("Patients", 1, Died=D(2019, 1, 1))).save(tmp_path / "b.xlsx")
    named = {"workbook": str(tmp_path / "b.xlsx"), "profile": profile(tmp_path)}
    for name in ("ours.yaml", "ours.yml"):
        (tmp_path / name).write_text(yaml.safe_dump({**named, "cutoff": "2016-01-01"}))
        assert main(["check", str(tmp_path / name)]) == 0
        told = capsys.readouterr().out
        assert "b.xlsx through profile small" in told and "patients: 2;" in told
        assert "death-after-cutoff" in told and "without a cut-off" not in told
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump({**named, "cutoff": "2020-01-01"}))
    found, _ = check(tmp_path / "ours.yaml")
    assert "death-after-cutoff" not in set(found["rule"])
