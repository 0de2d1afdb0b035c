"""The rule on compiling: what the sample's says, every refusal, and no line of it that breaks anything but itself."""

from __future__ import annotations

import math
import warnings
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.county import sample_county
from landmarket.errors import LandMarketError, ReadError, RuleError
from landmarket.pricing.compilation import CompileRule, read_compile_rule
from landmarket.pricing.compilation.rule import CellAverage, CellKey, FarSource, HalfStep, ScreenKind, Sparse
from tests.hunting import examples

SHIPPED = sample_county() / "rules" / "compile.toml"
TEXT = SHIPPED.read_text(encoding="utf-8")
STATE = """state_ratio = 0.8
state_prices = { I = 300, II = 250 }
state_source = "某政〔2024〕2号"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the sample's rule names."""
    folder = tmp_path_factory.mktemp("rules") / "rules"
    folder.mkdir()
    for name in ("price_notice.xlsx", "samples.xlsx"):
        (folder.parent / name).touch()
    return folder


def read(folder: Path, text: str) -> CompileRule:
    """Read a rule of that text."""
    path = folder / "compile.toml"
    path.write_text(text, encoding="utf-8")
    return read_compile_rule(path)


def changed(old: str, new: str) -> str:
    """The sample's rule with a text changed once."""
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def test_the_samples_rule_is_read_as_it_stands() -> None:
    rule = read_compile_rule(SHIPPED)
    assert (rule.name, rule.document, rule.county) == ("禹州市集体建设用地基准地价（编制稿，示例）", "", "411081")
    assert (rule.source, rule.verified, rule.base_date) == ("示例，虚构", False, date(2025, 1, 1))
    assert rule.last_edition.resolve() == (sample_county() / "price_notice.xlsx").resolve()
    assert rule.samples.resolve() == (sample_county() / "samples.xlsx").resolve()
    assert (rule.key, rule.average, rule.sparse) == (CellKey.GRADE, CellAverage.MEDIAN, Sparse.MERGE)
    assert (rule.round_to, rule.least_samples, rule.span) == (5, 5, (0.1, 0.9))
    assert (rule.half_step, rule.level) == (HalfStep.TRUNCATE, 0.95)
    assert (rule.resamples, rule.seed) == (1000, 411081)
    assert rule.case_factors == {"协议": 1}
    assert rule.index["index"].tolist() == [91.27, 94.09, 97, 100, 100.9]
    assert [f"{day:%Y-%m-%d}" for day in rule.index["date"]] == [f"{year}-01-01" for year in range(2022, 2027)]
    assert rule.index["use"].eq("").all()
    assert [(one.name, one.kind.value) for one in rule.screens] == [
        ("关联方交易", "text"),
        ("面积口径不同", "text"),
        ("偏离本级中位数", "ratio"),
        ("三倍标准差", "sigma"),
    ]
    assert (rule.screens[1].column, rule.screens[1].words) == ("note", ("代征",))
    assert (rule.screens[2].low, rule.screens[2].high, rule.screens[3].k) == (0.4, 2.5, 3)
    assert [(use.name, use.far) for use in rule.uses] == [
        ("商服", FarSource.SAMPLES),
        ("工业", FarSource.LAST_EDITION),
        ("公共管理与公共服务", FarSource.LAST_EDITION),
    ]
    assert list(rule.uses[1].factors.items()) == [
        ("道路通达度", "道路通达度"),
        ("产业集聚", "产业集聚度"),
        ("基础设施", "基础设施完善度"),
    ]
    assert all(use.state_ratio is None and not use.state_prices for use in rule.uses)


