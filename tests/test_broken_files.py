"""Broken files as they are met elsewhere: GeoJSON of many kinds, shapefiles without a part, a geodatabase of 37 layers.

Each is read, with findings, or refused with the reason and the cure; nothing else may come of it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from landmarket import screen
from landmarket.errors import LandMarketError, ReadError
from landmarket.io import list_layers, read_layer, read_parcels

SQUARE = [[[113.4, 34.1], [113.401, 34.1], [113.401, 34.101], [113.4, 34.101], [113.4, 34.1]]]
CODE = "411081004002JB00001"


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": {"宗地代码": CODE, **properties}, "geometry": geometry}


def collection(*features: object, **more: object) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def polygon(coordinates: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": coordinates}


GOOD = feature(polygon(SQUARE))
GEOJSON: dict[str, object] = {
    "empty object": {},
    "a list": [],
    "a number": 5,
    "no type": {"features": [GOOD]},
    "wrong type": {"type": "Topology", "features": [GOOD]},
    "no features": {"type": "FeatureCollection"},
    "features null": {"type": "FeatureCollection", "features": None},
    "features empty": collection(),
    "feature null": collection(None),
    "feature a text": collection("宗地"),
    "no geometry": collection({"type": "Feature", "properties": {"宗地代码": CODE}}),
    "geometry null": collection(feature(None)),
    "geometry a text": collection(feature("POLYGON EMPTY")),
    "geometry unknown": collection(feature({"type": "Circle", "coordinates": [0, 0]})),
    "no coordinates": collection(feature({"type": "Polygon"})),
    "coordinates null": collection(feature(polygon(None))),
    "coordinates texts": collection(feature(polygon([[["a", "b"]]]))),
    "coordinates flat": collection(feature(polygon([113.4, 34.1]))),
    "coordinates too deep": collection(feature(polygon([[SQUARE]]))),
    "ring not closed": collection(feature(polygon([SQUARE[0][:-1]]))),
    "ring of two": collection(feature(polygon([SQUARE[0][:2]]))),
    "ring empty": collection(feature(polygon([[]]))),
    "one coordinate": collection(feature(polygon([[[1], [2], [3], [1]]]))),
    "nested lists": collection(feature(polygon([[[[113.4]], [[34.1]]]]))),
    "huge numbers": collection(feature(polygon([[[1e308, 1e308], [-1e308, 0], [0, 1e308], [1e308, 1e308]]]))),
    "swapped axes": collection(feature(polygon([[[y, x] for x, y in SQUARE[0]]]))),
    "properties null": collection({"type": "Feature", "properties": None, "geometry": polygon(SQUARE)}),
    "properties a list": collection({"type": "Feature", "properties": [1], "geometry": polygon(SQUARE)}),
    "properties nested": collection(feature(polygon(SQUARE), 面积={"a": [1, {"b": None}]})),
    "mixed types": collection(feature(polygon(SQUARE), 面积=1), feature(polygon(SQUARE), 面积="一百")),
    "mixed geometries": collection(GOOD, feature({"type": "Point", "coordinates": [113.4, 34.1]})),
    "collection": collection(feature({"type": "GeometryCollection", "geometries": [polygon(SQUARE)]})),
    "same id": collection({**GOOD, "id": 1}, {**GOOD, "id": 1}),
    "crs unknown": collection(GOOD, crs={"type": "name", "properties": {"name": "urn:nothing"}}),
    "crs a text": collection(GOOD, crs="EPSG:4490"),
    "two collections": [collection(GOOD), collection(GOOD)],
    "a feature alone": GOOD,
    "a geometry alone": polygon(SQUARE),
}
TEXTS = {
    "empty": b"",
    "blank": b"  \n",
    "cut": json.dumps(collection(GOOD)).encode()[:-9],
    "two documents": json.dumps(collection(GOOD)).encode() * 2,
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(collection(GOOD)).encode(),
    "utf-16": json.dumps(collection(GOOD)).encode("utf-16"),
    "gb18030": json.dumps(collection(feature(polygon(SQUARE), 村名称="长春")), ensure_ascii=False).encode("gb18030"),
    "nul bytes": b"\x00" * 100,
    "nan": json.dumps(collection(feature(polygon([[[float("nan"), 1], [2, 2], [3, 3], [float("nan"), 1]]])))).encode(),
    "comments": b"// x\n" + json.dumps(collection(GOOD)).encode(),
    "html": b"<!doctype html><p>404 Not Found</p>",
    "deep": b'{"type":"FeatureCollection","features":' + b"[" * 5000,
}


def files() -> Iterator[tuple[str, bytes]]:
    for name, document in GEOJSON.items():
        yield name, json.dumps(document, ensure_ascii=False).encode()
    yield from TEXTS.items()


@pytest.mark.parametrize(("name", "data"), list(files()), ids=[name for name, _ in files()])
def test_geojson_gives_findings_or_is_refused(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.geojson"
    path.write_bytes(data)
    try:
        result = screen(read_parcels(path))
    except LandMarketError as error:
        assert "办法" in str(error)  # noqa: PT017
        return
    assert sum(result.counts.values()) == 2 * result.counts["读入"]
    if result.counts["采用"] == 0 and result.counts["读入"]:
        assert len(result.findings)


def shapefile(folder: Path) -> dict[str, bytes]:
    square = shapely.box(437_000, 3_780_000, 437_100, 3_780_100)
    frame = gpd.GeoDataFrame({"宗地代码": [CODE] * 3}, geometry=[square] * 3, crs="EPSG:4547")
    frame.to_file(folder / "宗地.shp", encoding="GB18030")
    return {file.suffix: file.read_bytes() for file in folder.glob("宗地.*")}


CUTS = [(suffix, cut) for suffix in (".shp", ".shx", ".dbf", ".prj") for cut in (0, 1, 50, 99, 101, 150)]


@pytest.mark.parametrize(("suffix", "cut"), CUTS)
def test_shapefiles_with_a_part_cut_off(suffix: str, cut: int, tmp_path: Path) -> None:
    parts = shapefile(tmp_path)
    (tmp_path / f"宗地{suffix}").write_bytes(parts[suffix][:cut])
    packed = tmp_path / "宗地.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in tmp_path.glob("宗地.s*"):
            archive.write(file, file.name)
    for path in (tmp_path / "宗地.shp", packed):
        try:
            result = screen(read_parcels(path, crs=None if suffix != ".prj" else "EPSG:4547"))
        except LandMarketError as error:
            assert "办法" in str(error)  # noqa: PT017
        else:
            assert sum(result.counts.values()) == 2 * result.counts["读入"]


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf", ".prj"])
def test_shapefiles_without_a_part(suffix: str, tmp_path: Path) -> None:
    shapefile(tmp_path)
    (tmp_path / f"宗地{suffix}").unlink()
    try:
        result = screen(read_parcels(tmp_path / "宗地.shp", crs="EPSG:4547"))
    except LandMarketError as error:
        assert "办法" in str(error)  # noqa: PT017
    else:
        assert suffix in (".shx", ".prj")
        assert result.counts["读入"] == 3


def test_a_geodatabase_with_37_layers_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "调查.gdb"
    square = shapely.box(437_000, 3_780_000, 437_100, 3_780_100)
    for number in range(37):
        frame = gpd.GeoDataFrame({"宗地代码": [CODE], "号": [float(number)]}, geometry=[square], crs="EPSG:4547")
        frame.to_file(path, layer=f"图层{number:02}", driver="OpenFileGDB", mode="a" if number else "w")
    names = [f"图层{number:02}" for number in range(37)]
    assert sorted(list_layers(path)) == names
    with pytest.raises(ReadError) as refused:
        read_parcels(path)
    assert "有多个图层" in str(refused.value)
    assert all(name in str(refused.value) for name in names)
    assert "办法：用 layer=（命令行 --layer）指明" in str(refused.value)
    assert read_layer(path, layer="图层36")["号"].tolist() == [36]
    with pytest.raises(ReadError, match=r"没有图层 图层37.*图层00"):
        read_parcels(path, layer="图层37")
