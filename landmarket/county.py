"""The county file (县配置): one TOML file that names a county's layers, notice and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
from pyproj import CRS

from landmarket.distribution import read_split_rule
from landmarket.errors import ReadError
from landmarket.io.parcels import read_layer, read_parcels
from landmarket.market.deal import read_deal_terms
from landmarket.pricing.price_table import read_price_table
from landmarket.rules import load_toml
from landmarket.scenario import Scenario
from landmarket.zoning.constraints import ConstraintLayer, Effect
from landmarket.zoning.entry import read_entry_rule

_FILES = ("parcels", "plan", "ownership", "villages", "prices", "entry_rule", "deal_terms", "split_rule")
_REQUIRED = ("name", "county", "pilot", "on", "seed", "files")
_KEYS = (*_REQUIRED, "notice", "layers", "constraints", "floor_area_ratio", "crs")

T = TypeVar("T")


@dataclass(frozen=True)
class ConstraintFile:
    """Where a constraint layer (管控图层) is and what it does.

    Attributes
    ----------
    name : str
        Name on outputs, such as 永久基本农田.
    path : Path
        File.
    layer : str or None
        Layer of a file with several.
    effect : Effect
        Forbids, warns, or must be checked.
    source : str
        Where the layer comes from.
    """

    name: str
    path: Path
    layer: str | None
    effect: Effect
    source: str


@dataclass(frozen=True)
class County:
    """A county's files and choices (县配置), as its TOML file states them.

    Attributes
    ----------
    name, county : str
        Name and code (6 digits).
    pilot : bool
        Whether it is a pilot county.
    on : date
        Day of entry and valuation.
    seed : int
        Seed of simulated deals.
    notice : str
        A line that every output carries, such as that the data are invented; may be empty.
    files : mapping of str to Path
        parcels, plan, ownership, villages, prices, entry_rule, deal_terms, split_rule.
    layers : mapping of str to str
        Layer names of files with several layers.
    constraints : tuple of ConstraintFile
        Constraint layers.
    floor_area_ratio : mapping of str to str
        Per price use, ``"upper"`` or ``"lower"`` end of a planned range.
    crs : str or None
        Coordinate system of parcel files that do not name their own.
    """

    name: str
    county: str
    pilot: bool
    on: date
    seed: int
    notice: str
    files: Mapping[str, Path]
    layers: Mapping[str, str]
    constraints: tuple[ConstraintFile, ...]
    floor_area_ratio: Mapping[str, str]
    crs: str | None

    @property
    def inputs(self) -> list[Path]:
        """Every file that the outcome depends on, each once."""
        return list(dict.fromkeys([*self.files.values(), *(layer.path for layer in self.constraints)]))


def _of_kind(document: Mapping[str, object], key: str, kind: type[T], path: Path) -> T:
    value = document[key]
    if not isinstance(value, kind) or type(value) is not kind:  # true is no whole number here, nor a time a day
        raise ReadError(f"{path}：{key} = {value!r} 的类型不对，应为 {kind.__name__}（日期不加引号，代码加引号）。")
    return value


def _texts(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ReadError(f"{where} 应为“名称 = 文字”的表。")
    return {str(key): str(text) for key, text in value.items()}


def _constraint(record: object, folder: Path, where: str) -> ConstraintFile:
    if not isinstance(record, dict) or not {"name", "file", "effect"} <= set(record):
        raise ReadError(f"{where}：每个 [[constraints]] 须有 name、file、effect。")
    effects = [effect.value for effect in Effect]
    if record["effect"] not in effects:
        raise ReadError(f"{where}：effect = {record['effect']!r} 不认识。办法：写 {'、'.join(effects)} 之一。")
    layer = record.get("layer")
    return ConstraintFile(
        name=str(record["name"]),
        path=folder / str(record["file"]),
        layer=None if layer is None else str(layer),
        effect=Effect(record["effect"]),
        source=str(record.get("source", "")),
    )


def read_county(path: str | Path) -> County:
    """Read a county file.

    Parameters
    ----------
    path : path-like
        The TOML file, or a folder that holds ``county.toml``; other paths in it are relative to it.

    Returns
    -------
    County
        Its content, with every file checked to exist.

    Raises
    ------
    ReadError
        If a key is missing, unknown or of the wrong kind, or a file does not exist.
    """
    path = Path(path)
    path = path / "county.toml" if path.is_dir() else path
    document = load_toml(path)
    unknown = [key for key in document if key not in _KEYS]
    missing = [key for key in _REQUIRED if key not in document]
    if unknown or missing:
        raise ReadError(f"{path}：缺少 {missing}，不认识 {unknown}。办法：对照 sample_data/yuzhou/county.toml。")
    names = _texts(document["files"], f"{path}：[files]")
    absent = [name for name in _FILES if name not in names]
    if absent:
        raise ReadError(f"{path}：[files] 缺少 {'、'.join(absent)}。")
    files = {name: path.parent / names[name] for name in _FILES}
    records = document.get("constraints", [])
    if not isinstance(records, list):
        raise ReadError(f"{path}：constraints 应写成 [[constraints]]。")
    constraints = tuple(_constraint(record, path.parent, str(path)) for record in records)
    gone = [str(file) for file in [*files.values(), *(layer.path for layer in constraints)] if not file.exists()]
    if gone:
        raise ReadError(f"{path}：找不到文件 {'、'.join(gone)}。办法：路径相对于该配置文件。")
    crs = document.get("crs")
    return County(
        name=_of_kind(document, "name", str, path),
        county=_of_kind(document, "county", str, path),
        pilot=_of_kind(document, "pilot", bool, path),
        on=_of_kind(document, "on", date, path),
        seed=_of_kind(document, "seed", int, path),
        notice=str(document.get("notice", "")),
        files=files,
        layers=_texts(document.get("layers", {}), f"{path}：[layers]"),
        constraints=constraints,
        floor_area_ratio=_texts(document.get("floor_area_ratio", {}), f"{path}：[floor_area_ratio]"),
        crs=None if crs is None else str(crs),
    )


def read_county_parcels(county: County) -> gpd.GeoDataFrame:
    """Read the parcels of a county, every row.

    Parameters
    ----------
    county : County
        The county file.

    Returns
    -------
    GeoDataFrame
        As `landmarket.io.read_parcels` gives them.
    """
    return read_parcels(county.files["parcels"], layer=county.layers.get("parcels"), crs=county.crs)


def read_scenario(county: County, crs: CRS) -> Scenario:
    """Read a county's layers, notice and rules into a scenario.

    Parameters
    ----------
    county : County
        The county file.
    crs : pyproj.CRS
        Coordinate system of the accepted parcels; all layers are brought to it.

    Returns
    -------
    Scenario
        The county's base scenario.
    """

    def layer(key: str) -> gpd.GeoDataFrame:
        return read_layer(county.files[key], layer=county.layers.get(key)).to_crs(crs)

    return Scenario(
        name=county.name,
        on=county.on,
        seed=county.seed,
        villages=layer("villages"),
        plan=layer("plan"),
        owners=layer("ownership"),
        constraints=tuple(
            ConstraintLayer(
                name=file.name,
                effect=file.effect,
                areas=read_layer(file.path, layer=file.layer).to_crs(crs),
                source=file.source,
            )
            for file in county.constraints
        ),
        price_table=read_price_table(county.files["prices"]),
        floor_area_ratio=county.floor_area_ratio,
        entry_rule=read_entry_rule(county.files["entry_rule"]),
        terms=read_deal_terms(county.files["deal_terms"]),
        split_rule=read_split_rule(county.files["split_rule"]),
    )
