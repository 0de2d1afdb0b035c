"""Read the keys of a local rule document (地方规则文件) one at a time, each as the kind it should be.

A key that nobody asked for is refused at the end: a misspelt key would otherwise silently take its default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from landmarket.errors import ReadError, RuleError
from landmarket.paths import is_file
from landmarket.rules import YEARS

Choice = TypeVar("Choice", bound=StrEnum)


class RuleFile:
    """The keys of one rule document or of one record in it.

    Parameters
    ----------
    record : object
        A TOML table.
    where : str
        File and record, for messages.

    Raises
    ------
    RuleError
        If it is no table.
    """

    def __init__(self, record: object, where: str) -> None:
        if not isinstance(record, Mapping):
            raise RuleError(f"{where}：应为键值表。")
        self._record: dict[str, object] = dict(record)
        self._asked: set[str] = set()
        self.where = where

    def has(self, key: str) -> bool:
        """Tell whether the document states a key.

        Parameters
        ----------
        key : str
            Key.

        Returns
        -------
        bool
            True if it does.
        """
        return key in self._record

    def value(self, key: str, kind: str) -> object:
        """Return a key's value as TOML gave it.

        Parameters
        ----------
        key : str
            Key.
        kind : str
            What it should be, in Chinese, for the message.

        Returns
        -------
        object
            The value.

        Raises
        ------
        RuleError
            If the key is missing.
        """
        self._asked.add(key)
        if key not in self._record:
            raise RuleError(f"{self.where}：缺少 {key}（{kind}）。办法：在文件中补上。")
        return self._record[key]

    def _wrong(self, key: str, kind: str, value: object) -> RuleError:
        return RuleError(f"{self.where}：{key} = {value!r} 不是{kind}。办法：改写规则文件。")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text.

        Parameters
        ----------
        key : str
            Key.
        default : str, optional
            Taken where the key is missing; without it the key is required and must not be empty.

        Returns
        -------
        str
            The text.
        """
        if default is not None and key not in self._record:
            return default
        value = self.value(key, "文字")
        if not isinstance(value, str) or (default is None and not value):
            raise self._wrong(key, "文字", value)
        return value

    def number(self, key: str, default: Decimal | None = None) -> Decimal:
        """Return a number as an exact decimal.

        Parameters
        ----------
        key : str
            Key.
        default : Decimal, optional
            Taken where the key is missing; without it the key is required.

        Returns
        -------
        Decimal
            The number.
        """
        if default is not None and key not in self._record:
            return default
        value = self.value(key, "数")
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self._wrong(key, "数", value)
        return Decimal(value)

    def whole(self, key: str, default: int | None = None) -> int:
        """Return a whole number.

        Parameters
        ----------
        key : str
            Key.
        default : int, optional
            Taken where the key is missing; without it the key is required.

        Returns
        -------
        int
            The number.
        """
        if default is not None and key not in self._record:
            return default
        value = self.value(key, "整数")
        if type(value) is not int:
            raise self._wrong(key, "整数", value)
        return value

    def flag(self, key: str) -> bool:
        """Return a yes or no.

        Parameters
        ----------
        key : str
            Key.

        Returns
        -------
        bool
            The value.
        """
        value = self.value(key, " true 或 false")
        if not isinstance(value, bool):
            raise self._wrong(key, " true 或 false", value)
        return value

    def day(self, key: str) -> date:
        """Return a date.

        Parameters
        ----------
        key : str
            Key.

        Returns
        -------
        date
            The date.
        """
        value = self.value(key, "日期")
        if type(value) is not date:
            raise self._wrong(key, "日期（写成 2024-01-01，不加引号）", value)
        return value

    def day_of_work(self, key: str) -> date:
        """Return a day that something is computed for.

        Parameters
        ----------
        key : str
            Key.

        Returns
        -------
        date
            The date, in a year that deadlines can be counted from.

        Raises
        ------
        RuleError
            If the key is missing, no date, or a day of another age.
        """
        value = self.day(key)
        if value.year not in YEARS:
            raise self._wrong(key, f" {YEARS[0]} 至 {YEARS[-1]} 年间的日期", str(value))
        return value

    def choice(self, key: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """Return one of a closed list of texts.

        Parameters
        ----------
        key : str
            Key.
        kind : type of StrEnum
            The list.
        default : StrEnum, optional
            Taken where the key is missing; without it the key is required.

        Returns
        -------
        StrEnum
            The member.
        """
        if default is not None and key not in self._record:
            return default
        allowed = "、".join(kind)
        value = self.value(key, allowed)
        if not isinstance(value, str) or value not in set(kind):
            raise self._wrong(key, f" {allowed} 之一", value)
        return kind(value)

    def numbers(self, key: str) -> tuple[Decimal, ...]:
        """Return a list of numbers.

        Parameters
        ----------
        key : str
            Key.

        Returns
        -------
        tuple of Decimal
            The numbers.
        """
        values = self.value(key, "数的数组")
        if not isinstance(values, list) or any(isinstance(v, bool) or not isinstance(v, int | Decimal) for v in values):
            raise self._wrong(key, "数的数组", values)
        return tuple(Decimal(value) for value in values)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty where the key is missing.

        Parameters
        ----------
        key : str
            Key.

        Returns
        -------
        tuple of str
            The texts.
        """
        if key not in self._record:
            return ()
        values = self.value(key, "文字的数组")
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self._wrong(key, "文字的数组", values)
        return tuple(values)

    def records(self, key: str) -> list[RuleFile]:
        """Return a list of records; empty where the key is missing.

        Parameters
        ----------
        key : str
            Key.

        Returns
        -------
        list of RuleFile
            One for each ``[[key]]``.
        """
        if key not in self._record:
            return []
        values = self.value(key, f" [[{key}]] 记录")
        if not isinstance(values, list):
            raise self._wrong(key, f" [[{key}]] 记录", values)
        return [RuleFile(value, f"{self.where} 第 {i} 条 [[{key}]]") for i, value in enumerate(values, start=1)]

    def finish(self) -> None:
        """Refuse keys that nobody asked for.

        Raises
        ------
        RuleError
            Naming them.
        """
        unknown = sorted(set(self._record) - self._asked)
        if unknown:
            raise RuleError(f"{self.where}：不认识的键 {'、'.join(unknown)}。办法：改正拼写或删去。")


def require_files(path: Path, files: Iterable[Path]) -> None:
    """Refuse a document that names a file which is not there.

    Parameters
    ----------
    path : Path
        The document, for the message.
    files : iterable of Path
        The files it names.

    Raises
    ------
    ReadError
        Naming all that are missing.
    """
    gone = [str(file) for file in files if not is_file(file)]
    if gone:
        raise ReadError(f"{path}：找不到文件 {'、'.join(gone)}。办法：路径相对于该文件。")
