"""Scripts, style sheets and licences that stand in a page, this package's and Leaflet's."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib.resources import files

SCRIPTS = (
    "payload.js",
    "canvas.js",
    "plane.js",
    "ground.js",
    "parcels.js",
    "marks.js",
    "swipe.js",
    "linked.js",
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
