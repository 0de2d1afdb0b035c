"""Finished pieces of long work in a hidden folder beside the run folders (工作进度): a killed run goes on there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from landmarket.errors import OutputError
from landmarket.io.locks import acquire, release
from landmarket.io.whole import output_errors


@contextmanager
def kept_work(out: Path, name: str, what: str) -> Iterator[Path]:
    """Keep pieces of work until all of it has ended well (工作进度).

    Parameters
    ----------
    out : Path
        Folder of all runs; made if need be.
    name : str
        Name of the hidden folder.
    what : str
        What is being done, in Chinese, for the message.

    Yields
    ------
    Path
        The folder, with what work that was killed before has left; not made yet if there is nothing. It stays if the
        block raises, and is removed if not.

    Raises
    ------
    OutputError
        If another process does the same work into the same folder.
    """
    lock_file = out / f"{name}.lock"
    with output_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        lock = acquire(lock_file)
    if lock is None:
        raise OutputError(f"{out}：另一次{what}正在写入这个目录。办法：等它结束，或用 --out 换一个目录。")
    try:
        yield out / name
        shutil.rmtree(out / name, ignore_errors=True)
    finally:
        release(lock, lock_file)
