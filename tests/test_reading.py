"""Reading files as bureaus have them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from landmarket.columns import rename_map
from landmarket.errors import BadValueError, CrsError, LandMarketWarning, ReadError
from landmarket.io import list_layers, read_layer, read_parcels

BOX = (430_000, 3_770_000, 430_040, 3_770_030)
CODE = "411081001001JB00001"


def sample() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"宗地代码": [CODE, None], "乡镇名称": ["褚河街道", "顺店镇"], "面积": [1200.5, 800.0], "备注": ["镕堃", "溵"]},
        geometry=[shapely.box(*BOX), None],
        crs="EPSG:4547",
    )


def write_shapefile(folder: Path, encoding: str, cpg: str | None) -> Path:
    path = folder / "parcels.shp"
    pyogrio.write_dataframe(sample(), path, encoding=encoding)
    (folder / "parcels.cpg").unlink(missing_ok=True)
    if cpg is not None:
        (folder / "parcels.cpg").write_text(cpg, encoding="ascii")
    return path


@pytest.mark.parametrize(
    ("encoding", "cpg", "said"),
    [("GB18030", None, "GB18030（没有 .cpg"), ("GB18030", "936", ".cpg 指明"), ("GBK", "GBK", ".cpg 指明")],
)
def test_shapefile_texts(tmp_path: Path, encoding: str, cpg: str | None, said: str) -> None:
    read = read_parcels(write_shapefile(tmp_path, encoding, cpg))
    assert read["备注"].tolist() == ["镕堃", "溵"]
    assert read["township"].tolist() == ["褚河街道", "顺店镇"]
    assert any(said in note for note in read.attrs["source_notes"])


def test_utf8_without_cpg_is_found(tmp_path: Path) -> None:
    frame = sample().rename(columns={"宗地代码": "ZDDM", "乡镇名称": "XZMC", "面积": "ZDMJ", "备注": "BZ"})
    pyogrio.write_dataframe(frame, tmp_path / "p.shp", encoding="UTF-8")
    (tmp_path / "p.cpg").unlink(missing_ok=True)
    read = read_parcels(tmp_path / "p.shp")
    assert read["BZ"].tolist() == ["镕堃", "溵"]
    assert read["parcel_code"].iloc[0] == CODE


def test_every_row_is_kept_under_its_source_row(tmp_path: Path) -> None:
    read = read_parcels(write_shapefile(tmp_path, "GB18030", None))
    assert read.index.tolist() == [1, 2]
    assert read.index.name == "source_row"
    assert read.geometry.isna().tolist() == [False, True]


def delete_record(path: Path, number: int) -> None:
    """Mark a record of a DBF file as deleted, as dBASE does."""
    data = bytearray(path.read_bytes())
    header, width = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    assert data[header + (number - 1) * width] == ord(" ")
    data[header + (number - 1) * width] = ord("*")
    path.write_bytes(data)


def test_deleted_records_do_not_shift_the_record_numbers(tmp_path: Path) -> None:
    """pandas and GDAL would number records 1 and 3 as 1 and 2."""
    frame = gpd.GeoDataFrame({"BZ": ["a", "b", "c"]}, geometry=[shapely.box(*BOX)] * 3, crs="EPSG:4547")
    pyogrio.write_dataframe(frame, tmp_path / "p.shp")
    delete_record(tmp_path / "p.dbf", 2)
    with pytest.warns(LandMarketWarning, match="共 1 行：2"):
        read = read_parcels(tmp_path / "p.shp")
    assert read["BZ"].to_dict() == {1: "a", 3: "c"}
    assert read.index.name == "source_row"
    assert "记录：2" in read.attrs["source_notes"]


def test_a_bad_cell_is_named_by_its_record_number(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"ZDMJ": ["1", "2", "x"]}, geometry=[shapely.box(*BOX)] * 3, crs="EPSG:4547")
    pyogrio.write_dataframe(frame, tmp_path / "p.shp")
    delete_record(tmp_path / "p.dbf", 1)
    with pytest.warns(LandMarketWarning, match="共 1 行：1"), pytest.raises(BadValueError, match="3 = 'x'"):
        read_layer(tmp_path / "p.shp")


@pytest.mark.parametrize("name", ["p.gpkg", "p.parquet"])
def test_other_files_number_their_rows_from_one(tmp_path: Path, name: str) -> None:
    """A GeoPackage may have any feature numbers, and a table may carry any index."""
    frame = gpd.GeoDataFrame(
        {"BZ": ["x", "a", "b"]}, index=[40, 7, 8], geometry=[shapely.box(*BOX)] * 3, crs="EPSG:4547"
    )
    path = tmp_path / name
    if path.suffix == ".gpkg":
        pyogrio.write_dataframe(frame, path)
        with sqlite3.connect(path) as database:
            database.execute("DELETE FROM p WHERE BZ = 'x'")
        database.close()
        assert pyogrio.read_dataframe(path, fid_as_index=True).index.tolist() == [2, 3]
    else:
        frame.iloc[1:].to_parquet(path)
    read = read_parcels(path)
    assert read["BZ"].to_dict() == {1: "a", 2: "b"}
    assert read.index.name == "source_row"


def test_an_empty_shapefile_is_read(tmp_path: Path) -> None:
    pyogrio.write_dataframe(sample().iloc[:0], tmp_path / "p.shp", encoding="GB18030", geometry_type="Polygon")
    read = read_parcels(tmp_path / "p.shp")
    assert (len(read), read.index.name) == (0, "source_row")


def test_undecodable_text_names_field_and_record(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path, "GB18030", None)
    data = (tmp_path / "parcels.dbf").read_bytes()
    broken = data.replace("顺店镇".encode("GB18030"), b"\xff\xff\xff\xff\xff\xff")
    assert broken != data
    (tmp_path / "parcels.dbf").write_bytes(broken)
    with pytest.raises(ReadError, match="字段 乡镇名称 第 2 条记录"):
        read_parcels(path)


def test_wrong_cpg_is_refused_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"cpg 指明"):
        read_parcels(write_shapefile(tmp_path, "GB18030", "UTF-8"))


@pytest.mark.parametrize("name", ["土地使用权", "所有权登记", "土地所有权", "使用权类型"])
@pytest.mark.parametrize("encoding", ["GBK", "GB18030"])
def test_first_field_name_of_five_characters(tmp_path: Path, name: str, encoding: str) -> None:
    """They fill the ten bytes of a DBF field name; read as UTF-8 they break anywhere."""
    frame = sample()[["备注", "geometry"]].rename(columns={"备注": name})
    pyogrio.write_dataframe(frame, tmp_path / "p.shp", encoding=encoding)
    (tmp_path / "p.cpg").unlink(missing_ok=True)
    read = read_parcels(tmp_path / "p.shp")
    assert read[rename_map([name]).get(name, name)].tolist() == ["镕堃", "溵"]
    assert "编码：GB18030（没有 .cpg，按内容判定）" in read.attrs["source_notes"]


def test_a_field_name_cut_inside_a_character_is_told(tmp_path: Path) -> None:
    """A bureau's program cut 土地使用 at ten bytes of UTF-8: three characters and a third of the fourth."""
    pyogrio.write_dataframe(sample()[["备注", "geometry"]].rename(columns={"备注": "BZ"}), tmp_path / "p.shp")
    data = bytearray((tmp_path / "p.dbf").read_bytes())
    data[32:43] = "土地使用".encode()[:10] + b"\0"
    (tmp_path / "p.dbf").write_bytes(data)
    read = read_parcels(tmp_path / "p.shp")
    assert read["土地使"].tolist() == ["镕堃", "溵"]
    assert "字段名“土地使”在汉字中间被截断，不知原名" in read.attrs["source_notes"]


