"""Bad input: one clear message, exit code 2, and nothing that was good before is touched."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import openpyxl
import pytest

from prrt_lib.cli import main
from prrt_lib.run import manifest

SHEETS = Path(__file__).parent / "data" / "sheets_24.xlsx"
LINES = {"workbook": str(SHEETS), "profile": "sheets", "cutoff": "2017-06-30"}


@pytest.fixture
def earlier(tmp_path) -> Path:
    """An output root that holds the products of an earlier run."""
    for name in ("data/processed/s/results/survival.csv", "data/processed/s/manifest.json",
                 "reports/s/index.html", "figures/s/survival_ttp.png"):  # fmt: skip
        path = tmp_path / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", encoding="utf-8")
    return tmp_path / "out"


def prints(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".lock" and ".reading" not in path.parts
    }


@pytest.fixture
def refused(tmp_path, earlier, capsys):
    """Runs a scenario of the given lines; its message, once it has been refused with exit 2."""

    def run(text: str = "", **lines: str) -> str:
        written = "".join(
            f"{name}: {value}\n" for name, value in {**LINES, **lines}.items() if value
        )
        (tmp_path / "s.yaml").write_text(written + text, encoding="utf-8")
        before = prints(earlier)
        code = main(["run", str(tmp_path / "s.yaml"), "--out", str(earlier)])
        said = capsys.readouterr().err
        assert code == 2, said
        assert "Traceback" not in said
        for part in ("prrt_lib run: ", ": found ", "; expected ", "What to do: "):
            assert part in said
        assert prints(earlier) == before
        return said

    return run


def edited(tmp_path: Path, change) -> str:
    book = openpyxl.load_workbook(SHEETS)
    change(book)
    book.save(tmp_path / "edited.xlsx")
    return str(tmp_path / "edited.xlsx")


def test_a_scenario_file_that_does_not_exist(tmp_path, capsys):
    assert main(["run", str(tmp_path / "none.yaml")]) == 2
    said = capsys.readouterr().err
    assert "none.yaml: found no such file; expected a YAML file" in said


def test_a_missing_workbook_is_named(refused):
    assert "no file /nowhere/cohort.xlsx" in refused(workbook="/nowhere/cohort.xlsx")


def test_a_missing_profile_is_named(refused):
    assert "s, profile: found no file" in refused(profile="sheetz")


def test_a_text_file_named_xlsx(refused, tmp_path):
    (tmp_path / "text.xlsx").write_text("Study ID,Sex\nNET-001,F\n", encoding="utf-8")
    said = refused(workbook=str(tmp_path / "text.xlsx"))
    assert "text.xlsx" in said
    assert "NET-001" not in said


def test_an_empty_file(refused, tmp_path):
    (tmp_path / "empty.xlsx").write_bytes(b"")
    assert "empty.xlsx" in refused(workbook=str(tmp_path / "empty.xlsx"))


def test_an_empty_workbook(refused, tmp_path):
    openpyxl.Workbook().save(tmp_path / "blank.xlsx")
    assert "blank.xlsx" in refused(workbook=str(tmp_path / "blank.xlsx"))


def test_a_sheet_under_another_name(refused, tmp_path):
    def rename(book):
        book["PRRT cycles"].title = "Therapy"

    assert "PRRT cycles" in refused(workbook=edited(tmp_path, rename))


def test_a_required_column_that_is_absent(refused, tmp_path):
    def drop(book):
        book["PRRT cycles"].delete_cols(3)

    said = refused(workbook=edited(tmp_path, drop))
    assert "Treatment date" in said or "cycle_date" in said
    assert "PRRT cycles" in said


def test_a_workbook_of_headers_alone_has_no_patients(refused, tmp_path):
    def empty(book):
        for sheet in book:
            sheet.delete_rows(2, sheet.max_row)

    refused(workbook=edited(tmp_path, empty))


def test_nobody_treated_is_no_cohort(refused, tmp_path):
    def empty(book):
        book["PRRT cycles"].delete_rows(2, book["PRRT cycles"].max_row)

    refused(workbook=edited(tmp_path, empty))


def test_a_cutoff_before_every_date(refused):
    assert "1990-01-01" in refused(cutoff="1990-01-01")


def test_a_misspelt_parameter_gets_the_nearest_name(refused):
    said = refused(horizon_month="60")
    assert "unknown name 'horizon_month'" in said
    assert "did you mean 'horizon_months'?" in said


def test_a_parameter_of_the_wrong_type(refused):
    said = refused(horizon_months="five years")
    assert "horizon_months: found 'five years'; expected a number" in said


def test_an_impossible_value(refused):
    assert "conf_level: found 95.0; expected 0.5 to 0.999" in refused(conf_level="95")


def test_a_cutoff_that_is_no_date(refused):
    assert "found '30/06/2017'; expected an ISO date" in refused(cutoff="30/06/2017")


def test_a_scenario_without_its_cutoff(refused):
    assert "found no cutoff" in refused(cutoff="")


def test_a_misspelt_parameter_of_a_notebook(refused):
    said = refused("notebooks:\n  cox:\n    endpoint: [ttp]\n")
    assert "s, notebooks: cox: endpoint" in said
    assert "did you mean 'endpoints'?" in said


def test_a_parameter_of_a_notebook_with_the_wrong_type(refused):
    said = refused("notebooks:\n  cox:\n    endpoints: ttp\n")
    assert "s, notebooks: cox: endpoints: found 'ttp'; expected a list" in said


def test_a_misspelt_notebook(refused):
    assert "did you mean 'survival'?" in refused("notebooks:\n  survivall:\n    by: [sex]\n")


def test_a_notebooks_section_that_is_no_mapping(refused):
    refused("notebooks: survival\n")
    refused("notebooks:\n  survival: [sex]\n")


def test_a_key_that_occurs_twice(refused):
    said = refused("cutoff: 2016-06-30\n")
    assert "s.yaml, line 4: found key 'cutoff' occurs twice" in said


def test_every_problem_is_told_at_once(refused):
    said = refused(horizon_month="60", min_at_risk="many")
    assert "horizon_month'" in said and "min_at_risk" in said


def test_a_file_where_the_output_folder_should_be(tmp_path, capsys):
    (tmp_path / "s.yaml").write_text("".join(f"{k}: {v}\n" for k, v in LINES.items()))
    (tmp_path / "out").write_text("a file")
    assert main(["run", str(tmp_path / "s.yaml"), "--out", str(tmp_path / "out")]) == 2
    assert "a file where a folder should be" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "a file"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_an_output_folder_that_cannot_be_written(refused, earlier):
    folders = [earlier, *(path for path in earlier.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert "cannot be written" in refused()
    finally:
        for folder in folders:
            folder.chmod(0o755)


@pytest.mark.parametrize("full", ["cohort.parquet", "findings.csv", "manifest.json"])
def test_a_full_disk_is_told_and_half_files_do_not_count(refused, earlier, monkeypatch, full):
    write = Path.write_bytes, Path.write_text

    def stop(path: Path) -> None:
        if full in path.name:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))

    def write_bytes(path, *given, **words):
        stop(path)
        return write[0](path, *given, **words)

    def write_text(path, *given, **words):
        stop(path)
        return write[1](path, *given, **words)

    said = {}

    def run():
        (earlier.parent / "s.yaml").write_text(
            "".join(f"{name}: {value}\n" for name, value in LINES.items())
        )
        monkeypatch.setattr(Path, "write_bytes", write_bytes)
        monkeypatch.setattr(Path, "write_text", write_text)
        said["code"] = main(["run", str(earlier.parent / "s.yaml"), "--out", str(earlier)])
        monkeypatch.undo()

    results = (earlier / "data/processed/s/results/survival.csv").read_bytes()
    run()
    assert said["code"] == 2
    assert "cohort" not in manifest.read(_places(earlier))
    assert (earlier / "data/processed/s/results/survival.csv").read_bytes() == results


def _places(root: Path):
    from prrt_lib.base.paths import Places

    return Places("s", root)


def test_help_needs_no_workbook(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["run", "--help"])
    assert stopped.value.code == 0
    assert "output root" in capsys.readouterr().out


def test_an_unforeseen_error_never_quotes_its_text(tmp_path, monkeypatch, capsys):
    from prrt_lib.declare import parameters

    def fail(path):
        raise RuntimeError("Jane Doe, born 1950")

    monkeypatch.setattr(parameters, "load", fail)
    assert main(["run", str(tmp_path / "s.yaml")]) == 1
    said = capsys.readouterr().err
    assert "internal error RuntimeError in test_run_input.py" in said
    assert "Jane" not in said
