"""The form of boundary text files (勘测定界坐标文件): keys, names, zones, limits, from ``data/boundary.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pyproj import CRS

from landmarket.errors import RuleError
from landmarket.rules import load_toml

PREFIX = 1_000_000
"""What an easting with a zone number carries: the number times this [m]."""


@dataclass(frozen=True)
class Width:
    """Zones of one width (分带) of CGCS2000.

    Attributes
    ----------
    degrees : int
        3 or 6.
    names : tuple of str
        How files write it.
    first_zone, last_zone : int
        Numbers of the zones of China.
    plain_epsg, numbered_epsg : int
        EPSG code of the first zone without and with the zone number in the easting.
    """

    degrees: int
    names: tuple[str, ...]
    first_zone: int
    last_zone: int
    plain_epsg: int
    numbered_epsg: int


@dataclass(frozen=True)
class Zone:
    """A zone (带) of CGCS2000.

    Attributes
    ----------
    width : Width
        Its width.
    number : int
        Its number.
    """

    width: Width
    number: int

    @property
    def crs(self) -> CRS:
        """The system of its eastings without zone number."""
        return CRS.from_epsg(self.width.plain_epsg + self.number - self.width.first_zone)


@dataclass(frozen=True)
class Refused:
    """A coordinate system that is not read (不读的坐标系).

    Attributes
    ----------
    words : tuple of str
        One of them in a name tells the system.
    name : str
        Its full name.
    cure : str
        What to do.
    """

    words: tuple[str, ...]
    name: str
    cure: str


@dataclass(frozen=True)
class BoundaryForm:
    """The form of a boundary text file (勘测定界坐标文件的写法).

    Attributes
    ----------
    header : mapping of str to str
        Keys of [属性描述] in order, with what is written where a file said nothing.
    facts : tuple of str
        Columns of a parcel's line after count and area.
    area_shape : str
        The mark of an area in 图形属性.
    units, projections, systems : tuple of str
        Names that are read.
    refused : tuple of Refused
        Systems that are not.
    widths : tuple of Width
        3 and 6 degrees.
    parcel_code : str
        Pattern of a 19-character parcel code.
    decimals, area_decimals : int
        Decimals written of coordinates [m] and areas [公顷].
    boundary_shift : float
        How far rounding may move a boundary [m].
    northings, eastings : tuple of (Decimal, Decimal)
        Where China lies [m], eastings without zone number.
    source : str
        Where this is from.
    verified : bool
        Whether the text of a regulation was read.
    """

    header: Mapping[str, str]
    facts: tuple[str, ...]
    area_shape: str
    units: tuple[str, ...]
    projections: tuple[str, ...]
    systems: tuple[str, ...]
    refused: tuple[Refused, ...]
    widths: tuple[Width, ...]
    parcel_code: str
    decimals: int
    area_decimals: int
    boundary_shift: float
    northings: tuple[Decimal, Decimal]
    eastings: tuple[Decimal, Decimal]
    source: str
    verified: bool


@cache
def boundary_form() -> BoundaryForm:
    """Return the form of boundary text files.

    Returns
    -------
    BoundaryForm
        As in ``data/boundary.toml``.
    """
    data = load_toml(files("landmarket.io").joinpath("data/boundary.toml"))
    return BoundaryForm(
        header=MappingProxyType({key: str(text) for key, text in _record(data["header"]).items()}),
        facts=_texts(data["facts"]),
        area_shape=str(data["area_shape"]),
        units=_texts(data["units"]),
        projections=_texts(data["projections"]),
        systems=_texts(data["systems"]),
        refused=tuple(_refused(record) for record in _records(data["refused"])),
        widths=tuple(_width(record) for record in _records(data["width"])),
        parcel_code=str(data["parcel_code"]),
        decimals=_whole(data["decimals"]),
        area_decimals=_whole(data["area_decimals"]),
        boundary_shift=float(str(data["boundary_shift"])),
        northings=_pair(data["northings"]),
        eastings=_pair(data["eastings"]),
        source=str(data["source"]),
        verified=data["verified"] is True,
    )


def zone_of_crs(crs: CRS | None) -> Zone | None:
    """Find the zone of a coordinate system (坐标系所在的带).

    Parameters
    ----------
    crs : pyproj.CRS or None
        Any system.

    Returns
    -------
    Zone or None
        None where it is no Gauss-Krüger zone of CGCS2000 in China.
    """
    epsg = (crs.to_epsg() or 0) if crs is not None else 0
    for width in boundary_form().widths:
        for first in (width.plain_epsg, width.numbered_epsg):
            if 0 <= epsg - first <= width.last_zone - width.first_zone:
                return Zone(width, epsg - first + width.first_zone)
    return None


def _refused(record: Mapping[str, object]) -> Refused:
    return Refused(_texts(record["words"]), str(record["name"]), str(record["cure"]))


def _width(record: Mapping[str, object]) -> Width:
    numbers = {name: _whole(record[name]) for name in ("degrees", "first_zone", "last_zone")}
    codes = {name: _whole(record[name]) for name in ("plain_epsg", "numbered_epsg")}
    return Width(names=_texts(record["names"]), **numbers, **codes)


def _record(value: object) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    raise RuleError(f"boundary.toml：{value!r} 应为表。办法：恢复程序自带的文件。")


def _records(value: object) -> list[Mapping[str, object]]:
    return [_record(item) for item in _items(value)]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in _items(value))


def _pair(value: object) -> tuple[Decimal, Decimal]:
    low, high = _items(value)
    return Decimal(str(low)), Decimal(str(high))


def _items(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    raise RuleError(f"boundary.toml：{value!r} 应为数组。办法：恢复程序自带的文件。")


def _whole(value: object) -> int:
    return int(str(value))
