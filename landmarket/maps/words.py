"""What a page calls its features (页面用语): parcels on township maps, villages on grade maps."""

from __future__ import annotations

from dataclasses import dataclass

from landmarket.maps.elements import Json


@dataclass(frozen=True)
class Words:
    """What a page calls its features (页面用语).

    Attributes
    ----------
    code : str
        Name of their identifier.
    unit : str
        Counting word.
    details : str
        Name of the card.
    sheet : str
        Title of the worksheet.
    find, placeholder : str
        Label of the search, and what can be typed there.
    results : tuple of str
        Steps of the worksheet that are results.
    zoom : int
        How near the map goes to one that was searched.
    layer : str
        Name of the layer.
    set_aside : str
        Legend entry of rows set aside; empty where a page has none.
    """

    code: str
    unit: str
    details: str
    sheet: str
    find: str
    placeholder: str
    results: tuple[str, ...]
    zoom: int
    layer: str
    set_aside: str = ""

    def packed(self) -> dict[str, Json]:
        """Pack the words for a page.

        Returns
        -------
        dict
            As the page's script reads them.
        """
        return {
            "code": self.code,
            "unit": self.unit,
            "details": self.details,
            "sheet": self.sheet,
            "find": self.find,
            "placeholder": self.placeholder,
            "results": self.results,
            "zoom": self.zoom,
            "setAside": self.set_aside,
        }


PARCELS = Words(
    "宗地代码",
    "宗",
    "宗地详情",
    "地价测算表",
    "查找宗地",
    "宗地代码或村名",
    ("地面单价", "总地价"),
    15,
    "宗地",
    "暂不处理",
)
VILLAGES = Words("村代码", "村", "村详情", "级别评定说明", "查找村", "村代码或村名", ("总分值", "级别"), 13, "村")
