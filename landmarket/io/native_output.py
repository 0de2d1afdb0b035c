"""What compiled libraries print (编译库的输出): kept off standard output, where results, JSON and notebooks are."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_OUT = 1


@contextmanager
def native_output_dropped() -> Iterator[None]:
    """Drop what compiled libraries print (不输出) while a block runs.

    Yields
    ------
    None
        Around the calls that print.

    Notes
    -----
    HiGHS, which scipy brings, prints a line of its own now and then, whatever its options say. Standard output of the
    whole process is turned away for a moment: nothing else should print meanwhile.
    """
    if sys.__stdout__ is not None:
        sys.__stdout__.flush()
    saved, nowhere = os.dup(_OUT), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _OUT)
    try:
        yield
    finally:
        ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None).fflush(None)
        os.dup2(saved, _OUT)
        os.close(saved)
        os.close(nowhere)
