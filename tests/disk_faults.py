"""A disk that fails at a chosen call, and folders held against what they were."""

from __future__ import annotations

import builtins
import errno
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from landmarket.errors import LandMarketError

FULL, READ_ONLY, HELD = errno.ENOSPC, errno.EROFS, errno.EACCES
SAID = {FULL: "磁盘已满", READ_ONLY: "磁盘只读", HELD: "正被其他程序（如 Excel）打开"}
_MOST = 400


@contextmanager
def failing(home: Path, code: int, nth: int, calls: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """Fail the nth call that writes below a folder with an error of the system; gives the calls that were made.

    Opening for writing, bringing to the disk, moving, making a folder: what Python asks of the system. ``calls``
    names the kinds that count; by default all do.
    """
    made: list[str] = []

    def counted(name: str, path: object) -> None:
        if calls and name not in calls:
            return
        made.append(name)
        if len(made) == nth:
            raise OSError(code, os.strerror(code), *([os.fspath(path)] if isinstance(path, str | Path) else []))

    def below(path: object) -> bool:
        return isinstance(path, str | Path) and Path(path).absolute().is_relative_to(home)

    def opened(real: Callable[..., object]) -> Callable[..., object]:
        def wrapped(file: object, mode: str = "r", *rest: object, **named: object) -> object:
            if set(mode) & set("wax+") and below(file):
                counted("open", file)
            return real(file, mode, *rest, **named)

        return wrapped

    def moved(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def wrapped(path: object, *rest: object, **named: object) -> object:
            there = name == "mkdir" and isinstance(path, str | Path) and Path(path).is_dir()
            if below(path) and not there:
                counted(name, path)
            return real(path, *rest, **named)

        return wrapped

    def synced(handle: int, real: Callable[[int], None] = os.fsync) -> None:
        counted("fsync", None)
        real(handle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(io, "open", opened(io.open))
        patch.setattr(builtins, "open", opened(builtins.open))
        patch.setattr(os, "fsync", synced)
        for name in ("replace", "rename", "mkdir"):
            patch.setattr(os, name, moved(name, getattr(os, name)))
        yield made


def contents(home: Path) -> dict[str, bytes | None]:
    """Every file below a folder with its bytes, every folder with none; of a layer of a geodatabase nothing is open."""
    return {
        path.relative_to(home).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(home.rglob("*"))
    }


def require_helpful(said: str, code: int, home: Path) -> None:
    """A message names the fault, the place that was asked for, and the cure."""
    assert re.search(f"{re.escape(SAID[code])}.*办法：", said), said
    assert str(home) in said
    assert "Errno" not in said
    assert "/." not in said, "a hidden name is no help"


def fails_at_each_call(
    write: Callable[[], object],
    home: Path,
    code: int,
    calls: tuple[str, ...] = (),
    every: int = 1,
    ended: Callable[[], bool] = lambda: False,
) -> int:
    """Let each call fail in turn, until none is left to fail: all that was below the folder is as it was each time.

    Returns how many calls there were; with ``every`` only each so manieth fails. ``ended`` says whether all was written
    though a call failed after that: then it is the last one.
    """
    before = contents(home)
    for nth in range(1, _MOST, every):
        with failing(home, code, nth, calls) as made:
            try:
                write()
            except LandMarketError as error:
                require_helpful(str(error), code, home)
            else:
                assert len(made) < nth, f"call {nth} failed, and nothing was said"
                return len(made)
        if ended():
            return len(made)
        assert contents(home) == before, f"call {nth}: {made[-1]}"
    raise AssertionError("no end of calls")
