"""Base layers from the network (在线底图): 天地图 with the user's own key, off until switched on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from landmarket.errors import BadValueError, NoRuleInForceError
from landmarket.maps.elements import Json
from landmarket.rules import Rule, holding_rule, shipped_rules

_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Basemap:
    """Base layers of one host (在线底图).

    Attributes
    ----------
    host : str
        The only address a page may fetch pictures from.
    layers : tuple of (str, tuple of str)
        Title, and the addresses of the tiles drawn over one another.
    attribution : str
        Shown on the map while a layer is.
    deepest : int
        Deepest zoom level that has tiles.
    """

    host: str
    layers: tuple[tuple[str, tuple[str, ...]], ...] = field(repr=False)
    attribution: str
    deepest: int

    def packed(self) -> Json:
        """Pack the layers for a page.

        Returns
        -------
        dict
            As the page's script reads it.
        """
        return {
            "layers": [{"title": title, "tiles": list(tiles)} for title, tiles in self.layers],
            "attribution": self.attribution,
            "deepest": self.deepest,
        }


def tianditu(key: str, *, on: date) -> Basemap:
    """Offer the layers of 天地图 on a page.

    Parameters
    ----------
    key : str
        The user's own key (天地图密钥), 32 hexadecimal digits.
    on : date
        The day whose addresses are taken.

    Returns
    -------
    Basemap
        To be given to `township_maps`, `county_map` or `village_map`.

    Raises
    ------
    BadValueError
        If the key is not one.
    NoRuleInForceError
        If no address is known for that day.

    Notes
    -----
    The key stands in the page: whoever has the page has the key. 天地图 is in CGCS2000 and not shifted; other
    providers' tiles are (GCJ-02), and are not offered.
    """
    if not _KEY.fullmatch(key):
        raise BadValueError(
            f"天地图密钥应为 32 位十六进制小写字符，现为 {len(key)} 个字符。办法：在天地图网站申请密钥，照抄填写。"
        )
    host, path = str(_told("tianditu_host", on).value), str(_told("tianditu_path", on).value)
    layers = []
    for entry in str(_told("tianditu_layers", on).value).split("、"):
        title, _, names = entry.partition("=")
        tiles = (host + path.replace("{layer}", name).replace("{key}", key) for name in names.split("+"))
        layers.append((title, tuple(tiles)))
    attribution = str(_told("tianditu_attribution", on).value)
    return Basemap(host, tuple(layers), attribution, int(_told("tianditu_deepest", on).number))


def _told(key: str, on: date) -> Rule:
    rule = holding_rule(shipped_rules("maps"), key, on=on, county="", pilot=False)
    if rule is None:
        raise NoRuleInForceError(f"{on:%Y-%m-%d} 没有天地图服务的记录（{key}）。办法：核对日期。")
    return rule
