"""Parts of a shapefile that do not belong together, records marked as deleted, files of another kind or empty."""

from __future__ import annotations

import shutil
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from landmarket.errors import LandMarketWarning, ReadError
from landmarket.io import list_layers, read_layer, read_parcels
from landmarket.io.sheet_tables import sheet_grids
from landmarket.pricing.factors import Elevation, read_elevation
from landmarket.screening import screen

LEFT, BOTTOM = 430_000, 3_770_000


def shapefile(path: Path, count: int) -> Path:
    """So many boxes side by side, as GDAL writes them."""
    boxes = [shapely.box(LEFT + 50 * i, BOTTOM, LEFT + 50 * i + 40, BOTTOM + 30) for i in range(count)]
    codes = [f"411081004002JB{number:05}" for number in range(1, count + 1)]
    layer = gpd.GeoDataFrame({"ZDDM": codes}, geometry=boxes, crs="EPSG:4547")
    pyogrio.write_dataframe(layer, path, encoding="GB18030")
    return path


def zipped(path: Path) -> Path:
    packed = path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        for part in sorted(path.parent.glob(f"{path.stem}.*")):
            if part != packed:
                archive.write(part, f"成果/{part.name}")
    return packed


def mark_deleted(path: Path, *numbers: int) -> None:
    """Mark records as dBASE does: an asterisk in their first byte."""
    data = bytearray(path.read_bytes())
    header, width = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    for number in numbers:
        data[header + (number - 1) * width] = ord("*")
    path.write_bytes(data)


@pytest.mark.parametrize("other", [".dbf", ".shx"])
@pytest.mark.parametrize(("count", "rows"), [(136, 100), (40, 30), (15, 20), (3, 0)])
def test_shapes_and_rows_that_disagree_are_refused(other: str, count: int, rows: int, tmp_path: Path) -> None:
    """GDAL reads the fewer and says nothing."""
    path = shapefile(tmp_path / "宗地.shp", count)
    shutil.copy(shapefile(tmp_path / "旧.shp", rows).with_suffix(other), path.with_suffix(other))
    shapes, table = (count, rows) if other == ".dbf" else (rows, count)
    said = rf"宗地\.shx 有 {shapes} 条记录，宗地\.dbf 有 {table} 条。办法：.*一起复制"
    for read in (read_parcels, read_layer):
        with pytest.raises(ReadError, match=rf"宗地\.shp：图形与属性表对不上，{said}"):
            read(path)
        with pytest.raises(ReadError, match=rf"宗地\.zip 中的 成果.宗地\.shp：图形与属性表对不上，{said}"):
            read(zipped(path))


@pytest.mark.parametrize("rows", [0, 30, 39])
def test_a_newer_shp_beside_older_parts_is_refused(rows: int, tmp_path: Path) -> None:
    """Index and table agree, the shapes are more."""
    path, old = shapefile(tmp_path / "宗地.shp", 40), shapefile(tmp_path / "旧.shp", rows)
    for suffix in (".shx", ".dbf"):
        shutil.copy(old.with_suffix(suffix), path.with_suffix(suffix))
    said = rf"宗地\.shp 有 40 个图形，宗地\.shx 和 宗地\.dbf 有 {rows} 条记录。办法"
    with pytest.raises(ReadError, match=said):
        read_parcels(path)


def test_room_that_editing_left_behind_the_last_shape_is_no_record(tmp_path: Path) -> None:
    """GDAL and QGIS leave the end of a shape that became smaller in the file."""
    path = shapefile(tmp_path / "宗地.shp", 3)
    with path.open("ab") as file:
        file.write(struct.pack("<4d", LEFT, BOTTOM, LEFT + 40, BOTTOM))
    assert len(read_parcels(path)) == 3


def test_a_table_that_is_cut_off_is_counted(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "宗地.shp", 10)
    table = path.with_suffix(".dbf")
    data = table.read_bytes()
    header, width = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    table.write_bytes(data[: header + 4 * width + 5])
    with pytest.raises(ReadError, match=r"宗地\.dbf：属性表不完整，文件头写有 10 条记录，实有 4 条。办法"):
        read_parcels(path)


def test_deleted_records_are_counted_and_named(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "宗地.shp", 5)
    mark_deleted(path.with_suffix(".dbf"), 2, 5)
    said = r"宗地\.dbf 中有标为已删除的记录，没有读入，共 2 行：2、5。办法"
    for file, read in ((path, read_parcels), (path, read_layer), (zipped(path), read_parcels)):
        with pytest.warns(LandMarketWarning, match=rf"{file.name}：{said}"):
            parcels = read(file)
        assert parcels.index.tolist() == [1, 3, 4]
        assert any("共 2 行：2、5" in note for note in parcels.attrs["source_notes"])
    assert screen(parcels).counts["读入"] == 3


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_part_that_is_not_there_is_named(suffix: str, tmp_path: Path) -> None:
    path = shapefile(tmp_path / "宗地.shp", 2)
    path.with_suffix(suffix).unlink()
    for read in (read_parcels, read_layer, list_layers):
        with pytest.raises(ReadError, match=rf"宗地\.shp：缺少同名 \{suffix}。办法：.*一起复制"):
            read(path)
        with pytest.raises(ReadError, match=rf"宗地\.zip 中的 成果.宗地\.shp：缺少同名 \{suffix}") as refused:
            read(zipped(path))
        assert "landmarket-" not in str(refused.value)


KINDS = {
    "DWG": (b"AC1027\0\0\0\0\0", "AutoCAD 图形.*另存为 DXF"),
    "MapGIS": (b"WMAP9022", "MapGIS.*输出 Shapefile"),
    "RAR": (b"Rar!\x1a\x07\x00", "RAR 或 7z 压缩包.*解开"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "RAR 或 7z 压缩包.*解开"),
}
SUFFIXES = [".shp", ".gpkg", ".geojson", ".dxf", ".kml", ".parquet", ".txt", ".zip"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_format_is_known_by_its_first_bytes(kind: str, suffix: str, tmp_path: Path) -> None:
    head, said = KINDS[kind]
    path = tmp_path / f"假{suffix}"
    path.write_bytes(head + bytes(400))
    for read in (read_parcels, list_layers):
        with pytest.raises(ReadError, match=rf"假\{suffix}：内容与扩展名 \{suffix} 不符，这是 {said}"):
            read(path)


def heights(path: Path) -> Elevation:
    return read_elevation(path, CRS("EPSG:4547"))


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".csv", ".xlsx", ".tif"])
def test_an_empty_file_is_said_to_be_empty(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"空{suffix}"
    path.touch()
    reader = {".csv": sheet_grids, ".xlsx": sheet_grids, ".tif": heights}.get(suffix, read_parcels)
    with pytest.raises(ReadError, match=rf"空\{suffix}：文件是空的（0 字节）。办法"):
        reader(path)
