"""Constraint layers (管控图层): which of them a parcel touches, with what effect, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.errors import BadValueError
from landmarket.overlay import coverage
from landmarket.pieces import Parcels, indexed_parcels

JOINT = "、"


class Effect(StrEnum):
    """What touching a constraint layer means (管控效力)."""

    VETO = "veto"
    WARN = "warn"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class ConstraintLayer:
    """One constraint layer (管控图层), such as 永久基本农田.

    Attributes
    ----------
    name : str
        Chinese name.
    effect : Effect
        ``veto`` forbids entry, ``warn`` only warns, ``unknown`` must be checked on the spot.
    areas : GeoDataFrame
        Polygons, in the parcels' coordinate system.
    source : str
        Where the layer comes from, with its date.

    Raises
    ------
    BadValueError
        If the name is empty or contains the mark 、 that joins names, or the effect is none of the three.
    """

    name: str
    effect: Effect
    areas: gpd.GeoDataFrame
    source: str

    def __post_init__(self) -> None:
        if not self.name.strip() or JOINT in self.name:
            raise BadValueError(f"管控图层名称 {self.name!r} 为空或含有“{JOINT}”。办法：改名。")
        if self.effect not in tuple(Effect):
            raise BadValueError(
                f"管控图层 {self.name} 的 effect = {self.effect!r} 不是 {'、'.join(Effect)}。办法：改为其中之一。"
            )
        object.__setattr__(self, "effect", Effect(self.effect))


def constraint_hits(parcels: Parcels, layers: Sequence[ConstraintLayer], *, tolerance: float = 1.0) -> pd.DataFrame:
    """Constraint layers that every parcel touches, with area and share.

    Parameters
    ----------
    parcels : GeoDataFrame or IndexedParcels
        Polygons indexed by parcel code.
    layers : sequence of ConstraintLayer
        The layers; their names are unique.
    tolerance : float, default 1.0
        Area up to which touching is a matter of drawing [㎡].

    Returns
    -------
    DataFrame
        On the parcels' index: ``veto_constraints``, ``warn_constraints``, ``unknown_constraints`` (names joined by 、,
        in the order of the layers, empty where none), and per layer ``<name>面积`` [㎡] and ``<name>占比``.

    Raises
    ------
    BadValueError
        If two layers have one name, a geometry is missing or invalid, or a parcel is named twice.
    CrsError
        If the coordinate systems are missing, geographic or different.
    """
    laid = indexed_parcels(parcels, "constraint_hits")
    names = [layer.name for layer in layers]
    if len(set(names)) < len(names):
        raise BadValueError(f"constraint_hits：管控图层重名：{JOINT.join(names)}。办法：每层取不同的名称。")
    listed = {effect: np.full(len(laid.index), "", dtype=object) for effect in Effect}
    measured: dict[str, pd.Series[float]] = {}
    for layer in layers:
        met = coverage(laid, layer.areas)
        touched = (met["area"] > tolerance).to_numpy()
        texts = listed[layer.effect]
        texts[touched] = [f"{text}{JOINT}{layer.name}" if text else layer.name for text in texts[touched]]
        measured[f"{layer.name}面积"] = met["area"]
        measured[f"{layer.name}占比"] = met["share"]
    columns = {
        f"{effect}_constraints": pd.Series(texts, index=laid.index, dtype="str") for effect, texts in listed.items()
    }
    return pd.DataFrame({**columns, **measured}, index=laid.index)
