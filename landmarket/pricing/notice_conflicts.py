"""What makes a notice unusable: two answers for one question, and numbers no formula can take (公告矛盾)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from landmarket.errors import ReadError
from landmarket.pricing.keys import number_at, text_at
from landmarket.pricing.villages import listed_names

_KEYS = {
    "prices": ("township", "grade", "use"),
    "connotation": ("use", "grade"),
    "dates": ("use", "date"),
    "far": ("use", "grade", "floor_area_ratio"),
    "factors": ("use", "grade", "factor"),
    "steps": ("name", "use", "low", "level"),
    "development": ("item",),
}
_POSITIVE = {
    "connotation": ("legal_term", "floor_area_ratio", "capitalisation_rate"),
    "dates": ("index",),
    "far": ("floor_area_ratio", "factor"),
    "steps": ("factor",),
}
_SHOWN = 10


def refuse_conflicts(frames: Mapping[str, pd.DataFrame], name: str) -> None:
    """Raise if a notice contradicts itself.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Typed tables by identifier; columns ``@name`` hold the address of each value.
    name : str
        Title of the notice.

    Raises
    ------
    ReadError
        Naming the cells.
    """
    found = [*_repeated(frames), *_not_positive(frames), *_two_uses(frames["uses"]), *_steps(frames["steps"])]
    if found:
        more = f" 等 {len(found)} 处" if len(found) > _SHOWN else ""
        raise ReadError(f"{name}：{'；'.join(found[:_SHOWN])}{more}。办法：按公告原件改正这些单元格后重读。")


def _repeated(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    for table, key in _KEYS.items():
        frame = frames[table]
        for row in frame.index[frame.duplicated(list(key))]:
            same = " ".join(text_at(frame, row, column) for column in key if frame[column].notna().loc[row])
            column = "unit_price" if table == "prices" else key[-1]
            yield f"{text_at(frame, row, f'@{column}') or text_at(frame, row, f'@{key[0]}')} 重复：{same}"


def _not_positive(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    for table, columns in _POSITIVE.items():
        for column in columns:
            frame = frames[table]
            for row in frame.index[frame[column] <= 0]:
                yield f"{text_at(frame, row, f'@{column}')} = {number_at(frame, row, column):g} 应为正数"


def _two_uses(uses: pd.DataFrame) -> Iterator[str]:
    owner: dict[tuple[str, str], str] = {}
    for row in uses.index:
        use, scheme = text_at(uses, row, "use"), text_at(uses, row, "scheme")
        for code in listed_names(text_at(uses, row, "codes")):
            other = owner.setdefault((scheme, code), use)
            if other != use:
                yield f"{text_at(uses, row, '@codes')} 的 {code}（{scheme}）已属于用途 {other}"


def _steps(steps: pd.DataFrame) -> Iterator[str]:
    for title, rows in steps.groupby("name", sort=False):
        if len(rows["column"].unique()) > 1:
            yield f"{rows['@column'].iloc[-1]}：{title} 用了几个列：{'、'.join(rows['column'].unique())}"
    for (name, use), rows in steps.groupby(["name", "use"], sort=False):
        levels = rows["level"] != ""
        if levels.any() and (~levels | rows["low"].notna() | rows["high"].notna()).any():
            yield f"{rows['@level'].iloc[0]}：{name}{use} 既有等级又有上下限"
        elif not levels.any():
            ordered = rows.assign(start=rows["low"].fillna(-np.inf)).sort_values("start")
            high = ordered["high"].fillna(np.inf).to_numpy()
            for at in np.flatnonzero(high[:-1] > ordered["start"].to_numpy()[1:]):
                yield f"{ordered['@high'].iloc[at]}：{name}{use} 的分段重叠"
            for at in np.flatnonzero(high <= ordered["start"].to_numpy()):
                yield f"{ordered['@high'].iloc[at]}：{name}{use} 的上限不大于下限"