def test_a_codec_that_is_not_for_texts_is_not_known(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path, "GB18030", None)
    for codec in ("hex", "utf-16", "g\0b"):
        with pytest.raises(ReadError, match="不认识"):
            read_parcels(path, encoding=codec)


def test_unknown_encoding_and_missing_table(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path, "GB18030", None)
    with pytest.raises(ReadError, match="不认识"):
        read_parcels(path, encoding="klingon")
    (tmp_path / "parcels.dbf").unlink()
    with pytest.raises(ReadError, match=r"缺少同名 .dbf"):
        read_parcels(path)


def test_missing_prj_is_asked_for(tmp_path: Path) -> None:
    path = write_shapefile(tmp_path, "GB18030", None)
    (tmp_path / "parcels.prj").unlink()
    with pytest.raises(CrsError, match="crs="):
        read_parcels(path)
    assert read_parcels(path, crs="EPSG:4547").crs.to_epsg() == 4547


@pytest.mark.parametrize("east", [200_000, 500_000])  # 630 km: among the eastings of a zone; 930 km: outside them
def test_rows_far_from_the_others_are_named_where_nothing_says_the_system(tmp_path: Path, east: int) -> None:
    boxes = [shapely.box(430_000, 3_770_000, 430_060, 3_770_050)] * 3
    boxes[1] = shapely.affinity.translate(boxes[1], east, 300_000)
    gpd.GeoDataFrame({"BZ": ["a", "b", "c"]}, geometry=boxes, crs="EPSG:4547").to_file(tmp_path / "p.shp")
    (tmp_path / "p.prj").unlink()
    place = f"{430_000 + east}, 4070000"
    with pytest.raises(CrsError, match=f"远离其余图形的共 1 行：2 = '{place}'.*办法：用 crs="):
        read_parcels(tmp_path / "p.shp")
    assert read_parcels(tmp_path / "p.shp", crs="EPSG:4547").crs.to_epsg() == 4547


