"""Locks that end with the processes that hold them: a run's folder, temporary folders.

One run at a time is in a folder, also while kernels of a killed run are still ending. A temporary
folder is in use while somebody holds the lock inside it; one whose lock is free belongs to nobody
any more and is removed. Without such locks (Windows) nothing waits and nothing is removed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

PREFIX, LOCK = "prrt-", ".in-use"


@contextmanager
def held(folder: Path, say: Callable[[str], None] = print) -> Iterator[tuple[int, ...]]:
    """The open lock of ``folder``; waits for who holds it.

    The lock is free once every process that inherited it is gone: handed to kernels, it keeps a
    new run from starting while those of a killed one could still write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if fcntl:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"waiting for another run in {folder.name}")
                fcntl.flock(handle, fcntl.LOCK_EX)
        # Windows has no such lock and no such inheritance.
        yield (handle,) if fcntl else ()
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Removes what a killed run left half-written below ``folder``; only under its lock."""
    for pattern in (".*.part", ".*.part.ipynb"):
        for path in folder.rglob(pattern):
            path.unlink(missing_ok=True)


@contextmanager
def own_folder() -> Iterator[tuple[Path, tuple[int, ...]]]:
    """A new folder, removed at the end, and its lock: child processes that inherit it keep it."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield folder, (handle,) if _locked(handle) else ()
        finally:
            os.close(handle)


def remove_left_behind() -> int:
    """How many folders of dead processes were removed: this user's, with a lock that is free."""
    return sum(_removed(folder) for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))


def _removed(folder: Path) -> bool:
    try:
        own = folder.lstat().st_uid == os.getuid() if fcntl else False
        # A folder without the lock may be one that is being made; a link is none of ours.
        handle = os.open(folder / LOCK, os.O_RDWR) if own and not folder.is_symlink() else None
    except OSError:
        return False
    if handle is None:
        return False
    try:
        if not _locked(handle):
            return False
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Whether the lock is this process's now."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
