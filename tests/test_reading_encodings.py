"""Texts of shapefiles: every encoding and spelling a bureau hands in, with DBF tables written byte by byte."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landmarket.errors import LandMarketWarning, ReadError
from landmarket.io import read_parcels
from landmarket.io.dbf_table import read_dbf
from landmarket.io.encoding import shapefile_encoding
from landmarket.io.sheet_tables import sheet_table
from tests.hunting import examples

BOX = shapely.box(430_000, 3_770_000, 430_040, 3_770_030)
WIDTH = 20
GB_TEXTS, BIG5_TEXTS = ("长春社区", "镕堃"), ("臺灣許昌", "備註")


def dbf(names: list[bytes], rows: list[list[bytes]], driver: int = 0) -> bytes:
    """A dBASE III table of text fields (Xbase file format description)."""
    width = 1 + WIDTH * len(names)
    header = bytearray(32)
    header[0] = 3
    header[4:8] = len(rows).to_bytes(4, "little")
    header[8:10] = (33 + 32 * len(names)).to_bytes(2, "little")
    header[10:12] = width.to_bytes(2, "little")
    header[29] = driver
    fields = b"".join(name.ljust(11, b"\0") + b"C" + bytes(4) + bytes([WIDTH]) + bytes(15) for name in names)
    records = b"".join(b" " + b"".join(cell[:WIDTH].ljust(WIDTH) for cell in row) for row in rows)
    return bytes(header) + fields + b"\r" + records + b"\x1a"


@cache
def shapes(count: int) -> dict[str, bytes]:
    """The other parts of a shapefile of so many boxes, written by GDAL."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "p.shp"
        gpd.GeoDataFrame(geometry=[BOX] * count, crs="EPSG:4547").to_file(path)
        return {suffix: path.with_suffix(suffix).read_bytes() for suffix in (".shp", ".shx", ".prj")}


def shapefile(
    folder: Path, names: list[bytes], rows: list[list[bytes]], driver: int = 0, cpg: bytes | None = None
) -> Path:
    path = folder / "p.shp"
    for suffix, data in shapes(len(rows)).items():
        path.with_suffix(suffix).write_bytes(data)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    path.with_suffix(".dbf").write_bytes(dbf(names, rows, driver))
    if cpg is not None:
        path.with_suffix(".cpg").write_bytes(cpg)
    return path


def one_field(folder: Path, texts: tuple[str, ...], encoding: str, driver: int = 0, cpg: bytes | None = None) -> Path:
    return shapefile(folder, [b"BZ"], [[text.encode(encoding)] for text in texts], driver, cpg)


def found(path: Path, texts: tuple[str, ...], encoding: str) -> str:
    """What was found about the encoding; it must give the texts back from their bytes."""
    codec, note = shapefile_encoding(path, read_dbf(path), None)
    assert tuple(text.encode(encoding).decode(codec) for text in texts) == texts
    return f"{codec}（{note}）"


GB_SPELLINGS = [
    b"936",
    b"CP936",
    b"cp936\r\n",
    b"GBK",
    b"gbk",
    b"ANSI 936",
    b"ANSI936",
    b"OEM 936",
    b"MS936",
    b"windows-936",
    b"Chinese_PRC.936",
    b"zh_CN.GBK",
    b"x-gbk",
    b"EUC-CN",
    b"GB2312",
    b"GB 2312",
    b"gb-18030",
    b"GB18030\0",
    b"54936",
    b"\xef\xbb\xbfGBK",
    b'"GBK"',
    b"LDID/77",
]
UTF8_SPELLINGS = [b"UTF8", b"utf-8", b"UTF_8", b"65001", b"CP65001", b"ANSI 65001", b"UTF-8 BOM", b"\xef\xbb\xbfUTF-8"]
BIG5_SPELLINGS = [b"Big5", b"BIG-5", b"950", b"CP950", b"ANSI 950", b"LDID/120", b"Big5-HKSCS"]


