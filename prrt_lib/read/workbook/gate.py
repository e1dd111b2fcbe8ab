"""Whether a file is safe to open, decided in a child process before any parser sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from prrt_lib.base.errors import Problem, WorkbookError
from prrt_lib.read.workbook import gate_child

CHILD = Path(gate_child.__file__)
MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """The largest file that is looked at, and how long and how large the look may be."""

    file_bytes: int = 50 * MB
    unpacked_bytes: int = 500 * MB
    rows: int = 200_000
    columns: int = 500
    memory_bytes: int = 1024 * MB
    seconds: float = 60.0


def admit(path: Path, limits: Limits | None = None) -> dict[str, dict[str, int]]:
    """Sheet part -> its rows and columns, by streamed coordinates.

    Raises WorkbookError naming the real type of a file that is no workbook, and anything that
    makes it unsafe: macros, foreign links that feed cells, a document type definition, bombs.
    """
    limits = limits or Limits()
    path = Path(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise _refused(path, found, "a workbook", "check the name and the folder")
    arguments = str(CHILD), str(path.resolve()), json.dumps(asdict(limits))
    command = [sys.executable, "-I", "-S", *arguments]
    todo = "split the workbook, or raise the limits of the gate"
    try:
        done = subprocess.run(command, capture_output=True, timeout=limits.seconds, check=False)
        verdict = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        found = f"a file still not read after {limits.seconds:g} s"
        raise _refused(path, found, "a smaller workbook", todo) from None
    except ValueError:
        found = "a file that needs more memory than a workbook of this kind should"
        raise _refused(path, found, "a workbook within the memory limit", todo) from None
    if verdict["refused"]:
        raise WorkbookError([Problem(str(path), *problem) for problem in verdict["refused"]])
    return verdict["sheets"]


def _refused(path: Path, found: str, expected: str, todo: str) -> WorkbookError:
    return WorkbookError(Problem(str(path), found, expected, todo))
