"""A folium map that needs no network, and the parcel layer drawn on it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from landmarket.maps.elements import Page, Script, Style, Verbatim, escaped
from landmarket.maps.payload import Packed, Payload

SCRIPTS = (
    "payload.js",
    "canvas.js",
    "plane.js",
    "ground.js",
    "parcels.js",
    "marks.js",
    "swipe.js",
    "card.js",
    "tools.js",
    "filters.js",
    "basemap.js",
    "print.js",
    "panel.js",
)
"""The scripts of a page, in the order in which they build on one another."""

_LEAFLET = "js_lib_leaflet"
_PICTURE = re.compile(r"url\(images/([\w.-]+)\)")


@cache
def package_text(name: str) -> str:
    """Read a script, style sheet or licence that ships with this module.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    str
        Its text, with ``\\n`` at the end of lines.
    """
    return files("landmarket.maps").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def leaflet_script() -> str:
    """Leaflet with its whole licence, for a page that fetches nothing.

    Returns
    -------
    str
        JavaScript of the installed Leaflet; the line that points to a source map is left out.
    """
    code = _leaflet_file("leaflet.js").decode("utf-8").replace("\r\n", "\n")
    code = re.sub(r"\n//# sourceMappingURL=.*\s*$", "\n", code)
    return f"/*!\n{package_text('leaflet-license.txt')}*/\n{code}"


@cache
def leaflet_style() -> str:
    """Leaflet's style sheet with its pictures inside.

    Returns
    -------
    str
        CSS whose every picture is a ``data:`` address.
    """
    css = _leaflet_file("leaflet.css").decode("utf-8").replace("\r\n", "\n")
    css = css.replace("behavior: url(#default#VML);", "")
    return _PICTURE.sub(lambda found: f"url({_data_address(found[1])})", css)


def _data_address(name: str) -> str:
    return "data:image/png;base64," + base64.b64encode(_leaflet_file(f"images/{name}")).decode()


def _leaflet_file(name: str) -> bytes:
    return files(_LEAFLET).joinpath("static", _LEAFLET, *name.split("/")).read_bytes()


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


class _DataLayer(folium.map.Layer):
    """A layer whose data stand in the page compressed and whose script is a file of this package.

    Its template adds it to the map: folium's way leaves a new element behind each time a page is rendered.
    """

    def __init__(self, kind: str, name: str, data: Packed, page: OfflineMap) -> None:
        super().__init__(name=name, overlay=True, control=True, show=True)
        self._name = kind
        self._id = page._id
        self.data = data

    @property
    def data_id(self) -> str:
        """Identifier of the element that holds the data."""
        return f"{self.get_name()}_data"

    def render(self, **kwargs: object) -> str:
        """Put data and script into the page.

        Parameters
        ----------
        **kwargs : object
            Ignored.

        Returns
        -------
        str
            Nothing: the page shows the parts.
        """
        page = figure_of(self)
        for name in SCRIPTS:
            page.header.add_child(Script(package_text(name)), name=name)
        page.html.add_child(Payload(self.data_id, self.data), name=self.data_id)
        super(folium.map.Layer, self).render(**kwargs)  # type: ignore[no-untyped-call]  # folium leaves it unannotated
        return ""


class ParcelLayer(_DataLayer):
    """Parcels on a canvas, coloured by one of several views.

    Parameters
    ----------
    name : str
        Name of the layer.
    data : packed value
        Packed shapes, texts, views, facts and worksheets.
    page : OfflineMap
        The map it is drawn on.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = landmarket.parcels({{ this.data_id|tojson }});
            {% if this.show %}{{ this.get_name() }}.addTo({{ this._parent.get_name() }});{% endif %}
        {% endmacro %}
        """
    )

    def __init__(self, name: str, data: Packed, page: OfflineMap) -> None:
        super().__init__("Parcels", name, data, page)
        self.add_to(page)


class GroundLayer(_DataLayer):
    """Outlines, roads and names beneath the parcels.

    Parameters
    ----------
    name : str
        Name of the layer.
    data : packed value
        Packed shapes and names of each layer.
    page : OfflineMap
        The map it is drawn on.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = landmarket.ground({{ this.data_id|tojson }});
            {% if this.show %}{{ this.get_name() }}.addTo({{ this._parent.get_name() }});{% endif %}
        {% endmacro %}
        """
    )

    def __init__(self, name: str, data: Packed, page: OfflineMap) -> None:
        super().__init__("Ground", name, data, page)
        self.add_to(page)


class Opening(MacroElement):
    """The rectangle a map opens on, without gliding there: what is drawn on the way would be drawn twice.

    Parameters
    ----------
    bounds : list of float
        West, south, east, north [°].
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            {{ this._parent.get_name() }}.fitBounds(
                {{ this.corners|tojson }}, { animate: false, padding: [14, 14] }
            );
        {% endmacro %}
        """
    )

    def __init__(self, bounds: list[float]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca leaves it unannotated
        self._name = "Opening"
        west, south, east, north = bounds
        self.corners = [[south, west], [north, east]]


class Furniture(MacroElement):
    """Hover, click, names, scale bar, north arrow and the panel beside the map.

    Parameters
    ----------
    parcels : ParcelLayer
        The parcels.
    ground : GroundLayer or None
        What lies beneath them.
    panel_id : str
        Identifier of the panel's element.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            landmarket.furnish(
                {{ this._parent.get_name() }}, {{ this.parcels.get_name() }},
                {{ this.ground.get_name() if this.ground else "null" }}, {{ this.panel_id|tojson }}
            );
        {% endmacro %}
        """
    )

    def __init__(self, parcels: ParcelLayer, ground: GroundLayer | None, panel_id: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca leaves it unannotated
        self._name = "Furniture"
        self.parcels = parcels
        self.ground = ground
        self.panel_id = panel_id


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
