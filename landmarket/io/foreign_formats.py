"""Formats that are not read (不能直接读的格式), and how to convert each, from ``data/foreign.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from landmarket.errors import ReadError, RuleError
from landmarket.paths import is_file
from landmarket.rules import load_toml

_HEAD = 64


def require_readable_format(path: Path) -> None:
    """Raise for a format of another program, saying how to convert it, and for an empty file.

    Parameters
    ----------
    path : Path
        A file; its ending tells, and, where it is there, what it begins with: whatever it is called.

    Raises
    ------
    ReadError
        If it is such a format, or empty.
    """
    suffix = path.suffix.lower()
    said = _formats("suffixes").get(suffix)
    if said:
        raise ReadError(f"{path}：{said}。")
    if not is_file(path):
        return
    try:
        with path.open("rb") as file:
            begin = file.read(_HEAD)
    except OSError as error:
        raise ReadError(f"{path}：打不开（{error.strerror}）。办法：检查路径与权限。") from error
    if not begin:
        raise ReadError(f"{path}：文件是空的（0 字节）。办法：从原处重新复制，或重新导出。")
    for head, said in _formats("heads").items():
        if begin.startswith(head.encode("latin-1")):
            raise ReadError(f"{path}：内容与扩展名 {suffix} 不符，{said}。")


@cache
def _formats(key: str) -> Mapping[str, str]:
    """What to say of each ending (``suffixes``) or beginning (``heads``)."""
    records = load_toml(files("landmarket.io").joinpath("data/foreign.toml"))["format"]
    if not isinstance(records, list):
        raise RuleError("foreign.toml：没有 [[format]] 记录。办法：恢复程序自带的文件。")
    told = {
        str(sign): f"这是 {record['name']}，不能直接读。办法：{record['cure']}"
        for record in records
        for sign in record.get(key, [])
    }
    return MappingProxyType(told)