def test_what_the_sample_leaves_out_is_read_too(folder: Path) -> None:
    text = changed('far = "samples"', f'far = "samples"\n{STATE}')
    text = text.replace('[case_factors]                # 情况修正：样点类型或交易方式；未列的为 1\n"协议" = 1.0', "")
    text = text.replace("k = 3", 'k = 3\n\n[[screen]]\nname = "四分位"\nrule = "iqr"\nk = 1.5')
    text = text.replace("date = 2022-01-01", 'date = 2022-01-01\nuse = "工业"')
    rule = read(folder, text)
    assert rule.case_factors == {}
    assert (rule.screens[-1].kind, rule.screens[-1].k) == (ScreenKind.IQR, 1.5)
    assert rule.index["use"].tolist() == ["", "", "", "", "工业"]
    use = rule.uses[0]
    assert (use.state_ratio, dict(use.state_prices)) == (0.8, {"I": 300, "II": 250})
    assert use.state_source == "某政〔2024〕2号"


def test_dates_of_the_index_may_stand_in_any_order(folder: Path) -> None:
    text = changed("date = 2022-01-01", "date = 2026-01-01")
    text = text.replace("date = 2026-01-01\nvalue = 100.9", "date = 2022-01-01\nvalue = 100.9")
    assert read(folder, text).index["index"].tolist() == [100.9, 94.09, 97, 100, 91.27]


