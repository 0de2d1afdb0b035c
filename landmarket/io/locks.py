"""Locks that tell a living process from a dead one: the system drops them with the process."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def acquire(path: Path) -> int | None:
    """Lock a file without waiting; the file is made if need be.

    Parameters
    ----------
    path : Path
        The lock file.

    Returns
    -------
    int or None
        Handle for `release`; None if a living process holds the lock.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    held = False
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # another process may have removed the file between opening and locking
        held = os.path.samestat(path.stat(), os.fstat(handle))
    except (BlockingIOError, PermissionError, FileNotFoundError):
        held = False
    finally:
        if not held:
            os.close(handle)
    return handle if held else None


def release(handle: int, path: Path) -> None:
    """Remove a lock file and let the lock go.

    Parameters
    ----------
    handle : int
        From `acquire`.
    path : Path
        The lock file.
    """
    if sys.platform == "win32":  # an open file cannot be removed there
        os.close(handle)
        with suppress(OSError):
            path.unlink()
    else:
        path.unlink(missing_ok=True)
        os.close(handle)
