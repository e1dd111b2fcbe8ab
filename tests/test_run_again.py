"""Runs that are killed, repeated, side by side or half failed end like an undisturbed one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import openpyxl
import pytest
from small_project import STORY, copied, environment, notebooks_run, prints, run


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return copied(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def undisturbed(project, home, tmp_path_factory) -> Path:
    """The products of a run with one notebook at a time, and a home of its own."""
    out = tmp_path_factory.mktemp("out")
    done = run(project, "small", out, "--jobs", "1", HOME=str(home))
    assert done.returncode == 0, done.stderr
    assert notebooks_run(done.stdout) == list(STORY)
    assert done.stderr == ""
    return out


def test_a_run_writes_nothing_to_the_home(undisturbed, home):
    assert list(home.rglob("*")) == []


def test_products_are_whole_files_under_their_last_names(undisturbed):
    names = set(prints(undisturbed))
    assert not [name for name in names if Path(name).name.startswith(".")]
    assert {f"reports/small/{name}.ipynb" for name in STORY} < names
    assert "data/processed/small/manifest.json" in names


def test_executed_notebooks_hold_no_time_and_no_path(undisturbed, project):
    for name in STORY:
        text = (undisturbed / f"reports/small/{name}.ipynb").read_text(encoding="utf-8")
        assert str(undisturbed) not in text and str(project) not in text
        content = json.loads(text)
        assert set(content["metadata"]) <= {"kernelspec"}
        assert {key for cell in content["cells"] for key in cell["metadata"]} <= {"tags"}


def killed(project: Path, out: Path, after: str, waits, **changes: str) -> str:
    """What a run said that was killed once ``waits()`` had returned after it had said ``after``."""
    command = [sys.executable, "-m", "prrt_lib", "run", "params/small.yaml", "--out", str(out),
               "--no-site"]  # fmt: skip
    with subprocess.Popen(
        command, cwd=project, env=environment(project, **changes), stdout=subprocess.PIPE, text=True
    ) as process:
        said = ""
        while after not in said:
            line = process.stdout.readline()
            assert line, f"ended before saying {after!r}: {said}"
            said += line
        waits()
        os.kill(process.pid, signal.SIGKILL)
    return said


def test_killed_at_any_moment_and_run_again_it_ends_as_if_nothing_had_happened(
    project, undisturbed, tmp_path
):
    for after, seconds in (("reading", 0.2), ("reading", 1.2), ("reading", 4.0), (" s\n", 0.0)):
        killed(project, tmp_path, after, partial(time.sleep, seconds))
        if after == " s\n":
            break
        (tmp_path / "data/processed/small/manifest.json").unlink(missing_ok=True)
    done = run(project, "small", tmp_path, "--jobs", "2", HOME="/dev/null/home")
    assert done.returncode == 0, done.stderr
    assert prints(tmp_path) == prints(undisturbed)


def test_what_a_killed_run_left_in_the_temporary_folder_is_removed_by_the_next(project, tmp_path):
    """Its own folder goes; those of a living process, of others, and what only looks alike stay."""
    temporary, out = tmp_path / "t", tmp_path / "out"
    temporary.mkdir()
    others = [temporary / name for name in ("prrt-without-a-lock", "another", "prrt-file")]
    for folder in others[:2]:
        folder.mkdir()
    others[2].write_text("")
    (others[1] / ".in-use").write_text("")

    def first_kernel() -> None:
        """Returns when the run has a folder of its own, for its kernels."""
        while not set(temporary.glob("prrt-*")) - set(others):
            time.sleep(0.05)

    killed(project, out, "reading", first_kernel, TMPDIR=str(temporary))
    assert set(temporary.glob("prrt-*")) - set(others)
    hold = "import sys; from prrt_lib.run.lock import own_folder as f\nwith f() as (own, _):"
    living = subprocess.Popen(
        [sys.executable, "-c", f"{hold}\n print(own, flush=True); sys.stdin.read()"], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=project,
        env=environment(project, TMPDIR=str(temporary)),
    )  # fmt: skip
    with living:
        alive = Path(living.stdout.readline().strip())
        done = run(project, "small", out, TMPDIR=str(temporary))
        assert done.returncode == 0, done.stderr
        assert set(temporary.glob("prrt-*")) == {others[0], others[2], alive}
        assert others[1].is_dir()
        living.kill()
    assert run(project, "small", out, TMPDIR=str(temporary)).returncode == 0
    assert not alive.exists()


def test_two_scenarios_side_by_side_in_processes_of_one_pool(project, undisturbed, tmp_path):
    (project / "params/everyone.yaml").write_text(
        (project / "params/small.yaml").read_text() + "population: all_treated\n"
    )
    script = tmp_path / "pool.py"
    script.write_text(
        "import sys\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from functools import partial\n"
        "from multiprocessing import get_context\n"
        "from pathlib import Path\n"
        "from prrt_lib.declare.parameters import load\n"
        "from prrt_lib.run.scenario import run\n"
        "if __name__ == '__main__':\n"
        "    chosen = [load(Path('params') / f'{name}.yaml') for name in ('small', 'everyone')]\n"
        "    with ProcessPoolExecutor(2, get_context('spawn')) as pool:\n"
        "        alone = partial(run, out=Path(sys.argv[1]), jobs=1, pages=False)\n"
        "        made = list(pool.map(alone, chosen))\n"
        "    assert [item['scenario'] for item in made] == ['small', 'everyone']\n"
    )
    out = tmp_path / "out"
    done = subprocess.run([sys.executable, str(script), str(out)], cwd=project, text=True,
                          env=environment(project), capture_output=True, timeout=220)  # fmt: skip
    assert done.returncode == 0, done.stderr
    both = prints(out)
    assert {name: both[name] for name in both if "everyone" not in name} == prints(undisturbed)
    assert len(list((out / "data/processed/.reading").iterdir())) == 2


def test_one_edited_cell_runs_the_notebooks_that_read_it(project, undisturbed, tmp_path):
    book = openpyxl.load_workbook(project / "data/raw/sheets_24.xlsx")
    assert book["PRRT cycles"]["F3"].value == "Basel"
    book["PRRT cycles"]["F3"].value = "Houston"
    before = prints(undisturbed)
    whole = (project / "data/raw/sheets_24.xlsx").read_bytes()
    book.save(project / "data/raw/sheets_24.xlsx")
    edited = run(project, "small", undisturbed)
    (project / "data/raw/sheets_24.xlsx").write_bytes(whole)
    back = run(project, "small", undisturbed)
    assert notebooks_run(edited.stdout) == ["exposure", "report"]
    assert notebooks_run(back.stdout) == ["exposure", "report"]
    assert prints(undisturbed) == before


def test_a_failed_notebook_is_kept_apart_and_the_others_are_done(project, undisturbed):
    before = prints(undisturbed)
    path = project / "notebooks/exposure.ipynb"
    whole = path.read_text(encoding="utf-8")
    content = json.loads(whole)
    place = max(n for n, cell in enumerate(content["cells"]) if cell["cell_type"] == "code")
    content["cells"][place]["source"] = ["{}['a patient\\'s words']"]
    path.write_text(json.dumps(content), encoding="utf-8")
    other = project / "notebooks/characteristics.ipynb"
    text = other.read_text(encoding="utf-8")
    other.write_text(text + "\n", encoding="utf-8")
    failed = run(project, "small", undisturbed)
    kept = undisturbed / "reports/small/exposure.failed.ipynb"
    assert failed.returncode == 3
    assert failed.stderr.startswith(
        f"prrt_lib run: notebooks/exposure.ipynb, cell {place + 2}: found KeyError; expected"
    )
    assert "open reports/small/exposure.failed.ipynb" in failed.stderr
    assert "Traceback" not in failed.stderr and "words" not in failed.stderr
    assert notebooks_run(failed.stdout) == ["characteristics"]
    assert kept.exists()
    now = prints(undisturbed)
    kept_as_they_were = (
        "reports/small/exposure.ipynb", "reports/small/report.ipynb",
        "data/processed/small/results/exposure.csv",
    )  # fmt: skip
    assert all(now[name] == before[name] for name in kept_as_they_were)
    path.write_text(whole, encoding="utf-8")
    other.write_text(text, encoding="utf-8")
    assert run(project, "small", undisturbed).returncode == 0
    assert prints(undisturbed) == before
