"""Folders in the system's temporary folder, and the removal of those that killed runs left.

A folder is in use while somebody holds the lock inside it. The lock ends with the processes that
hold it, however they end, so that a folder whose lock is free belongs to nobody any more. Without
such locks (Windows) nothing is removed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

PREFIX, LOCK = "prrt-", ".in-use"


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
