"""Formats that are not read (不能直接读的格式), and how to convert each, from ``data/foreign.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from landmarket.errors import ReadError, RuleError
from landmarket.rules import load_toml


def require_readable_format(path: Path) -> None:
    """Raise for a format of another program, saying how to convert it.

    Parameters
    ----------
    path : Path
        A file; its ending tells.

    Raises
    ------
    ReadError
        If it is such a format.
    """
    said = _formats().get(path.suffix.lower())
    if said:
        raise ReadError(f"{path}：{said}。")


@cache
def _formats() -> Mapping[str, str]:
    """What to say of each ending."""
    records = load_toml(files("landmarket.io").joinpath("data/foreign.toml"))["format"]
    if not isinstance(records, list):
        raise RuleError("foreign.toml：没有 [[format]] 记录。办法：恢复程序自带的文件。")
    told = {
        str(suffix): f"这是 {record['name']}，不能直接读。办法：{record['cure']}"
        for record in records
        for suffix in record["suffixes"]
    }
    return MappingProxyType(told)
