"""A folium map that needs no network."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import folium
from branca.element import Element, Figure
from folium.template import Template

from landmarket.html_page import escaped
from landmarket.maps.elements import Page, Script, Style, Verbatim
from landmarket.maps.page_files import leaflet_script, leaflet_style, package_text


@dataclass(frozen=True)
class PageText:
    """What stands around the map; all HTML in it is already escaped.

    Attributes
    ----------
    title : str
        Title of the page, as written.
    head : str
        HTML of the head line.
    over : str
        HTML laid over the map.
    panel : str
        HTML of the panel, below legend and layers.
    foot : str
        HTML of the foot line.
    """

    title: str
    head: str
    over: str
    panel: str
    foot: str


class OfflineMap(folium.Map):
    """A folium map with Leaflet in the page instead of links to four hosts.

    Parameters
    ----------
    text : PageText
        What stands around the map.
    location : tuple of float
        Latitude and longitude of the centre.

    Notes
    -----
    The lists of links are this map's own and empty; folium's ``add_js_link`` would edit lists that all maps of a
    class share.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map(
                {{ this.get_name()|tojson }},
                {
                    center: {{ this.location|tojson }},
                    crs: L.CRS.{{ this.crs }},
                    ...{{ this.options|tojavascript }}
                }
            );
        {% endmacro %}
        """
    )

    def __init__(self, text: PageText, location: tuple[float, float]) -> None:
        super().__init__(
            location=location,
            tiles=None,
            zoom_start=12,
            min_zoom=7,
            max_zoom=20,
            zoom_snap=0.25,
            wheel_px_per_zoom_level=120,
        )
        self._id = identifier(text.title)
        self.default_js = []
        self.default_css = []
        self.text = text
        Page(text.title).add_child(self)

    @property
    def panel_id(self) -> str:
        """Identifier of the panel beside the map.

        Returns
        -------
        str
            The ``id`` of its element.
        """
        return f"{self.get_name()}_panel"

    def render(self, **kwargs: object) -> str:
        """Put the map's parts into its page.

        Parameters
        ----------
        **kwargs : object
            ``home``, the address of the county's index, where there is one.

        Returns
        -------
        str
            Nothing: the page shows the parts.
        """
        page = figure_of(self)
        page.header.add_child(Style(leaflet_style()), name="leaflet-style")
        page.header.add_child(Style(package_text("page.css")), name="landmarket-style")
        page.header.add_child(Script(leaflet_script()), name="leaflet")
        super().render(**kwargs)  # type: ignore[no-untyped-call]  # folium leaves it unannotated
        page.html.add_child(Verbatim(self._body(str(kwargs.get("home", "")))), name=self.get_name())
        return ""

    def _body(self, home: str) -> str:
        link = f'<a class="lm-home" href="{escaped(home)}">返回全县索引</a>' if home else ""
        holder = f'<div class="folium-map" id="{self.get_name()}"></div>'
        return (
            f'<header class="lm-head">{self.text.head}{link}</header>\n'
            f'<main class="lm-main"><div class="lm-map">{holder}{self.text.over}</div>\n'
            f'<aside class="lm-panel" id="{self.panel_id}" aria-label="图例与图层">{self.text.panel}</aside></main>\n'
            f'<footer class="lm-foot">{self.text.foot}</footer>\n'
        )


def identifier(text: str) -> str:
    """Make an identifier from what a map shows, so that the same map is written in the same bytes.

    Parameters
    ----------
    text : str
        What tells the map from others.

    Returns
    -------
    str
        Sixteen hexadecimal digits; folium would draw them at random.
    """
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def figure_of(element: Element) -> Figure:
    """Find the figure an element is drawn in.

    Parameters
    ----------
    element : Element
        Part of a map.

    Returns
    -------
    Figure
        The root of its tree.

    Raises
    ------
    TypeError
        If the element is in no figure.
    """
    root = element.get_root()
    if not isinstance(root, Figure):
        raise TypeError(f"{element.get_name()} 不在页面中。办法：先把它加入地图。")
    return root
