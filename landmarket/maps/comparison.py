"""Two scenarios of one county, on one map or side by side (情景对比图)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landmarket.checks import require_columns, require_same_crs, require_same_index
from landmarket.errors import BadValueError, named_rows
from landmarket.maps.assembly import chosen_views, drawn_parcels, put_together, rectangle_of
from landmarket.maps.audience import OFFICE, Audience
from landmarket.maps.basemap import Basemap
from landmarket.maps.drawing import Drawing, Second
from landmarket.maps.facts import FACTS, Fact, parcel_facts
from landmarket.maps.legend import Legend, View, legend
from landmarket.maps.offline_map import OfflineMap
from landmarket.maps.packing import Ints, Texts, texts_of
from landmarket.maps.texts import comparison_text
from landmarket.maps.values import Column, floats, is_number, missing, plain_texts, title_and_unit

_WHAT = "compare_maps"


def compare_maps(
    first: gpd.GeoDataFrame,
    second: gpd.GeoDataFrame,
    column: str,
    *,
    names: tuple[str, str],
    views: Sequence[str | View] | None = None,
    context: Mapping[str, gpd.GeoDataFrame] | None = None,
    notice: str = "",
    county: str = "",
    on: date | None = None,
    audience: Audience = OFFICE,
    basemap: Basemap | None = None,
) -> OfflineMap:
    """Show two scenarios of the same parcels, on one map either side of a line or on two linked maps (情景对比图).

    Parameters
    ----------
    first, second : GeoDataFrame
        Parcels of the two scenarios: same index, CRS and shapes; with ``township`` and the columns to show.
    column : str
        The column shown when the page opens; the page can switch to how it changes.
    names : tuple of str
        What the first and the second scenario are called.
    views : sequence of str or View, optional
        Columns the page can switch to; those of `landmarket.maps.assembly.VIEWS` that both tables have where none are
        given.
    context : mapping of str to GeoDataFrame, optional
        Layers beneath, see `landmarket.maps.ground.ground_layers`.
    notice : str, default ""
        Printed on the page, such as 示例数据.
    county : str, default ""
        Name of the county.
    on : date, optional
        Date the values stand for.
    audience : Audience, default OFFICE
        For whom the page is, see `landmarket.maps.public_audience`.
    basemap : Basemap, optional
        Layers from the network, off until switched on, see `landmarket.maps.tianditu`.

    Returns
    -------
    folium.Map
        A notebook shows it; `save_page` writes it. Classes are made from both scenarios together, so that a colour
        means the same on both sides; the legend counts both. The page switches between 拉帘 (one map, a movable
        line) and 并排 (two maps that move together).

    Raises
    ------
    MissingColumnError
        If a table lacks a column.
    IndexMismatchError
        If the tables do not have the same parcels in the same order.
    CrsError
        If they have no projected CRS, or not the same.
    BadValueError
        If shapes differ, the names are the same, parcel codes repeat, or a column holds the reserve price.
    """
    require_same_index(first, second, _WHAT)
    require_same_crs(first, second, _WHAT)
    _require_same_shapes(first, second)
    if names[0] == names[1]:
        raise BadValueError(f"{_WHAT}：两个情景都叫“{names[0]}”。办法：起不同的名字。")
    shared = first[[name for name in first.columns if name in second.columns]]
    chosen = chosen_views(shared, column, views)
    require_columns(second, [view.column for view in chosen], _WHAT)
    changed = f"{title_and_unit(column)[0]}变化"
    change = _change(first[column], second[column])
    both = [table.assign(**{changed: change}) for table in (first, second)]
    chosen.insert(1, View(changed))
    drawing, frame = drawn_parcels(
        both[0], chosen, _WHAT, worksheets=None, set_aside=None, context=context, notice=notice, counts=None,
        county=county, on=on, audience=audience, basemap=basemap,
    )  # fmt: skip
    drawing = _compared(drawing, both[0], both[1], chosen, names)
    page = OfflineMap(comparison_text(frame, names), (0.0, 0.0))
    page.options["zoom_animation"] = False  # two maps side by side would grow one after the other
    at = np.arange(len(first), dtype=np.int64)
    put_together(page, drawing, "", at, at[:0], rectangle_of(drawing.bounds))
    return page


def _require_same_shapes(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> None:
    ours, theirs = np.asarray(first.geometry.array), np.asarray(second.geometry.array)
    same = np.asarray(shapely.equals_exact(ours, theirs, 0.0), dtype=bool)
    same |= np.asarray(shapely.is_missing(ours) & shapely.is_missing(theirs), dtype=bool)
    if not same.all():
        codes = named_rows(first.index[~same])
        raise BadValueError(f"{_WHAT}：两个情景的宗地图形不同，{codes}。办法：用同一宗地图层测算两个情景。")


def _change(before: Column, after: Column) -> pd.Series[str]:
    """Say of each parcel how a column changes; None where neither scenario has a value."""
    neither, alone = missing(before) & missing(after), missing(before) != missing(after)
    if is_number(before) and is_number(after):
        rise = np.nan_to_num(floats(after) - floats(before))
        said = np.select([rise > 0, rise < 0], ["升高", "降低"], "不变").astype(object)
    else:
        pairs = zip(plain_texts(before), plain_texts(after), strict=True)
        said = np.array(["不变" if one == other else "有变化" for one, other in pairs], dtype=object)
    said[alone] = "仅一方有值"
    said[neither] = None
    return pd.Series(said, before.index)


def _compared(
    drawing: Drawing, first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, views: Sequence[View], names: tuple[str, str]
) -> Drawing:
    """Class both scenarios together, and put the second beside the first."""
    columns = [view.column for view in views]
    stacked = pd.concat([pd.DataFrame(table[columns]) for table in (first, second)], ignore_index=True)
    legends = [legend(stacked, view) for view in views]
    halves = (np.arange(len(first)), np.arange(len(first), 2 * len(first)))
    ours, theirs = ([_half(one, rows) for one in legends] for rows in halves)
    beside = Second(names, [one.members for one in theirs], [texts_of(one.texts) for one in theirs])
    return dataclasses.replace(
        drawing,
        legends=ours,
        shown=[texts_of(one.texts) for one in ours],
        facts=_facts(first, second, columns, names),
        second=beside,
    )


def _half(whole: Legend, rows: Ints) -> Legend:
    return dataclasses.replace(whole, members=whole.members[rows], texts=[whole.texts[i] for i in rows.tolist()])


def _facts(
    first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, columns: Sequence[str], names: tuple[str, str]
) -> list[Fact]:
    """Tell once what both scenarios agree on, and twice what they do not."""
    wanted = (*FACTS, *(column for column in columns if column not in FACTS))
    theirs = {fact.column: fact for fact in parcel_facts(second, wanted)}
    told: list[Fact] = []
    for fact in parcel_facts(first, wanted):
        other = theirs.pop(fact.column, None)
        if other is None or _same(fact, other):
            told.append(fact)
        else:
            told += [_named(fact, names[0]), _named(other, names[1])]
    return told + [_named(fact, names[1]) for fact in theirs.values()]


def _same(fact: Fact, other: Fact) -> bool:
    return _rows(fact.texts) == _rows(other.texts)


def _rows(texts: Texts) -> list[str | None]:
    return [texts.distinct[i] if i >= 0 else None for i in texts.codes.tolist()]


def _named(fact: Fact, name: str) -> Fact:
    return dataclasses.replace(fact, label=f"{fact.label}（{name}）")