@pytest.mark.parametrize(
    ("cpg", "encoding", "texts"),
    [
        *((cpg, "gb18030", GB_TEXTS) for cpg in GB_SPELLINGS),
        *((cpg, "utf-8", GB_TEXTS) for cpg in UTF8_SPELLINGS),
        *((cpg, "big5", BIG5_TEXTS) for cpg in BIG5_SPELLINGS),
    ],
)
def test_spellings_of_a_cpg(cpg: bytes, encoding: str, texts: tuple[str, ...], tmp_path: Path) -> None:
    path = one_field(tmp_path, texts, encoding, cpg=cpg)
    assert found(path, texts, encoding).endswith("（.cpg 指明）")


@pytest.mark.parametrize(
    "cpg", [b"", b" \r\n", b"SYSTEM", b"ANSI", b"ISO-8859-1", b"ISO 88591", b"1252", b"LDID/87", b"\xff\xfe"]
)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_cpg_that_names_no_chinese_encoding_is_not_believed(cpg: bytes, encoding: str, tmp_path: Path) -> None:
    """GDAL writes ISO-8859-1 beside a table whose texts it was never told of."""
    note = found(one_field(tmp_path, GB_TEXTS, encoding, cpg=cpg), GB_TEXTS, encoding)
    assert "按内容判定" in note
    assert ".cpg" in note


@pytest.mark.parametrize("cpg", [b"klingon", b"UTF-16", b"hex"])
def test_a_cpg_nobody_understands_is_refused(cpg: bytes, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"\.cpg 指明的编码.*不认识.*办法"):
        read_parcels(one_field(tmp_path, GB_TEXTS, "gb18030", cpg=cpg))


@pytest.mark.parametrize(
    ("driver", "encoding", "texts", "said"),
    [
        (0x4D, "gb18030", GB_TEXTS, "GB18030（没有 .cpg，属性表文件头指明）"),
        (0x7A, "gb18030", GB_TEXTS, "GB18030（没有 .cpg，属性表文件头指明）"),
        (0x4F, "big5", BIG5_TEXTS, "CP950（没有 .cpg，属性表文件头指明）"),
        (0x78, "big5", BIG5_TEXTS, "CP950（没有 .cpg，属性表文件头指明）"),
        (0x00, "gb18030", GB_TEXTS, "GB18030（没有 .cpg，按内容判定）"),
        (0x57, "gb18030", GB_TEXTS, "GB18030（没有 .cpg，按内容判定）"),
        (0x57, "utf-8", GB_TEXTS, "UTF-8（没有 .cpg，按内容判定）"),
    ],
)
def test_code_pages_in_the_header(
    driver: int, encoding: str, texts: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """Language drivers as dBASE for Windows lists them: 0x4D and 0x7A code page 936, 0x4F and 0x78 950, 0x57 ANSI."""
    path = one_field(tmp_path, texts, encoding, driver)
    read = read_parcels(path)
    assert read["BZ"].tolist() == list(texts)
    assert f"编码：{said}" in read.attrs["source_notes"]


@pytest.mark.parametrize(
    ("texts", "encoding", "driver", "readings"),
    [
        (BIG5_TEXTS, "big5", 0x00, "GB18030 读是“籓芖砛.*”，按 CP950 读是“臺灣許昌”"),
        (BIG5_TEXTS, "big5", 0x4D, "CP950 读是“臺灣許昌”"),
        (("长春社区", "褚河街道"), "gb18030", 0x78, "GB18030 读是“长春社区”"),
        (GB_TEXTS, "utf-8", 0x4D, "UTF-8 读是“长春社区”"),
        (("郑头",), "gb18030", 0x00, "GB18030 读是“郑头”"),
    ],
)
def test_two_encodings_that_both_can_be_read_are_asked_for(
    texts: tuple[str, ...], encoding: str, driver: int, readings: str, tmp_path: Path
) -> None:
    """郑头 in GBK is D6 A3 CD B7, sound UTF-8 as well; Big5 nearly always decodes as GB 18030, into nonsense."""
    path = one_field(tmp_path, texts, encoding, driver)
    with pytest.raises(ReadError, match=rf"编码不明.*{readings}.*办法.*encoding="):
        read_parcels(path)
    assert read_parcels(path, encoding=encoding)["BZ"].tolist() == list(texts)


SIMPLIFIED = "长春社区褚河街道顺店镇工业用地集体经济组织村民委员会东大王庄"


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(SIMPLIFIED, min_size=2, max_size=9), min_size=1, max_size=5, unique=True))
def test_simplified_texts_are_read_or_asked_for(texts: list[str], tmp_path: Path) -> None:
    """Whatever names a village has, they never become others in silence."""
    path = one_field(tmp_path, tuple(texts), "gb18030")
    try:
        read = read_parcels(path)["BZ"].tolist()
    except ReadError as error:
        assert "encoding=" in str(error)  # noqa: PT017
    else:
        assert read == texts


