"""The county file: every mistake is named with its cure."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from pyproj import CRS

from landmarket.audience import Classification, public_audience, require_audience, strictest
from landmarket.columns import schema
from landmarket.county import FILES, read_county, read_scenario, sample_county
from landmarket.errors import (
    BadValueError,
    CrsError,
    LandMarketError,
    MissingColumnError,
    ReadError,
    RuleError,
    UnverifiedRuleWarning,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A county folder whose files are there but empty, with the sample's county file."""
    shutil.copy(sample_county() / "county.toml", tmp_path / "county.toml")
    for path in read_county(sample_county()).inputs:
        target = tmp_path / path.relative_to(sample_county())
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    return tmp_path


def test_folder_and_file_give_the_same(folder: Path) -> None:
    assert read_county(folder) == read_county(folder / "county.toml")
    assert read_county(folder).county == "411081"


def test_files_that_only_some_work_needs_may_be_left_out(folder: Path) -> None:
    county = read_county(folder)
    assert county.grading_rule == folder / "rules" / "grading.toml"
    assert county.compile_rule == folder / "rules" / "compile.toml"
    assert county.income_plan == folder / "rules" / "income.toml"
    assert county.market_plan == folder / "rules" / "market.toml"
    path = folder / "county.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [
        line for line in lines if not line.startswith(("grading_rule", "compile_rule", "income_plan", "market_plan"))
    ]
    assert len(kept) == len(lines) - 4
    path.write_text("\n".join(kept), encoding="utf-8")
    county = read_county(folder)
    assert [county.grading_rule, county.compile_rule, county.income_plan, county.market_plan] == [None] * 4


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('county = "411081"', "county = 411081", "county = 411081"),
        ('county = "411081"', 'county = "41108"', "41108.*6 位数字"),
        ("pilot = true", 'pilot = "是"', "pilot"),
        ("on = 2026-03-02", 'on = "2026-03-02"', "日期"),
        ("on = 2026-03-02", "on = 9999-12-31", "1900 至 2199 年间的日期"),
        ("on = 2026-03-02", "on = 0001-01-01", "1900 至 2199 年间的日期"),
        ("seed = 411081", "sead = 411081", "seed"),
        ("[files]", "[filez]", "files"),
        ('effect = "veto"', 'effect = "forbid"', "veto、warn、unknown"),
        ('"商服" = "upper"', '"商服" = "上限"', "floor_area_ratio.*商服.*upper、lower"),
        ('name = "禹州市"', 'name = "禹州市"\nextra = 1', "extra"),
    ],
)
def test_a_wrong_key_or_value_is_named(folder: Path, old: str, new: str, said: str) -> None:
    path = folder / "county.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleError, match=said):
        read_county(folder)


def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    (folder / "price_notice.xlsx").unlink()
    with pytest.raises(ReadError, match=r"price_notice\.xlsx"):
        read_county(folder)


@pytest.mark.parametrize(
    ("file", "layer", "damage", "said"),
    [
        ("constraints.gpkg", "永久基本农田", "moved", "永久基本农田.*不在一处"),
        ("constraints.gpkg", "永久基本农田", "emptied", "永久基本农田.*没有任何图形"),
        ("ownership.gpkg", "ownership", "moved", "ownership.*不在一处"),
    ],
)
def test_a_layer_that_lies_elsewhere_or_is_empty_is_refused(
    tmp_path: Path, file: str, layer: str, damage: str, said: str
) -> None:
    copy = tmp_path / "county"
    shutil.copytree(sample_county(), copy)
    frame = gpd.read_file(copy / file, layer=layer)
    frame = frame.set_crs(4546, allow_override=True) if damage == "moved" else frame.iloc[:0]
    frame.to_file(copy / file, layer=layer, driver="GPKG")
    with pytest.raises(CrsError, match=said):
        read_scenario(read_county(copy), CRS.from_epsg(4547))


@pytest.mark.filterwarnings("ignore::landmarket.errors.LandMarketWarning")
@pytest.mark.parametrize("crs", [4526, 2437, 32649])
def test_layers_are_good_in_whatever_system_the_parcels_are(crs: int) -> None:
    """With the prefix, of another meridian and datum, of UTM: rings that touch themselves are not broken on the way."""
    scenario, own = (read_scenario(read_county(sample_county()), CRS.from_epsg(code)) for code in (crs, 4547))
    for layer, before in ((scenario.villages, own.villages), (scenario.plan, own.plan), (scenario.owners, own.owners)):
        assert layer.is_valid.all()
        straight = before.to_crs(crs).area  # also of a ring that crosses itself by a millimetre
        assert (layer.area - straight).abs().max() < 0.2


@pytest.mark.filterwarnings("ignore::landmarket.errors.PriceTableWarning")
def test_an_end_of_the_range_for_a_use_the_notice_does_not_have_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "county"
    shutil.copytree(sample_county(), copy)
    text = (copy / "county.toml").read_text(encoding="utf-8")
    (copy / "county.toml").write_text(text.replace('"商服" = "upper"', '"商业" = "upper"'), encoding="utf-8")
    with pytest.raises(RuleError, match=r"county\.toml：\[floor_area_ratio\] 有公告没有的用途 商业。办法：.*商服"):
        read_scenario(read_county(copy), CRS.from_epsg(4547))


