"""Who is a member of a collective, and since when (成员名册).

A member may have left since; the roster keeps the row, so that a deal of an earlier day is divided among those who
were members on that day.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.distribution.roster_sheet import read_named_columns
from landmarket.errors import BadValueError, named_rows
from landmarket.io.parcels import Typed
from landmarket.io.sheets import plain
from landmarket.io.values import Mask, clean_text, number, to_date
from landmarket.zoning.parcel_code import check_parcel_codes

Days = npt.NDArray[np.datetime64]

_IDENTITY = re.compile(r"[0-9]{6}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]")
_LONG_DIGITS = {"code": re.compile(r"[0-9]{13,}[Xx]?"), "": re.compile(r"[0-9]{11,}[Xx]?")}
_LOST_DIGITS = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]+")
_BETWEEN_HAN = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")


class RosterColumn(NamedTuple):
    """A column of the roster (名册列).

    Attributes
    ----------
    name : str
        Identifier.
    headers : tuple of str
        Headers it is read from, in the order in which they are looked for.
    kind : str
        ``text``, ``code``, ``number`` or ``date``.
    required : bool
        Whether the roster must have it, in every row.
    spread : bool
        Whether a merged cell stands for all its rows.
    private : bool
        Whether it is read only where the caller maps a header to it.
    """

    name: str
    headers: tuple[str, ...]
    kind: str
    required: bool
    spread: bool
    private: bool

    @property
    def label(self) -> str:
        """The column in both languages, for messages."""
        return f"{self.name}（{self.headers[0]}）"


@cache
def roster_columns() -> tuple[RosterColumn, ...]:
    """List the columns of a roster (名册列).

    Returns
    -------
    tuple of RosterColumn
        As in ``roster_columns.csv``.
    """
    text = files("landmarket.distribution").joinpath("data/roster_columns.csv").read_text(encoding="utf-8-sig")
    return tuple(
        RosterColumn(
            row["name"],
            tuple(row["headers"].split("|")),
            row["kind"],
            *(row[flag] == "是" for flag in ("required", "spread", "private")),
        )
        for row in csv.DictReader(text.splitlines())
    )


def read_roster(path: str | Path, headers: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Read the members of one or more collectives (成员名册); columns that are not named here are never read.

    Parameters
    ----------
    path : path-like
        ``.xlsx``, or ``.csv`` in UTF-8; a heading above the header row does no harm.
    headers : mapping of str to str, optional
        Other headers, each with the column it stands for, such as ``{"姓名列": "name"}``. ``bank_account`` and
        ``phone`` are read only where a header is mapped to them here.

    Returns
    -------
    DataFrame
        Indexed by ``member_id``, which is the row of the sheet where it has no such column: ``owner_code``, ``owner``,
        ``group``, ``household``, ``name``, ``share`` (Decimal as printed, or None), ``joined_on``, ``left_on``, and
        what was mapped besides. A column that the sheet does not have is missing in every row.

    Raises
    ------
    MissingColumnError
        If a required column, or one mapped by the caller, is not in the sheet.
    ReadError
        If the file cannot be read, or more than one sheet is a roster.
    BadValueError
        If `headers` names an unknown column, a required cell is blank, a member stands twice, a cell cannot be read as
        its column's type, a share is negative, a code is no JA code, somebody left before joining, a household is in
        two groups, or a column holds identity numbers.

    Notes
    -----
    A household number counts within its collective, a member number within the file. Messages name the rows by
    number; long runs of digits, which may be private, are never repeated in them.
    """
    path = Path(path)
    asked = _asked(headers or {}, path)
    columns = [column for column in roster_columns() if column.name in asked or not column.private]
    wanted = {column.name: asked.get(column.name) or tuple(map(plain, column.headers)) for column in columns}
    required = [column.name for column in columns if column.required or column.name in asked]
    spread = [column.name for column in columns if column.spread]
    cells = read_named_columns(path, wanted, required, spread)
    for column in columns:
        if column.name in cells.columns:
            _check_cells(cells[column.name], column, path)
    table = pd.DataFrame({column.name: _typed(cells, column, path) for column in columns}, index=cells.index)
    _check_rows(table, path)
    ids = table.pop("member_id") if "member_id" in cells else cells.index.astype("str")
    return table.set_axis(pd.Index(ids, dtype="str", name="member_id"))


def members_on(roster: pd.DataFrame, on: date) -> pd.DataFrame:
    """Keep those who are members on a day (期日在册成员).

    Parameters
    ----------
    roster : DataFrame
        With ``joined_on`` and ``left_on``, missing where not known or not left.
    on : date
        The day.

    Returns
    -------
    DataFrame
        The rows whose ``joined_on`` is missing or not after the day, and whose ``left_on`` is missing or after it:
        one is a member on the day of joining, and no longer on the day of leaving.
    """
    return roster[is_member(days_of(roster["joined_on"]), days_of(roster["left_on"]), on)]


def is_member(joined_on: Days, left_on: Days, on: date) -> Mask:
    """Say who is a member on a day (是否在册).

    Parameters
    ----------
    joined_on, left_on : ndarray of datetime64
        First day as a member, first day no longer one; NaT where not known or not left.
    on : date
        The day.

    Returns
    -------
    ndarray of bool
        As `members_on` keeps them.
    """
    day = np.datetime64(on, "D")
    inside: Mask = (np.isnat(joined_on) | (joined_on <= day)) & (np.isnat(left_on) | (left_on > day))
    return inside


