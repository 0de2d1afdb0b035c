"""The layers drawn on a map, and what stands around them: hover, click, names and panel."""

from __future__ import annotations

import folium
from branca.element import MacroElement
from folium.template import Template

from landmarket.maps.elements import Script
from landmarket.maps.offline_map import OfflineMap, figure_of
from landmarket.maps.page_files import SCRIPTS, package_text
from landmarket.maps.payload import Packed, Payload


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
