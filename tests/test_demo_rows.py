"""The demonstration from workbook to pages: its rows, pages, manifest, and what would run again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from small_project import PROJECT, child_seconds, environment, finished_demo, prints, run

from prrt_lib.base.errors import AnalysisError, InputError
from prrt_lib.base.paths import Places
from prrt_lib.declare import results
from prrt_lib.declare.asked.checklists import checklists
from prrt_lib.declare.asked.clauses import clauses, columns_of, exhibits, matching, rows_of
from prrt_lib.declare.derivations import OF_EVERYTHING, abstracted
from prrt_lib.declare.dictionary import NOWHERE, dictionary
from prrt_lib.declare.parameters import Parameters, load
from prrt_lib.declare.rows import KEY
from prrt_lib.run import keys, manifest, stages
from prrt_lib.run.notebook_form import STORY, arguments
from prrt_lib.run.scenario import Run
from prrt_lib.run.scenario import run as run_here
from prrt_lib.tools.check import check
from prrt_lib.topics.report import coverage
from prrt_lib.topics.report.consistency import flow_ends

# Written anew by `python tests/test_demo_rows.py` when a change moves numbers on purpose.
STORED = Path(__file__).parent / "data" / "demo_rows.csv.gz"
COMPARED = ["estimate", "low", "high", "p", "n", "total", "events"]
TOLERANCE = 1e-9
LINES = load(PROJECT / "params/demo.yaml")


def result_rows(out: Path) -> pd.DataFrame:
    folder = Places("demo", out).results
    files = sorted(folder.glob("*.csv"))
    frames = [results.read(path).assign(notebook=path.stem) for path in files]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    return finished_demo(tmp_path_factory)


@pytest.fixture
def copy(demo, tmp_path) -> Path:
    """A copy of the demonstration's products that a test may spoil."""
    return Path(shutil.copytree(demo, tmp_path / "out"))


@pytest.fixture(scope="module")
def rows(demo) -> pd.DataFrame:
    return result_rows(demo)


def test_the_rows_are_those_stored(rows):
    stored = pd.read_csv(STORED, keep_default_na=False, na_values={n: [""] for n in COMPARED})
    now = rows.set_index("row_id")
    then = stored.set_index("row_id")
    gone, new = then.index.difference(now.index), now.index.difference(then.index)
    assert not len(gone), then.loc[gone, ["notebook", "key"]].head().to_dict("records")
    assert not len(new), now.loc[new, ["notebook", *KEY]].head().to_dict("records")
    now = now.loc[then.index]
    assert (now["state"] == then["state"]).all()
    for name in COMPARED:
        apart = (now[name] - then[name].astype(float)).abs()
        allowed = TOLERANCE * then[name].astype(float).abs().clip(lower=1)
        moved = (apart > allowed) | (now[name].isna() != then[name].isna())
        assert not moved.any(), (name, then.loc[moved, "key"].head().tolist())


def test_check_lists_what_the_run_lists(demo):
    found, _ = check(PROJECT / "params/demo.yaml")
    stored = pd.read_csv(Places("demo", demo).processed / "findings.csv", dtype=str)
    assert sorted(found["finding_id"]) == sorted(stored["finding_id"])


def test_keys_are_unique_in_the_scenario(rows):
    assert not rows["row_id"].duplicated().any()


# What a second run does


def test_with_nothing_changed_no_notebook_runs_and_nothing_heavy_is_imported(demo):
    before, used = prints(demo), child_seconds()
    again = run(PROJECT, "demo", demo, python=("-X", "importtime"), site=True)
    assert child_seconds() - used < 2
    assert "nothing changed, no notebook was run" in again.stdout
    imported = {line.rsplit("|", 1)[-1].strip() for line in again.stderr.splitlines()}
    heavy = {"pandas", "numpy", "papermill", "matplotlib", "sphinx", "IPython", "pyarrow"}
    assert "prrt_lib.run.scenario" in imported and not heavy & imported
    assert prints(demo) == before


def would_run(out: Path, parameters: Parameters = LINES) -> list[str]:
    """The notebooks that a run would run now, once the cohort has been seen to."""
    said: list[str] = []
    files = stages.inputs(parameters)
    state = Run(parameters, Places(parameters.scenario, out), files, said.append)
    state.cohort()
    return state.stale(list(STORY), arguments(parameters))


