"""Options and arguments that several commands have, and how they tell of their progress (共用选项)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

OUT = click.option(
    "--out", type=click.Path(path_type=Path), default=Path("output"), metavar="目录", help="成果目录，默认 output。"
)
PRICES = click.option(
    "--prices",
    type=click.Path(path_type=Path),
    metavar="公告",
    help="改用这份基准地价公告（.xlsx，或 compile 写出的 price_table 文件夹）。",
)
JSON = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出，供程序读取。")
COUNTY = click.argument("county", type=click.Path(path_type=Path), metavar="县配置")


def counts_line(counts: Mapping[str, int]) -> str:
    """Say counts on one line (宗数).

    Parameters
    ----------
    counts : mapping of str to int
        Numbers of parcels by what became of them.

    Returns
    -------
    str
        In Chinese.
    """
    return "；".join(f"{name} {count} 宗" for name, count in counts.items())


def say(step: str) -> None:
    """Say a step of long work on standard error as it begins.

    Parameters
    ----------
    step : str
        In Chinese.
    """
    click.echo(f"… {step}", err=True)


@contextmanager
def progress(name: str, parcels: int) -> Iterator[Callable[[int], object]]:
    """Show on standard error how many parcels of a simulation are done.

    Parameters
    ----------
    name : str
        What is simulated.
    parcels : int
        How many there are.

    Yields
    ------
    callable
        To be told how many more are done.
    """
    with click.progressbar(length=parcels, label=f"… {name}", file=sys.stderr) as bar:
        yield bar.update
