"""Checks that domain functions make of their tables before they compute anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from landmarket.columns import label, schema
from landmarket.errors import (
    SHOWN,
    BadValueError,
    CrsError,
    IndexMismatchError,
    LandMarketError,
    MissingColumnError,
    named_rows,
)

JOINT = "；"
"""Between the reasons of one row."""
FARTHEST = 1e8
"""No place on earth has a coordinate above this, zone number or not [m]."""


def require_columns(table: pd.DataFrame, names: list[str], needed_by: str) -> None:
    """Raise unless the table has all these columns.

    Parameters
    ----------
    table : DataFrame
        The table to look at.
    names : list of str
        Column identifiers.
    needed_by : str
        The function that needs them, for the message.

    Raises
    ------
    MissingColumnError
        Naming each missing column in English and Chinese.
    BadValueError
        If one of them, or another known column, is there twice.
    """
    missing = [name for name in names if name not in table.columns]
    if missing:
        listed = "、".join(label(name) for name in missing)
        raise MissingColumnError(
            f"{needed_by} 缺少列：{listed}。现有列：{'、'.join(map(str, table.columns))}。"
            "办法：补上该列，或在 columns.csv 中核对其中文表头。"
        )
    require_unique_columns(table, {*names, *schema()}, needed_by)


def require_unique_columns(table: pd.DataFrame, names: Collection[object], needed_by: str) -> None:
    """Raise if one of these columns stands in the table twice.

    Parameters
    ----------
    table : DataFrame
        The table to look at.
    names : collection of str
        Column identifiers.
    needed_by : str
        The function that needs the table, for the message.

    Raises
    ------
    BadValueError
        Naming each repeated column in English and Chinese.
    """
    if table.columns.is_unique:
        return
    repeated = [name for name in table.columns[table.columns.duplicated()].unique() if name in names]
    if repeated:
        listed = "、".join(label(str(name)) for name in repeated)
        raise BadValueError(f"{needed_by}：列重复：{listed}。办法：每列只留一列，其余改名或删去。")


def require_unique_index(table: pd.DataFrame, needed_by: str) -> None:
    """Raise unless the index holds each parcel once.

    Parameters
    ----------
    table : DataFrame
        The table to look at.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    BadValueError
        Naming the repeated index values.
    """
    repeated = table.index[table.index.duplicated()].unique()
    if len(repeated):
        raise BadValueError(f"{needed_by}：宗地代码重复，{named_rows(repeated)}。办法：先用 screen() 检查数据。")


def require_same_index(left: pd.DataFrame, right: pd.DataFrame, needed_by: str) -> None:
    """Raise unless two tables have the same parcels in the same order.

    Parameters
    ----------
    left, right : DataFrame
        The two tables.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    IndexMismatchError
        Naming the parcels that only one of them has.
    """
    if left.index.equals(right.index):
        return
    only = left.index.symmetric_difference(right.index)
    what = named_rows(only) if len(only) else "宗地相同但次序不同"
    raise IndexMismatchError(f"{needed_by}：两张表的宗地不一致，{what}。办法：用 .reindex() 或 .loc 对齐。")


class Located(Protocol):
    """What has a coordinate system."""

    @property
    def crs(self) -> CRS | None:
        """The coordinate system."""


def require_projected(table: Located, needed_by: str) -> CRS:
    """Raise unless the layer has a projected coordinate system in metres.

    Parameters
    ----------
    table : GeoDataFrame or IndexedParcels
        The layer to look at.
    needed_by : str
        The function that needs it, for the message.

    Returns
    -------
    pyproj.CRS
        The coordinate system.

    Raises
    ------
    CrsError
        If there is none, or it is in degrees or another unit than metres.
    """
    if table.crs is None:
        raise CrsError(f"{needed_by}：图层没有坐标系。办法：读取时用 crs= 指明，如 crs='EPSG:4547'。")
    crs = CRS.from_user_input(table.crs)
    if not crs.is_projected:
        raise CrsError(
            f"{needed_by}：坐标系 {crs.to_string()} 以度为单位。办法：先 .to_crs('EPSG:4547') 之类的投影坐标系。"
        )
    units = {axis.unit_name for axis in crs.axis_info[:2] if axis.unit_conversion_factor != 1.0}
    if units:
        raise CrsError(
            f"{needed_by}：坐标系 {crs.to_string()} 的单位是 {'、'.join(sorted(units))}，不是米，面积会错。"
            "办法：先 .to_crs('EPSG:4547') 之类以米为单位的坐标系。"
        )
    return crs


def require_same_crs(left: Located, right: Located, needed_by: str) -> None:
    """Raise unless two layers are in the same projected coordinate system.

    Parameters
    ----------
    left, right : GeoDataFrame or IndexedParcels
        The two layers.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    CrsError
        If one has none, is in degrees, or they differ.
    """
    first, second = require_projected(left, needed_by), require_projected(right, needed_by)
    if not first.equals(second, ignore_axis_order=True):
        raise CrsError(
            f"{needed_by}：两个图层坐标系不同（{first.to_string()} 与 {second.to_string()}）。"
            "办法：先用 .to_crs() 统一。"
        )


@dataclass(frozen=True, eq=False)
class Fault:
    """Rows of a table that cannot be used, and what to do about each (不能用的值).

    What a domain function refuses it first finds as faults. The function itself raises them, see `require_sound`; a
    function that says beforehand which rows it would refuse lists them, see `gap_texts`.

    Attributes
    ----------
    columns : tuple of str
        The columns whose values are at fault.
    rows : ndarray of int
        Positions of the rows.
    cures : sequence of str
        For each of them what the analyst should do, in Chinese.
    error : type of LandMarketError
        What is raised.
    """

    columns: tuple[str, ...]
    rows: npt.NDArray[np.intp]
    cures: Sequence[str]
    error: type[LandMarketError] = BadValueError

    def among(self, rows: npt.NDArray[np.bool_]) -> Fault:
        """Keep those of some rows.

        Parameters
        ----------
        rows : ndarray of bool
            True for each row of the table that counts.

        Returns
        -------
        Fault
            The same fault of fewer rows.
        """
        kept = rows[self.rows]
        cures = [cure for cure, keep in zip(self.cures, kept.tolist(), strict=True) if keep]
        return replace(self, rows=self.rows[kept], cures=cures)


def fault(name: str, bad: pd.Series[bool] | npt.NDArray[np.bool_], cure: str) -> Fault:
    """Find the rows of a column that are marked bad, all for one reason.

    Parameters
    ----------
    name : str
        Column identifier.
    bad : Series or ndarray of bool
        True for each row that cannot be used.
    cure : str
        What the analyst should do, in Chinese.

    Returns
    -------
    Fault
        Of no rows where none is bad.
    """
    rows = np.flatnonzero(np.asarray(bad, dtype=bool))
    return Fault((name,), rows, [cure] * len(rows))


def require_sound(table: pd.DataFrame, faults: Iterable[Fault], needed_by: str) -> None:
    """Raise the first fault that any row has, naming rows, values and the cure.

    Parameters
    ----------
    table : DataFrame
        The table in which the faults were found.
    faults : iterable of Fault
        What was found.
    needed_by : str
        The function that refuses them, for the message.

    Raises
    ------
    LandMarketError
        The error of the first fault with any rows.
    """
    found = next((each for each in faults if len(each.rows)), None)
    if found is None:
        return
    index, names = table.index[found.rows], list(found.columns)
    if len(names) == 1:
        rows = named_rows(index, table[names[0]].iloc[found.rows])
    else:
        rows = named_rows(index, _said(table, found, label, " = ") if names else None)
    cures = list(dict.fromkeys(found.cures))[:SHOWN]
    where = f"列 {'、'.join(map(label, names))} 的值不能用，" if names else ""
    raise found.error(f"{needed_by}：{where}{rows}。办法：{' '.join(cures)}")


def gap_texts(table: pd.DataFrame, faults: Iterable[Fault]) -> pd.Series[str]:
    """Say for each row everything that keeps it from being used.

    Parameters
    ----------
    table : DataFrame
        The table in which the faults were found.
    faults : iterable of Fault
        What was found.

    Returns
    -------
    Series of str
        On the same index: in Chinese, joined by ；, each column once; empty where there is nothing.
    """
    found: dict[int, dict[tuple[str, ...], str]] = {}
    for each in faults:
        what = _said(table, each, _header, " ")
        for row, value, cure in zip(each.rows.tolist(), what, each.cures, strict=True):
            reason = f"{value}：" * bool(value) + cure.removesuffix("。").replace(JOINT, "，")
            found.setdefault(row, {}).setdefault(each.columns, reason)
    texts = np.full(len(table), "", dtype=object)
    for row, reasons in found.items():
        texts[row] = JOINT.join(reasons.values())
    return pd.Series(texts, index=table.index, dtype="str")


def _said(table: pd.DataFrame, found: Fault, named: Callable[[str], str], between: str) -> list[str]:
    """Write for each row of a fault the names and values of its columns."""
    columns = [
        [f"{named(name)}{between}{_shown(value)}" for value in table[name].iloc[found.rows]] for name in found.columns
    ]
    return ["、".join(row) for row in zip(*columns, strict=True)] if columns else [""] * len(found.rows)


def _header(name: str) -> str:
    column = schema().get(name)
    return column.headers[0] if column else name


def _shown(value: object) -> str:
    """Write a cell as a person would; a missing one as 缺."""
    if value is None or value is pd.NA or value is pd.NaT or value != value or value == "":
        return "缺"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def require_values(
    table: pd.DataFrame, name: str, bad: pd.Series[bool] | npt.NDArray[np.bool_], cure: str, needed_by: str
) -> None:
    """Raise if any row of a column is marked bad, naming rows, values and the cure.

    Parameters
    ----------
    table : DataFrame
        The table to look at.
    name : str
        Column identifier.
    bad : Series or ndarray of bool
        True for each row that cannot be used.
    cure : str
        What the analyst should do, in Chinese.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    BadValueError
        If any row is bad.
    """
    require_sound(table, [fault(name, bad, cure)], needed_by)
