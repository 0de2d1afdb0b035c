"""A county's features ready to be cut into pages (绘图数据): shapes, legends, facts and worksheets, each made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd

from landmarket.maps.audience import Audience, drawn_shapes
from landmarket.maps.basemap import Basemap
from landmarket.maps.facts import SET_ASIDE_FACTS, Fact, parcel_facts
from landmarket.maps.ground import Ground, geographic_bounds
from landmarket.maps.legend import Legend, View, legend
from landmarket.maps.packing import Bounds, Ints, Shapes, Texts, TextTable, joined, shapes_of, texts_of
from landmarket.maps.payload import Packed
from landmarket.maps.places import Places
from landmarket.maps.plane import plane_of
from landmarket.maps.words import Words
from landmarket.maps.worksheets import Sheets


@dataclass(frozen=True)
class Second:
    """The second of two scenarios on one map (对比情景).

    Attributes
    ----------
    names : tuple of str
        What the first and the second are called.
    members : list of ndarray of int64
        Class of each feature in each view, in the classes of the first.
    shown : list of Texts
        The value of each feature in each view.
    """

    names: tuple[str, str]
    members: list[Ints]
    shown: list[Texts]

    def packed(self, at: Ints, texts: TextTable) -> dict[str, Packed]:
        """Pack some features for a page.

        Parameters
        ----------
        at : ndarray of int64
            Positions of the features.
        texts : TextTable
            The texts of the page.

        Returns
        -------
        dict
            As the page's script reads it.
        """
        pairs = zip(self.members, self.shown, strict=True)
        views = [{"members": members[at], "values": texts.numbers(shown, at)} for members, shown in pairs]
        return {"names": list(self.names), "views": views}


@dataclass(frozen=True)
class Drawing:
    """The whole county, ready to be cut into pages (绘图数据).

    Attributes
    ----------
    words : Words
        What the pages call the features.
    places : Places
        Which township each belongs to.
    codes : list of str
        Code of each feature.
    shapes, aside_shapes : Shapes
        Outlines of the features, and of the rows set aside.
    bounds, aside_bounds : ndarray of float64, shape (n, 4)
        West, south, east, north of each [°].
    legends : list of Legend
        The columns that can be shown.
    shown : list of Texts
        The value of each feature in each of them.
    facts, aside_facts : list of Fact
        What a click tells.
    aside_titles : Texts
        Names of the rows set aside.
    sheets : Sheets
        Worksheets.
    ground : list of Ground
        What lies beneath.
    plane : mapping of str to float, or None
        The plane coordinates are shown and measured in.
    audience : Audience
        For whom the pages are.
    basemap : Basemap or None
        Layers from the network that a page offers.
    second : Second or None
        Another scenario of the same features.
    """

    words: Words
    places: Places
    codes: list[str]
    shapes: Shapes
    bounds: Bounds
    legends: list[Legend]
    shown: list[Texts]
    facts: list[Fact]
    aside_shapes: Shapes
    aside_bounds: Bounds
    aside_facts: list[Fact]
    aside_titles: Texts
    sheets: Sheets
    ground: list[Ground]
    plane: Mapping[str, float] | None
    audience: Audience
    basemap: Basemap | None
    second: Second | None = None

    def packed(self, at: Ints, aside: Ints) -> dict[str, Packed]:
        """Pack some features for a page.

        Parameters
        ----------
        at, aside : ndarray of int64
            Positions of the features, and of the rows set aside.

        Returns
        -------
        dict
            As the page's script reads it.
        """
        texts = TextTable()
        shapes = joined(self.shapes.take(at), self.aside_shapes.take(aside))
        data: dict[str, Packed] = {
            "words": self.words.packed(),
            "plane": self.plane,
            "basemap": self.basemap.packed() if self.basemap else None,
            "geometry": shapes.packed(),
            "codes": [self.codes[i] for i in at],
            "views": [
                {**_view_data(one, at), "values": texts.numbers(shown, at)}
                for one, shown in zip(self.legends, self.shown, strict=True)
            ],
            "facts": [fact.packed(at, texts) for fact in self.facts],
            "setAside": {
                "titles": texts.numbers(self.aside_titles, aside),
                "facts": [fact.packed(aside, texts) for fact in self.aside_facts],
            },
            "worksheets": self.sheets.packed(at, texts),
            "comparison": self.second.packed(at, texts) if self.second else None,
        }
        return {**data, "texts": texts.page()}


def _view_data(one: Legend, at: Ints) -> dict[str, Packed]:
    return {
        "column": one.column,
        "title": one.title,
        "unit": one.unit,
        "note": one.note,
        "numeric": one.numeric,
        "classes": [{"label": entry.label, "colour": entry.colour} for entry in one.classes],
        "members": one.members[at],
    }


def drawing_of(
    table: gpd.GeoDataFrame,
    aside: gpd.GeoDataFrame,
    places: Places,
    views: Sequence[View],
    facts: Sequence[str],
    sheets: Sheets,
    ground: list[Ground],
    words: Words,
    *,
    audience: Audience,
    basemap: Basemap | None,
) -> Drawing:
    """Make everything that the pages of a county are cut from.

    Parameters
    ----------
    table, aside : GeoDataFrame
        The features, and the rows set aside.
    places : Places
        Which township each belongs to.
    views : sequence of View
        Columns that can be shown.
    facts : sequence of str
        Columns a click shows, besides the views.
    sheets : Sheets
        Worksheets.
    ground : list of Ground
        What lies beneath.
    words : Words
        What the pages call the features.
    audience : Audience
        For whom the pages are; exact coordinates are for the office alone.
    basemap : Basemap or None
        Layers from the network that a page offers.

    Returns
    -------
    Drawing
        Classes are made for the whole county, so that colours agree between pages.
    """
    legends = [legend(table, view) for view in views]
    more = [view.column for view in views if view.column not in facts]
    return Drawing(
        words=words,
        places=places,
        codes=[str(code) for code in table.index],
        shapes=drawn_shapes(shapes_of(table.geometry, areas=True), audience),
        bounds=geographic_bounds(table.geometry),
        legends=legends,
        shown=[texts_of(one.texts) for one in legends],
        facts=parcel_facts(table, (*facts, *more)),
        aside_shapes=drawn_shapes(shapes_of(aside.geometry, areas=True), audience),
        aside_bounds=geographic_bounds(aside.geometry),
        aside_facts=parcel_facts(aside, SET_ASIDE_FACTS),
        aside_titles=texts_of([str(name) for name in aside.index]),
        sheets=sheets,
        ground=ground,
        plane=plane_of(table) if audience.exact else None,
        audience=audience,
        basemap=basemap,
    )
