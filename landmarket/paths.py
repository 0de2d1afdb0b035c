"""What is there under a path, whatever the path: also under one that no disk can hold, where `pathlib` raises."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def is_there(path: Path) -> bool:
    """Tell whether there is anything at a path.

    Parameters
    ----------
    path : Path
        The path.

    Returns
    -------
    bool
        False also where the name is too long for the disk, or cannot be read.
    """
    return os.path.exists(path)  # noqa: PTH110 - see above


def is_file(path: Path) -> bool:
    """Tell whether there is a regular file at a path: neither a folder nor a pipe or device.

    Parameters
    ----------
    path : Path
        The path.

    Returns
    -------
    bool
        False also where the name is too long for the disk, or cannot be read.
    """
    return os.path.isfile(path)  # noqa: PTH113 - see above


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder at a path.

    Parameters
    ----------
    path : Path
        The path.

    Returns
    -------
    bool
        False also where the name is too long for the disk, or cannot be read.
    """
    return os.path.isdir(path)  # noqa: PTH112 - see above


def refuse_pipe(path: Path) -> None:
    """Raise for a pipe or a device: whoever reads one may wait for ever.

    Parameters
    ----------
    path : Path
        The path.

    Raises
    ------
    OSError
        If there is something that is neither a file nor a folder.
    """
    if is_there(path) and not is_file(path) and not is_folder(path):
        raise OSError(errno.EINVAL, "是管道或设备，不是普通文件", str(path))
