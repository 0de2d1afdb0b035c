"""Reading a county's grading rule: what it says is what is read, and what cannot be right is refused by name."""

from __future__ import annotations

import math
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.county import sample_county
from landmarket.errors import LandMarketError, ReadError, RuleError
from landmarket.pricing.factors import Decay
from landmarket.pricing.grading import BoundaryMethod, GradingRule, UnitKind, read_grading_rule
from landmarket.pricing.grading.rule import (
    AreaFactor,
    Combine,
    Distance,
    Level,
    Measure,
    PointFactor,
    RoadFactor,
    TerrainFactor,
)
from tests.grading_cases import HEAD, PLACE, USE, WHOLE, changed
from tests.hunting import examples

SAMPLE = sample_county() / "rules" / "grading.toml"


def rule_file(folder: Path, text: str) -> Path:
    for name in ("a.gpkg", "b.gpkg", "c.csv", "d.tif"):
        (folder / name).touch()
    (folder / "rule.toml").write_text(text, encoding="utf-8")
    return folder / "rule.toml"


def test_what_a_rule_says(tmp_path: Path) -> None:
    rule = read_grading_rule(rule_file(tmp_path, WHOLE))
    assert (rule.name, rule.county, rule.source, rule.verified) == ("样例办法", "411081", "样例文号", True)
    assert (rule.cell, rule.unit, rule.smallest, rule.samples) == (100.0, UnitKind.VILLAGE, 1_500_000.0, None)
    assert list(rule.layers) == ["设施", "路", "村情", "高程"]
    assert rule.layers["设施"].path == tmp_path / "a.gpkg"
    assert (rule.layers["设施"].layer, rule.layers["村情"].key) == ("第一层", "村代码")
    points, roads, place, slope = rule.factors
    assert isinstance(points, PointFactor)
    assert (points.decay, points.distance, points.roads) == (Decay.LINEAR, Distance.STRAIGHT, "")
    hospital, clinic = points.kinds
    assert hospital.levels == (Level("县级", 100.0, 9000.0), Level("乡级", 60.0, None))
    assert (hospital.weight, clinic.weight, clinic.leave_out) == (0.7, 0.3, ("停办",))
    assert (hospital.combine, hospital.sizes) == (Combine.BEST, ())
    assert isinstance(roads, RoadFactor)
    assert (roads.decay, roads.leave_out) == (Decay.EXPONENTIAL, ("高速公路",))
    assert roads.classes == (Level("国道", 100.0, 4000.0), Level("县道", 70.0, None))
    assert place == AreaFactor("保障", "村情", "保障率", 50.0, 98.0, "%")
    assert slope == TerrainFactor("坡度", "高程", Measure.SLOPE, 0.0, 15.0, 1.0)
    assert isinstance(slope, TerrainFactor)
    assert slope.unit == "%"
    (use,) = rule.uses
    assert (use.name, use.count, use.method, use.boundaries) == ("商服", 3, BoundaryMethod.GIVEN, (40.0, 60.0))
    assert use.names == ("I", "II", "III")
    assert use.weights.to_dict() == {"医疗": 0.4, "道路": 0.3, "保障": 0.2, "坡度": 0.1}
    assert use.weighting == "规则给定"


def test_distances_along_roads_and_relief(tmp_path: Path) -> None:
    text = changed(WHOLE, 'kind_column = "类型"', 'kind_column = "类型"\ndistance = "roads"\nroads = "路"')
    text = changed(text, 'measure = "slope"', 'measure = "relief"\nwindow = 450')
    rule = read_grading_rule(rule_file(tmp_path, text))
    points, slope = rule.factors[0], rule.factors[3]
    assert isinstance(points, PointFactor)
    assert (points.distance, points.roads) == (Distance.ROADS, "路")
    assert isinstance(slope, TerrainFactor)
    assert (slope.measure, slope.window, slope.unit) == (Measure.RELIEF, 450.0, "m")


def test_sizes_stand_in_for_scores(tmp_path: Path) -> None:
    text = changed(WHOLE, "    score = 100\n    radius = 9000\n", "")
    text = changed(changed(text, "    score = 60\n", ""), "weight = 0.7", 'weight = 0.7\n  sizes = ["床位"]')
    points = read_grading_rule(rule_file(tmp_path, text)).factors[0]
    assert isinstance(points, PointFactor)
    assert points.kinds[0].sizes == ("床位",)
    assert points.kinds[0].levels == (Level("县级", None, None), Level("乡级", None, None))