def days_of(column: pd.Series[pd.Timestamp]) -> Days:
    """Give a column of dates as whole days (日期).

    Parameters
    ----------
    column : Series
        Dates, missing where there is none.

    Returns
    -------
    ndarray of datetime64[D]
        NaT where missing.
    """
    return pd.to_datetime(column).to_numpy(dtype="datetime64[s]").astype("datetime64[D]")


def _asked(headers: Mapping[str, str], path: Path) -> dict[str, tuple[str, ...]]:
    """Turn the caller's mapping round: the header of each column."""
    names = [column.name for column in roster_columns()]
    unknown = [name for name in headers.values() if name not in names]
    if unknown:
        raise BadValueError(
            f"{path}：headers 指向不认识的列 {'、'.join(unknown)}。办法：可用的列为 {'、'.join(names)}。"
        )
    asked: dict[str, tuple[str, ...]] = {name: (plain(header),) for header, name in headers.items()}
    if len(asked) < len(headers):
        raise BadValueError(f"{path}：headers 把两个表头指向同一列。办法：每列只对应一个表头。")
    return asked


def _check_cells(cells: pd.Series[str], column: RosterColumn, path: Path) -> None:
    """Refuse identity numbers where none belong, numbers whose digits are lost, and blanks."""
    identity = cells.str.fullmatch(_IDENTITY)
    if not column.private and identity.any():
        rows = named_rows([f"第 {row} 行" for row in cells.index[identity]])
        raise BadValueError(
            f"{path}：列 {column.label} 是身份证号，不读入，值不显示，{rows}。"
            "办法：改用不含身份信息的编号；没有编号的去掉该列，按行号编号。"
        )
    lost = cells.str.fullmatch(_LOST_DIGITS).to_numpy()
    _refuse(path, column, cells, lost, "数字太长，已被表格软件改成约数；把单元格设为文本后重新填写。")
    blank = clean_text(cells).isna().to_numpy()
    if column.required or column.name == "member_id":
        _refuse(path, column, cells, blank, "补填该单元格；合计、签字等行移出表外。")


def _typed(cells: pd.DataFrame, column: RosterColumn, path: Path) -> Typed:
    """Read one column as its type; missing in every row where the sheet has none."""
    given = cells[column.name] if column.name in cells else pd.Series("", index=cells.index, dtype="str")
    if column.kind == "date":
        days, bad = to_date(given)
        _refuse(path, column, given, bad, "日期写成 2025-01-31 或 2025年1月31日。")
        return days
    text = clean_text(given)
    if column.kind == "number":
        shares = [None if each != each else _share(each) for each in text]
        bad = np.array([share is None for share in shares], dtype=bool) & text.notna().to_numpy()
        _refuse(path, column, given, bad, "份额应为不小于 0 的数，不带单位。")
        return pd.Series(shares, index=cells.index, dtype=object)
    if column.kind == "code":
        sound = check_parcel_codes(text)["ok"] & text.str[12:14].eq("JA")
        _refuse(path, column, given, ~sound.to_numpy(dtype=bool), "应为 19 位的集体土地所有权（JA）宗地代码。")
    return text.str.replace(_BETWEEN_HAN, "", regex=True) if column.name == "name" else text


def _share(text: str) -> Decimal | None:
    """Read one share, exactly; a percentage is a part of one."""
    value = number(text.removesuffix("%") + "e-2") if text.endswith("%") else number(text)
    return None if value is None or value < 0 else value


def _check_rows(table: pd.DataFrame, path: Path) -> None:
    columns = {column.name: column for column in roster_columns()}
    if table["member_id"].notna().any():
        twice = table["member_id"].duplicated(keep=False).to_numpy()
        _refuse(path, columns["member_id"], table["member_id"], twice, "成员编号重复；每人一行，编号不同。")
    early = (table["left_on"] < table["joined_on"]).to_numpy()
    left = table["left_on"].dt.strftime("%Y-%m-%d")
    _refuse(path, columns["left_on"], left, early, "退出日期早于加入日期，核对两个日期。")
    homes = table.assign(group=table["group"].fillna("")).groupby(["owner_code", "household"])["group"]
    split = (homes.transform("nunique") > 1).to_numpy()
    said = table["household"] + " / " + table["group"].fillna("空白")
    _refuse(path, columns["household"], said, split, "同一户分在两个村民小组；改正小组，户号在本集体内不要重复使用。")


def _refuse(path: Path, column: RosterColumn, cells: pd.Series[str], bad: Mask, cure: str) -> None:
    """Raise if any row is bad, naming rows and values; private values and long runs of digits are not shown."""
    if not bad.any():
        return
    rows = [f"第 {row} 行" for row in cells.index[bad]]
    if column.private or column.name == "name":
        what = named_rows(rows)
    else:
        long = _LONG_DIGITS.get(column.kind, _LONG_DIGITS[""])
        what = named_rows(rows, [long.sub("（长数字）", each) for each in cells[bad]])
    raise BadValueError(f"{path}：列 {column.label} 的值不能用，{what}。办法：{cure}")
