"""What stands around a map sheet (图廓外整饰): place, source, dates, maker, who may see it, coordinate system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from pyproj import CRS, Proj

from landmarket.audience import OFFICE, Audience
from landmarket.errors import BadValueError, CrsError

_MOST_DISTORTED = 0.01
"""A scale stated on a sheet may be wrong by this share; the 3-degree and 6-degree zones are within a seventh of it."""
_ZONED = 1_000_000


@dataclass(frozen=True)
class Imprint:
    """What is printed around the maps of a county (图廓外整饰).

    Attributes
    ----------
    place : str
        County the titles begin with, such as 禹州市.
    source : str
        Source of the data (资料来源).
    maker : str
        Who makes the map (制图单位).
    on : date
        Date the values stand for (期日).
    made_on : date
        Date of the map (制图时间).
    remark : str
        Printed beside the title, such as 示例数据; may be empty.
    audience : Audience
        Whom it is for; a public sheet has no coordinates and the number of its review (审图号).

    Raises
    ------
    BadValueError
        If a field that every sheet needs is blank.
    """

    place: str
    source: str
    maker: str
    on: date
    made_on: date
    remark: str = ""
    audience: Audience = OFFICE

    def __post_init__(self) -> None:
        """Refuse what no sheet may be printed with."""
        fields = {"place（地名）": self.place, "source（资料来源）": self.source, "maker（制图单位）": self.maker}
        blank = [name for name, text in fields.items() if not text.strip()]
        if blank:
            raise BadValueError(f"图件说明 Imprint：{'、'.join(blank)}空缺。办法：补上，图上必须注明。")


def crs_note(crs: CRS) -> str:
    """Name a coordinate system as maps do (坐标系说明).

    Parameters
    ----------
    crs : pyproj.CRS
        Projected.

    Returns
    -------
    str
        Of systems other than CGCS2000 in Gauss-Krüger zones their own name.

    Examples
    --------
    >>> crs_note(CRS.from_epsg(4547)), crs_note(CRS.from_epsg(4526))
    ('2000国家大地坐标系，3度带，中央经线114°', '2000国家大地坐标系，3度带，中央经线114°，带号38')
    """
    operation, geodetic = crs.coordinate_operation, crs.geodetic_crs
    name = geodetic.name if geodetic is not None else ""
    if operation is None or operation.method_name != "Transverse Mercator" or not re.search(r"China.*2000", name):
        return f"坐标系：{crs.name}"
    values = {each.name: float(each.value) for each in operation.params}
    width = "3度带" if re.search(r"3.?degree", crs.name, re.IGNORECASE) else "高斯-克吕格投影"
    zone, rest = divmod(values.get("False easting", 0.0), _ZONED)
    number = f"，带号{zone:.0f}" if zone and rest else ""
    return f"2000国家大地坐标系，{width}，中央经线{values['Longitude of natural origin']:g}°{number}"


def require_true_scale(crs: CRS, centre: tuple[float, float], needed_by: str) -> None:
    """Raise unless a metre of a projection is a metre on the ground (比例尺真实).

    Parameters
    ----------
    crs : pyproj.CRS
        Projected.
    centre : tuple of float
        Middle of the map, in that system.
    needed_by : str
        The function, for the message.

    Raises
    ------
    CrsError
        If it has another unit, or stretches lengths there by more than one percent, as web maps do.
    """
    metres = all(axis.unit_conversion_factor == 1 for axis in crs.axis_info[:2])
    projection = Proj(crs)
    factors = projection.get_factors(*projection(*centre, inverse=True))
    scales = (factors.meridional_scale, factors.parallel_scale)
    if not metres or any(abs(scale - 1) > _MOST_DISTORTED for scale in scales):
        raise CrsError(
            f"{needed_by}：坐标系 {crs.to_string()}（{crs.name}）在图上的长度不真，印不出正确的比例尺。"
            "办法：先 .to_crs('EPSG:4547') 之类 2000 国家大地坐标系 3 度带坐标。"
        )