LINE = 'far = "samples"               # samples 由样点推算 | last_edition 沿用上一版'
REFUSED = [
    ('name = "禹州市集体建设用地基准地价（编制稿，示例）"', "", "缺少 name"),
    ('source = "示例，虚构"', "source = 1", "source = 1 不是文字"),
    ('county = "411081"', "county = 411081", "county"),
    ('county = "411081"', 'county = ""', "county"),
    ("verified = false", 'verified = "否"', "verified"),
    ("base_date = 2025-01-01", 'base_date = "2025-01-01"', "base_date"),
    ('key = "grade"', 'key = "village"', "grade、township_grade"),
    ('average = "median"', 'average = "mode"', "mean、median"),
    ('sparse = "merge"', 'sparse = "guess"', "merge、score"),
    ('half_step = "truncate"', 'half_step = "up"', "truncate、round"),
    ("round_to = 5", "round_to = 0", "round_to = 0 应在 0—1000 之间"),
    ("round_to = 5", "round_to = -5", "round_to"),
    ("round_to = 5", "round_to = 1000", "round_to"),
    ("round_to = 5", "round_to = nan", "round_to"),
    ("round_to = 5", "round_to = inf", "round_to"),
    ("round_to = 5", "round_to = 0.001", r"round_to = 0\.001 应为 0\.01 的倍数"),
    ("round_to = 5", "round_to = true", "round_to"),
    ("least_samples = 5", "least_samples = 0", "least_samples"),
    ("least_samples = 5", "least_samples = 2.5", "least_samples = .* 不是整数"),
    ("span = [0.1, 0.9]", "span = [0.9, 0.1]", r"span = \[0\.9, 0\.1\] 应为 0—1 之间由小到大"),
    ("span = [0.1, 0.9]", "span = [0.5, 0.5]", "span"),
    ("span = [0.1, 0.9]", "span = [-0.1, 0.9]", "span"),
    ("span = [0.1, 0.9]", "span = [0.1, 1.1]", "span"),
    ("span = [0.1, 0.9]", "span = [0.1, nan]", "span"),
    ("span = [0.1, 0.9]", "span = [0.1]", "span 应为两个数"),
    ("span = [0.1, 0.9]", "span = [0.1, 0.5, 0.9]", "span 应为两个数"),
    ("span = [0.1, 0.9]", 'span = ["0.1", 0.9]', "span"),
    ("span = [0.1, 0.9]", "span = 0.9", "span"),
    ("level = 0.95", "level = 1", "level = 1 应在 0—1 之间"),
    ("level = 0.95", "level = 95", "level"),
    ("resamples = 1000", "resamples = 0", "resamples"),
    ("resamples = 1000", "resamples = 100_001", "resamples"),
    ("seed = 411081", "seed = -1", "seed"),
    ("seed = 411081", "sead = 411081", "缺少 seed"),
    ("seed = 411081", "seed = 411081\nextra = 1", "不认识的键 extra"),
    ('"协议" = 1.0', '"协议" = 0', "情况修正系数应为正数"),
    ('"协议" = 1.0', '"协议" = -1', "情况修正系数应为正数"),
    ('"协议" = 1.0', '"协议" = nan', "不是有限的数"),
    ('"协议" = 1.0', '"协议" = inf', "不是有限的数"),
    ('"协议" = 1.0', '"协议" = 1e999', "不是有限的数"),
    ('"协议" = 1.0', '"协议" = 1e-999', "不是有限的数"),
    ('"协议" = 1.0', '"协议" = true', "情况修正系数应为正数"),
    ('"协议" = 1.0', '"协议" = "1"', "情况修正系数应为正数"),
    ("[case_factors]", "[[case_factors]]", r"\[case_factors\] 应为"),
    ("value = 91.27", "value = 0", "value = 0 应为正数"),
    ("value = 91.27", "value = nan", "不是有限的数"),
    ("value = 91.27", "value = 1e400", "不是有限的数"),
    ("value = 91.27", 'value = "91.27"', "value"),
    ("value = 91.27", "value = 91.27\nvalu = 1", r"第 1 条 \[\[index\]\]：不认识的键 valu"),
    ("value = 91.27", 'value = 91.27\nuse = "工业用地"', r"\[\[index\]\] 的用途 工业用地 不在"),
    ("date = 2023-01-01", "date = 2022-01-01", "两个指数：2022-01-01"),
    ("date = 2023-01-01", "date = 2023-01-01T00:00:00", "date"),
    ('name = "关联方交易"', 'name = ""', "name"),
    ('rule = "text"', 'rule = "words"', "text、ratio、sigma、iqr"),
    ('words = ["关联方"]', "words = []", "words 为空"),
    ('words = ["关联方"]', 'words = ["关联方", ""]', "有空的词语"),
    ('words = ["关联方"]', 'words = "关联方"', "words"),
    ('words = ["关联方"]', "", "words 为空"),
    ('column = "note"\nwords = ["关联方"]', 'words = ["关联方"]', r"第 1 条 \[\[screen\]\]：缺少 column"),
    ("low = 0.4", "low = 1", "low = 1 应在 0—1 之间"),
    ("low = 0.4", "low = 0", "low"),
    ("high = 2.5", "high = 1", "high = 1 应在 1—1000 之间"),
    ("high = 2.5", "high = 2.5\nk = 3", r"第 3 条 \[\[screen\]\]：不认识的键 k"),
    ("k = 3", "k = 0", "k = 0 应在 0—1000 之间"),
    ("k = 3", "", "缺少 k"),
    (LINE, 'far = "guess"', "last_edition、samples"),
    (LINE, "", "缺少 far"),
    (LINE, 'far = "samples"\nstate_ratio = 0.8', "state_ratio 与 state_prices 应同时给出"),
    (LINE, 'far = "samples"\nstate_prices = { I = 300 }', "state_ratio 与 state_prices 应同时给出"),
    (LINE, 'far = "samples"\nstate_ratio = 0.8\nstate_prices = { I = 300 }', "缺少 state_source"),
    (LINE, f'far = "samples"\n{STATE.replace("0.8", "0")}', "state_ratio = 0 应在 0—10 之间"),
    (LINE, f'far = "samples"\n{STATE.replace("0.8", "10")}', "state_ratio"),
    (LINE, f'far = "samples"\n{STATE.replace("300", "200")}', "没有由高到低"),
    (LINE, f'far = "samples"\n{STATE.replace("300", "nan")}', "不是有限的数"),
    (LINE, f'far = "samples"\n{STATE.replace("300", "true")}', "级别 = 元/㎡"),
    (LINE, f'far = "samples"\n{STATE.replace("300", "0")}', "级别 = 元/㎡"),
    (LINE, f'far = "samples"\n{STATE.replace("{ I = 300, II = 250 }", "[300, 250]")}', "级别 = 元/㎡"),
    (LINE, f'far = "samples"\n{STATE.replace("{ I = 300, II = 250 }", "{}")}', "state_ratio 与 state_prices"),
    ('  weight_of = "商服繁华影响度"', "", "缺少 weight_of"),
    (
        '  weight_of = "商服繁华影响度"',
        '  weight_of = "商服繁华影响度"\n  score = 1',
        r"\[\[factor\]\]：不认识的键 score",
    ),
    ('  name = "道路通达度"', '  name = "商服繁华"', "因素 商服繁华 重名"),
    ('name = "工业"', 'name = "商服"', "用途重名"),
]