def weighed(tmp_path: Path, how: str) -> tuple[list[float], str]:
    text = changed(WHOLE, "weights = [0.4, 0.3, 0.2, 0.1]", how)
    use = read_grading_rule(rule_file(tmp_path, text)).uses[0]
    assert math.fsum(use.weights) == 1
    return use.weights.tolist(), use.weighting


def test_weights_from_the_judgements_of_experts(tmp_path: Path) -> None:
    # consistent judgements 4 : 2 : 1 : 1 have exactly these weights, λmax = n and CR = 0
    matrix = '[["1","2","4","4"],["1/2","1","2","2"],["1/4","1/2","1","1"],[0.25,"1/2",1,1]]'
    weights, how = weighed(tmp_path, f"ahp = {matrix}")
    assert weights == [0.5, 0.25, 0.125, 0.125]
    assert how == "层次分析法，λmax = 4.0000，CR = 0.0000"
    # 3, 1.5, 1 and 0.5 points of 6
    pairs = "[[0, 1, 1, 1], [0, 0, 0.5, 1], [0, 0.5, 0, 0.5], [0, 0, 0.5, 0]]"
    assert weighed(tmp_path, f"pairwise = {pairs}") == ([0.5, 0.25, 0.1667, 0.0833], "因素成对比较法")
    rounds = "打分表\n轮次,专家,医疗,道路,保障,坡度\n1,甲,1,1,1,97\n1,乙,1,1,1,97\n2,甲,50,30,10,10\n2,乙,30,30,30,10\n"
    (tmp_path / "experts.csv").write_text(rounds, encoding="utf-8-sig")
    assert weighed(tmp_path, 'delphi = "experts.csv"') == ([0.4, 0.3, 0.2, 0.1], "特尔菲法，末轮 2 位专家")


