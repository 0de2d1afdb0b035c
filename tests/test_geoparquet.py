"""GeoParquet, the working format: read back as written, and as the rules of GeoParquet 1.1 have it."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pyproj import CRS
from shapely.geometry import MultiPolygon, Point, Polygon, box

from landmarket.errors import BadValueError, ReadError
from landmarket.io import read_layer, read_parcels, write_layer, write_parcels
from tests.hunting import examples

X, Y = 500_000, 3_780_000
HOLED = Polygon(box(X, Y, X + 30, Y + 30).exterior.coords, [box(X + 5, Y + 5, X + 10, Y + 10).exterior.coords])
PARTS = MultiPolygon([box(X, Y, X + 1, Y + 1), box(X + 5, Y, X + 6, Y + 1)])
HIGH = shapely.force_3d(box(X - 9, Y, X, Y + 1), 7.5)
TYPE = re.compile(r"(GeometryCollection|(Multi)?(Point|LineString|Polygon))( Z)?")


def faults(path: Path) -> list[str]:
    """What of a file breaks the rules of GeoParquet 1.1, as its specification states them."""
    file = pq.ParquetFile(path)
    schema = file.schema_arrow
    geo = json.loads(schema.metadata[b"geo"].decode("utf-8"), parse_constant=pytest.fail)
    found = [] if geo["version"] == "1.1.0" else ["version"]
    found += [] if geo["primary_column"] in geo["columns"] else ["primary_column"]
    for name, column in geo["columns"].items():
        shapes = shapely.from_wkb(np.array(file.read([name])[name].to_pylist(), dtype=object))
        found += [f"{name}: {rule}" for rule in column_faults(column, schema.field(name), shapes)]
        found += [f"{name}: {rule}" for rule in covering_faults(column, file, shapes)]
    return found


def column_faults(column: dict[str, object], field: pa.Field, shapes: np.ndarray) -> list[str]:
    there = [shape for shape in shapes if shape is not None]
    types = {shape.geom_type + (" Z" if shape.has_z else "") for shape in there}
    stated = column["geometry_types"]
    rules = {
        "encoding": column["encoding"] == "WKB" and pa.types.is_binary(field.type),
        "types are names, once": len(set(stated)) == len(stated) and all(TYPE.fullmatch(name) for name in stated),
        "types are those of the shapes": set(stated) == types,
        "crs is PROJJSON": CRS.from_json_dict(column["crs"]) == CRS.from_epsg(4547) and "$schema" in column["crs"],
        "edges": column.get("edges", "planar") == "planar",
        "orientation": column.get("orientation") is None or all(counterclockwise(shape) for shape in there),
    }
    if "bbox" in column:
        flat = not any(shape.has_z for shape in there)
        rules["bbox names every dimension"] = len(column["bbox"]) == (4 if flat else 6)
        rules["bbox"] = not flat or column["bbox"] == list(shapely.total_bounds(there))
    return [rule for rule, holds in rules.items() if not holds]


def counterclockwise(shape: object) -> bool:
    return all(part.exterior.is_ccw for part in shapely.get_parts(shape) if part.geom_type == "Polygon")


def covering_faults(column: dict[str, object], file: pq.ParquetFile, shapes: np.ndarray) -> list[str]:
    paths = column["covering"]["bbox"]
    roots = {path[0] for path in paths.values()}
    if set(paths) != {"xmin", "ymin", "xmax", "ymax"} or len(roots) != 1 or any(k != p[1] for k, p in paths.items()):
        return ["covering names one column and its fields"]
    fields = file.schema_arrow.field(roots.pop()).type
    if [fields.field(index).name for index in range(fields.num_fields)] != ["xmin", "ymin", "xmax", "ymax"]:
        return ["covering has the fields"]
    if len({fields.field(index).type for index in range(4)} - {pa.float32(), pa.float64()}):
        return ["covering is of floating point"]
    boxes = file.read([next(iter(paths.values()))[0]]).column(0).to_pylist()
    for extent, shape in zip(boxes, shapes, strict=True):
        if shape is not None and not shape.is_empty:
            west, south, east, north = shape.bounds
            inside = extent["xmin"] <= west and extent["ymin"] <= south
            if not (inside and extent["xmax"] >= east and extent["ymax"] >= north):
                return ["covering holds the shape"]
    return []


SHAPES = st.lists(st.sampled_from([HOLED, PARTS, HIGH, None, Polygon(), Point(X, Y)]), max_size=5)


@given(shapes=SHAPES)
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_file_keeps_the_rules_of_version_1_1(tmp_path: Path, shapes: list[Polygon]) -> None:
    layer = gpd.GeoDataFrame({"次": range(len(shapes))}, geometry=gpd.GeoSeries(shapes, crs=4547))
    write_layer(layer, tmp_path / "p.parquet")
    assert faults(tmp_path / "p.parquet") == []
    read = read_parcels(tmp_path / "p.parquet") if any(shape and not shape.is_empty for shape in shapes) else None
    if read is not None:
        assert shapely.to_wkb(read.geometry.to_numpy()).tolist() == shapely.to_wkb(np.array(shapes, object)).tolist()


def test_the_rules_are_asked() -> None:
    column = {"encoding": "WKB", "geometry_types": ["Polygon"], "crs": CRS.from_epsg(4547).to_json_dict()}
    field = pa.field("geometry", pa.binary())
    assert column_faults(column, field, np.array([HOLED], object)) == []
    assert column_faults(column, field, np.array([HIGH], object)) == ["types are those of the shapes"]
    flat = column | {"geometry_types": ["Polygon Z"], "bbox": [X - 9, Y, X, Y + 1]}
    assert column_faults(flat, field, np.array([HIGH], object)) == ["bbox names every dimension"]
    assert column_faults(column | {"bbox": [0, 0, 1, 1]}, field, np.array([HOLED], object)) == ["bbox"]


def parcels() -> gpd.GeoDataFrame:
    codes = pd.Index(["411081002004JB00011", "411081002004JB00012", "411081002004JB00013"], name="parcel_code")
    columns = {
        "township": pd.Series(["a'b\"c;\n😀〇𠮷", None, ""], index=codes, dtype="str"),
        "registered_area": pd.Series([0.1 + 0.2, math.nan, -1e300], index=codes),
        "total_price_fen": pd.Series([2**62 + 1, None, 0], index=codes, dtype="Int64"),
        "vote_on": pd.Series(pd.to_datetime(["2026-03-16", None, "1949-10-01"]).astype("datetime64[s]"), index=codes),
        "是否核对": pd.Series([True, False, True], index=codes),
    }
    return gpd.GeoDataFrame(columns, geometry=[HOLED, PARTS, None], index=codes, crs=4547)


@pytest.mark.parametrize("ending", [".parquet", ".geoparquet", ".PARQUET"])
def test_parcels_come_back_with_their_types_and_notes(tmp_path: Path, ending: str) -> None:
    written = parcels()
    written.attrs["说明"] = "样本"
    write_parcels(written, tmp_path / f"宗地{ending}")
    read = read_parcels(tmp_path / f"宗地{ending}")
    expected = written.reset_index().set_axis(pd.RangeIndex(1, 4, name="source_row"), axis=0)
    names = [name for name in expected if name != "geometry"]
    assert_frame_equal(pd.DataFrame(read[names]), pd.DataFrame(expected[names]), check_exact=True)
    assert shapely.to_wkb(read.geometry.to_numpy()).tolist() == shapely.to_wkb(written.geometry.to_numpy()).tolist()
    assert (read.crs, read.attrs["说明"]) == (written.crs, "样本")
    assert [path.name for path in tmp_path.iterdir()] == [f"宗地{ending}"]


def test_what_is_no_geoparquet_is_refused_with_a_cure(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "表.parquet")
    (tmp_path / "坏.parquet").write_bytes(b"PAR1 no")
    for name in ("表.parquet", "坏.parquet"):
        with pytest.raises(ReadError, match=rf"{name}：不能作为 GeoParquet 读取.*办法"):
            read_layer(tmp_path / name)
    with pytest.raises(ReadError, match=r"没有这个文件.*办法"):
        read_layer(tmp_path / "无.parquet")


def test_a_mixed_column_leaves_the_old_file(tmp_path: Path) -> None:
    write_parcels(parcels(), tmp_path / "p.parquet")
    before = (tmp_path / "p.parquet").read_bytes()
    with pytest.raises(BadValueError, match=r"只有一种类型"):
        write_parcels(parcels().assign(混=["a", 1, 2.5]), tmp_path / "p.parquet")
    assert (tmp_path / "p.parquet").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["p.parquet"]