@pytest.mark.parametrize(("old", "new", "said"), REFUSED)
def test_a_wrong_key_or_value_is_named(folder: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(RuleError, match=said) as refusal:
        read(folder, changed(old, new))
    assert "办法" in str(refusal.value) or "应为" in str(refusal.value)


def test_a_rule_without_uses_is_refused(folder: Path) -> None:
    with pytest.raises(RuleError, match=r"没有 \[\[use\]\]"):
        read(folder, TEXT[: TEXT.index("[[use]]")])


@pytest.mark.parametrize("key", ["last_edition", "samples"])
def test_a_file_that_is_not_there_is_named(folder: Path, key: str) -> None:
    name = {"last_edition": "../price_notice.xlsx", "samples": "../samples.xlsx"}[key]
    with pytest.raises(ReadError, match=r"找不到文件 .*no\.xlsx"):
        read(folder, changed(f'{key} = "{name}"', f'{key} = "no.xlsx"'))


def test_what_is_no_toml_is_refused(folder: Path) -> None:
    with pytest.raises(ReadError, match="TOML"):
        read(folder, changed("round_to = 5", "round_to = 五"))
    with pytest.raises(ReadError, match="打不开"):
        read_compile_rule(folder / "no.toml")


LINES = TEXT.splitlines()
ODD = [
    *("nan", "-inf", "-1", "0", "1e999", "1e-999", "true", '""', '"x"', "[]", "{}", "[[]]", "2025-01-01", "[nan]"),
    *('["", ""]', "[1, 2]", "999999999999999999999", "0.3", '"商服"', '"last_edition"', "{ I = 1 }"),
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The sample's rule with one line lost, doubled, moved, scribbled on, or given another value."""
    lines = list(LINES)
    at = draw(st.integers(0, len(lines) - 1))
    what = draw(st.sampled_from(["lose", "double", "move", "scribble", "value"]))
    if what == "lose":
        del lines[at]
    elif what == "double":
        lines.insert(draw(st.integers(0, len(lines))), lines[at])
    elif what == "move":
        lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
    elif what == "scribble":
        place = draw(st.integers(0, len(lines[at])))
        ink = draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=3))
        lines[at] = lines[at][:place] + ink + lines[at][place + draw(st.integers(0, 2)) :]
    elif "=" in lines[at]:
        lines[at] = f"{lines[at].split('=')[0]}= {draw(st.sampled_from(ODD))}"
    return "\n".join(lines)


@given(mutated())
@settings(max_examples=examples(150), deadline=None)
def test_one_damaged_line_gives_a_sound_rule_or_a_refusal(folder: Path, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            rule = read(folder, text)
        except LandMarketError:
            return
    numbers = [rule.round_to, *rule.span, rule.level, *rule.case_factors.values(), *rule.index["index"]]
    numbers += [number for use in rule.uses for number in use.state_prices.values()]
    assert all(math.isfinite(number) and number >= 0 for number in numbers)
    assert rule.round_to > 0
    assert rule.least_samples > 0
    assert rule.uses
