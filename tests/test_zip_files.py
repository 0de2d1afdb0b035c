"""Layers in archives: read as if unpacked; whatever would get out, or would fill the disk, is refused."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from landmarket.errors import ReadError
from landmarket.io import list_layers, read_parcels

SUFFIXES = (".shp", ".shx", ".dbf", ".prj")


@pytest.fixture
def shapefile(tmp_path: Path) -> Path:
    square = shapely.box(437_000, 3_780_000, 437_100, 3_780_100)
    frame = gpd.GeoDataFrame(
        {"宗地代码": ["411081004002JB00001"], "村名称": ["长春社区"]}, geometry=[square], crs="EPSG:4547"
    )
    (tmp_path / "shp").mkdir()
    frame.to_file(tmp_path / "shp" / "宗地.shp", encoding="GB18030")
    return tmp_path / "shp"


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def parts(folder: Path, prefix: str = "") -> dict[str, bytes]:
    return {f"{prefix}{file.name}": file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("prefix", ["", "甲/乙/", ".\\甲\\"])
def test_a_shapefile_is_read_as_if_unpacked(shapefile: Path, tmp_path: Path, prefix: str) -> None:
    path = packed(tmp_path / "宗地.zip", parts(shapefile, prefix) | {"__MACOSX/宗地.shp": b"x", "说明.pdf": b"x"})
    frame = read_parcels(path)
    plain = read_parcels(shapefile / "宗地.shp")
    assert frame["village"].tolist() == plain["village"].tolist() == ["长春社区"]
    assert frame.crs == plain.crs
    assert frame.attrs["source_notes"][0] == "文件：宗地.zip 中的 宗地.shp"
    assert list_layers(path) == ["宗地"]


def test_names_in_the_code_page_of_an_old_machine(shapefile: Path, tmp_path: Path) -> None:
    path = tmp_path / "旧.zip"
    placeholders = {suffix: f"{suffix[1:]}x{suffix}" for suffix in SUFFIXES}
    with zipfile.ZipFile(path, "w") as archive:
        for suffix, name in placeholders.items():
            archive.writestr(name, (shapefile / f"宗地{suffix}").read_bytes())
    data = path.read_bytes()
    for suffix, name in placeholders.items():  # beside the member, and in the list at the end
        data = data.replace(name.encode(), f"宗地{suffix}".encode("gb18030"))
    path.write_bytes(data)
    assert read_parcels(path)["village"].tolist() == ["长春社区"]


OUTSIDE = ["../宗地.shp", "甲/../../宗地.shp", "/root/宗地.shp", "C:/宗地.shp", "..\\宗地.shp", "C:\\宗地.shp"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_members_outside_the_folder_are_refused(shapefile: Path, tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "坏.zip", parts(shapefile) | {name: b"x"})
    before = sorted(tmp_path.parent.rglob("宗地.shp"))
    with pytest.raises(ReadError, match=r"坏\.zip.*文件夹以外.*办法"):
        read_parcels(path)
    assert sorted(tmp_path.parent.rglob("宗地.shp")) == before


def test_links_are_refused(shapefile: Path, tmp_path: Path) -> None:
    path = packed(tmp_path / "坏.zip", parts(shapefile))
    link = zipfile.ZipInfo("链接.shp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ReadError, match=r"是链接.*办法"):
        read_parcels(path)


def test_bombs_are_not_unpacked(shapefile: Path, tmp_path: Path) -> None:
    path = packed(tmp_path / "坏.zip", parts(shapefile) | {"大.dbf": bytes(64 << 20)})
    with pytest.raises(ReadError, match=r"解开后有 67 MB.*办法"):
        read_parcels(path)
    many = packed(tmp_path / "多.zip", {f"{number}.txt": b"" for number in range(10_001)})
    with pytest.raises(ReadError, match="10001 个文件"):
        read_parcels(many)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "没有"),
        ({"说明.pdf": b"x"}, "没有"),
        ({"甲.gpkg": b"x", "乙.gpkg": b"x"}, "乙.gpkg、甲.gpkg"),
        ({"A.shp": b"", "a.SHP": b""}, "有两份"),
    ],
)
def test_one_file_of_layers_is_needed(files: dict[str, bytes], said: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=rf"{said}.*办法"):
        read_parcels(packed(tmp_path / "坏.zip", files))


@pytest.mark.parametrize("cut", [0, 10, 200, -30])
def test_broken_archives_are_refused(shapefile: Path, tmp_path: Path, cut: int) -> None:
    path = packed(tmp_path / "坏.zip", parts(shapefile))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ReadError, match="办法"):
        read_parcels(path)


def test_a_changed_byte_is_noticed(shapefile: Path, tmp_path: Path) -> None:
    path = packed(tmp_path / "坏.zip", parts(shapefile))
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(ReadError, match="办法"):
        read_parcels(path)