def test_many_layers_ask_which(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    for name in ("宗地", "规划"):
        pyogrio.write_dataframe(sample(), path, layer=name)
    with pytest.raises(ReadError, match="宗地、规划"):
        read_parcels(path)
    with pytest.raises(ReadError, match="没有图层 x"):
        read_parcels(path, layer="x")
    assert len(read_parcels(path, layer="规划")) == 2
    assert list_layers(path) == ["宗地", "规划"]


def test_file_that_is_not_there_or_not_spatial(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="没有这个文件"):
        read_parcels(tmp_path / "no.gpkg")
    (tmp_path / "x.gpkg").write_text("not a database", encoding="utf-8")
    with pytest.raises(ReadError, match="不能作为矢量数据读取"):
        read_parcels(tmp_path / "x.gpkg")


def test_code_stored_as_a_float_is_refused(tmp_path: Path) -> None:
    frame = sample()
    frame["宗地代码"] = np.array([4.11081001001e18, np.nan])
    pyogrio.write_dataframe(frame, tmp_path / "p.gpkg")
    with pytest.raises(BadValueError, match="parcel_code（宗地代码）"):
        read_parcels(tmp_path / "p.gpkg")


def test_layer_values_are_typed_or_refused(tmp_path: Path) -> None:
    frame = sample()
    frame["批准日期"] = ["2023年5月6日", None]
    pyogrio.write_dataframe(frame, tmp_path / "p.gpkg")
    read = read_layer(tmp_path / "p.gpkg")
    assert read["plan_approved_on"].dt.date.iloc[0].isoformat() == "2023-05-06"
    frame["批准日期"] = ["2023-02-30", None]
    pyogrio.write_dataframe(frame, tmp_path / "q.gpkg")
    with pytest.raises(BadValueError, match=r"plan_approved_on（规划批准日）.*2023-02-30"):
        read_layer(tmp_path / "q.gpkg")


def test_geoparquet_is_read(tmp_path: Path) -> None:
    sample().to_parquet(tmp_path / "p.parquet")
    assert read_parcels(tmp_path / "p.parquet")["parcel_code"].iloc[0] == CODE


def test_parquet_that_is_missing_plain_or_broken(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"no\.parquet：没有这个文件.*办法"):
        read_parcels(tmp_path / "no.parquet")
    pd.DataFrame({"ZDMJ": [1.0]}).to_parquet(tmp_path / "plain.parquet")
    with pytest.raises(ReadError, match=r"plain\.parquet：不能作为 GeoParquet 读取.*办法"):
        read_layer(tmp_path / "plain.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ReadError, match=r"broken\.parquet：不能作为 GeoParquet 读取.*办法"):
        read_parcels(tmp_path / "broken.parquet")
