"""Builds .venv from requirements.lock. Standard library only: it runs before anything is there."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
VENV = PROJECT / ".venv"
LOCK = PROJECT / "requirements.lock"
STAMP = VENV / "installed.lock"
CACHE = PROJECT / ".cache"
PYTHON = VENV / "bin" / "python"


def main() -> int:
    """Return 0 when .venv agrees with the lock, after building it if need be."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "environment.flock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # freed by the system even when this process is killed
        if STAMP.exists() and STAMP.read_bytes() == LOCK.read_bytes() and runs(PYTHON):
            return 0
        try:
            build()
        except (subprocess.CalledProcessError, OSError) as error:
            print(failure(error), file=sys.stderr)
            return 2
    return 0


def runs(python: Path) -> bool:
    """Return whether the interpreter still starts (its base may have been uninstalled)."""
    try:
        return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def build() -> None:
    """Build .venv from nothing; the stamp comes last, so half an environment is never trusted."""
    started = time.monotonic()
    content = LOCK.read_bytes()
    print(f"Setting up .venv with Python {sys.version.split()[0]} (about a minute)", flush=True)
    if VENV.exists():
        STAMP.unlink(missing_ok=True)
        shutil.rmtree(VENV)
    call([sys.executable, "-m", "venv", VENV])
    install(content.decode())
    make_importable()
    part = STAMP.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, STAMP)
    print(f"Environment ready in {time.monotonic() - started:.0f} s", flush=True)


def install(lock: str) -> None:
    """Install the lock: pip and setuptools first, since they install and build the rest."""
    first = CACHE / "installers.lock"
    first.write_text(pin(lock, "pip") + pin(lock, "setuptools"))
    if not (shutil.which("uv") and uv_installs(first)):
        pip = [PYTHON, "-m", "pip", "-qq", "--no-input", "--disable-pip-version-check"]
        pip += ["install", "--progress-bar=off", "--require-hashes", "--no-deps", "--no-compile"]
        call([*pip, "-r", first])
        call([*pip, "--no-build-isolation", "-r", LOCK])
    compile_bytecode()


def uv_installs(first: Path) -> bool:
    """Return whether uv did the whole installation; if it could not, pip starts over."""
    uv = ["uv", "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "--no-deps"]
    uv += ["--no-build-isolation"]
    done = all(
        subprocess.run([*uv, "-r", lock], env=environment(), cwd=PROJECT).returncode == 0
        for lock in (first, LOCK)
    )
    if not done:
        print("uv could not install the lock; pip does it instead", flush=True)
    return done


def compile_bytecode() -> None:
    """Compile on all cores, so that the first import is as fast as the next ones.

    Packages' own tests are left out (a third of the files); a file meant for another Python that
    does not compile is no failure.
    """
    chosen = ["-q", "-j", "0", "-x", "/tests?/", VENV / "lib"]
    subprocess.run([PYTHON, "-m", "compileall", *chosen], env=environment(), capture_output=True)


def pin(lock: str, name: str) -> str:
    """Return the lines of one package: its pin and its hashes."""
    found = re.search(rf"^{name}==.*\n(?:    .*\n)+", lock, re.MULTILINE)
    if found is None:
        raise OSError(f"requirements.lock has no pin of {name}")
    return found.group()


def make_importable() -> None:
    """Put the project on the environment's path, relative to it so that the folder may move."""
    (site,) = (VENV / "lib").glob("python3.*/site-packages")
    (site / "prrt_lib.pth").write_text(os.path.relpath(PROJECT, site) + "\n")


def environment() -> dict[str, str]:
    """Return the variables of a child: caches stay in the project, nothing goes to a home."""
    own = {"PIP_CACHE_DIR": str(CACHE / "pip"), "UV_CACHE_DIR": str(CACHE / "uv")}
    # pip asks rustc for its version, and a rustup shim answers by writing a settings file.
    own["RUSTUP_HOME"] = str(CACHE / "rustup")
    dropped = {"PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**own, **kept}


def call(command: list[str | Path]) -> None:
    subprocess.run(command, check=True, env=environment(), cwd=PROJECT)


def failure(error: Exception) -> str:
    """Return the one message for a build that did not end."""
    return (
        f"The environment could not be built.\n"
        f"  where:    {VENV.name}, from {LOCK.name}\n"
        f"  found:    {error}\n"
        f"  expected: the packages of the lock, downloaded and matching their hashes\n"
        f"  what to do: check the network, the free disk space and the lines above, then make env"
    )


if __name__ == "__main__":
    sys.exit(main())
