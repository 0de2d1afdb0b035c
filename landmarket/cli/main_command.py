"""The command ``landmarket`` itself: its group, its exit codes, its errors and warnings in Chinese."""

from __future__ import annotations

import codecs
import gc
import io
import json
import os
import sys
import warnings
from contextlib import suppress
from functools import partial
from typing import TextIO

import click

from landmarket.cli.book_commands import book_
from landmarket.cli.book_report_commands import candidates, coverage, export, year
from landmarket.cli.book_report_commands import report as book_report
from landmarket.cli.check_command import check
from landmarket.cli.grade_commands import compile_, grade
from landmarket.cli.help import ChineseGroup, usage_problem
from landmarket.cli.income_command import income
from landmarket.cli.map_commands import atlas, layers, map_
from landmarket.cli.paper_commands import papers, worksheet
from landmarket.cli.price_command import price
from landmarket.cli.rerun_command import compare, rerun
from landmarket.cli.run_commands import demo, report, run
from landmarket.cli.simulate_command import simulate
from landmarket.cli.terminal import tell, tell_problem
from landmarket.cli.tile_commands import sort
from landmarket.errors import LandMarketError, LandMarketWarning
from landmarket.io.whole import DISK_ERRORS, disk_trouble

WRONG_USAGE, REFUSED = 2, 4
_ESCAPE = "landmarket.escape"


@click.group(cls=ChineseGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="landmarket", message="landmarket %(version)s", help="显示版本并退出。")
def app() -> None:
    """农村集体经营性建设用地：入市资格、基准地价、交易模拟、收益分配、乡镇地图。

    先用 check 检查宗地文件，再用 run 完成全部工作；县配置文件的写法见 sample_data/yuzhou/county.toml。
    退出码：0 完成；1 check 发现警告，rerun、compare 发现不同；2 用法错误；3 check 发现错误；4 拒绝处理（原因见提示）。
    """


for _command in (
    *(check, run, report, map_, atlas, layers, price, worksheet, papers),
    *(grade, compile_, income, simulate, book_, rerun, compare, sort, demo),
):
    app.add_command(_command)
for _command in (year, book_report, export, candidates, coverage):
    book_.add_command(_command)


def main() -> None:
    """Run the command; errors are told in Chinese, on one place, with their exit code."""
    gc.freeze()  # what was imported is never garbage: looking through it again and again costs a run a tenth
    codecs.register_error(_ESCAPE, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPE)
    with warnings.catch_warnings():
        warnings.simplefilter("once", LandMarketWarning)
        warnings.showwarning = partial(_show_warning, set())
        try:
            _run_app()
        finally:
            for stream in (sys.stdout, sys.stderr):
                _let_go(stream)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Write characters that a code page lacks as JSON does, so that what programs read stays JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _run_app() -> None:
    try:
        app(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(WRONG_USAGE)
    except click.UsageError as error:
        tell(f"用法错误：{usage_problem(error)}。用 --help 查看说明。", err=True)
        sys.exit(WRONG_USAGE)
    except click.Abort:
        tell("已中断，没有留下半份成果。", err=True)
        sys.exit(REFUSED)
    except LandMarketError as error:
        tell_problem(f"不能处理：{error}", colour="red")
        sys.exit(REFUSED)
    except SystemExit as end:  # click ends with 1 where the reader of our output went away, as `| head` does
        if not isinstance(end.__context__, BrokenPipeError):
            raise
    except OSError as error:  # of standard output: files are written under `output_errors`
        if error.errno not in DISK_ERRORS:
            raise
        what, cure = disk_trouble(error)
        tell(f"不能处理：屏幕上的输出没有写完，{what}。办法：{cure}。", err=True, colour="red")
        sys.exit(REFUSED)


def _let_go(stream: TextIO | None) -> None:
    """Write out what a stream still holds; where it takes nothing more, the interpreter shall not try again."""
    if stream is None:
        return
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _show_warning(
    told: set[str],
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Tell a warning as the analyst needs it: what, not where in the code; once, whatever filters libraries set."""
    del category, filename, lineno, file, line
    if str(message) not in told:
        told.add(str(message))
        tell(f"注意：{message}", err=True, colour="yellow")
