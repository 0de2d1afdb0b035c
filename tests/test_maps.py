"""Maps: what is drawn, what is written, and that nothing in the data can become code."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from fractions import Fraction
from html.parser import HTMLParser
from itertools import combinations, pairwise
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from landmarket.distribution import PARTIES
from landmarket.errors import BadValueError, CrsError, MissingColumnError, OutputError
from landmarket.html_page import escaped
from landmarket.maps import View, save_maps, township_maps
from landmarket.maps.audience import INTERNAL
from landmarket.maps.class_breaks import CLASSES, ClassRule
from landmarket.maps.facts import FACTS
from landmarket.maps.legend import NAMED, legend
from landmarket.maps.packing import shapes_of
from landmarket.maps.payload import payload
from tests.browser import samples
from tests.page_data import page_data, unpacked_bytes


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and the text of each script."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._open: dict[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = dict(attrs) if tag == "script" else None
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)

    def handle_endtag(self, tag: str) -> None:
        self._open = None


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    files = save_maps(samples.maps(), tmp_path_factory.mktemp("maps"))
    return {path.name: path.read_text(encoding="utf-8") for path in files}


def test_one_map_per_township_in_the_order_of_codes() -> None:
    maps = samples.maps()
    assert list(maps) == ["颍川街道", "火龙镇", "磨街乡"]
    assert all(isinstance(page, folium.Map) for page in maps.values())


def test_pages_and_index_are_written(pages: dict[str, str]) -> None:
    assert list(pages) == [
        "index.html",
        "411081001_颍川街道.html",
        "411081100_火龙镇.html",
        "411081204_磨街乡.html",
    ]


def test_the_table_is_not_changed() -> None:
    table, before = samples.parcels(), samples.parcels()
    township_maps(table, "unit_price", context=samples.context(), set_aside=samples.set_aside())
    pd.testing.assert_frame_equal(table, before)


def test_every_page_opens_with_a_policy_that_names_its_scripts(pages: dict[str, str]) -> None:
    for name, html in pages.items():
        head = html.index("<head>") + len("<head>")
        assert html[head:].startswith('<meta charset="utf-8"><meta http-equiv="Content-Security-Policy"'), name
        tags = Tags(html)
        policy = tags.tags[3][1]["content"]
        assert policy is not None
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert "unsafe" not in rules["script-src"]
        run = [text for attributes, text in tags.scripts if attributes.get("type") != "application/zlib;base64"]
        digests = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in run}
        named = set(re.findall(r"'sha256-([^']+)'", rules["script-src"]))
        assert named == digests
        assert (rules["script-src"] == "'none'") == (name == "index.html")


def test_no_page_points_anywhere_else(pages: dict[str, str]) -> None:
    for html in pages.values():
        for tag, attributes in Tags(html).tags:
            assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
            assert not any(name.startswith("on") for name in attributes)
            assert "src" not in attributes
            assert (attributes.get("href") or "").split("/")[0] not in {"http:", "https:", "", "javascript:"} or (
                "href" not in attributes
            )
        styles = "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL))
        assert "@import" not in styles
        assert set(re.findall(r"url\((.{5})", styles)) <= {"data:"}


def test_leaflet_keeps_its_licence(pages: dict[str, str]) -> None:
    html = pages["411081100_火龙镇.html"]
    for part in (
        " * Leaflet 1.9.4, a JS library",
        "Volodymyr Agafonkin",
        "Redistributions in binary form",
    ):
        assert part in html
    assert "sourceMappingURL" not in html


def test_other_folium_maps_keep_their_links() -> None:
    before = list(folium.Map.default_js), list(folium.Map.default_css)
    ours = samples.maps()["火龙镇"]
    ours.add_js_link("extra", "https://example.invalid/extra.js")
    assert (list(folium.Map.default_js), list(folium.Map.default_css)) == before
    assert samples.maps()["火龙镇"].default_js == []


def test_a_folium_layer_can_be_added() -> None:
    page = samples.maps()["火龙镇"]
    folium.GeoJson({"type": "Point", "coordinates": [113.4, 34.1]}).add_to(page)
    assert "L.geoJson" in page.get_root().render()


def test_rendering_twice_changes_nothing(tmp_path: Path) -> None:
    maps = samples.maps()
    first = [path.read_bytes() for path in save_maps(maps, tmp_path / "a")]
    assert maps["火龙镇"]._repr_html_()
    assert [path.read_bytes() for path in save_maps(maps, tmp_path / "b")] == first
    assert [path.read_bytes() for path in save_maps(samples.maps(), tmp_path / "c")] == first
    assert b"lm-home" not in maps["火龙镇"].get_root().render().split("</style>")[-1].encode()


def test_what_every_page_says(pages: dict[str, str]) -> None:
    for html in pages.values():
        for part in (INTERNAL, samples.NOTICE, "2000国家大地坐标系", "3度带，中央经线114°", "样例县", "2026-03-02"):
            assert part in html
        for name, count in samples.COUNTS.items():
            assert re.search(rf"<dt>{name}</dt><dd>{count}( 宗)?</dd>", html)


def unpacked(packed: dict) -> list[list[np.ndarray]]:
    """Read packed shapes again, without the package: degrees of the points of every ring."""
    points = np.cumsum(np.array(packed["deltas"], dtype=np.int64).reshape(-1, 2), axis=0) + np.array(packed["origin"])
    rings = np.split(points * packed["step"], np.cumsum(packed["rings"])[:-1])
    starts = np.concatenate([[0], np.cumsum(packed["features"])])
    return [rings[a:b] for a, b in pairwise(starts)]


def test_a_click_shows_every_share_of_the_deal_price() -> None:
    assert [column for column in FACTS if column in PARTIES] == list(PARTIES)


def test_drawn_shapes_are_the_parcels() -> None:
    table = samples.parcels()
    packed = shapes_of(table.geometry, areas=True).packed()
    degrees = table.geometry.to_crs(4490)
    for rings, shape in zip(unpacked(packed), degrees, strict=True):
        outer = [ring for ring in rings if Polygon(ring).exterior.is_ccw]
        holes = [ring for ring in rings if not Polygon(ring).exterior.is_ccw]
        drawn = shapely.union_all([Polygon(ring) for ring in outer])
        drawn = drawn.difference(shapely.union_all([Polygon(ring) for ring in holes]))
        assert drawn.symmetric_difference(shape).area < 1e-7 * shape.length
        assert max(np.abs(ring).max() for ring in rings) < 180


METRES = st.tuples(st.floats(-4e4, 4e4), st.floats(-4e4, 4e4), st.floats(1, 900), st.floats(1, 900))


@settings(deadline=None)
@given(st.lists(METRES, min_size=1, max_size=8), st.data())
def test_taking_shapes_keeps_them(sizes: list[tuple[float, ...]], data: st.DataObject) -> None:
    boxes = [box(5e5 + x, 3.78e6 + y, 5e5 + x + w, 3.78e6 + y + h) for x, y, w, h in sizes]
    shapes = shapes_of(gpd.GeoSeries(boxes, crs=samples.CRS), areas=True)
    at = data.draw(st.lists(st.integers(0, len(boxes) - 1), max_size=10))
    whole, taken = unpacked(shapes.packed()), unpacked(shapes.take(np.array(at, dtype=np.int64)).packed())
    for feature, place in zip(taken, at, strict=True):
        np.testing.assert_array_equal(np.vstack(feature), np.vstack(whole[place]))


def test_shapes_that_cannot_be_drawn_stay_as_empty_features() -> None:
    shapes = [None, Polygon(), shapely.Point(5e5, 3.78e6), box(5e5, 3.78e6, 5e5 + 10, 3.78e6 + 10)]
    packed = shapes_of(gpd.GeoSeries(shapes, crs=samples.CRS), areas=True).packed()
    np.testing.assert_array_equal(packed["features"], [0, 0, 0, 1])


def test_a_page_draws_its_township_and_what_was_set_aside(pages: dict[str, str]) -> None:
    data = page_data(pages["411081100_火龙镇.html"], "parcels")
    assert data["codes"] == [f"411081100001JB{j:05d}" for j in range(1, 10)]
    assert len(data["geometry"]["features"]) == 10
    texts = data["texts"]
    assert [texts[i] for i in data["setAside"]["titles"]] == ["7"]
    reasons = next(fact for fact in data["setAside"]["facts"] if fact["column"] == "set_aside_reason")
    assert [texts[i] for i in reasons["values"]] == ["宗地代码重复"]


def test_rows_set_aside_without_a_shape_are_counted(pages: dict[str, str]) -> None:
    assert "另有 1 宗暂不处理的宗地没有可用的图形" in pages["index.html"]


def test_rows_set_aside_go_to_the_nearest_parcels_where_there_are_no_outlines() -> None:
    maps = township_maps(samples.parcels(), "unit_price", set_aside=samples.set_aside())
    assert list(maps["火龙镇"].county.places.of_set_aside) == [1, 2, -1]


def test_parcels_without_a_township_have_their_own_page() -> None:
    table = samples.parcels()
    table.loc[table.index[:2], "township"] = None
    maps = township_maps(table, "unit_price")
    assert list(maps)[-1] == "乡镇不明"
    assert len(maps["乡镇不明"].county.places.parcels("乡镇不明")) == 2


def test_townships_are_joined_from_villages() -> None:
    maps = township_maps(samples.parcels(), "unit_price", context={"村界": samples.villages()})
    assert set(maps["火龙镇"].county.sketch.paths) == set(samples.TOWNSHIPS)


def test_outlines_with_crossed_rings_are_drawn_all_the_same() -> None:
    villages = samples.villages()
    west, south, east, north = villages.geometry.iloc[0].bounds
    villages.loc[0, "geometry"] = Polygon([(west, south), (east, north), (east, south), (west, north)])
    aside = samples.set_aside()
    maps = township_maps(samples.parcels(), "unit_price", context={"村界": villages}, set_aside=aside)
    assert set(maps["火龙镇"].county.sketch.paths) == set(samples.TOWNSHIPS)


def test_areas_that_only_name_their_township_are_no_outlines() -> None:
    fields = samples.villages().drop(columns="village")
    maps = township_maps(samples.parcels(), "unit_price", context={"农田": fields})
    ground = page_data(maps["火龙镇"].get_root().render(), "ground")
    assert [layer["kind"] for layer in ground["layers"]] == ["area"]


def test_a_township_without_any_shape_has_its_page() -> None:
    table = samples.parcels()
    table.loc[table["township"] == "磨街乡", "geometry"] = None
    maps = township_maps(table, "unit_price")
    assert page_data(maps["磨街乡"].get_root().render(), "parcels")["geometry"]["features"] == [0] * 9
    assert "磨街乡" not in maps["磨街乡"].county.sketch.paths


def member_labels(values: list[object], view: View) -> list[str | None]:
    made = legend(pd.DataFrame({view.column: values}), view)
    return [made.classes[i].label if i >= 0 else None for i in made.members]


def test_numbers_fall_into_the_range_their_label_says() -> None:
    values = np.random.default_rng(5).gamma(3, 90, 400).round(2)
    values[::17] = np.nan
    made = legend(pd.DataFrame({"unit_price": values}), View("unit_price"))
    assert len(made.classes) == CLASSES
    for value, member in zip(values, made.members, strict=True):
        if np.isnan(value):
            assert member == -1
            continue
        low, high = -np.inf, np.inf
        label = made.classes[member].label.replace(",", "")
        if label.startswith("＜"):
            high = float(label[1:])
        elif label.startswith("≥"):
            low = float(label[1:])
        else:
            low, high = map(float, label.split(" – "))
        assert low <= value < high
    shares = np.bincount(made.members[made.members >= 0]) / np.isfinite(values).sum()
    assert shares.min() > 0.1, "quantile classes are about equally full"


def test_given_breaks_are_kept() -> None:
    labels = member_labels([99.99, 100.0, 199.99, 200.0, np.nan], View("unit_price", breaks=(100.0, 200.0)))
    assert labels == ["＜ 100", "100 – 200", "100 – 200", "≥ 200", None]


def test_equal_classes_have_the_same_width() -> None:
    values = np.random.default_rng(2).gamma(2, 80, 300)
    values[:2] = 0.0, 1000.0
    made = legend(pd.DataFrame({"unit_price": values}), View("unit_price", rule=ClassRule.EQUAL))
    assert [entry.label for entry in made.classes] == ["＜ 200", "200 – 400", "400 – 600", "600 – 800", "≥ 800"]
    assert made.note == "全县等距分五级（取整），含下限、不含上限"


@pytest.mark.parametrize("times", [1, 3000])
def test_natural_breaks_lie_between_heaps(times: int) -> None:
    """Five heaps of numbers: the only partition into five that leaves no gap within a class."""
    values = np.tile([10.0, 11.0, 12.0, 110.0, 112.0, 300.0, 305.0, 311.0, 640.0, 650.0, 990.0, 1000.0], times)
    made = legend(pd.DataFrame({"unit_price": values}), View("unit_price", rule=ClassRule.NATURAL))
    heaps = np.searchsorted([60, 200, 500, 800], values)
    np.testing.assert_array_equal(made.members, heaps)


def test_natural_breaks_are_the_best_there_are() -> None:
    """Against every partition of twelve numbers into five runs."""
    values = np.array([3.0, 4.0, 8.0, 21.0, 22.0, 30.0, 47.0, 51.0, 70.0, 73.0, 90.0, 99.0])
    made = legend(pd.DataFrame({"unit_price": values}), View("unit_price", rule=ClassRule.NATURAL))

    def spread(cuts: tuple[int, ...]) -> Fraction:
        runs = [list(map(Fraction, values[a:b])) for a, b in pairwise((0, *cuts, len(values)))]
        return sum((one - sum(run) / len(run)) ** 2 for run in runs for one in run)

    best = min(spread(cuts) for cuts in combinations(range(1, len(values)), CLASSES - 1))
    found = tuple(int(np.searchsorted(made.members, place)) for place in range(1, CLASSES))
    assert spread(found) == best


def test_few_distinct_prices_are_classes_of_their_own() -> None:
    assert member_labels([48.0, 48.0, 50.5, np.nan], View("unit_price")) == ["48", "48", "50.5", None]


def test_a_column_without_any_value_has_no_class() -> None:
    assert member_labels([np.nan, np.nan], View("unit_price")) == [None, None]
    assert member_labels([None, " "], View("grade")) == [None, None]


def test_grades_are_sorted_by_what_they_say() -> None:
    made = legend(pd.DataFrame({"grade": ["三级", "一级", "二级", "三级"]}), View("grade"))
    assert [entry.label for entry in made.classes] == ["一级", "二级", "三级"]
    assert len({entry.colour for entry in made.classes}) == 3


def test_entry_has_its_three_colours() -> None:
    made = legend(pd.DataFrame({"allowed": ["待核实", "不可入市", "可入市"]}), View("allowed"))
    assert [(entry.label, entry.colour) for entry in made.classes] == [
        ("可入市", "#009e73"),
        ("不可入市", "#d55e00"),
        ("待核实", "#f0e442"),
    ]


def test_rare_categories_share_a_colour_and_every_parcel_has_one() -> None:
    names = [f"用途{i:02d}" for i in range(14) for _ in range(20 - i)]
    made = legend(pd.DataFrame({"planned_use_name": names}), View("planned_use_name"))
    assert len(made.classes) == NAMED
    assert made.classes[-1].label == f"其他（{14 - NAMED + 1} 种）"
    assert len({entry.colour for entry in made.classes}) == NAMED
    assert (made.members >= 0).all()


@pytest.mark.parametrize("breaks", [(200.0, 100.0), (100.0, 100.0)])
def test_breaks_that_do_not_ascend_are_refused(breaks: tuple[float, ...]) -> None:
    with pytest.raises(BadValueError, match="由小到大"):
        legend(pd.DataFrame({"unit_price": [1.0, 2.0]}), View("unit_price", breaks=breaks))


def test_breaks_of_text_are_refused() -> None:
    with pytest.raises(BadValueError, match="grade"):
        legend(pd.DataFrame({"grade": ["一级"]}), View("grade", breaks=(1.0,)))


@pytest.mark.parametrize(
    ("column", "values", "texts", "unit"),
    [
        ("unit_price", [2.675, 1234.5, np.nan], ["2.68", "1,234.50", None], "元/㎡"),
        ("total_price_fen", [123_456_789_50, 0, None], ["12,345.68", "0.00", None], "万元"),
        ("premium_rate", [0.12345, -0.5, None], ["12.35", "-50.00", None], "%"),
        ("bidder_count", [3, 12345, None], ["3", "12,345", None], "人"),
        ("deal_unit_price", [0.005, 1e7, np.inf], ["0.01", "10,000,000.00", None], "元/㎡"),
    ],
)
def test_numbers_are_written_half_up(column: str, values: list, texts: list, unit: str) -> None:
    made = legend(pd.DataFrame({column: pd.Series(values, dtype="Float64")}), View(column))
    assert (made.texts, made.unit) == (texts, unit)


def test_dates_are_written_as_days() -> None:
    days = pd.to_datetime(pd.Series(["2026-03-02", None]))
    assert legend(pd.DataFrame({"listing_until": days}), View("listing_until")).texts == ["2026-03-02", None]


def test_the_index_adds_up(pages: dict[str, str]) -> None:
    table = samples.parcels()
    rows = re.findall(r"<tr[^>]*><th scope=\"row\">(.*?)</th>(.*?)</tr>", pages["index.html"])
    read = {re.sub(r"<.*?>", "", name): re.findall(r"<td[^>]*>([^<]*)", cells) for name, cells in rows}
    assert list(read) == ["全县合计", "颍川街道", "火龙镇", "磨街乡"]
    for name in samples.TOWNSHIPS:
        own = table[table["township"] == name]
        mu = Fraction(sum(int(area * 100) for area in own["area"]), 100) * 3 / 2000
        wan = Fraction(int(own["total_price_fen"].fillna(0).sum()), 10**6)
        expected = [9, f"{float(mu):,.2f}", 3, 3, 3, f"{float(wan):,.2f}", 3]
        assert read[name][:7] == [str(value) for value in expected]
    whole = int(table["total_price_fen"].fillna(0).sum())
    assert read["全县合计"][5] == f"{whole / 1e6:,.2f}"
    assert [cells[-1] for cells in read.values()] == ["3", "0", "1", "1"]


def test_the_index_links_every_page(pages: dict[str, str]) -> None:
    from urllib.parse import unquote

    links = [unquote(a["href"] or "") for tag, a in Tags(pages["index.html"]).tags if tag == "a"]
    assert set(links) == set(pages) - {"index.html"}


@pytest.mark.parametrize("column", ["reserve_price", "底价", "reserve_price_fen"])
def test_a_reserve_price_is_not_drawn(column: str) -> None:
    table = samples.parcels().assign(**{column: 1.0})
    with pytest.raises(BadValueError, match="保密"):
        township_maps(table, column)
    with pytest.raises(BadValueError, match="保密"):
        township_maps(table, "unit_price", views=[column])
    for page in township_maps(table, "unit_price").values():
        assert column not in page.get_root().render()


def test_a_reserve_price_in_a_worksheet_is_refused() -> None:
    table = samples.parcels()
    sheets = samples.sheets(table)
    sheets.iloc[3, 0] = "底价"
    with pytest.raises(BadValueError, match="保密"):
        township_maps(table, "unit_price", worksheets=sheets)


def test_columns_nobody_asked_for_stay_in_the_table() -> None:
    table = samples.parcels().assign(联系人="张三", 电话="13800000000")
    for page in township_maps(table, "unit_price").values():
        html = page.get_root().render()
        assert "张三" not in html
        assert "13800000000" not in html


def test_a_missing_column_is_named() -> None:
    with pytest.raises(MissingColumnError, match="地面单价"):
        township_maps(samples.parcels().drop(columns="unit_price"), "unit_price")
    with pytest.raises(MissingColumnError, match="township"):
        township_maps(samples.parcels().drop(columns="township"), "unit_price")


def test_layers_need_a_projected_crs() -> None:
    with pytest.raises(CrsError):
        township_maps(samples.parcels().to_crs(4490), "unit_price")
    with pytest.raises(CrsError, match="村界"):
        township_maps(samples.parcels(), "unit_price", context={"村界": samples.villages().to_crs(4490)})


def test_points_beneath_the_parcels_are_refused() -> None:
    points = samples.roads().set_geometry(samples.roads().centroid)
    with pytest.raises(BadValueError, match="设施"):
        township_maps(samples.parcels(), "unit_price", context={"设施": points})


def test_repeated_codes_are_refused() -> None:
    table = samples.parcels()
    with pytest.raises(BadValueError, match="重复"):
        township_maps(pd.concat([table, table.iloc[:1]]), "unit_price")


def test_nothing_to_save_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match="没有地图"):
        save_maps({}, tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        save_maps(samples.maps(), tmp_path / "file")


def test_townships_with_one_file_name_get_two_files(tmp_path: Path) -> None:
    table = samples.parcels().drop(columns="township_code")
    table["township"] = table["township"].map({"火龙镇": "a/b", "磨街乡": "A?B", "颍川街道": "index"})
    names = [path.name for path in save_maps(township_maps(table, "unit_price"), tmp_path)]
    assert names == ["index.html", "_A_B.html", "_a_b_2.html", "_index.html"]
    assert len(list(tmp_path.iterdir())) == 4


VALUES = st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(VALUES)
def test_data_come_back_and_cannot_end_their_element(value: object) -> None:
    text = payload({"data": value})  # type: ignore[dict-item]  # hypothesis gives object
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", text)
    assert unpacked_bytes(zlib.decompress(base64.b64decode(text))) == {"data": value}


INT32 = st.integers(-(2**31), 2**31 - 1)


@given(st.lists(st.lists(INT32)))
def test_columns_come_back(columns: list[list[int]]) -> None:
    text = payload({"columns": [np.array(column, dtype=np.int64) for column in columns], "last": ["字"]})
    found = unpacked_bytes(zlib.decompress(base64.b64decode(text)))
    assert found == {"columns": columns, "last": ["字"]}


@given(st.text())
def test_escaped_text_is_text(text: str) -> None:
    found: list[str] = []
    parser = HTMLParser(convert_charrefs=True)
    parser.handle_data = found.append  # type: ignore[method-assign]  # collects what a browser would show
    parser.handle_starttag = lambda tag, attrs: pytest.fail(f"tag {tag}")  # type: ignore[method-assign]
    parser.feed(escaped(text))
    parser.close()
    assert "".join(found) == text
