"""How far long work is (进度): a function that the caller passes in. Nothing shows itself.

Long work takes `progress`; by default it tells nobody. A notebook passes `bars`, the command its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]
"""Given the name of a piece of work and its size: a context that yields a function to be told what is done."""


@contextmanager
def unwatched(name: str, size: int) -> Iterator[Callable[[int], object]]:
    """Tell nobody how far the work is (不报进度).

    Parameters
    ----------
    name : str
        What the work is called.
    size : int
        Its parcels, townships or scenarios.

    Yields
    ------
    callable
        Takes how many of them were done since it was last called.
    """
    del name, size
    yield lambda done: None


@contextmanager
def bars(name: str, size: int) -> Iterator[Callable[[int], object]]:
    """Show a progress bar in the notebook or on the terminal (进度条).

    Parameters
    ----------
    name : str
        What the work is called.
    size : int
        Its parcels, townships or scenarios.

    Yields
    ------
    callable
        Takes how many of them were done since it was last called.

    Raises
    ------
    ModuleNotFoundError
        If tqdm is not installed.
    """
    try:
        tqdm = import_module("tqdm.auto").tqdm
    except ModuleNotFoundError as error:
        cure = '没有安装 tqdm，不能显示进度条。办法：pip install "landmarket[explore]"，或去掉 progress=bars。'
        raise ModuleNotFoundError(cure) from error
    with tqdm(total=size, desc=name) as bar:
        yield bar.update