UNDECODABLE = [
    ([b"BZ"], [[b"abc"], [b"\xff\xff\xff"]], "字段 BZ 第 2 条记录"),
    ([b"XM", "备注".encode("gb18030")], [[b"abc", b"x"], [b"x", b"a\x80\xff b"]], "字段 备注 第 2 条记录"),
    ([b"\xff\xfe"], [[b"abc"]], "第 1 个字段名"),
    ([b"BZ", b"\xff\xfe"], [[b"abc", b"x"]], "第 2 个字段名"),
]


@pytest.mark.parametrize(("names", "rows", "said"), UNDECODABLE)
def test_undecodable_is_refused_with_field_and_record(
    names: list[bytes], rows: list[list[bytes]], said: str, tmp_path: Path
) -> None:
    path = shapefile(tmp_path, names, rows)
    with pytest.raises(ReadError, match=rf"p\.dbf：{said}.*办法"):
        read_parcels(path)
    with pytest.raises(ReadError, match=rf"p\.dbf：{said}.*参数指定.*办法"):
        read_parcels(path, encoding="GBK")


CUT = [
    ("A土地使用权人", "gb18030", "A土地使用", "不知原名"),
    ("宗地代码", "utf-8", "parcel_code", "字段名“宗地代”在汉字中间被截断，按“宗地代码”读"),
    ("登记面积", "utf-8", "registered_area", "字段名“登记面”在汉字中间被截断，按“登记面积”读"),
    ("土地使用权", "utf-8", "土地使", "字段名“土地使”在汉字中间被截断，不知原名"),
]


@pytest.mark.parametrize(("name", "encoding", "column", "said"), CUT)
def test_names_cut_inside_a_character(name: str, encoding: str, column: str, said: str, tmp_path: Path) -> None:
    """Ten bytes of a field name hold three characters of UTF-8 and a third of the fourth."""
    text = "长春社区褚河街道"  # 24 bytes of UTF-8, in a field of 20: cut too
    path = shapefile(tmp_path, [name.encode(encoding)[:10]], [[text.encode(encoding)], [b"1"]])
    read = read_parcels(path)
    assert read[column].tolist() == [text.encode(encoding)[:WIDTH].decode(encoding, "ignore"), "1"]
    assert any(said in note for note in read.attrs["source_notes"])


def test_a_cut_name_that_may_be_two_columns_is_not_guessed(tmp_path: Path) -> None:
    """使用年期 and 使用… are one column, 规划用途 and 规划用途代码 are two."""
    read = read_parcels(shapefile(tmp_path, ["规划用途".encode()[:10]], [[b"1"]]))
    assert read.columns[0] == "规划用"
    assert "字段名“规划用”在汉字中间被截断，不知原名" in read.attrs["source_notes"]


