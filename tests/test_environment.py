"""One environment, declared once: pyproject, lock, conda file and Makefile say the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[1]
LOCK = (PROJECT / "requirements.lock").read_text()
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)([^\n]*)\n((?:    [^\n]*\n)*)", re.MULTILINE)
TARGETS = [
    "run",
    "help",
    "env",
    "test",
    "lint",
    "lab",
    "docs",
    "template",
    "doctor",
    "lock",
    "clean",
    "coverage",
    "bench",
    "fuzz",
    "demo-data",
]

in_own_environment = pytest.mark.skipif(
    Path(sys.prefix) != PROJECT / ".venv", reason="not run by the project's own .venv"
)


def pins() -> dict[str, set[str]]:
    """Return the versions the lock has for each package (several where markers divide them)."""
    found: dict[str, set[str]] = {}
    for name, version, _, _ in PIN.findall(LOCK):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def requirements() -> list[Requirement]:
    extras = DECLARED["optional-dependencies"].values()
    return [Requirement(text) for text in chain(DECLARED["dependencies"], *extras)]


@pytest.mark.parametrize("requirement", requirements(), ids=lambda r: r.name)
def test_every_declared_package_is_locked_within_its_bounds(requirement):
    versions = pins().get(canonicalize_name(requirement.name), set())
    assert versions, f"{requirement.name} is not in requirements.lock: run make lock"
    assert all(requirement.specifier.contains(version) for version in versions)


def test_the_pairs_that_break_silently_are_excluded():
    bounds = {requirement.name: requirement.specifier for requirement in requirements()}
    assert "0.30.0" not in bounds["lifelines"]
    assert "3.0.0" not in bounds["pandas"]
    assert "3.13.0" not in bounds["matplotlib"]


def test_every_pin_has_a_hash_and_the_lock_names_no_place():
    every = PIN.findall(LOCK)
    assert len(every) > 100
    bare = [name for name, _, _, hashes in every if "--hash=sha256:" not in hashes]
    assert bare == []
    assert "://" not in LOCK
    assert not re.search(r"(^|\s)/\w", LOCK), "a path of somebody's machine"


def test_one_version_of_each_package_for_every_python_of_the_project():
    from packaging.markers import Marker

    for python in ("3.11.0", "3.12.0", "3.13.0"):
        for system in ("linux", "darwin"):
            where = {
                "python_full_version": python,
                "python_version": python[:4],
                "sys_platform": system,
                "os_name": "posix",
            }
            chosen = [
                canonicalize_name(name)
                for name, _, rest, _ in PIN.findall(LOCK)
                if ";" not in rest or Marker(rest.split(";")[1].strip(" \\")).evaluate({**where})
            ]
            assert len(chosen) == len(set(chosen)), (python, system)
            assert {"pandas", "lifelines", "numpy", "scipy"} <= set(chosen)


def test_conda_gets_python_and_the_same_lock_and_nothing_else():
    conda = yaml.safe_load((PROJECT / "environment.yml").read_text())["dependencies"]
    python, pip, from_pip = conda
    assert pip == "pip"
    assert from_pip == {"pip": ["--require-hashes", "-r requirements.lock"]}
    assert SpecifierSet(python.removeprefix("python ")) == SpecifierSet(DECLARED["requires-python"])


def test_the_set_up_script_accepts_the_declared_pythons():
    script = (PROJECT / "scripts" / "environment.sh").read_text()
    low, high = (
        re.search(r"\((\d+), (\d+)\) <=.*< ", script),
        re.search(r"< \((\d+), (\d+)\)", script),
    )
    bounds = SpecifierSet(f">={'.'.join(low.groups())},<{'.'.join(high.groups())}")
    assert bounds == SpecifierSet(DECLARED["requires-python"])


def test_the_makefile_has_the_promised_targets():
    makefile = (PROJECT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    assert set(TARGETS) <= targets


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ([], 'prrt_lib run "params/demo.yaml" --jobs 2'),
        (["-j3"], 'prrt_lib run "params/demo.yaml" --jobs 3'),
        (["-j"], 'prrt_lib run "params/demo.yaml" --jobs 2'),
        (["SCENARIO=wide", "JOBS=1"], 'prrt_lib run "params/wide.yaml" --jobs 1'),
    ],
)
def test_make_calls_the_runner_once(words, command):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "JOBS"))}
    said = subprocess.run(
        ["make", "-n", *words], cwd=PROJECT, env=clean, capture_output=True, text=True, check=True
    )
    assert said.stdout.count("prrt_lib run") == 1
    assert command in said.stdout


def shell_tools(folder: Path) -> Path:
    """Return a folder for PATH that holds what the script needs and no Python."""
    folder.mkdir(exist_ok=True)
    for tool in ("sh", "dirname", "cmp"):
        (folder / tool).symlink_to(shutil.which(tool))
    return folder


def program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def chosen_python(path: str) -> subprocess.CompletedProcess:
    script = ["/bin/sh", "scripts/environment.sh", "--python"]
    return subprocess.run(script, cwd=PROJECT, env={"PATH": path}, capture_output=True, text=True)


def test_a_python_that_does_not_run_is_passed_over(tmp_path):
    tools = shell_tools(tmp_path / "bin")
    program(tools / "python3.13", "echo 'python3.13: command not found' >&2; exit 127")
    program(tools / "python3.12", "exit 1  # as one without ensurepip does")
    program(tools / "python3.11", f'exec "{sys.executable}" "$@"')
    assert chosen_python(str(tools)).stdout.strip() == str(tools / "python3.11")


def test_the_second_of_two_pythons_of_one_name_is_tried_too(tmp_path):
    tools, further = shell_tools(tmp_path / "bin"), tmp_path / "with a space"
    further.mkdir()
    program(tools / "python3.11", "exit 127")
    program(further / "python3.11", f'exec "{sys.executable}" "$@"')
    found = chosen_python(f"{tools}:{further}")
    assert found.stdout.strip() == str(further / "python3.11")


def test_without_a_python_one_message_names_the_package_to_install(tmp_path):
    said = chosen_python(str(shell_tools(tmp_path / "bin")))
    assert said.returncode == 2
    assert said.stdout == ""
    assert "python3-venv" in said.stderr
    assert said.stderr.count("No usable Python") == 1


@pytest.fixture
def copy_in_step(tmp_path) -> Path:
    """A project whose .venv is in step, on a machine without any other Python."""
    shutil.copytree(PROJECT / "scripts", tmp_path / "scripts")
    (tmp_path / "requirements.lock").write_text(LOCK)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    program(tmp_path / ".venv" / "bin" / "python", "exit 0")
    (tmp_path / ".venv" / "installed.lock").write_text(LOCK)
    return tmp_path


def set_up(copy: Path) -> int:
    path = str(shell_tools(copy / "bin"))
    script = ["/bin/sh", "scripts/environment.sh"]
    return subprocess.run(script, cwd=copy, env={"PATH": path}, capture_output=True).returncode


def test_a_lock_that_was_only_touched_installs_nothing(copy_in_step):
    os.utime(copy_in_step / "requirements.lock", (4e9, 4e9))
    assert set_up(copy_in_step) == 0


def test_a_changed_lock_asks_for_a_new_environment(copy_in_step):
    with (copy_in_step / "requirements.lock").open("a") as lock:
        lock.write("# one more line\n")
    assert set_up(copy_in_step) == 2


def test_an_environment_killed_before_its_stamp_is_not_trusted(copy_in_step):
    (copy_in_step / ".venv" / "installed.lock").unlink()
    assert set_up(copy_in_step) == 2


def test_the_ci_script_is_a_program_that_bash_understands():
    script = PROJECT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script]).returncode == 0


@in_own_environment
def test_the_environment_holds_the_versions_of_the_lock():
    found = {canonicalize_name(d.metadata["Name"]): d.version for d in metadata.distributions()}
    wrong = {
        name: found[name]
        for name, versions in pins().items()
        if name in found and found[name] not in versions
    }
    assert wrong == {}


@in_own_environment
def test_no_package_misses_another_one():
    said = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert said.returncode == 0, said.stdout


@in_own_environment
def test_the_library_imports_from_anywhere(tmp_path):
    code = "import prrt_lib; print(prrt_lib.__file__)"
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=clean, capture_output=True, text=True
    )
    assert Path(said.stdout.strip()).resolve() == PROJECT / "prrt_lib" / "__init__.py"