INCONSISTENT = 'ahp = [["1","9","1/9","2"],["1/9","1","9","1"],["9","1/9","1","1"],["1/2","1","1","1"]]'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "样例办法"\n', "", "缺少 name"),
        ('county = "411081"', "county = 411081", "county = 411081 不是文字"),
        ("verified = true", 'verified = "yes"', "verified"),
        ("cell = 100", "cell = 0", "cell = 0 应为正数"),
        ("cell = 100", "cell = -5", "cell = -5 应为正数"),
        ("cell = 100", "cell = nan", "不是有限的数"),
        ("cell = 100", "cell = 1e999", "不是有限的数"),
        ("cell = 100", 'cell = "100"', "cell = '100' 不是数"),
        ('unit = "village"', 'unit = "county"', "unit = 'county'"),
        ('unit = "village"', 'unit = "area"', "须有 area_count"),
        ('unit = "village"', 'unit = "area"\narea_count = 1', "须有 area_count"),
        ('unit = "village"', 'unit = "area"\narea_count = 9.5', "area_count"),
        ("smallest_km2 = 1.5", "smallest_km2 = -1", "smallest_km2 = -1"),
        ("smallest_km2 = 1.5", "smalest_km2 = 1.5", "缺少 smallest_km2"),
        ("verified = true", "verified = true\ncells = 3", "不认识的键 cells"),
        ('file = "b.gpkg"', 'file = "b.gpkg"\nfiles = "x"', "不认识的键 files"),
        ('name = "路"', 'name = "设施"', "图层 设施 写了两次"),
        ('name = "路"', "", "第 2 条 \\[\\[layer\\]\\]：缺少 name"),
        ('kind = "points"', 'kind = "polygons"', "kind = 'polygons' 不是 points、roads、area、terrain"),
        ('layer = "设施"\nkind', 'layer = "没有"\nkind', "没有图层 没有"),
        ('kind_column = "类型"', 'kind_column = "类型"\ndistance = "roads"\nroads = "没有"', "没有图层 没有"),
        ('kind_column = "类型"', 'kind_column = "类型"\ndistance = "roads"', "缺少 roads"),
        ('kind_column = "类型"', 'kind_column = "类型"\nroads = "路"', "不认识的键 roads"),
        ('decay = "linear"', 'decay = "square"', "decay = 'square'"),
        ('decay = "linear"\n', "", "缺少 decay"),
        ('name = "道路"\nkind', 'name = "医疗"\nkind', "因素重名"),
        ("weight = 0.7", "weight = 0.6", "weight 合计 0.9"),
        ("weight = 0.7", "", "weight 合计 1.3"),
        ("weight = 0.7", "weight = nan", "不是有限的数"),
        ("weight = 0.7\n", "weight = 1.3\n", "weight 合计 1.6"),
        ("weight = 0.3", "weight = -0.3", "weight = -0.3 应为正数"),
        ('name = "诊所"', 'name = "医院"', "设施类别重名：医院"),
        ('leave_out = ["停办"]', 'leave_out = "停办"', "leave_out"),
        ('leave_out = ["停办"]', 'combine = "sum"', "combine = 'sum'"),
        ("radius = 9000", "radius = 0", "radius = 0 应为正数"),
        ("radius = 9000", "radius = -9000", "radius = -9000"),
        ("radius = 9000", "radius = inf", "不是有限的数"),
        ("radius = 9000", "radious = 9000", "不认识的键 radious"),
        ("    score = 100", "    score = 0", "score = 0 应大于 0"),
        ("    score = 100", "    score = 101", "score = 101"),
        ("    score = 100", "    score = nan", "不是有限的数"),
        ("    score = 100", "    score = -1", "score = -1"),
        ("    score = 100\n", "", "级别 县级 没有 score，又没有 sizes"),
        ('name = "乡级"', 'name = "县级"', "级别重名"),
        ('    [[factor.facility.level]]\n    name = "村级"\n    score = 20\n', "", "没有 \\[\\[level\\]\\]"),
        ("  score = 70\n", "", "道路等级 县道 没有 score"),
        ('name = "县道"', 'name = "国道"', "级别重名"),
        ("worst = 50", "worst = 98", "worst 与 best 相等"),
        ("worst = 50", "worst = nan", "不是有限的数"),
        ("best = 1\n", "best = inf\n", "不是有限的数"),
        ('column = "保障率"', "", "缺少 column"),
        ('measure = "slope"', 'measure = "height"', "measure = 'height'"),
        ('measure = "slope"', 'measure = "relief"', "缺少 window"),
        ('measure = "slope"', 'measure = "relief"\nwindow = 0', "window = 0"),
        ('measure = "slope"', 'measure = "slope"\nwindow = 90', "不认识的键 window"),
        ('"医疗", "道路", "保障"', '"医疗", "道路", "没有"', "没有这些因素：没有"),
        ('"医疗", "道路", "保障"', '"医疗", "道路", "道路"', "factors 为空、重复"),
        ('factors = ["医疗", "道路", "保障", "坡度"]', "factors = []", "factors 为空"),
        ("grades = 3", "grades = 1", "scores = .* 应为 0 个"),
        ('grades = 3\nboundaries = "given"\nscores = [40, 60]', 'grades = 1\nboundaries = "gaps"', "grades = 1"),
        ('grades = 3\nboundaries = "given"\nscores = [40, 60]', 'grades = 11\nboundaries = "gaps"', "grades = 11"),
        ("grades = 3", "grades = 4", "scores = .* 应为 3 个"),
        ("grades = 3", "grades = 3.0", "grades"),
        ("scores = [40, 60]", "scores = [60, 40]", "由小到大"),
        ("scores = [40, 60]", "scores = [40, 40]", "由小到大"),
        ("scores = [40, 60]", "scores = [40, 140]", "0—100"),
        ("scores = [40, 60]", "scores = [0, 60]", "0—100"),
        ("scores = [40, 60]", "scores = [nan, 60]", "scores"),
        ("scores = [40, 60]", "", "缺少 scores"),
        ('boundaries = "given"', 'boundaries = "gaps"', "不认识的键 scores"),
        ('boundaries = "given"', 'boundaries = "jenks"', "boundaries = 'jenks'"),
        ("grades = 3", 'grades = 3\nnames = ["一", "二"]', "级别名称"),
        ("grades = 3", 'grades = 3\nnames = ["一", "二", "二"]', "级别名称"),
        ("[0.4, 0.3, 0.2, 0.1]", "[0.4, 0.3, 0.2, 0.2]", "权重之和为 1.1"),
        ("[0.4, 0.3, 0.2, 0.1]", "[0.4, 0.3, 0.3]", "weights 有 3 个，因素有 4 个"),
        ("[0.4, 0.3, 0.2, 0.1]", "[0.4, 0.3, 0.4, -0.1]", "坡度"),
        ("[0.4, 0.3, 0.2, 0.1]", "[0.4, 0.3, nan, 0.3]", "不是有限的数"),
        ("[0.4, 0.3, 0.2, 0.1]", "[0.4, 0.3, 0.29999, 0.00001]", "万分之一：坡度"),
        ("weights = [0.4, 0.3, 0.2, 0.1]", "", "应写且只写一种"),
        ("weights = ", 'delphi = "x.csv"\nweights = ', "应写且只写一种"),
        ("weights = [0.4, 0.3, 0.2, 0.1]", "ahp = [[1, 1], [1, 1]]", "ahp 应为 4×4 的数组"),
        ("weights = [0.4, 0.3, 0.2, 0.1]", "ahp = [[1, 1, 1, 1]]", "ahp 有 1 行"),
        ("weights = [0.4, 0.3, 0.2, 0.1]", "ahp = 3", "ahp 应为 4×4"),
        ("weights = [0.4, 0.3, 0.2, 0.1]", INCONSISTENT, r"CR = [\d.]+，应小于 0\.1"),
        ("weights = [0.4, 0.3, 0.2, 0.1]", INCONSISTENT.replace("ahp", "pairwise"), "行 医疗 列 医疗"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = rule_file(tmp_path, changed(WHOLE, old, new))
    with pytest.raises(RuleError, match=said) as refused:
        read_grading_rule(path)
    assert str(path) in str(refused.value)


def test_inconsistent_judgements_are_named(tmp_path: Path) -> None:
    path = rule_file(tmp_path, changed(WHOLE, "weights = [0.4, 0.3, 0.2, 0.1]", INCONSISTENT))
    with pytest.raises(RuleError) as refused:
        read_grading_rule(path)
    message = str(refused.value)
    assert "第 1 条 [[use]]" in message
    named = re.findall(r"行 (\w+) 列 (\w+) 现为 ([\d/]+)", message)
    judged = {("医疗", "道路"): "9", ("医疗", "保障"): "1/9", ("医疗", "坡度"): "2", ("道路", "保障"): "9"}
    assert len(named) == 3
    assert all(judged[row, column] == value for row, column, value in named)


@pytest.mark.parametrize(
    ("text", "said"),
    [(HEAD + USE, r"没有 \[\[factor\]\]"), (HEAD + PLACE, r"没有 \[\[use\]\]"), (WHOLE + USE, "用途重名")],
)
def test_a_rule_has_factors_and_uses(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        read_grading_rule(rule_file(tmp_path, text))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    path = rule_file(tmp_path, WHOLE)
    (tmp_path / "c.csv").unlink()
    with pytest.raises(ReadError, match=r"找不到文件 .*c\.csv"):
        read_grading_rule(path)
    (tmp_path / "c.csv").touch()
    path.write_text(changed(WHOLE, "cell = 100", 'cell = 100\nsamples = "s.xlsx"'), encoding="utf-8")
    with pytest.raises(ReadError, match=r"找不到文件 .*s\.xlsx"):
        read_grading_rule(path)
    path.write_text(changed(WHOLE, "weights = [0.4, 0.3, 0.2, 0.1]", 'delphi = "x.csv"'), encoding="utf-8")
    with pytest.raises(ReadError, match=r"x\.csv：打不开"):
        read_grading_rule(path)
    with pytest.raises(ReadError, match="打不开"):
        read_grading_rule(tmp_path / "none.toml")
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(ReadError, match="不是有效的 TOML"):
        read_grading_rule(path)
    path.write_bytes(WHOLE.encode("gb18030"))
    with pytest.raises(ReadError, match="不是 UTF-8"):
        read_grading_rule(path)


@pytest.mark.parametrize(
    ("rounds", "said"),
    [
        ("轮次,专家,医疗,道路,保障\n1,甲,1,2,3\n", "没有一行表头含有"),
        ("轮次,专家,医疗,道路,保障,坡度\n", "没有打分"),
        ("轮次,专家,医疗,道路,保障,坡度\n,甲,1,2,3,4\n1,乙,1,2,3,4\n", "轮次有空格"),
        ("轮次,专家,医疗,道路,保障,坡度\n1,甲,1,2,很多,4\n1,乙,1,2,3,4\n", "列 保障 不是数.*第 2 行 = '很多'"),
        ("轮次,专家,医疗,道路,保障,坡度\n1,甲,1,2,3,4\n", "1 位专家"),
        ("轮次,专家,医疗,道路,保障,坡度\n1,甲,1,2,,4\n1,乙,1,2,3,4\n", "保障"),
        ("轮次,专家,医疗,道路,保障,坡度\n1,甲,1,2,0,4\n1,乙,1,2,3,4\n", "保障"),
        ("轮次,专家,医疗,道路,保障,坡度\n1,甲,1,2,3,4\n1,甲,1,2,3,4\n", "甲"),
    ],
)
def test_scores_of_experts_that_cannot_be_used(tmp_path: Path, rounds: str, said: str) -> None:
    (tmp_path / "x.csv").write_text(rounds, encoding="utf-8")
    path = rule_file(tmp_path, changed(WHOLE, "weights = [0.4, 0.3, 0.2, 0.1]", 'delphi = "x.csv"'))
    with pytest.raises((RuleError, ReadError), match=said):
        read_grading_rule(path)


@pytest.fixture(scope="module")
def rules_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sample's rule finds its files."""
    county = tmp_path_factory.mktemp("county")
    (county / "rules").mkdir()
    shutil.copy(SAMPLE.parent / "delphi_industry.csv", county / "rules")
    for name in ("facilities.gpkg", "roads.gpkg", "village_facts.csv", "dem.tif", "samples.xlsx"):
        (county / name).touch()
    return county / "rules"


LINES = SAMPLE.read_text(encoding="utf-8").splitlines()
STRANGE = ["0", "-1", "1e999", "nan", "inf", '""', '"没有"', "[]", "[1]", "[[1]]", "true", "2026-03-02", "3.5"]


def mutated(place: int, how: str, value: str, at: int) -> str:
    lines = LINES.copy()
    line = lines[place]
    if how == "delete":
        del lines[place]
    elif how == "double":
        lines.insert(place, line)
    elif how == "value" and "=" in line:
        lines[place] = f"{line.split('=')[0]}= {value}"
    elif how == "character" and line:
        lines[place] = line[: at % len(line)] + value[0] + line[at % len(line) + 1 :]
    elif how == "swap":
        lines[place - 1], lines[place] = line, lines[place - 1]
    return "\n".join(lines)


mutations = st.builds(
    mutated,
    st.integers(0, len(LINES) - 1),
    st.sampled_from(["delete", "double", "value", "value", "character", "swap"]),
    st.sampled_from(STRANGE),
    st.integers(0, 80),
)


@settings(max_examples=examples(60), deadline=None)
@given(mutations)
def test_a_spoilt_rule_is_a_rule_or_a_refusal(rules_folder: Path, text: str) -> None:
    path = rules_folder / "grading.toml"
    path.write_text(text, encoding="utf-8")
    try:
        rule = read_grading_rule(path)
    except LandMarketError:
        return
    assert isinstance(rule, GradingRule)
    for use in rule.uses:
        assert math.fsum(use.weights) == pytest.approx(1, abs=1e-12)
        assert set(use.weights.index) <= {factor.name for factor in rule.factors}
        assert 2 <= use.count == len(use.names)


def test_the_sample_rule_reads_as_it_is(rules_folder: Path) -> None:
    (rules_folder / "grading.toml").write_text("\n".join(LINES), encoding="utf-8")
    rule = read_grading_rule(rules_folder / "grading.toml")
    assert (len(rule.factors), len(rule.uses), len(rule.layers), rule.verified) == (8, 4, 4, False)
    assert {use.name: use.count for use in rule.uses} == {"商服": 4, "工业": 3, "公共管理与公共服务": 3, "宅基地": 3}
    assert [use.weighting[:4] for use in rule.uses] == ["层次分析", "特尔菲法", "因素成对", "规则给定"]