def edited(folder: Path, sheet: str, header: str, change) -> Parameters:
    """The scenario with one cell changed: the first of a column that ``change`` accepts."""
    book = openpyxl.load_workbook(PROJECT / LINES.workbook)
    column = next(c.column for c in book[sheet][1] if str(c.value).startswith(header))
    for line in range(2, book[sheet].max_row + 1):
        cell = book[sheet].cell(line, column)
        if (new := change(cell.value)) is not None:
            cell.value = new
            break
    book.save(folder / "edited.xlsx")
    return replace(LINES, workbook=str(folder / "edited.xlsx"))


def test_the_same_workbook_under_another_name_runs_nothing(copy, tmp_path):
    shutil.copy(PROJECT / LINES.workbook, tmp_path / "renamed.xlsx")
    assert would_run(copy, replace(LINES, workbook=str(tmp_path / "renamed.xlsx"))) == []


def test_an_edited_activity_runs_exposure_and_the_map_of_missing_values(copy, tmp_path):
    changed = edited(tmp_path, "prrt_cycles", "Activity",
                     lambda value: "7.1 GBq" if value == "197 mCi" else None)  # fmt: skip
    stale = would_run(copy, changed)
    assert "exposure" in stale
    assert set(stale) <= {"exposure", "quality", "characteristics"}


def test_an_edited_alcohol_cell_runs_characteristics_and_nothing_else(copy, tmp_path):
    changed = edited(tmp_path, "patients", "Alcohol",
                     lambda value: "none" if value == "social" else None)  # fmt: skip
    stale = would_run(copy, changed)
    assert "characteristics" in stale
    assert set(stale) <= {"characteristics", "quality"}


def test_an_edited_cell_runs_every_notebook_that_noted_its_column(copy, tmp_path):
    noted = noting(copy, "columns", "prrt_cycles.isotope")
    changed = edited(tmp_path, "prrt_cycles", "Isotope",
                     lambda value: "Y-90" if value == "Lu-177" else None)  # fmt: skip
    assert noted and set(noted) <= set(would_run(copy, changed))


def noting(out: Path, kind: str, item: str) -> list[str]:
    """The notebooks that noted, when they ran, that they read ``item``."""
    record = manifest.read(Places("demo", out))
    return [name for name in STORY if item in record[f"notebook {name}"]["reads"].get(kind, ())]


@pytest.mark.parametrize(
    "name, value, reader",
    [("min_at_risk", 6, "survival"), ("max_scan_gap_days", 300, "survival"),
     ("conf_level", 0.9, "survival"), ("related_counts", ["related"], "adverse_events")],
)  # fmt: skip
def test_one_parameter_runs_what_reads_it(copy, name, value, reader):
    stale = would_run(copy, replace(LINES, **{name: value}))
    assert reader in stale and "quality" not in stale
    # A parameter of the cohort may also move columns; these move none but their readers.
    assert set(stale) >= set(noting(copy, "parameters", name))
    assert name == "related_counts" or stale == noting(copy, "parameters", name)


def test_a_parameter_of_one_notebook_runs_that_notebook(copy):
    assert would_run(copy, replace(LINES, notebooks={"cox": {"endpoints": ["os_prrt"]}})) == ["cox"]


def test_a_parameter_that_nobody_reads_runs_nothing(copy):
    assert not noting(copy, "parameters", "amendments")
    assert would_run(copy, replace(LINES, amendments=["2026-01-01: none"])) == []


def test_a_changed_function_runs_the_notebooks_that_import_it(copy, tmp_path, monkeypatch):
    for name in ("prrt_lib", "notebooks"):
        shutil.copytree(PROJECT / name, tmp_path / "project" / name)
    monkeypatch.setattr(keys, "PROJECT", tmp_path / "project")
    assert would_run(copy) == []
    module = tmp_path / "project/prrt_lib/topics/exposure/exposure.py"
    module.write_text(module.read_text() + "\n# changed\n")
    assert would_run(copy) == ["exposure"]
    cuts = tmp_path / "project/prrt_lib/topics/adverse_events/incidence.py"
    cuts.write_text(cuts.read_text() + "\n# changed\n")
    assert would_run(copy) == ["exposure", "adverse_events"]


def test_a_changed_lock_runs_everything(copy, tmp_path, monkeypatch):
    lock = tmp_path / "requirements.lock"
    lock.write_text(keys.LOCK.read_text() + "# changed\n")
    monkeypatch.setattr(keys, "LOCK", lock)
    assert would_run(copy) == list(STORY)