@pytest.mark.parametrize(
    ("file", "layer", "column", "value", "error", "said"),
    [
        (
            "plan",
            "国土空间规划",
            "plan_code",
            "9999",
            BadValueError,
            r"规划图层 .*列 plan_code（用地代码）.*1 = '9999'.*办法",
        ),
        (
            "plan",
            "国土空间规划",
            "plan_code",
            None,
            MissingColumnError,
            r"规划图层 .*缺少列：plan_code（用地代码）.*办法",
        ),
        (
            "ownership",
            "ownership",
            "owner_code",
            "甲",
            BadValueError,
            r"所有权图层 .*列 owner_code（所有权宗地代码）.*1 = '甲'",
        ),
        (
            "ownership",
            "ownership",
            "member_count",
            "-3",
            BadValueError,
            r"所有权图层 .*列 member_count（成员人数）.*-3",
        ),
        ("ownership", "ownership", "owner", None, MissingColumnError, r"所有权图层 .*缺少列：owner（土地所有权人）"),
        (
            "villages",
            "villages",
            "village_code",
            None,
            MissingColumnError,
            r"村界图层 .*缺少列：village_code（村代码）",
        ),
        ("plan", "国土空间规划", "geometry", "", BadValueError, r"规划图层 .*无效的图形，共 1 行：1。办法"),
        (
            "constraints",
            "生态保护红线",
            "geometry",
            "",
            BadValueError,
            r"管控图层 .*（生态保护红线）.*无效的图形，共 1 行：1。办法",
        ),
    ],
)
def test_a_column_or_value_of_a_layer_is_named_with_its_file(
    tmp_path: Path, file: str, layer: str, column: str, value: str | None, error: type[LandMarketError], said: str
) -> None:
    """Before anything is computed, and not by the name of a function."""
    copy = tmp_path / "county"
    shutil.copytree(sample_county(), copy)
    frame = gpd.read_file(copy / ("plan.gdb" if file == "plan" else f"{file}.gpkg"), layer=layer)
    if column == "geometry":
        frame.loc[0, "geometry"] = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    else:
        header = next(name for name in schema()[column].headers if name in frame.columns)
        rest = frame[header].iloc[1:]
        frame = frame.drop(columns=header) if value is None else frame.assign(**{header: [value, *rest]})
    frame.to_file(copy / f"{file}.gpkg", layer=layer, driver="GPKG")
    settings = (copy / "county.toml").read_text(encoding="utf-8")
    (copy / "county.toml").write_text(
        settings.replace("plan.gdb", "plan.gpkg") if file == "plan" else settings, encoding="utf-8"
    )
    with pytest.raises(error, match=said) as caught:
        read_scenario(read_county(copy), CRS.from_epsg(4547))
    assert str(copy / f"{file}.gpkg") in str(caught.value)


@pytest.mark.parametrize("content", [b"name = \xff\xfe", b"name = ", b"code: 0601"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "county.toml").write_bytes(content)
    with pytest.raises(LandMarketError, match=r"county\.toml"):
        read_county(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("rules/split.toml", 'county = "411081"', 'county = "411024"'),
        ("rules/deal.toml", 'county = "411081"', 'county = "411024"'),
        ("rules/entry.toml", "pilot = true", "pilot = false"),
    ],
)
def test_rules_of_another_county_or_pilot_status_are_refused(tmp_path: Path, name: str, old: str, new: str) -> None:
    copy = tmp_path / "county"
    shutil.copytree(sample_county(), copy)
    text = (copy / name).read_text(encoding="utf-8")
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleError, match=Path(name).name):
        read_scenario(read_county(copy), CRS.from_epsg(4547))


# --- classification (资料密级)


def classified(folder: Path, lines: str) -> Path:
    """The county file with another table of classifications."""
    path = folder / "county.toml"
    before, rest = path.read_text(encoding="utf-8").split("[classification]")
    path.write_text(f"{before}[classification]\n{lines}\n\n[layers]{rest.split('[layers]')[1]}", encoding="utf-8")
    return path


def test_the_most_restrictive_input_decides(folder: Path) -> None:
    county = read_county(classified(folder, 'parcels = "内部"\nownership = "秘密"\n"道路" = "公开"'))
    assert strictest(county.classified) == (Classification.CONFIDENTIAL, ("所有权 ownership",))
    assert county.classified["道路"] is Classification.PUBLIC


def test_what_is_not_stated_is_internal_and_the_deal_terms_are_not_classified(folder: Path) -> None:
    county = read_county(classified(folder, ""))
    assert set(county.classified.values()) == {Classification.INTERNAL}
    named = {"宗地 parcels", "规划 plan", "村界 villages", "收益分配办法 split_rule", "道路", "采空区"}
    assert named <= set(county.classified)
    assert len(county.classified) == len(FILES) - 1 + len(county.constraints) + len(county.context)  # no deal terms


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('parcels = "绝密级"', "公开、内部、秘密、机密、绝密"),
        ('parcel = "公开"', "parcel"),
        ('deal_terms = "公开"', "底价比例.*办法"),
    ],
)
def test_classifications_that_are_refused(folder: Path, line: str, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        read_county(classified(folder, line))


@pytest.mark.parametrize("closed", [one for one in Classification if one is not Classification.PUBLIC])
def test_a_public_output_names_the_input_that_forbids_it(closed: Classification) -> None:
    with pytest.warns(UnverifiedRuleWarning):
        audience = public_audience("豫S（2026）012号", on=date(2026, 3, 2))
    stated: Mapping[str, Classification] = {"roads": Classification.PUBLIC, "parcels": closed}
    with pytest.raises(BadValueError, match=rf"parcels（{closed}）.*办法") as error:
        require_audience(audience, stated)
    assert "roads" not in str(error.value)
    require_audience(audience, {"roads": Classification.PUBLIC})
