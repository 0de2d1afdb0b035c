"""Result tables as files: what is written can be read back, and runs nothing in a spreadsheet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from landmarket.errors import BadValueError, OutputError, ReadError
from landmarket.io.tables import csv_bytes, read_csv_table, write_tables
from tests.hunting import examples

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", " =1+1", "'=1", "'", "''", 'a"b,c\r\nd', "0601", ""]


def table() -> gpd.GeoDataFrame:
    """One column of each kind."""
    return gpd.GeoDataFrame(
        {
            "plan_code": ["0601", "07", None],
            "area": [1.1, 0.1 + 0.2, np.nan],
            "start_price_fen": pd.array([-5, None, 9_007_199_254_740_991], dtype="Int64"),
            "notice_on": pd.Series(pd.to_datetime(["2026-03-02", None, "1999-12-31"]))
            .astype("datetime64[s]")
            .to_numpy(),
            "disputed": ["是", "否", None],
            "系数:宗地形状": [0.97, 1.0, 1.03],
            "geometry": [box(0, 0, 1, 1), None, box(1, 1, 3, 3)],
        },
        index=pd.Index(["411081001001JB00001", "411081001001JB00002", "411081001001JB00003"], name="parcel_code"),
        crs="EPSG:4547",
    )


def test_parquet_loses_nothing(tmp_path: Path) -> None:
    written = write_tables(tmp_path / "表", {"宗地": table(), "a/b": pd.DataFrame({"x": [1]})})
    assert [path.name for path in written] == ["宗地.parquet", "a_b.parquet"]
    back = gpd.read_parquet(written[0])
    back["notice_on"] = back["notice_on"].astype("datetime64[s]")  # Parquet has no seconds: it keeps milliseconds
    assert_geodataframe_equal(back, table())
    again = write_tables(tmp_path / "又", {"宗地": table()})
    assert written[0].read_bytes() == again[0].read_bytes()


def test_csv_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "宗地.csv"
    path.write_bytes(csv_bytes(table()))
    assert csv_bytes(table()) == path.read_bytes()
    expected = pd.DataFrame(table().drop(columns="geometry")).reset_index()
    pd.testing.assert_frame_equal(read_csv_table(path).astype(expected.dtypes), expected)
    assert read_csv_table(path)["start_price_fen"].dtype == "Int64"


def test_csv_cells_begin_no_formula() -> None:
    content = csv_bytes(pd.DataFrame({"=cmd": HOSTILE, "地价": [-1.5] * len(HOSTILE)})).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert all(row[1] in ("地价", "-1.5") for row in rows)  # a negative number stays a number
    for cell in (row[0] for row in rows):
        assert not cell.strip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert all(line.startswith('"') for line in content.split("\r\n")[:3])  # texts are quoted


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | st.sampled_from(HOSTILE[:-1])))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(csv_bytes(pd.DataFrame({"备注": pd.Series(texts, dtype="str")})))
    assert read_csv_table(path)["备注"].tolist() == texts


def test_typed_text_stays_text(tmp_path: Path) -> None:
    raw = pd.DataFrame(
        {"notice_on": ["2026年3月2日", "2026-03-02"], "area": ["1,020", None], "owner_count": [1.5, 2.0]}
    )
    path = tmp_path / "a.csv"
    path.write_bytes(csv_bytes(raw))
    back = read_csv_table(path)
    assert back["notice_on"].tolist() == ["2026年3月2日", "2026-03-02"]
    assert back["area"].iloc[0] == "1,020"
    assert back["area"].isna().iloc[1]
    assert back["owner_count"].tolist() == [1.5, 2.0]


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match="保密"):
        write_tables(tmp_path, {"deals": pd.DataFrame({"reserve_price_fen": [1]})})
    with pytest.raises(BadValueError, match="不同类型"):
        write_tables(tmp_path, {"a": pd.DataFrame({"x": pd.Series([1, "a", b"\xff"], dtype="object")})})
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "文件").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="办法"):
        write_tables(tmp_path / "文件", {"a": pd.DataFrame({"x": [1]})})
    (tmp_path / "坏.csv").write_text("a,b\n1,2", encoding="utf-8")
    with pytest.raises(ReadError, match="parquet"):
        read_csv_table(tmp_path / "坏.csv")
    with pytest.raises(ReadError, match="parquet"):
        read_csv_table(tmp_path / "文件")