def test_a_name_that_may_be_cut_between_characters_is_only_told(tmp_path: Path) -> None:
    """土地所有权 fills the ten bytes and may be whole: the kind of ownership, not the owner."""
    read = read_parcels(shapefile(tmp_path, ["土地所有权".encode("gb18030")], [["集体".encode("gb18030")]]))
    assert read["土地所有权"].tolist() == ["集体"]
    assert any("可能是截断的“土地所有权人”，没有按它读" in note for note in read.attrs["source_notes"])


@pytest.mark.parametrize(
    "names", [[b"ABC", b"ABC"], [b"ZDDM", b"ZDDM"], ["登记面积".encode()[:10], "登记面".encode() + b"\xe5"]]
)
def test_a_name_twice_is_refused(names: list[bytes], tmp_path: Path) -> None:
    """GDAL would give the second one's data for both."""
    with pytest.raises(ReadError, match=r"(ABC|ZDDM|登记面积?) 有两个.*办法"):
        read_parcels(shapefile(tmp_path, names, [[b"1", b"2"]]))


def test_names_that_were_cut_to_the_same_keep_their_own_data(tmp_path: Path) -> None:
    """A土地使用权人 and A土地使用途径 differ in their tenth byte alone."""
    names = [name.encode("gb18030")[:10] for name in ("A土地使用权人", "A土地使用途径")]
    assert names[0] != names[1]
    read = read_parcels(shapefile(tmp_path, names, [["甲村".encode("gb18030"), "就地".encode("gb18030")]]))
    assert read[["A土地使用", "A土地使用（2）"]].to_numpy().tolist() == [["甲村", "就地"]]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "big5"])
def test_texts_cut_inside_a_character(encoding: str, tmp_path: Path) -> None:
    text = "a" + "長社" * 10
    path = shapefile(tmp_path, [b"BZ"], [[text.encode(encoding)]], cpg=encoding.encode())
    assert read_parcels(path)["BZ"].tolist() == [text.encode(encoding)[:WIDTH].decode(encoding, "ignore")]


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12))
def test_texts_of_a_table_with_a_cut_name_are_whole_or_cut_at_their_end(text: str, tmp_path: Path) -> None:
    """Such a table is read byte by byte; its texts must be what they are in any other."""
    path = shapefile(tmp_path, ["土地使用权".encode()[:10]], [[text.encode()], ["宗地".encode()]], cpg=b"UTF-8")
    assert read_parcels(path)["土地使"].tolist() == [text.encode()[:WIDTH].decode("utf-8", "ignore"), "宗地"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_csv_in_utf8(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes('村名,面积\r\n长春社区,"1,020"\r\n'.encode(encoding))
    assert sheet_table(tmp_path / "a.csv", ["村名"]).to_numpy().tolist() == [["长春社区", "1,020"]]


@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
def test_a_csv_as_excel_saves_it_in_china(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("村名,面积\r\n长春社区,1020\r\n".encode(encoding))
    with pytest.warns(LandMarketWarning, match=r"a\.csv：不是 UTF-8，按 GB18030 读.*办法"):
        table = sheet_table(tmp_path / "a.csv", ["村名"])
    assert table.to_numpy().tolist() == [["长春社区", "1020"]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("村名,面積\r\n臺灣許昌,1\r\n".encode("big5"), "按 Big5 读是“村名,面積”"),
        ("村名,面积\r\n长春,".encode("gbk") + b"\xff\r\n", "第 2 行第 2 格"),
        ("村名,面积\r\n".encode("utf-16"), "UTF-16"),
        ("村名,面积\r\n".encode("utf-16-le"), "UTF-16"),
    ],
)
def test_a_csv_in_another_encoding_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(ReadError, match=r"a\.csv：.*不是 UTF-8 文本.*办法") as told:
        sheet_table(tmp_path / "a.csv", ["村名"])
    assert said in str(told.value)
