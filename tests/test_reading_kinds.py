"""Files that are not what they are called, or send their reader elsewhere: nothing of another file, no network."""

from __future__ import annotations

import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from landmarket.errors import ReadError
from landmarket.io import list_layers, read_layer, read_parcels
from landmarket.pricing.factors import read_elevation

SQUARE = shapely.box(113.4, 34.1, 113.401, 34.101)
CODE = "411081004002JB00001"
OTHER = "别处的图层"


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine: its address, and what was asked of it."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Say nothing on the screen."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", seen
    server.shutdown()
    server.server_close()


def layer() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"宗地代码": [CODE]}, geometry=[SQUARE], crs="EPSG:4490")


@cache
def secret() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "secret.gpkg"
        pyogrio.write_dataframe(layer(), path, layer=OTHER)
        return path.read_bytes()


def elsewhere(folder: Path) -> Path:
    path = folder / "secret.gpkg"
    path.write_bytes(secret())
    return path


def pointing(other: Path, address: str) -> dict[str, str]:
    """Texts that GDAL follows: to another file, to the network."""
    return {
        "another file": f'<OGRVRTDataSource><OGRVRTLayer name="{OTHER}"><SrcDataSource>{other}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>",
        "another address": f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/{address}a.gpkg'
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        "a service": f"<OGRWFSDataSource><URL>{address}wfs</URL></OGRWFSDataSource>",
        "a program": json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {other}"}),
    }


NAMES = ["p.gpkg", "p.geojson", "p.json", "p.kml", "p.gml", "p.fgb", "p.mif", "p.tab", "p.dxf", "p.vrt", "p.xml", "p"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["another file", "another address", "a service", "a program"])
def test_a_file_that_points_elsewhere_is_refused(
    kind: str, name: str, asked: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, seen = asked
    path = tmp_path / name
    path.write_text(pointing(elsewhere(tmp_path), address)[kind], encoding="utf-8")
    packed = tmp_path / "p.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, name)
    for file in (path, packed):
        with pytest.raises(ReadError, match="办法"):
            read_layer(file)
    assert seen == []


@pytest.mark.parametrize("head", ["Version 300\n", "!table\n", "0\nSECTION\n", "fgb", '{"a": "', "<kml>"])
def test_the_right_beginning_is_not_enough(head: str, tmp_path: Path) -> None:
    """GDAL looks for its own marks anywhere in the first part of a file."""
    path = tmp_path / {"V": "p.mif", "!": "p.tab", "0": "p.dxf", "f": "p.fgb", "{": "p.json", "<": "p.kml"}[head[0]]
    path.write_text(head + pointing(elsewhere(tmp_path), "")["another file"], encoding="utf-8")
    with pytest.raises(ReadError, match=r"指向别的文件或网络.*办法"):
        read_layer(path)


def geojson(**more: object) -> dict[str, object]:
    feature = {"type": "Feature", "properties": {"宗地代码": CODE}, "geometry": shapely.geometry.mapping(SQUARE)}
    return {"type": "FeatureCollection", **more, "features": [feature]}


@pytest.mark.parametrize(
    "written",
    [
        '{"type": "link", "properties": {"href": "%s", "type": "proj4"}}',
        '{"type": "url", "properties": {"url": "%s"}}',
        '{"properties": {"href": "%s"}, "TYPE": "LINK"}',
        '{"ty\\u0070e": "l\\u0069nk", "properties": {"href": "%s"}}',
        '{"type": "name", "type": "link", "properties": {"href": "%s"}}',
    ],
)
@pytest.mark.parametrize("key", ["crs", "CRS", "\\u0063rs", "c\\u0052s"])
def test_a_coordinate_system_behind_an_address_is_not_fetched(
    key: str, written: str, asked: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, seen = asked
    text = json.dumps(geojson(mark=0)).replace('"mark": 0', f'"{key}"  :\n{written % address}')
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    with pytest.raises(ReadError, match=r"不上网去取.*办法"):
        read_parcels(tmp_path / "p.json")
    assert seen == []


@pytest.mark.parametrize(
    "crs", [None, "EPSG:4490", {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}]
)
def test_a_coordinate_system_by_name_is_read(crs: object, tmp_path: Path) -> None:
    (tmp_path / "p.geojson").write_text("\ufeff" + json.dumps(geojson(crs=crs)), encoding="utf-8")
    assert read_parcels(tmp_path / "p.geojson")["parcel_code"].tolist() == [CODE]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".kml", ".gml", ".mif", ".tab", ".shp", ".gdb"])