def test_touching_files_runs_nothing(copy):
    for path in copy.rglob("*"):
        if path.is_file():
            os.utime(path, (1, 1))
    assert would_run(copy) == []


def test_rows_edited_by_hand_are_made_again_and_the_report_with_them(copy):
    path = Places("demo", copy).results / "cox.csv"
    path.write_text(path.read_text() + "\n")
    assert would_run(copy) == ["cox", "report"]


@pytest.mark.parametrize(
    "name, stale",
    [("figures/demo/survival_ttp.png", "survival"), ("reports/demo/response.ipynb", "response")],
)  # fmt: skip
def test_a_product_that_was_removed_is_made_again(copy, name, stale):
    (copy / name).unlink()
    assert would_run(copy) == [stale]


def test_a_manifest_that_cannot_be_read_runs_everything(copy):
    (Places("demo", copy).processed / "manifest.json").write_text('{"cohort": {"k')
    assert would_run(copy) == list(STORY)


def test_a_refused_cutoff_leaves_every_product_as_it_was(copy):
    before = prints(copy)
    with pytest.raises((InputError, AnalysisError)):
        run_here(replace(LINES, cutoff="1990-01-01"), copy, say=lambda line: None)
    assert prints(copy) == before


# What a reviewer opens

OUTSIDE = re.compile(
    r"""(?:\bsrc\s*=\s*|\bposter\s*=\s*|<link\b[^>]*\bhref\s*=\s*|url\(\s*)["']?\s*(?:https?:)?//"""
    r"""|@import|\bimport\s*\(|\bfetch\s*\(|XMLHttpRequest|require\.config""",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", ["index", *STORY])
def test_a_page_asks_nothing_of_the_network(demo, name):
    text = (demo / f"reports/demo/{name}.html").read_text(encoding="utf-8")
    assert not OUTSIDE.findall(text)


@pytest.mark.parametrize("name", ["index", *STORY])
def test_a_page_says_synthetic_and_links_to_all_others(demo, name):
    text = (demo / f"reports/demo/{name}.html").read_text(encoding="utf-8")
    assert '<strong class="prrt-stamp">SYNTHETIC</strong>' in text
    others = {"index", *STORY} - {name}
    assert all(re.search(f'<a [^>]*href="{other}.html"', text) for other in others)
    assert str(demo) not in text and str(PROJECT) not in text


def test_the_manifest_says_what_went_in_and_what_came_out(demo):
    record = manifest.read(Places("demo", demo))
    assert record["workbook"]["sha256"] == keys.file_digest(PROJECT / LINES.workbook)
    assert record["profile"]["name"] == "template"
    assert record["lock"] == keys.file_digest(PROJECT / "requirements.lock")
    assert record["schema_version"] == "1"
    assert record["parameters"]["cutoff"] == LINES.cutoff
    assert {"lifelines", "pandas", "pyarrow", "python", "statsmodels"} <= set(record["versions"])
    # Installed, but nothing that a run executes imports it.
    assert not {"nbval", "pytest", "ipywidgets"} & set(record["versions"])
    git = subprocess.run(
        ["git", "-C", PROJECT, "rev-parse", "HEAD"], capture_output=True, text=True
    )
    assert record["source"]["commit"] == (git.stdout.strip() or "unknown")
    assert record["about"]["rows"]["patients"] >= 135
    assert {name for name in record if name.startswith("notebook ")} == {
        f"notebook {name}" for name in STORY
    }
    listed = {name for stage in record.values() if isinstance(stage, dict)
              for name in stage.get("outputs", {})}  # fmt: skip
    written = set(prints(demo)) - {"data/processed/demo/manifest.json"}
    assert listed == written


@pytest.mark.parametrize("clause", list(clauses()))
def test_a_clause_of_the_registry_entry_ends_in_result_rows(rows, clause):
    item = clauses()[clause]
    assert item["notebook"] in STORY
    assert columns_of(clause), clause
    found = rows_of(clause, rows[rows["notebook"] == item["notebook"]])
    assert len(found)


def test_a_row_of_an_endpoint_with_fewer_patients_than_its_population_says_why(rows):
    sizes = flow_ends(rows)["n"]
    plain = (rows[["group", "level"]] == "").all(axis=1) & ~rows["model"].str.startswith("expected")
    own = rows[plain & (rows["endpoint"] != "") & rows["population"].isin(sizes.index)]
    fewer = own[own["n"] < own["population"].map(sizes)]
    silent = fewer[~fewer["warning"].str.contains("left out")]
    assert len(fewer) > 100
    assert silent.empty, silent[["analysis", "model", "endpoint", "variable", "n", "warning"]]


@pytest.mark.parametrize("number", list(exhibits()))
def test_a_table_or_figure_of_a_paper_has_its_rows_and_its_file(demo, rows, number):
    item = exhibits()[number]
    found = rows_of(number, rows[rows["notebook"] == item["notebook"]])
    assert len(found) and (found["state"] == "ok").any()
    if "figure" in item:
        for kind in ("png", "pdf"):
            assert (demo / f"figures/demo/{item['figure']}.{kind}").stat().st_size > 1000


COLUMNS = [column for table in dictionary().tables.values() for column in table.columns.values()
           if column.clause]  # fmt: skip


def test_a_column_is_shown_by_rows_of_the_run_or_used_or_said_to_be_neither(demo, rows):
    notes = [
        item["reads"].get("columns", ())
        for name, item in manifest.read(Places("demo", demo)).items()
        if name.removeprefix("notebook ") in {*STORY} - {"quality"}
    ]
    read = abstracted(name for note in notes for name in note if name not in OF_EVERYTHING)
    without = [column.address for column in COLUMNS if not isinstance(column.shown_by, str)
               and matching(column.shown_by, rows).empty]  # fmt: skip
    assert without == [], "declare what shows it, or `shown: nowhere`"
    unread = [column.address for column in COLUMNS if column.address not in read]
    assert unread == [column.address for column in COLUMNS if column.shown_by == NOWHERE]


def test_every_clause_and_item_is_found_in_the_run_and_says_what_was_not_abstracted(rows):
    made = {"registry": coverage.registry(rows),
            **{name: coverage.checklist(name, rows) for name in checklists()}}  # fmt: skip
    states = {(name, line[0].text): line[-1].text for name, table in made.items()
              for line in table.body}  # fmt: skip
    heads = {key: text.partition(";")[0] for key, text in states.items()}
    assert set(heads.values()) == {"answered", "answered in part", "not abstracted",
                                   "by the authors"}  # fmt: skip
    assert states["enets", "R4"] == (
        "answered in part; not abstracted: Amino acid infusion, Radiosensitiser"
    )
    assert states["enets", "R5"] == "not abstracted"
    assert states["enets", "T4"] == (
        "answered in part; not abstracted: Progressive disease at first PRRT"
    )
    assert states["registry", "B2"] == (
        "answered; not abstracted: Race, Ethnicity, Karnofsky index at first PRRT"
    )
    assert "not shown: Findings" in states["registry", "F1"]


# What anyone can do again


@pytest.mark.timeout(600)
def test_executed_notebooks_replay_to_the_same_tables(copy, tmp_path):
    private = {name: str(tmp_path / "own") for name in (
        "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR")}  # fmt: skip
    fonts = os.environ.get("MPLCONFIGDIR", str(PROJECT / ".cache" / "matplotlib"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    before = prints(copy / "data/processed/demo")
    notebooks = [str(copy / f"reports/demo/{name}.ipynb") for name in STORY]
    replay = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
         "-c", str(tmp_path / "pytest.ini"), "--rootdir", str(tmp_path), "--nbval",
         "--nbval-current-env", "--tb=line", *notebooks],
        env=environment(PROJECT, PRRT_OUT=str(copy), MPLCONFIGDIR=fonts, PYTHONHASHSEED="0",
                        OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", **private),
        cwd=tmp_path, capture_output=True, text=True, timeout=580,
    )  # fmt: skip
    assert replay.returncode == 0, replay.stdout[-3000:]
    assert prints(copy / "data/processed/demo") == before
    assert (copy / "data/processed/_interactive/results/survival.csv").read_bytes() == (
        copy / "data/processed/demo/results/survival.csv"
    ).read_bytes()


def store(out: Path) -> None:
    """Writes the rows of a finished demonstration below ``out`` as those to compare with."""
    rows = result_rows(out)
    words = rows[list(KEY)].astype(str).replace("nan", "")
    kept = rows[["row_id", "notebook", "state", *COMPARED]].assign(key=words.agg("|".join, axis=1))
    kept.to_csv(STORED, index=False, float_format="%.12g", lineterminator="\n",
                compression={"method": "gzip", "mtime": 0})  # fmt: skip


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        run_here(LINES, Path(folder))
        store(Path(folder))
