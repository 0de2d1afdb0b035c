"""The column schema: every column's identifier, Chinese headers, type, unit and meaning.

The schema itself is ``columns.csv``; code and documentation both read it, so they cannot differ.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType

UNKNOWN_TOWNSHIP = "乡镇不明"
"""Where sums, sheets and pages put parcels without a township."""
_ALIKE = 0.75
"""Headers of four characters that differ in one."""
_UNIT = re.compile(r"(?<=.)(?:平方米|平米|m2|公顷|亩|万?元|年|人)$")


@dataclass(frozen=True)
class Column:
    """One column (列) of any table of the package.

    Attributes
    ----------
    name : str
        Identifier.
    headers : tuple of str
        Chinese headers it is read from; the first one labels it on outputs.
    kind : str
        ``text``, ``code``, ``number``, ``whole``, ``fen``, ``date``, ``yes_no`` or ``geometry``.
    unit : str
        Unit, or empty.
    allowed : tuple of str
        Allowed values, or empty.
    meaning : str
        What it is, in English.
    """

    name: str
    headers: tuple[str, ...]
    kind: str
    unit: str
    allowed: tuple[str, ...]
    meaning: str

    @property
    def header(self) -> str:
        """The Chinese header with its unit, as outputs print it."""
        return f"{self.headers[0]}（{self.unit}）" if self.unit else self.headers[0]


@cache
def schema() -> Mapping[str, Column]:
    """Return all columns by identifier.

    Returns
    -------
    mapping of str to Column
        In the order of ``columns.csv``; read-only.
    """
    text = files("landmarket").joinpath("columns.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(text.splitlines())
    columns = (
        Column(
            name=row["name"],
            headers=tuple(row["headers"].split("|")),
            kind=row["kind"],
            unit=row["unit"],
            allowed=tuple(filter(None, row["allowed"].split("|"))),
            meaning=row["meaning"],
        )
        for row in rows
    )
    return MappingProxyType({column.name: column for column in columns})


def label(name: Hashable) -> str:
    """Name a column in both languages, for messages.

    Parameters
    ----------
    name : hashable
        Column identifier, or a header the schema does not know.

    Returns
    -------
    str
        For example ``"parcel_code（宗地代码）"``.
    """
    column = schema().get(str(name))
    return f"{name}（{column.headers[0]}）" if column else str(name)


def header(name: Hashable) -> str:
    """Chinese header of a column with its unit, for outputs.

    Parameters
    ----------
    name : hashable
        Column identifier, or a header the schema does not know.

    Returns
    -------
    str
        For example ``"地面单价（元/㎡）"``; an unknown name is returned as it is.
    """
    column = schema().get(str(name))
    return column.header if column else str(name)


def rename_map(headers: Iterable[str]) -> dict[str, str]:
    """Map the headers of a file to identifiers.

    Parameters
    ----------
    headers : iterable of str
        Headers as the file has them: Chinese, or already identifiers; blanks in them do not count.

    Returns
    -------
    dict of str to str
        Only the headers that the schema knows and that are not identifiers already. Where two headers mean one
        column, the one that ``columns.csv`` lists first is taken - of two that differ in blanks the one with fewer -,
        and the other keeps its own name.
    """
    written = sorted(headers, key=len)
    bare = {name: re.sub(r"\s", "", name) for name in written}
    taken = {name for name in written if name in schema()}
    found: dict[str, str] = {}
    for column in schema().values():
        candidates = [name for header in column.headers for name in written if bare[name] == header]
        if column.name not in taken and candidates:
            found[candidates[0]] = column.name
    return found


def alike(headers: Iterable[str]) -> dict[str, str]:
    """Guess which column headers nobody knows may mean (相近的列名); for messages, never for reading.

    Parameters
    ----------
    headers : iterable of str
        Headers as the file has them.

    Returns
    -------
    dict of str to str
        Identifiers by header: of headers that are a known one but for brackets, units, signs and blanks, or that
        differ from one in a character or so.

    Examples
    --------
    >>> alike(["面积（亩）", "出让年限", "面积", "备注"])
    {'面积（亩）': 'registered_area', '出让年限': 'term'}
    """
    known = {header: column.name for column in schema().values() for header in column.headers}
    found: dict[str, str] = {}
    for name in headers:
        if name in schema() or rename_map([name]):
            continue
        stem = _stem(name)
        if stem not in known and not stem.isascii():
            stem = next(iter(get_close_matches(stem, known, 1, _ALIKE)), "")
        if stem in known:
            found[name] = known[stem]
    return found


def _stem(header: str) -> str:
    """A header without what is in brackets, signs, blanks, and a unit at its end."""
    plain = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", unicodedata.normalize("NFKC", header))
    return _UNIT.sub("", re.sub(r"[\W_]", "", plain))
