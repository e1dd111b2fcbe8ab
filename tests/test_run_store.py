"""What a run keeps beside its products: readings shared by scenarios, hashes of what it read."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from prrt_lib.read.reading import Reading
from prrt_lib.run import keys, manifest, stages


@pytest.fixture
def tiny() -> Reading:
    patients = pd.DataFrame({"patient_id": ["NET-001"], "row": [1]})
    return Reading({"patients": patients}, patients, patients, {"patients": 1})


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_five_readings_used_last_are_kept(tmp_path, tiny):
    for number in range(8):
        stages._store(tiny, tmp_path / f"key{number}")
        os.utime(tmp_path / f"key{number}", (number, number))
    assert names(tmp_path) == {"key3", "key4", "key5", "key6", "key7"}
    os.utime(tmp_path / "key3", (99, 99))  # used again
    stages._store(tiny, tmp_path / "key8")
    assert names(tmp_path) == {"key3", "key5", "key6", "key7", "key8"}


def test_a_reading_stored_again_takes_no_other_ones_place(tmp_path, tiny):
    for number in (0, 1, 2, 3, 4, 4, 4):
        stages._store(tiny, tmp_path / f"key{number}")
        os.utime(tmp_path / f"key{number}", (number, number))
    assert names(tmp_path) == {f"key{number}" for number in range(5)}


def test_a_stored_reading_that_is_used_counts_as_the_newest(tmp_path, tiny, project):
    workbook = shutil.copy2(project / "tests/data/sheets_24.xlsx", tmp_path)
    profile = project / "params/profiles/sheets.yaml"
    files = stages.Inputs(Path(workbook), profile, "a", "b")
    store = tmp_path / "data/processed/.reading" / files.reading_key[:16]
    stages._store(tiny, store)
    os.utime(store, (1, 1))
    assert stages.reading(files, tmp_path).about == {"patients": 1}
    assert store.stat().st_mtime > 1


def test_the_manifest_lists_every_workbook_with_its_own_hash(tmp_path):
    pairs = []
    for name in ("north", "south"):
        book, profile = tmp_path / f"{name}.xlsx", tmp_path / f"{name}_layout.yaml"
        book.write_bytes(name.encode())
        profile.write_text(f"name: {name}")
        pairs.append((book, profile))
    listed = manifest.workbooks(pairs)
    assert [item["workbook"]["name"] for item in listed] == ["north.xlsx", "south.xlsx"]
    assert [item["profile"]["name"] for item in listed] == ["north_layout", "south_layout"]
    # printf north | sha256sum
    assert listed[0]["workbook"]["sha256"] == (
        "dc365e79d41cfae1c3c0d969319ae62165b81b1815a86c32bbc6c64cbdf2311b"
    )
    assert listed[1]["profile"]["sha256"] == keys.file_digest(pairs[1][1])


def git(folder: Path, *command: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, *command], cwd=folder, check=True, capture_output=True,
                          text=True).stdout.strip()  # fmt: skip


UNKNOWN = {"commit": "unknown", "tree": "unknown"}


def test_the_commit_of_the_code_and_whether_it_was_changed_since(tmp_path, monkeypatch):
    """In a checkout, after a change, in a copy inside another repository, and without git."""
    own, copy = tmp_path / "own", tmp_path / "own" / "copy"
    (own / "prrt_lib").mkdir(parents=True)
    (own / "prrt_lib" / "__init__.py").write_text("")
    assert manifest.commit(own) == UNKNOWN
    git(own, "init", "-q")
    assert manifest.commit(own) == UNKNOWN, "nothing is committed"
    git(own, "add", "prrt_lib")
    git(own, "commit", "-q", "-m", "first")
    name = git(own, "rev-parse", "HEAD")
    assert manifest.commit(own) == {"commit": name, "tree": "clean"}
    (copy / "prrt_lib").mkdir(parents=True)
    (copy / "prrt_lib" / "__init__.py").write_text("")
    assert manifest.commit(copy) == UNKNOWN
    assert manifest.commit(own) == {"commit": name, "tree": "changed"}, "a file is not tracked"
    shutil.rmtree(copy)
    (own / "prrt_lib" / "__init__.py").write_text("x = 1")
    assert manifest.commit(own) == {"commit": name, "tree": "changed"}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert manifest.commit(own) == UNKNOWN


def test_versions_name_what_the_code_of_a_run_imports_and_nothing_else():
    """topics.report.documents writes Word files with docx, which is the package python-docx."""
    used = keys.packages(["prrt_lib.topics.report.documents"])
    assert {"docx", "pandas", "xlsxwriter"} <= used and "statsmodels" not in used
    told = manifest.versions(used)
    assert {"python-docx", "pandas", "python", "pyarrow", "ipykernel"} <= set(told)
    assert not {"statsmodels", "lifelines", "docx"} & set(told)
