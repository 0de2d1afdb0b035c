"""Maps of a county by village, and the page of tables that leads to them: what is drawn, told and refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon

from landmarket.errors import BadValueError, CrsError, MissingColumnError, OutputError
from landmarket.maps import View
from landmarket.maps.audience import INTERNAL
from landmarket.maps.offline_map import figure_of
from landmarket.maps.table_page import write_table_page
from landmarket.maps.villages import save_page, village_map
from tests import graded_county
from tests.hunting import examples
from tests.page_data import page_data
from tests.test_maps import Tags

HEADERS = {"乡镇": "township", "乡镇代码": "township_code", "村": "village", "村代码": "village_code"}
NOTICE = "示例数据：全部虚构"
BREAKS = (40.0, 60.0)


def table() -> gpd.GeoDataFrame:
    """Twelve villages with a grade, a total and a factor; one without a total."""
    villages = graded_county.villages().rename(columns=HEADERS).set_index("village_code")
    totals = [71.5, 60.0, 59.99, 40.0, 39.99, 12.25, 88.0, 64.0, 45.0, np.nan, 3.0, 52.0]
    grades = ["I级" if t >= 60 else "II级" if t >= 40 else "III级" for t in totals]
    return villages.assign(商服级别=grades, 商服总分值=totals, 医疗=[i % 3 * 10.0 for i in range(12)])


def sheets(villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """Two steps a village, and those of a village that is not drawn."""
    codes = [*villages.index, "411081999999"]
    steps = [("医疗", "12.00 × 0.5000 = 6.000000", "分", "医院"), ("总分值", "71.50", "分", "合计")]
    return pd.DataFrame(
        steps * len(codes), columns=["step", "value", "unit", "source"], index=np.repeat(np.array(codes), 2)
    )


def roads() -> gpd.GeoDataFrame:
    """One road through the county."""
    line = LineString([graded_county.corner(0), graded_county.corner(11)])
    return gpd.GeoDataFrame({"宽度": [9.0]}, geometry=[line], crs=graded_county.CRS)


def drawn(villages: gpd.GeoDataFrame, **arguments: object) -> str:
    """HTML of a map of the grades."""
    given_views = {"views": ["商服级别", View("商服总分值", BREAKS), "医疗"], "title": "样例县 · 商服"}
    return figure_of(village_map(villages, "商服级别", **{**given_views, **arguments})).render()  # type: ignore[arg-type] # the tests pass what they name


def counts(data: Mapping[str, list[dict]], column: str) -> dict[str, int]:
    """Villages of each class of a view, those without a value under an empty name."""
    view = next(view for view in data["views"] if view["column"] == column)
    labels = [one["label"] for one in view["classes"]]
    members = [labels[member] if member >= 0 else "" for member in view["members"]]
    return {label: members.count(label) for label in dict.fromkeys([*labels, ""]) if members.count(label)}


def test_every_village_is_drawn_and_counted_in_its_class() -> None:
    villages = table()
    data = page_data(drawn(villages), "parcels")
    assert data["codes"] == villages.index.tolist()
    assert data["geometry"]["features"] == [1] * 12
    assert [view["column"] for view in data["views"]] == ["商服级别", "商服总分值", "医疗"]
    assert counts(data, "商服级别") == villages["商服级别"].value_counts().to_dict()
    assert counts(data, "商服总分值") == {"＜ 40": 3, "40 – 60": 4, "≥ 60": 4, "": 1}
    assert counts(data, "医疗") == {"0": 4, "10": 4, "20": 4}
    assert data["setAside"]["titles"] == []
    assert data["words"] == {
        "code": "村代码",
        "unit": "村",
        "details": "村详情",
        "sheet": "级别评定说明",
        "find": "查找村",
        "placeholder": "村代码或村名",
        "results": ["总分值", "级别"],
        "zoom": 13,
        "setAside": "",
    }


def test_the_card_has_place_values_and_the_own_worksheet() -> None:
    villages = table()
    data = page_data(drawn(villages, worksheets=sheets(villages)), "parcels")
    texts = data["texts"]
    facts = {fact["column"]: [None if i < 0 else texts[i] for i in fact["values"]] for fact in data["facts"]}
    assert list(facts) == ["township", "village", "商服级别", "商服总分值", "医疗"]
    assert facts["village"] == villages["village"].tolist()
    assert facts["商服总分值"][:2] == ["71.50", "60.00"]
    assert facts["商服总分值"][9] is None
    assert data["worksheets"]["counts"] == [2] * 12, "rows of a village that is not drawn are left out"
    assert [texts[i] for i in data["worksheets"]["cells"][:4]] == ["医疗", "12.00 × 0.5000 = 6.000000", "分", "医院"]


def test_the_column_asked_for_is_the_first_view_listed_or_not() -> None:
    for views in (["医疗", "商服级别"], ["医疗"]):
        data = page_data(drawn(table(), views=views), "parcels")
        assert [view["column"] for view in data["views"]] == ["商服级别", "医疗"]
    data = page_data(
        drawn(table(), views=[View("商服级别", label="级别"), View("商服级别", label="又一次")]), "parcels"
    )
    assert [view["title"] for view in data["views"]] == ["级别"]


def test_the_ground_is_villages_roads_and_joined_townships() -> None:
    data = page_data(drawn(table(), context={"道路": roads()}), "ground")
    assert [(layer["name"], layer["kind"]) for layer in data["layers"]] == [
        ("村界", "village"),
        ("道路", "line"),
        ("乡镇界", "township"),
    ]
    assert sorted(data["layers"][2]["names"]) == ["东镇", "西镇"]


def test_what_the_page_says_around_the_map() -> None:
    remarks = {"级别分界": "60.00；40.00", "<b>": "<script>alert(1)</script>"}
    html = drawn(table(), remarks=remarks, notice=NOTICE, title="样例县 · <商服>")
    for part in (INTERNAL, NOTICE, "2000国家大地坐标系", "<title>样例县 · &lt;商服&gt;</title>"):
        assert part in html
    assert "<dt>级别分界</dt><dd>60.00；40.00</dd>" in html
    assert "<dt>&lt;b&gt;</dt><dd>&lt;script&gt;alert(1)&lt;/script&gt;</dd>" in html
    assert '<section class="lm-remarks">' not in drawn(table())


def test_no_page_points_anywhere_else_and_the_policy_names_its_scripts() -> None:
    tags = Tags(drawn(table(), worksheets=sheets(table()), context={"道路": roads()}))
    policy = str(tags.tags[3][1]["content"])
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy.partition("script-src")[2].partition(";")[0]
    for tag, attributes in tags.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        assert "src" not in attributes
        assert not any(name.startswith("on") for name in attributes)


def test_villages_without_a_shape_are_counted_and_the_rest_is_drawn() -> None:
    villages = table()
    villages.loc[villages.index[0], "geometry"] = None
    villages.loc[villages.index[1], "geometry"] = Polygon()
    html = drawn(villages)
    data = page_data(html, "parcels")
    assert data["geometry"]["features"] == [0, 0] + [1] * 10
    assert sum(counts(data, "商服级别").values()) == 12
    found = re.search(r"fitBounds\(\s*(\[\[.*?\]\])", html, re.DOTALL)
    assert found
    assert "nan" not in found[1].lower()


def test_nothing_is_changed_and_the_same_map_is_the_same_bytes(tmp_path: Path) -> None:
    villages, before = table(), table()
    page = village_map(villages, "商服级别", title="样例县", views=["商服级别"], worksheets=sheets(villages))
    save_page(page, tmp_path / "图" / "a.html", "index.html")
    save_page(page, tmp_path / "图" / "b.html", "index.html")
    again = village_map(table(), "商服级别", title="样例县", views=["商服级别"], worksheets=sheets(villages))
    save_page(again, tmp_path / "c.html", "index.html")
    first = (tmp_path / "图" / "a.html").read_bytes()
    assert first == (tmp_path / "图" / "b.html").read_bytes() == (tmp_path / "c.html").read_bytes()
    assert b'<a class="lm-home" href="index.html">' in first
    save_page(again, tmp_path / "d.html")
    assert b'class="lm-home"' not in (tmp_path / "d.html").read_bytes()
    pd.testing.assert_frame_equal(villages, before)


def test_refusals(tmp_path: Path) -> None:
    villages = table()
    with pytest.raises(MissingColumnError, match="village"):
        drawn(villages.drop(columns="village"))
    with pytest.raises(MissingColumnError, match="工业级别"):
        drawn(villages, views=["工业级别"])
    with pytest.raises(CrsError, match="度"):
        drawn(villages.to_crs(4490))
    with pytest.raises(BadValueError, match="重复"):
        drawn(pd.concat([villages, villages.iloc[:1]]))
    with pytest.raises(BadValueError, match="底价"):
        drawn(villages.assign(底价=1.0), views=["底价"])
    with pytest.raises(BadValueError, match="底价"):
        drawn(villages, worksheets=sheets(villages).assign(step="底价"))
    for empty in (
        villages.iloc[:0],
        villages.set_geometry(gpd.GeoSeries([None] * 12, villages.index, crs=villages.crs)),
    ):
        with pytest.raises(BadValueError, match=r"没有一个有图形.*办法"):
            drawn(empty)
    (tmp_path / "file").write_text("", encoding="utf-8")
    page = village_map(villages, "商服级别", title="样例县", views=[])
    with pytest.raises(OutputError, match="办法"):
        save_page(page, tmp_path / "file" / "a.html")


# --- the page of tables


class Cells(HTMLParser):
    """Headings, links and the cells of each table of a page, as a browser would show them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.captions: list[str] = []
        self.links: list[tuple[str, str]] = []
        self._into: list[str] | None = None
        self._linked = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self._into = self.tables[-1][-1]
            self._into.append("")
        elif tag == "h2":
            self._into = self.captions
            self._into.append("")
        elif tag == "a":
            self.links.append((unquote(dict(attrs)["href"] or ""), ""))
        self._linked = tag == "a"

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into[-1] += data
        elif self._linked:
            self.links[-1] = (self.links[-1][0], self.links[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        self._linked = False
        if tag in ("th", "td", "h2"):
            self._into = None


def written(path: Path, tables: Mapping[str, pd.DataFrame], **arguments: object) -> Cells:
    """Write a page of tables and read it back."""
    given_texts = {"title": "样例县定级", "links": {}, "notice": NOTICE, "foot": "办法"}
    write_table_page(path, tables, **{**given_texts, **arguments})  # type: ignore[arg-type] # the tests pass what they name
    html = path.read_text(encoding="utf-8")
    assert not [tag for tag, _ in Tags(html).tags if tag in ("script", "img", "iframe", "link", "form")]
    assert "script-src 'none'" in html
    return Cells(html)


def test_tables_are_shown_as_they_are(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "级别": ["I", None, "III"],
            "村数": [1234, 0, 7],
            "均价": [1234.5, np.nan, 2.675],
            "个数": pd.array([1, None, 3], dtype="Int64"),
            "期日": pd.to_datetime(["2026-03-02", None, "2026-03-03"]),
        }
    )
    found = written(tmp_path / "新" / "a.html", {"各级": table, "空": table.iloc[:0]})
    assert found.captions == ["各级", "空"]
    assert found.tables == [
        [
            ["级别", "村数", "均价", "个数", "期日"],
            ["I", "1,234", "1,234.50", "1", "2026-03-02"],
            ["—", "0", "—", "—", "—"],
            ["III", "7", "2.68", "3", "2026-03-03"],
        ]
    ]
    assert "（无）" in (tmp_path / "新" / "a.html").read_text(encoding="utf-8")


def test_links_are_addresses_of_files(tmp_path: Path) -> None:
    links = {"商服": "级别图_商服.html", "odd": "级别图_#a b%20?&'\"<.html", "scheme": "javascript:alert(1)"}
    found = written(tmp_path / "a.html", {}, links=links)
    assert [address for address, _ in found.links] == list(links.values())
    html = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert not re.search(r'href="[^"]*[#?<:]', html), "what would begin a scheme, a query or a fragment is quoted"


TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc"))).filter(lambda text: text == text.strip())


@settings(max_examples=examples(40))
@given(texts=st.lists(TEXTS, min_size=3, max_size=6, unique=True))
def test_every_text_of_a_page_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    table = pd.DataFrame({texts[0]: texts})
    path = tmp_path_factory.getbasetemp() / "texts.html"
    found = written(path, {texts[1]: table}, title=texts[0], notice=texts[1], foot=texts[2], links={texts[2]: "a"})
    assert found.captions == [texts[1]]
    assert [row[0] for row in found.tables[0]] == [texts[0], *(text or "—" for text in texts)]
    assert found.links[0][1] == texts[2]


MARKUP = [
    "<script>alert(1)</script>",
    "</title><b>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt;",
    "a\"'<i>b",
    "{{7*7}}",
]


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_any_text_of_a_page_is_shown_as_written(tmp_path: Path, text: str) -> None:
    table = pd.DataFrame({text: [text]})
    found = written(tmp_path / "a.html", {text: table}, title=text, notice=text, foot=text, links={text: text})
    assert found.captions == [text]
    assert found.tables == [[[text], [text]]]
    assert found.links == [(text, text)]
    page = Tags((tmp_path / "a.html").read_text(encoding="utf-8"))
    plain = Tags(plain_page(tmp_path / "b.html"))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags], "no text became an element"


def plain_page(path: Path) -> str:
    """The same page with plain text everywhere."""
    write_table_page(path, {"甲": pd.DataFrame({"甲": ["甲"]})}, title="甲", notice="甲", foot="甲", links={"甲": "甲"})
    return path.read_text(encoding="utf-8")
