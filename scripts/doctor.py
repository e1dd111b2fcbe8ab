"""Prints what an analysis on this machine would run with. Reads only; standard library only."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
LOCK = PROJECT / "requirements.lock"
STAMP = PROJECT / ".venv" / "installed.lock"
SHOWN = ["lifelines", "pandas", "numpy", "scipy", "statsmodels", "matplotlib", "papermill"]
OPTIONAL = {  # program: what it is good for here
    "Rscript": "recomputes the statistics in R, for comparison",
    "chromium": "pictures and PDF of the rendered pages",
    "libreoffice": "opens the workbooks as an abstractor would",
    "node": "tests of the reviewer's page",
    "uv": "a faster set-up than pip",
}


def main() -> int:
    """Return 0 when the environment is in step with the lock, else 1."""
    print(f"machine      {platform.system()} {platform.machine()}")
    print(f"python       {platform.python_version()} ({sys.executable})")
    for program, use in OPTIONAL.items():
        print(f"{program:<12} {version(program) or 'not found'}   ({use})")
    if not STAMP.exists():
        print("environment  not set up: run make env")
        return 1
    for name in SHOWN:
        print(f"{name:<12} {installed(name) or 'MISSING'}")
    wrong = differences()
    print("environment ", "in step with requirements.lock" if not wrong else "OUT OF STEP")
    for line in wrong:
        print("             " + line)
    return 1 if wrong else 0


def version(program: str) -> str:
    """Return the first line a program says of its version, or nothing."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        said = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "found, but does not run"
    lines = (said.stdout + said.stderr).split("\n")
    return lines[0].strip() if said.returncode == 0 else "found, but does not run"


def installed(name: str) -> str:
    """Return the installed version of a package, or nothing."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def differences() -> list[str]:
    """Return one line per way in which .venv is not what the lock says."""
    wrong = []
    if STAMP.read_bytes() != LOCK.read_bytes():
        wrong.append("requirements.lock has changed since make env")
    pinned: dict[str, set[str]] = {}
    for name, pin in re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK.read_text(), re.MULTILINE):
        pinned.setdefault(name, set()).add(pin)
    for name, pins in pinned.items():
        found = installed(name)
        if found and found not in pins:
            wrong.append(f"{name}: found {found}, expected {' or '.join(sorted(pins))}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
