"""The county file (县配置): one TOML file that names a county's layers, notice and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from landmarket.audience import Classification
from landmarket.distribution import SplitRule, read_split_rule
from landmarket.errors import CrsError, ReadError, RuleError
from landmarket.geometry import in_system
from landmarket.io.database_address import Source, layer_source, place_of
from landmarket.io.parcels import read_layer, read_parcels
from landmarket.market.terms import DealTerms, read_deal_terms
from landmarket.paths import is_folder, is_there
from landmarket.pieces import require_polygons
from landmarket.pricing.notice_reading import read_price_table
from landmarket.pricing.price_table import PriceTable
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml
from landmarket.scenario import Scenario
from landmarket.zoning.conditions import FarEnd
from landmarket.zoning.constraints import ConstraintLayer, Effect
from landmarket.zoning.entry import EntryRule, read_entry_rule
from landmarket.zoning.ownership import require_owners
from landmarket.zoning.parcel_code import is_county_code
from landmarket.zoning.place import require_villages
from landmarket.zoning.plan import require_plan
from landmarket.zoning.use import Scheme

_LAYERS = ("parcels", "plan", "ownership", "villages")
_DOCUMENTS = ("prices", "entry_rule", "deal_terms", "split_rule")
FILES = (*_LAYERS, *_DOCUMENTS)
_FURTHER = ("grading_rule", "compile_rule", "income_plan", "market_plan", "paper_facts", "book_plan")
_UNCLASSIFIED = "deal_terms"
_INPUT_NAMES = {
    "parcels": "宗地",
    "plan": "规划",
    "ownership": "所有权",
    "villages": "村界",
    "prices": "基准地价公告",
    "entry_rule": "入市规则",
    "split_rule": "收益分配办法",
}


@dataclass(frozen=True)
class ConstraintFile:
    """Where a constraint layer (管控图层) is and what it does.

    Attributes
    ----------
    name : str
        Name on outputs, such as 永久基本农田.
    path : Path or DatabaseLayer
        File, or layer in a database.
    layer : str or None
        Layer of a file with several.
    effect : Effect
        Forbids, warns, or must be checked.
    source : str
        Where the layer comes from.
    """

    name: str
    path: Source
    layer: str | None
    effect: Effect
    source: str


@dataclass(frozen=True)
class ContextFile:
    """Where a layer that maps draw beneath the parcels (地图底图) is.

    Attributes
    ----------
    name : str
        Name in the legend, such as 道路.
    path : Path or DatabaseLayer
        File, or layer in a database.
    layer : str or None
        Layer of a file with several.
    """

    name: str
    path: Source
    layer: str | None


@dataclass(frozen=True)
class County:
    """A county's files and choices (县配置), as its TOML file states them.

    Attributes
    ----------
    path : Path
        The file itself.
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
    sources : mapping of str to Path or DatabaseLayer
        parcels, plan, ownership, villages.
    files : mapping of str to Path
        prices, entry_rule, deal_terms, split_rule.
    layers : mapping of str to str
        Layer names of files with several layers.
    constraints : tuple of ConstraintFile
        Constraint layers.
    context : tuple of ContextFile
        Layers that maps draw beneath the parcels, besides the villages.
    floor_area_ratio : mapping of str to str
        Per price use, ``"upper"`` or ``"lower"`` end of a planned range.
    crs : str or None
        Coordinate system of parcel files that do not name their own.
    grading_rule : Path or None
        The rule by which the county is graded; only grading needs it.
    compile_rule : Path or None
        The rule by which its benchmark price is compiled; only compiling needs it.
    income_plan : Path or None
        What its income is settled and divided by; only following the income through needs it.
    market_plan : Path or None
        What simulating its market rests on; only that needs it.
    paper_facts : Path or None
        What the bureau states of deals; only their papers need it.
    book_plan : Path or None
        What its land book is checked against; only the land book needs it.
    maker : str
        Who makes the maps (制图单位); the county's name where none is stated.
    classification : mapping of str to Classification
        As stated, by the key of the file or the name of the layer.
    """

    path: Path
    name: str
    county: str
    pilot: bool
    on: date
    seed: int = field(repr=False)
    notice: str
    sources: Mapping[str, Source]
    files: Mapping[str, Path]
    layers: Mapping[str, str]
    constraints: tuple[ConstraintFile, ...]
    context: tuple[ContextFile, ...]
    floor_area_ratio: Mapping[str, str]
    crs: str | None
    grading_rule: Path | None = None
    compile_rule: Path | None = None
    income_plan: Path | None = None
    market_plan: Path | None = None
    paper_facts: Path | None = None
    book_plan: Path | None = None
    maker: str = ""
    classification: Mapping[str, Classification] = field(default_factory=dict)

    @property
    def classified(self) -> dict[str, Classification]:
        """Classification (资料密级) of each input of the main job but the deal terms; 内部 where nothing is stated.

        Of the deal terms only what may be published reaches an output; the reserve ratio stays internal in any case.
        """
        named = [
            *self.sources,
            *(key for key in self.files if key != _UNCLASSIFIED),
            *_layer_names(self.constraints, self.context),
        ]
        stated = {name: self.classification.get(name, Classification.INTERNAL) for name in named}
        return {f"{_INPUT_NAMES.get(name, '')} {name}".strip(): one for name, one in stated.items()}

    @property
    def inputs(self) -> list[Source]:
        """Every file and every layer of a database that the outcome depends on, each once."""
        layers = [*(file.path for file in self.constraints), *(file.path for file in self.context)]
        return list(dict.fromkeys([*self.sources.values(), *self.files.values(), *layers]))


def _ends(document: RuleFile, path: Path) -> dict[str, str]:
    """Read which end of a planned range prices each use."""
    value = document.value("floor_area_ratio", "容积率取值表") if document.has("floor_area_ratio") else {}
    stated = RuleFile(value, f"{path} 的 [floor_area_ratio]")
    return {use: stated.choice(use, FarEnd).value for use in (value if isinstance(value, dict) else {})}


def _layer_names(constraints: tuple[ConstraintFile, ...], context: tuple[ContextFile, ...]) -> list[str]:
    return [*(file.name for file in constraints), *(file.name for file in context)]


def _classification(stated: RuleFile, names: list[str]) -> dict[str, Classification]:
    """Read how files are classified; a name that is no file is refused at the end."""
    if stated.has(_UNCLASSIFIED):
        raise RuleError(f"{stated.where}：{_UNCLASSIFIED} 含底价比例，始终为内部资料，不得另写密级。办法：删去这一行。")
    found = {name: stated.choice(name, Classification) for name in names if stated.has(name)}
    stated.finish()
    return found


def _constraint(record: RuleFile, folder: Path) -> ConstraintFile:
    layer = record.text("layer", "") or None
    file = ConstraintFile(
        name=record.text("name"),
        path=layer_source(record.text("file"), layer, folder),
        layer=layer,
        effect=record.choice("effect", Effect),
        source=record.text("source", ""),
    )
    record.finish()
    return file


def _context(record: RuleFile, folder: Path) -> ContextFile:
    layer = record.text("layer", "") or None
    file = ContextFile(record.text("name"), layer_source(record.text("file"), layer, folder), layer)
    record.finish()
    return file


def read_county(path: str | Path) -> County:
    """Read a county file.

    Parameters
    ----------
    path : path-like
        The TOML file, or a folder that holds ``county.toml``; other paths in it are relative to it, addresses of
        databases (``postgresql://…``) are not.

    Returns
    -------
    County
        Its content, with every file checked to exist.

    Raises
    ------
    ReadError
        If the file is not TOML, or a file it names does not exist.
    RuleError
        If a key is missing, unknown or of the wrong kind.
    """
    path = Path(path)
    path = path / "county.toml" if is_folder(path) else path
    document = RuleFile(load_toml(path), str(path))
    listed = RuleFile(document.value("files", "文件表"), f"{path} 的 [files]")
    files = {key: path.parent / listed.text(key) for key in _DOCUMENTS}
    places = {key: listed.text(key) for key in _LAYERS}
    further = {key: listed.text(key, "") for key in _FURTHER}
    listed.finish()
    named = RuleFile(document.value("layers", "图层表") if document.has("layers") else {}, f"{path} 的 [layers]")
    layers = {key: named.text(key) for key in _LAYERS if named.has(key)}
    named.finish()
    constraints = tuple(_constraint(record, path.parent) for record in document.records("constraints"))
    context = tuple(_context(record, path.parent) for record in document.records("context"))
    graded = document.value("classification", "密级表") if document.has("classification") else {}
    code = document.text("county")
    if not is_county_code(code):
        raise RuleError(f'{path}：county = {code!r} 不是县级行政区代码。办法：写 6 位数字，加引号，如 "411081"。')
    county = County(
        path=path,
        name=document.text("name"),
        county=code,
        pilot=document.flag("pilot"),
        on=document.day_of_work("on"),
        seed=document.whole("seed"),
        notice=document.text("notice", ""),
        sources={key: layer_source(text, layers.get(key), path.parent) for key, text in places.items()},
        files=files,
        layers=layers,
        constraints=constraints,
        context=context,
        floor_area_ratio=_ends(document, path),
        crs=document.text("crs", "") or None,
        maker=document.text("maker", "") or document.text("name"),
        classification=_classification(
            RuleFile(graded, f"{path} 的 [classification]"), [*FILES, *_layer_names(constraints, context)]
        ),
        **{key: path.parent / name for key, name in further.items() if name},
    )
    document.finish()
    gone = [str(file) for file in county.inputs if isinstance(file, Path) and not is_there(file)]
    if gone:
        raise ReadError(f"{path}：找不到文件 {'、'.join(gone)}。办法：路径相对于该配置文件。")
    return county


def sample_county() -> Path:
    """Folder of the sample county (示例县): real names and codes, invented parcels, prices and deals.

    Returns
    -------
    Path
        Inside the installed package, or in the source tree.

    Raises
    ------
    ReadError
        If neither is there.
    """
    package = Path(str(files("landmarket")))
    for folder in (package / "sample_data" / "yuzhou", package.parent / "sample_data" / "yuzhou"):
        if (folder / "county.toml").is_file():
            return folder
    raise ReadError(f"{package}：没有随附的示例县。办法：重新安装 landmarket。")


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
    return read_parcels(place_of(county.sources["parcels"]), layer=county.layers.get("parcels"), crs=county.crs)


def read_villages(county: County) -> gpd.GeoDataFrame:
    """Read the villages of a county.

    Parameters
    ----------
    county : County
        The county file.

    Returns
    -------
    GeoDataFrame
        As `landmarket.io.read_layer` gives them.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    villages = read_layer(place_of(county.sources["villages"]), layer=county.layers.get("villages"))
    require_villages(villages, _named(county, "villages"))
    return villages


def _named(county: County, key: str) -> str:
    """Name a layer for messages: what it is, its file, its layer."""
    layer = county.layers.get(key)
    return f"{_INPUT_NAMES[key]}图层 {county.sources[key]}" + (f" 的 {layer}" if layer else "")


def read_context(county: County, crs: CRS) -> dict[str, gpd.GeoDataFrame]:
    """Read the layers that maps draw beneath the parcels.

    Parameters
    ----------
    county : County
        The county file.
    crs : pyproj.CRS
        Coordinate system they are brought to.

    Returns
    -------
    dict of str to GeoDataFrame
        By the name in the legend.
    """
    return {file.name: in_system(read_layer(place_of(file.path), layer=file.layer), crs) for file in county.context}


def require_meeting(layer: gpd.GeoDataFrame, villages: gpd.GeoDataFrame, name: str) -> None:
    """Refuse a layer that is empty or lies elsewhere: nothing would be found in it, and nothing would say so.

    Parameters
    ----------
    layer : GeoDataFrame
        Parcels, a plan, owners or a constraint.
    villages : GeoDataFrame
        Villages of the county, in the same coordinate system.
    name : str
        File and layer, for the message.

    Raises
    ------
    CrsError
        If the layer has no shape, or none of it lies in the extent of the villages.
    """
    shapes = layer.geometry.to_numpy()
    shapes = shapes[np.isfinite(shapely.bounds(shapes)).all(axis=1)]
    extent = shapely.box(*shapely.total_bounds(villages.geometry.to_numpy()))
    if not shapely.intersects(shapes, extent).any():
        what = "没有任何图形" if not len(shapes) else "与村界图层不在一处，多半是坐标系或带号写错"
        raise CrsError(f"{name}：{what}。办法：核对该图层及其 .prj；县内确无此类图形的，从县配置中删去该层。")


def _require_one_county(county: County, rules: Mapping[str, EntryRule | DealTerms | SplitRule]) -> None:
    """Refuse rules of another county, or of another pilot status."""
    for key, rule in rules.items():
        if rule.county != county.county:
            raise RuleError(
                f"{county.files[key]}：county = {rule.county}，县配置为 {county.county}。办法：换用本县的规则。"
            )
        if not isinstance(rule, DealTerms) and rule.pilot != county.pilot:
            raise RuleError(f"{county.files[key]}：pilot = {rule.pilot}，县配置为 {county.pilot}。办法：改为一致。")


def _require_known_uses(county: County, table: PriceTable) -> None:
    """Raise if an end of the range is chosen for a use that the notice does not have: its parcels would go unpriced."""
    uses = list(dict.fromkeys([*table.uses["use"], *table.prices["use"]]))
    unknown = [use for use in county.floor_area_ratio if use not in uses]
    if unknown and "" not in uses:
        raise RuleError(
            f"{county.path}：[floor_area_ratio] 有公告没有的用途 {'、'.join(unknown)}。"
            f"办法：改为公告的用途名：{'、'.join(uses)}。"
        )


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

    Raises
    ------
    RuleError
        If a rule file is of another county or pilot status, or a floor-area ratio is chosen for an unknown use.
    CrsError
        If a layer is empty or lies outside the county.
    MissingColumnError, BadValueError
        If a layer lacks a column, or has a value or a shape that cannot be used; file, column and rows are named.
    """

    def layer(key: str) -> gpd.GeoDataFrame:
        return in_system(read_layer(place_of(county.sources[key]), layer=county.layers.get(key)), crs)

    entry_rule = read_entry_rule(county.files["entry_rule"])
    terms = read_deal_terms(county.files["deal_terms"])
    split_rule = read_split_rule(county.files["split_rule"])
    villages = in_system(read_villages(county), crs)
    plan, owners = layer("plan"), layer("ownership")
    restricted = [in_system(read_layer(place_of(file.path), layer=file.layer), crs) for file in county.constraints]
    require_plan(plan, Scheme.用地用海, _named(county, "plan"))
    require_owners(owners, _named(county, "ownership"))
    named = {_named(county, key): part for key, part in (("plan", plan), ("ownership", owners))}
    named |= {
        f"管控图层 {file.path}（{file.name}）": part for file, part in zip(county.constraints, restricted, strict=True)
    }
    for name, part in named.items():
        require_meeting(part, villages, name)
    for name, part in (named | {_named(county, "villages"): villages}).items():
        require_polygons(part, "图层", name)
    _require_one_county(county, {"entry_rule": entry_rule, "deal_terms": terms, "split_rule": split_rule})
    price_table = read_price_table(county.files["prices"])
    _require_known_uses(county, price_table)
    return Scenario(
        name=county.name,
        on=county.on,
        seed=county.seed,
        villages=villages,
        plan=plan,
        owners=owners,
        constraints=tuple(
            ConstraintLayer(name=file.name, effect=file.effect, areas=areas, source=file.source)
            for file, areas in zip(county.constraints, restricted, strict=True)
        ),
        price_table=price_table,
        floor_area_ratio=county.floor_area_ratio,
        entry_rule=entry_rule,
        terms=terms,
        split_rule=split_rule,
    )
