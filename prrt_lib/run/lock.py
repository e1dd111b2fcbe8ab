"""One run at a time in a folder, also while kernels of a killed run are still ending."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(folder: Path, say: Callable[[str], None] = print) -> Iterator[tuple[int, ...]]:
    """The open lock of ``folder``; waits for who holds it.

    The lock is free once every process that inherited it is gone: handed to kernels, it keeps a
    new run from starting while those of a killed one could still write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield _wait(handle, folder, say)
    finally:
        os.close(handle)


def _wait(handle: int, folder: Path, say: Callable[[str], None]) -> tuple[int, ...]:
    try:
        import fcntl
    except ImportError:
        # Windows has no such lock and no such inheritance.
        return ()
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"waiting for another run in {folder.name}")
        fcntl.flock(handle, fcntl.LOCK_EX)
    return (handle,)


def sweep(folder: Path) -> None:
    """Removes what a killed run left half-written below ``folder``; only under its lock."""
    for pattern in (".*.part", ".*.part.ipynb"):
        for path in folder.rglob(pattern):
            path.unlink(missing_ok=True)
