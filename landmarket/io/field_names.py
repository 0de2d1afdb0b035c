"""Field names of shapefiles (字段名): ten bytes at most, cut inside a Chinese character, or the same name twice."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from landmarket.columns import rename_map, schema
from landmarket.errors import ReadError
from landmarket.io.dbf_table import NAME_WIDTH, Field, decodes

BYTES = "ISO-8859-1"
"""An encoding in which each byte is a character: read so, nothing is lost."""


def from_bytes(frame: pd.DataFrame, encoding: str) -> pd.DataFrame:
    """Decode a shapefile that was read byte by byte, as names that differ in a character that is cut are one to GDAL.

    Parameters
    ----------
    frame : DataFrame
        Read in the encoding ``BYTES``.
    encoding : str
        What its texts are in; they were checked.

    Returns
    -------
    DataFrame
        The same rows; of a character that was cut nothing is left.
    """

    def decoded(text: str) -> str:
        return text.encode(BYTES).decode(encoding, "ignore")

    read = frame.copy()
    for place, kind in enumerate(frame.dtypes):
        if isinstance(kind, pd.StringDtype) or pd.api.types.is_object_dtype(kind):
            texts = frame.iloc[:, place].map(lambda cell: decoded(cell) if isinstance(cell, str) else cell)
            read.isetitem(place, texts.astype(kind).array)
    read.columns = pd.Index([decoded(str(name)) for name in frame.columns])
    return read


def has_cut_name(fields: Sequence[Field], encoding: str) -> bool:
    """Tell whether a field name ends inside a character (截断的字段名).

    Parameters
    ----------
    fields : sequence of Field
        Of an attribute table.
    encoding : str
        What its texts are in.

    Returns
    -------
    bool
        Whether any does.
    """
    return not all(decodes(field.name, encoding, NAME_WIDTH + 1) for field in fields)


def with_whole_names(
    frame: gpd.GeoDataFrame, fields: Sequence[Field], encoding: str, where: str
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Give fields whose name was cut inside a character the one header it can have been.

    Parameters
    ----------
    frame : GeoDataFrame
        A shapefile as read.
    fields : sequence of Field
        Of its attribute table.
    encoding : str
        What its texts are in.
    where : str
        File name for messages.

    Returns
    -------
    layer : GeoDataFrame
        The same rows.
    notes : tuple of str
        What was done, and which names may have been cut though nothing shows it, in Chinese.

    Raises
    ------
    ReadError
        If a name stands twice: its data cannot be told apart.
    """
    names = [str(name) for name in frame.columns]
    read = [name for name in names if name != frame.geometry.name]
    if len(read) != len(fields):
        return frame, ()
    whole, notes = _whole_names(read, fields, encoding)
    raw = [field.name for field in fields]
    twins = sorted({name for name, own in zip(whole, raw, strict=True) if raw.count(own) > 1} | _known_twins(whole))
    if twins:
        raise ReadError(f"{where}：字段名 {'、'.join(twins)} 有两个，不知用哪一个。办法：改名或只留一个。")
    given = iter(
        f"{name}（{whole[: place + 1].count(name)}）" if name in whole[:place] else name
        for place, name in enumerate(whole)
    )
    layer = frame.copy(deep=False)
    layer.columns = pd.Index([name if name == frame.geometry.name else next(given) for name in names])
    return layer, notes


def _whole_names(names: list[str], fields: Sequence[Field], encoding: str) -> tuple[list[str], tuple[str, ...]]:
    whole, notes = list(names), []
    for place, (name, field) in enumerate(zip(names, fields, strict=True)):
        full = _full_name(name, names)
        if not decodes(field.name, encoding, NAME_WIDTH + 1):
            whole[place] = full or name
            notes.append(f"字段名“{name}”在汉字中间被截断" + (f"，按“{full}”读" if full else "，不知原名"))
        elif full and len(field.name) > NAME_WIDTH - len("宗".encode(encoding)):
            notes.append(f"字段名“{name}”可能是截断的“{full}”，没有按它读；确是的，请改名")
    return whole, tuple(notes)


def _known_twins(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1 and (rename_map([name]) or name in schema())}


def _full_name(name: str, others: list[str]) -> str | None:
    """The one header that begins with a name which is none itself and whose column no other field means."""
    if not name or name in schema() or rename_map([name]):
        return None
    meant = {
        column.name: header for column in schema().values() for header in column.headers if header.startswith(name)
    }
    taken = {*rename_map(others).values(), *others}
    return next(iter(meant.values())) if len(meant) == 1 and not taken & set(meant) else None
