"""Runs as a user starts them: the demonstration, and a copy of the project with three notebooks."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
# Two questions and the report that reads their rows.
STORY = ("characteristics", "exposure", "report")
# The whole demonstration takes 80 seconds on two free processors; busy ones may take long.
WHOLE = 560
LINES = "workbook: data/raw/sheets_24.xlsx\nprofile: sheets\ncutoff: 2017-06-30\n"


def run(
    project: Path, scenario: str, out: Path, *flags: str, python: tuple[str, ...] = (),
    site: bool = False, seconds: int = 220, **env: str,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """The finished command, with its output as text; pages are built only where asked for."""
    return subprocess.run(
        [sys.executable, *python, "-m", "prrt_lib", "run", f"params/{scenario}.yaml",
         "--out", str(out), *flags, *([] if site else ["--no-site"])],
        cwd=project, env=environment(project, **env), capture_output=True, text=True,
        timeout=seconds,
    )  # fmt: skip


def environment(project: Path, **changes: str) -> dict[str, str]:
    """This process's environment, less what would tell a run where to write."""
    kept = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("PRRT_", "JUPYTER_", "IPYTHON", "MPL", "PYTEST_"))
    }  # fmt: skip
    return {**kept, "PYTHONPATH": str(project), **changes}


def finished_demo(tmp_path_factory) -> Path:
    """The output root of one demonstration run, shared by all workers of a test session."""
    base = tmp_path_factory.getbasetemp()
    out = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "demonstration"
    done = run(PROJECT, "demo", out, site=True, seconds=WHOLE)
    assert done.returncode == 0, done.stderr
    return out


def copied(folder: Path) -> Path:
    """A copy of the project in which a run has three notebooks."""
    for name in ("prrt_lib", "notebooks", "params"):
        shutil.copytree(PROJECT / name, folder / name)
    shutil.copy2(PROJECT / "requirements.lock", folder)
    (folder / "data" / "raw").mkdir(parents=True)
    shutil.copy2(PROJECT / "tests" / "data" / "sheets_24.xlsx", folder / "data" / "raw")
    (folder / "params" / "small.yaml").write_text(LINES, encoding="utf-8")
    form = folder / "prrt_lib" / "run" / "notebook_form.py"
    text = form.read_text(encoding="utf-8")
    start = text.index("STORY = (")
    end = text.index(")", start) + 1
    form.write_text(f"{text[:start]}STORY = {STORY!r}{text[end:]}", encoding="utf-8")
    return folder


def prints(root: Path, *left_out: str) -> dict[str, str]:
    """Every product below ``root`` -> its SHA-256; locks and caches are no products."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and path.name != ".lock"
        and not {".reading", ".cache", *left_out} & set(path.relative_to(root).parts)
    }


def notebooks_run(text: str) -> list[str]:
    """Names of the notebooks that a run says it has run, sorted; "site" for the pages."""
    lines = [line.split() for line in text.splitlines()]
    return sorted(words[0] for words in lines if len(words) == 3 and words[2] == "s")


def child_seconds() -> float:
    """CPU seconds of all finished child processes so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
