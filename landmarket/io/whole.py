"""One file written whole, and the errors of a disk said in Chinese with their cure."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from landmarket.errors import LandMarketError, OutputError
from landmarket.io.file_names import LONGEST

_CURES = {
    errno.ENOSPC: ("磁盘已满", "清理磁盘，或把成果写到别的磁盘"),
    errno.EDQUOT: ("超过磁盘配额", "清理文件，或把成果写到别的磁盘"),
    errno.EFBIG: ("文件超过允许的大小", "换到支持大文件的磁盘，或分乡镇输出"),
    errno.EROFS: ("磁盘只读", "把成果写到可写的磁盘"),
    errno.EACCES: ("没有写权限，或文件正被其他程序（如 Excel）打开", "关闭打开它的程序，或换一个有写权限的文件夹"),
    errno.EPERM: ("没有写权限", "换一个有写权限的文件夹"),
    errno.ENOTDIR: ("路径中有一段是文件，不是文件夹", "换一个文件夹"),
    errno.ENOENT: ("没有这个文件夹", "先建文件夹，或换一个路径"),
    errno.EEXIST: ("已有同名文件", "换一个名称"),
    errno.ENOTEMPTY: ("已有同名文件夹", "换一个名称"),
    errno.ENOLCK: ("此磁盘不支持文件锁（如某些网络盘）", "写到本机磁盘，再复制过去"),
    errno.ENOTSUP: ("此磁盘不支持文件锁（如某些网络盘）", "写到本机磁盘，再复制过去"),
    errno.ENAMETOOLONG: ("路径太长", "换一个更短的文件夹"),
    errno.EIO: ("磁盘读写出错", "检查磁盘，或换一块"),
}
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
"""Errors of a disk, wherever they happen."""
_BESIDE = ("-journal", "-wal", "-shm", ".aux.xml")
"""What SQLite and GDAL leave beside a file when they are stopped."""


def disk_trouble(error: OSError) -> tuple[str, str]:
    """Say what an operating-system error is, and its cure.

    Parameters
    ----------
    error : OSError
        The error.

    Returns
    -------
    tuple of str
        What happened, and what to do.
    """
    return _CURES.get(error.errno or 0, (error.strerror or str(error), "检查路径、磁盘与权限"))


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn an operating-system error while writing into an `OutputError` with its cure.

    Parameters
    ----------
    path : Path
        What is being written, for the message.

    Yields
    ------
    None
        Around the writing.

    Raises
    ------
    OutputError
        If the block raises an OSError that is not ours, or the system cannot write the name of a file.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        encoding = sys.getfilesystemencoding()
        if encoding == "utf-8":
            raise
        raise OutputError(
            f"{path}：写不成，系统的文件名编码 {encoding} 写不了 {error.object!r}。没有留下半份成果。"
            "办法：先执行 export LANG=C.UTF-8（或 export PYTHONUTF8=1），再运行。"
        ) from error
    except OSError as error:
        if isinstance(error, LandMarketError):
            raise
        what, cure = disk_trouble(error)
        raise OutputError(f"{path}：写不成，{what}。没有留下半份成果。办法：{cure}。") from error


def write_whole(path: Path, content: bytes) -> None:
    """Write one file whole, or leave what was there.

    Parameters
    ----------
    path : Path
        The file; an older one is replaced in one step.
    content : bytes
        Its content.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    part = path.with_name(f".{path.name[:LONGEST]}.{secrets.token_hex(4)}.part")
    with output_errors(path):
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise


@contextmanager
def file_beside(path: Path) -> Iterator[Path]:
    """Give a file beside the one that is wanted, to a library that writes by path, and put it in its place.

    Parameters
    ----------
    path : Path
        The file; an older one is replaced in one step, after the block, or left.

    Yields
    ------
    Path
        Where the block writes: hidden, with the same ending.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    part = path.with_name(f".{path.stem[:LONGEST]}.{secrets.token_hex(4)}.part{path.suffix}")
    with output_errors(path):
        path.parent.stat()  # libraries say less clearly that there is no such folder
        if not path.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        try:
            yield part
            sync_file(part)
            part.replace(path)
        finally:
            for leftover in (part, *(part.with_name(f"{part.name}{end}") for end in _BESIDE)):
                with suppress(OSError):
                    leftover.unlink(missing_ok=True)


def put_in_place(staging: Path, targets: Sequence[Path]) -> None:
    """Move files that belong together to their places, all or none.

    Parameters
    ----------
    staging : Path
        Folder on the same disk with the new files, by the names of their targets.
    targets : sequence of Path
        Their places; an older file is replaced, or removed where there is no new one.
    """
    former = staging / "former"
    former.mkdir()
    moved: list[Path] = []
    try:
        for target in targets:
            if target.exists():
                target.replace(former / target.name)
            moved.append(target)
            if (staging / target.name).exists():
                (staging / target.name).replace(target)
    except OSError:
        for target in reversed(moved):
            with suppress(OSError):
                target.unlink(missing_ok=True)
                if (former / target.name).exists():
                    (former / target.name).replace(target)
        raise


def write_synced(path: Path, text: str) -> None:
    """Write a text and wait until the disk has it.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        Its content, UTF-8, ends of lines as they are.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Wait until the disk has a file that somebody else wrote.

    Parameters
    ----------
    path : Path
        The file.
    """
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder.

    Parameters
    ----------
    folder : Path
        The folder.
    """
    if sys.platform != "win32":  # Windows cannot open a folder, and keeps its names safe itself
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
