"""The commands that do a run again and compare runs (复算、比对)."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout, suppress
from datetime import datetime
from pathlib import Path

import click
import pandas as pd

from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import CREATED, JSON, NOT_OF_THE_RUN, OUT, say
from landmarket.cli.terminal import tell, tell_json
from landmarket.errors import ReadError
from landmarket.io.writing import read_latest
from landmarket.rerun import (
    SAME_BYTES,
    SAME_CONTENT,
    RecordedRun,
    changed_inputs,
    changed_versions,
    compare_runs,
    moved,
    read_run,
)

DIFFERENT = 1
_FOLDER = click.Path(path_type=Path)


@click.command(cls=ChineseCommand)
@click.argument("folder", type=_FOLDER, metavar="成果目录")
@click.option(
    "--county",
    "place",
    type=_FOLDER,
    metavar="县配置",
    help="县配置（check 则为宗地文件）移动过时，现在的位置；默认用清单所记的。",
)
@OUT
@JSON
@click.pass_context
def rerun(context: click.Context, folder: Path, place: Path | None, out: Path, as_json: bool) -> None:
    """复算：核对成果清单所记的输入文件，用同样的命令与选项再算一遍，逐个文件比对。

    输入有变化就不算，并列出是哪个文件；软件版本有变化只作提示。退出码：0 全部相同；1 有不同。
    """
    recorded = read_run(folder) if place is None else moved(read_run(folder), place)
    _require_inputs(recorded)
    for row in changed_versions(recorded).to_dict("records"):
        say(f"版本不同：{row['package']} 当时 {row['then']}，现在 {row['now']}")
    context.meta[CREATED] = recorded.created
    command = _command(context, recorded)
    tell(f"复算：{' '.join(recorded.command)}（{recorded.created:%Y-%m-%d %H:%M}）", err=True)
    former = read_latest(out)
    with redirect_stdout(sys.stderr), suppress(SystemExit, BrokenPipeError):  # `check` ends with a code of its own
        context.invoke(command, **_parameters(command, recorded), out=out, as_json=False)
    again = read_latest(out)
    if again in (None, former):
        raise ReadError(f"{out}：复算没有留下成果。办法：换一个成果目录再试。")
    _tell(compare_runs(folder, again), again, "复算成果", as_json)


@click.command(cls=ChineseCommand)
@click.argument("left", type=_FOLDER, metavar="成果目录一")
@click.argument("right", type=_FOLDER, metavar="成果目录二")
@JSON
def compare(left: Path, right: Path, as_json: bool) -> None:
    """比对两次成果：逐个文件，相同、内容相同（时间与随机编号不计）或不同在哪里。退出码：0 全部相同；1 有不同。"""
    _tell(compare_runs(left, right), right, "与成果目录一相同", as_json)


def _require_inputs(recorded: RecordedRun) -> None:
    changed = changed_inputs(recorded)
    if changed.empty:
        return
    inside = changed["file"].where(changed["file"].eq(""), " 中的 " + changed["file"])
    lines = "\n  ".join(changed["input"] + inside + "：" + changed["problem"])
    raise ReadError(
        f"输入与清单所记不同，不复算：\n  {lines}\n办法：恢复当时的文件；县配置的文件夹移动过的，用 --county "
        "写现在的位置（旧版本的成果：先 cd 到当时的文件夹）；要按现在的数据算，用原来的命令重新运行。"
    )


def _command(context: click.Context, recorded: RecordedRun) -> click.Command:
    """Find the command that made a run."""
    found: click.Command | None = context.find_root().command
    for name in recorded.command:
        found = found.get_command(context, name) if isinstance(found, click.Group) else None
    if found is None:
        raise ReadError(f"{recorded.folder}：本版本没有命令 {' '.join(recorded.command)}。办法：用当时的版本复算。")
    if found is context.command or not {parameter.name for parameter in found.params}.issuperset(NOT_OF_THE_RUN):
        raise ReadError(
            f"{recorded.folder}：清单所记的命令 {' '.join(recorded.command)} 不写成果。办法：从备份恢复清单。"
        )
    return found


def _parameters(command: click.Command, recorded: RecordedRun) -> dict[str, object]:
    """Options as the command takes them: what the manifest keeps as text is a path or a day again."""
    options, folder = recorded.options, recorded.folder
    known = {str(parameter.name): parameter for parameter in command.params if parameter.name not in NOT_OF_THE_RUN}
    unknown = sorted(options.keys() - known.keys())
    if unknown:
        raise ReadError(f"{folder}：清单记有本版本没有的选项：{'、'.join(unknown)}。办法：用当时的版本复算。")
    missing = sorted(name for name in known.keys() - options.keys() if known[name].required)
    if missing:
        raise ReadError(f"{folder}：清单缺少选项：{'、'.join(missing)}。办法：从备份恢复清单。")
    return {name: _typed(known[name], value, folder) for name, value in options.items()}


def _typed(parameter: click.Parameter, value: object, folder: Path) -> object:
    kind: dict[type, type] = {click.types.IntParamType: int, click.types.BoolParamType: bool}
    wanted = next((python for click_type, python in kind.items() if isinstance(parameter.type, click_type)), str)
    try:
        if value is None and not parameter.required:
            return None
        if type(value) is not wanted:
            raise TypeError(wanted)
        if isinstance(parameter.type, click.Path):
            return Path(str(value))
        if isinstance(parameter.type, click.DateTime):
            return datetime.fromisoformat(str(value))
        return parameter.type.convert(value, parameter, None)
    except (TypeError, ValueError, click.BadParameter) as error:
        raise ReadError(
            f"{folder}：清单中选项 {parameter.name} 的值 {value!r} 不能用。办法：从备份恢复清单，或用命令行重新运行。"
        ) from error


def _tell(table: pd.DataFrame, folder: Path, which: str, as_json: bool) -> None:
    same = table["result"].isin([SAME_BYTES, SAME_CONTENT])
    with suppress(BrokenPipeError):  # whoever stops reading, as `| head` does, still has the code
        _say(table, same, folder, which, as_json)
    sys.exit(0 if same.all() else DIFFERENT)


def _say(table: pd.DataFrame, same: pd.Series[bool], folder: Path, which: str, as_json: bool) -> None:
    if as_json:
        tell_json({"folder": str(folder), "files": table.to_dict("records")})
    else:
        for row in table.to_dict("records"):
            tell(f"{row['result']}  {row['file']}" + (f"  {row['difference']}" if row["difference"] else ""))
        counts = table["result"].value_counts().to_dict()
        tell("；".join(f"{name} {count} 个文件" for name, count in counts.items()))
        tell(f"{which}：{folder}" if same.all() else f"有 {int((~same).sum())} 个文件不同：{folder}")
