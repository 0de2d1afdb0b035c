"""Options and arguments that several commands have, and how they tell of their progress (共用选项)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click
import pandas as pd

from landmarket.cli.terminal import printable, tell, tell_problem
from landmarket.errors import OutputError
from landmarket.io.database_address import is_database, shown_address
from landmarket.io.writing import RunFolder, output_errors
from landmarket.paths import is_there
from landmarket.scenario import TOTAL
from landmarket.units import wan_text
from landmarket.zoning.conditions import UNCHOSEN

CREATED = "landmarket.created"
"""Key of a context under which a run that is done again keeps the time of the first."""
NOT_OF_THE_RUN = ("out", "as_json")
"""Options that every command that writes a run has, and that its manifest does not keep."""


def folder_to_be(context: click.Context, parameter: click.Parameter, out: Path | None) -> Path | None:
    """Refuse a folder of outputs that cannot be one, before anything is computed (成果目录).

    Parameters
    ----------
    context : click.Context
        The call.
    parameter : click.Parameter
        The option.
    out : Path or None
        As given.

    Returns
    -------
    Path or None
        The same.

    Raises
    ------
    OutputError
        If it, or what it would lie in, is a file.
    """
    del context, parameter
    if out is not None:
        with output_errors(out):
            there = next((path for path in (out, *out.parents) if is_there(path)), Path())
        if not there.is_dir():
            raise OutputError(f"{there}：是文件，不能作成果目录。办法：--out 写一个文件夹，没有的会新建。")
    return out


OUT = click.option(
    "--out",
    type=click.Path(path_type=Path),
    callback=folder_to_be,
    default=Path("output"),
    metavar="目录",
    help="成果目录，默认 output。",
)
PRICES = click.option(
    "--prices",
    type=click.Path(path_type=Path),
    metavar="公告",
    help="改用这份基准地价公告（.xlsx，或 compile 写出的 price_table 文件夹）。",
)
LAYER = click.option("--layer", help="图层名（文件含多个图层时）。")
CRS = click.option("--crs", help="坐标系，如 EPSG:4547（文件未注明时）。")
ENCODING = click.option("--encoding", help="Shapefile 文字编码；默认按 .cpg 或内容判定。")
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


def county_sums(totals: pd.DataFrame) -> dict[str, int]:
    """Take the figures of the whole county from sums by township (全县合计).

    Parameters
    ----------
    totals : DataFrame
        As `landmarket.scenario.Outcome.totals` gives them.

    Returns
    -------
    dict of str to int
        Numbers of parcels, and money in fen.
    """
    whole = totals.drop(columns="area").loc[[TOTAL]]
    return dict(zip(map(str, whole.columns), whole.to_numpy(dtype="int64")[0].tolist(), strict=True))


def sums_line(sums: Mapping[str, int]) -> str:
    """Say what a county's parcels add up to on one line (全县合计).

    Parameters
    ----------
    sums : mapping of str to int
        From `county_sums`.

    Returns
    -------
    str
        In Chinese, money in 万元.
    """
    total, paid, fund = (wan_text(sums[name]) for name in ("total_price_fen", "deal_price_fen", "fund_fen"))
    return (
        f"可入市 {sums['allowed']} 宗；有基准地价 {sums['priced']} 宗，总地价 {total} 万元；"
        f"成交 {sums['sold']} 宗，成交价 {paid} 万元，其中调节金 {fund} 万元"
    )


def tell_gaps(gaps: Mapping[str, int], where: str) -> None:
    """Say how many parcels have no price, no deal, no split, and warn where a choice of the county is lacking.

    Parameters
    ----------
    gaps : mapping of str to int
        As `landmarket.scenario.Outcome.gaps` gives them.
    where : str
        What the reasons stand in.
    """
    tell(
        f"没有地价 {gaps['price_gap']} 宗（其中可入市 {gaps['allowed_price_gap']} 宗）；"
        f"有地价、可入市而未模拟交易 {gaps['deal_gap']} 宗；未分配 {gaps['split_gap']} 宗；"
        f"原因逐宗写在{where}中"
    )
    if gaps["far_gap"]:
        tell_problem(
            f"注意：{gaps['far_gap']} 宗的{UNCHOSEN}，因此没有地价。"
            "办法：在县配置的 [floor_area_ratio] 中为其地价用途写明 upper（上限）或 lower（下限）。",
            colour="yellow",
        )


def say(step: str) -> None:
    """Say a step of long work on standard error as it begins.

    Parameters
    ----------
    step : str
        In Chinese.
    """
    tell(f"… {step}", err=True)


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
    with click.progressbar(length=parcels, label=printable(f"… {name}"), file=sys.stderr) as bar:
        yield bar.update


def run_time() -> datetime:
    """Give the time that a run's outputs show: now, or that of the run that is done again.

    Returns
    -------
    datetime
        With a time zone.
    """
    stated = click.get_current_context().meta.get(CREATED)
    return stated if isinstance(stated, datetime) else datetime.now().astimezone()


def record_command(run: RunFolder) -> None:
    """Record in the manifest which command makes a run, with its options (清单中的命令).

    Parameters
    ----------
    run : RunFolder
        The run folder.
    """
    context = click.get_current_context()
    given = {name: value for name, value in context.params.items() if name not in NOT_OF_THE_RUN}
    command = {
        "name": _names(context.find_root().command, context.command),
        "options": {name: _recorded(value) for name, value in given.items()},
        "typed": {name: Path(str(value)).as_posix() for name, value in given.items() if _is_path(value)},
    }
    run.record(command=command)


def _names(group: click.Command, wanted: click.Command) -> list[str]:
    """Names that lead from a group to one of its commands, or to one of theirs."""
    for name, command in group.commands.items() if isinstance(group, click.Group) else ():
        if command is wanted:
            return [name]
        if inner := _names(command, wanted):
            return [name, *inner]
    return []


def _recorded(value: object) -> object:
    """Write an option so that it means the same wherever the run is done again; a password is never kept."""
    if isinstance(value, str) and is_database(value):
        return shown_address(value)
    if _is_path(value):
        return Path(str(value)).resolve().as_posix()
    return value.isoformat() if isinstance(value, date) else value


def _is_path(value: object) -> bool:
    return isinstance(value, Path) or (isinstance(value, str) and not is_database(value) and is_there(Path(value)))