def test_what_a_bureau_has_is_read(suffix: str, tmp_path: Path) -> None:
    """Written by GDAL itself; KML has no geodetic system but WGS 84 and no fields of its own."""
    path = tmp_path / f"p{suffix}"
    driver = {".gdb": "OpenFileGDB", ".kml": "KML"}.get(suffix)
    pyogrio.write_dataframe(layer().rename(columns={"宗地代码": "ZDDM"}), path, driver=driver)
    read = read_layer(path)
    assert len(read) == 1
    assert read.geometry.iloc[0].normalize().bounds == pytest.approx(SQUARE.bounds, abs=1e-6)
    if suffix != ".kml":
        assert read["parcel_code"].tolist() == [CODE]


def test_a_file_of_one_layer_is_named_by_itself(tmp_path: Path) -> None:
    layer().to_parquet(tmp_path / "宗地.parquet")
    (tmp_path / "界址.txt").write_text("[属性描述]\n", encoding="utf-8")
    assert list_layers(tmp_path / "宗地.parquet") == ["宗地"]
    assert list_layers(tmp_path / "界址.txt") == ["界址"]


def test_folders_that_are_no_geodatabase(tmp_path: Path) -> None:
    """A folder of shapefiles would be read past the check of their encoding."""
    folder = tmp_path / "shp"
    folder.mkdir()
    layer().rename(columns={"宗地代码": "ZDDM"}).to_file(folder / "p.shp")
    with pytest.raises(ReadError, match=r"是文件夹.*办法.*\.shp"):
        read_layer(folder)
    shutil.copytree(folder, tmp_path / "x.gdb")
    with pytest.raises(ReadError, match=r"不是 FileGDB.*办法"):
        list_layers(tmp_path / "x.gdb")


@pytest.mark.parametrize("prefix", ["/vsizip/", "/vsicurl/", "zip://", "http://127.0.0.1:9/", "WFS:", "GPKG:"])
def test_paths_of_gdal_are_no_files(prefix: str, tmp_path: Path) -> None:
    packed = tmp_path / "p.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(elsewhere(tmp_path), "secret.gpkg")
    for inner in ("", "/secret.gpkg", "!secret.gpkg"):
        with pytest.raises(ReadError, match="办法"):
            read_parcels(f"{prefix}{packed}{inner}" if prefix != "http://127.0.0.1:9/" else f"{prefix}p.gpkg{inner}")


@pytest.mark.parametrize("suffix", [".wp", ".WL", ".wt", ".dwg", ".e00", ".mdb", ".kmz", ".vrt"])
def test_formats_of_other_programs_say_how_to_convert(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"宗地{suffix}"
    path.write_bytes(b"WMAP`D22")
    packed = tmp_path / "宗地.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, f"甲/{path.name}")
        archive.writestr("甲/说明.pdf", b"x")
    for file in (path, packed):
        with pytest.raises(ReadError, match=r"不能直接读。办法：.*(转换|导出|另存|输出|解开)"):
            read_parcels(file)


def test_heights_are_not_fetched_either(asked: tuple[str, list[str]], tmp_path: Path) -> None:
    address, seen = asked
    path = tmp_path / "dem.tif"
    path.write_text(
        '<VRTDataset rasterXSize="2" rasterYSize="2"><VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        f'<SourceFilename relativeToVRT="0">/vsicurl/{address}r.tif</SourceFilename></SimpleSource></VRTRasterBand>'
        "</VRTDataset>",
        encoding="utf-8",
    )
    with pytest.raises(ReadError, match="办法"):
        read_elevation(path, CRS("EPSG:4547"))
    assert seen == []


@pytest.mark.parametrize("prefix", ["", "甲/乙/"])
def test_a_geodatabase_in_an_archive_asks_which_layer(prefix: str, tmp_path: Path) -> None:
    names = [f"图层{number:02d}" for number in range(1, 6)]
    for name in names:
        pyogrio.write_dataframe(layer(), tmp_path / "p.gdb", layer=name, driver="OpenFileGDB", append=name != names[0])
    packed = tmp_path / "p.gdb.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in (tmp_path / "p.gdb").iterdir():
            archive.write(file, f"{prefix}p.gdb/{file.name}")
    for path in (tmp_path / "p.gdb", packed):
        assert list_layers(path) == names
        with pytest.raises(ReadError, match=r"有多个图层。现有图层：图层01、图层02、.*图层05。办法：用 layer="):
            read_parcels(path)
        with pytest.raises(ReadError, match=r"没有图层 图层6。现有图层：图层01、.*办法"):
            read_parcels(path, layer="图层6")
        assert read_parcels(path, layer="图层03")["parcel_code"].tolist() == [CODE]
