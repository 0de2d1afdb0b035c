"""A value shows itself in a notebook: short, escaped, no style, script, seed or reserve; bars only when asked for."""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import landmarket
from landmarket import (
    Outcome,
    Scenario,
    compare_scenarios,
    explore,
    read_county,
    run_scenario,
    sample_county,
    scenario_changes,
)
from landmarket.display import MOST_ROWS, frame_table, paragraph, rows_table, shown_text
from landmarket.distribution import FundBase, FundRate
from landmarket.errors import BadValueError, LandMarketWarning
from landmarket.explorer import Explorer, Trial, trial_ground, tried, tried_scenario
from landmarket.maps import county_map, township_maps
from landmarket.products import Work, do_county
from landmarket.progress import bars, unwatched
from landmarket.sweep import Design, Knob, KnobName, SweepPlan, sweep
from landmarket.units import wan_text
from tests.hunting import examples

HOSTILE = "<img src=x onerror=alert(1)>&\"'"
TOWNSHIP = "神垕镇"
SECRETS = {"reserve_ratio": "0.873641", "floor_price_ratio": "0.812345", "industrial_minimum": "97.31"}


class Reader(HTMLParser):
    """Reads HTML as a browser does: tags, attributes, and the text of each cell."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.rows: list[list[str]] = []
        self.cell = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self.cell = True

    def handle_endtag(self, tag: str) -> None:
        self.cell = self.cell and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self.cell:
            self.rows[-1][-1] += data


PLAIN = {"table", "thead", "tbody", "tr", "th", "td", "p", "br"}


def assert_plain(html: str) -> None:
    """Nothing but the tags of a table, without a single attribute."""
    seen = Reader(html)
    assert set(seen.tags) <= PLAIN
    assert seen.attributes == []


@pytest.fixture(scope="module")
def work() -> Work:
    """The sample county's main job."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        return do_county(read_county(sample_county()), lambda step: None)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The sample's rules are invented, hence unverified."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        yield


# --- tables


@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=2), max_size=5))
@settings(max_examples=examples(60), deadline=None)
def test_a_browser_reads_the_cells_that_were_written(rows: list[list[str]]) -> None:
    html = rows_table(["甲", "乙"], rows)
    assert_plain(html)
    tidy = [[re.sub(r"\r\n?", "\n", cell) for cell in row] for row in rows]
    assert Reader(html.replace("\r\n", "\n").replace("\r", "\n")).rows == [["甲", "乙"], *tidy]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (pd.NA, "—"),
        (pd.NaT, "—"),
        (float("nan"), "—"),
        (0.1, "0.1"),
        (12345678.25, "12345678.25"),
        (180.0, "180"),
        (0, "0"),
        (date(2026, 3, 2), "2026-03-02"),
        (Decimal("0.30"), "0.30"),
    ],
)
def test_cells_are_written_as_people_write_them(value: object, text: str) -> None:
    assert shown_text(value) == text


def test_a_long_table_is_cut_and_says_so() -> None:
    frame = pd.DataFrame({"甲": range(5000)})
    html = frame_table(frame)
    assert len(Reader(html).rows) == 1 + MOST_ROWS
    assert "共 5000 行" in html
    assert "共" not in frame_table(frame.head(MOST_ROWS))


def test_a_paragraph_leaves_empty_lines_out() -> None:
    assert paragraph("<b>", "", "丙") == "<p>&lt;b&gt;<br>丙</p>"


# --- values


def values(work: Work) -> dict[str, Callable[[], object]]:
    """Everything a notebook puts on the last line of a cell, with hostile text wherever a file could put it."""
    scenario, outcome = work.scenario, work.outcome
    notice, basis = scenario.price_table, scenario.price_table.connotation
    entry, split, terms = scenario.entry_rule, scenario.split_rule, scenario.terms
    secret = {key: Decimal(text) for key, text in SECRETS.items()}
    bad_notice = replace(
        notice,
        name=HOSTILE,
        document=HOSTILE,
        source=HOSTILE,
        prices=notice.prices.assign(township=HOSTILE, use=HOSTILE),
        connotation=replace(basis, rights=HOSTILE, by_use=basis.by_use.assign(use=HOSTILE, development=HOSTILE)),
    )
    bad_rules = tuple(replace(rule, name=HOSTILE, source=HOSTILE, unit=HOSTILE) for rule in entry.rules)
    bad_terms = replace(terms, name=HOSTILE, source=HOSTILE, **secret)
    bad_split = replace(split, name=HOSTILE, source=HOSTILE, fund_rates=(FundRate(Decimal("0.3"), price_use=HOSTILE),))
    return {
        "PriceTable": lambda: bad_notice,
        "EntryRule": lambda: replace(entry, name=HOSTILE, rules=bad_rules),
        "DealTerms": lambda: bad_terms,
        "SplitRule": lambda: bad_split,
        "Scenario": lambda: replace(
            scenario, name=HOSTILE, price_table=bad_notice, terms=bad_terms, split_rule=bad_split, seed=987_654_321
        ),
        "Outcome": lambda: replace(outcome, entry=outcome.entry.assign(allowed=HOSTILE)),
        "Screening": lambda: work.screening._replace(findings=work.screening.findings.assign(value=HOSTILE)),
    }


NAMES = ["PriceTable", "EntryRule", "DealTerms", "SplitRule", "Scenario", "Outcome", "Screening"]


@pytest.mark.parametrize("name", NAMES)
def test_a_value_shows_itself_and_nothing_it_must_not(name: str, work: Work) -> None:
    value = values(work)[name]()
    html = value._repr_html_()  # type: ignore[attr-defined]  # every one of them has it
    assert_plain(html)
    assert HOSTILE in "\n".join([*(cell for row in Reader(html).rows for cell in row), unescaped(html)])
    assert len(Reader(html).rows) < 4 * MOST_ROWS
    assert repr(value).startswith(f"<{name} ")
    assert "\n" not in repr(value)
    assert len(repr(value)) < 600
    hidden = [*SECRETS.values(), str(work.scenario.terms.reserve_ratio), "987654321", "种子"]
    assert [text for text in hidden if text in html + repr(value)] == []


def unescaped(html: str) -> str:
    """The text a browser shows."""
    seen: list[str] = []

    class Text(HTMLParser):
        def handle_data(self, data: str) -> None:
            seen.append(data)

    Text().feed(html)
    return "".join(seen)


def test_no_repr_of_a_job_tells_the_seed_or_the_reserve(work: Work) -> None:
    county = replace(work.county, seed=987_654_321)
    assert "987654321" not in repr(county) + repr(replace(work, county=county))
    assert "seed" not in repr(county)


def test_a_notice_is_shown_by_grade_and_use(work: Work) -> None:
    notice = work.scenario.price_table
    rows = Reader(notice._repr_html_()).rows
    head, *grid = rows[: rows.index(next(row for row in rows if row[0] == "用途"))]
    uses = list(dict.fromkeys(notice.prices["use"]))
    assert head == ["乡镇", "级别", *(f"{use}（元/㎡）" for use in uses)]
    seen = {(row[0], row[1], use): text for row in grid for use, text in zip(uses, row[2:], strict=True) if text != "—"}
    priced = notice.prices.dropna(subset="unit_price")
    shown = priced.assign(
        township=priced["township"].replace("", "各乡镇"), grade=priced["grade"].replace("", "各级别")
    ).set_index(["township", "grade", "use"])["unit_price"]
    assert {key: float(text) for key, text in seen.items()} == {key: shown[key] for key in seen}
    assert len(seen) == len(shown)
    for text in (notice.name, f"{notice.connotation.base_date}", notice.source):
        assert text in unescaped(notice._repr_html_())


def test_a_price_printed_twice_is_shown_twice(work: Work) -> None:
    notice = work.scenario.price_table
    first = notice.prices.iloc[[0]]
    twice = replace(notice, prices=pd.concat([first, first.assign(unit_price=1.25)], ignore_index=True))
    price = shown_text(float(first["unit_price"].iloc[0]))
    assert Reader(twice._repr_html_()).rows[1][2] == f"{price}、1.25"


def test_an_outcome_says_how_many_it_could_not_compute(work: Work) -> None:
    outcome = work.outcome
    rows = dict(row for row in Reader(outcome._repr_html_()).rows if len(row) == 2)
    gaps = rows["未算出（原因见各表的列）"]
    unpriced = sum(bool(text) for text in outcome.parcels["price_gap"])
    assert f"没有地价 {unpriced} 宗" in gaps
    assert unpriced == len(outcome.parcels) - len(outcome.prices)


# --- what a scenario has different


def changes(base: Scenario, **changed: object) -> dict[str, tuple[str, str]]:
    table = scenario_changes(base, replace(base, **changed))  # type: ignore[arg-type]  # each test names fields
    assert list(table) == ["项目", "原", "现"]
    assert not table["项目"].duplicated().any()
    return {item: (old, new) for item, old, new in table.itertuples(index=False)}


def test_a_scenario_differs_from_itself_in_nothing(work: Work) -> None:
    base = work.scenario
    assert scenario_changes(base, base).empty
    assert scenario_changes(base, replace(base)).empty
    assert scenario_changes(base, replace(base, plan=base.plan.copy())).empty


def test_each_change_is_named(work: Work) -> None:
    base = work.scenario
    rule, terms = base.split_rule, base.terms
    assert changes(base, on=date(2026, 4, 1)) == {"入市与估价期日": ("2026-03-02", "2026-04-01")}
    prices = changes(base, price_table=base.price_table.scaled(2))
    assert set(prices) == {"基准地价", "基准地价各格"}
    assert "2.0000—2.0000 倍" in prices["基准地价各格"][1]
    assert f"{base.price_table.prices['unit_price'].notna().sum()} 格不同" in prices["基准地价各格"][1]
    assert changes(base, split_rule=replace(rule, retention_rate=Decimal("0.5"))) == {
        "公积公益金 ÷ 净收益": ("30%", "50%")
    }
    assert changes(base, split_rule=replace(rule, fund_base=FundBase.PRICE))["调节金计征基数"] == (
        "土地增值收益",
        "成交总价款",
    )
    one = replace(rule, fund_rates=(replace(rule.fund_rates[0], rate=Decimal("0.25")), *rule.fund_rates[1:]))
    assert changes(base, split_rule=one) == {"调节金比例：工业，县城规划区": ("24%", "25%")}
    assert changes(base, terms=replace(terms, listing_days=terms.listing_days + 1)).keys() == {"挂牌期"}
    assert changes(base, entry_rule=replace(base.entry_rule, rules=())).keys() == {"入市办法：规则"}
    assert changes(base, plan=base.plan.iloc[1:]).keys() == {"村界、规划、所有权", "图层：规划"}
    assert changes(base, floor_area_ratio=dict.fromkeys(base.floor_area_ratio, "lower")).keys() <= {"容积率区间取值"}
    far = base.price_table.far.assign(factor=base.price_table.far["factor"] + 1)
    assert changes(base, price_table=replace(base.price_table, far=far)).keys() == {"公告：容积率修正"}


def test_a_changed_reserve_or_seed_is_said_without_its_value(work: Work) -> None:
    base = work.scenario
    secret = replace(base.terms, reserve_ratio=Decimal("0.873641"))
    found = changes(base, terms=secret, seed=987_654_321)
    assert set(found) == {"底价规则", "模拟种子"}
    assert not re.search(r"\d", str(found))


# --- maps


def test_the_dictionary_of_maps_lists_its_maps(work: Work) -> None:
    table = work.outcome.table
    maps = township_maps(table, "unit_price", set_aside=work.screening.set_aside)
    rows = Reader(maps._repr_html_()).rows[1:]
    assert [row[0] for row in rows] == list(maps)
    assert sum(int(row[1]) for row in rows) == len(table) + len(work.screening.set_aside)
    assert_plain(maps._repr_html_())
    assert len(repr(maps)) < 400
    assert dict(maps) == maps


def test_maps_ask_no_other_machine_for_anything(work: Work) -> None:
    table = work.outcome.table
    near = table[table["township"].eq(TOWNSHIP)]
    for page in (township_maps(near, "grade")[TOWNSHIP], county_map(near, "grade")):
        html = page._repr_html_()
        assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", html)
        assert "default-src" in html


# --- progress


def test_long_work_tells_only_whom_it_was_given(work: Work, capsys: pytest.CaptureFixture[str]) -> None:
    base = work.scenario
    parcels = work.screening.accepted.loc[work.outcome.parcels["township"].eq(TOWNSHIP)]
    knob = Knob(KnobName.PRICE, (Decimal("0.9"), Decimal("1.1")))
    plan = SweepPlan("上下一成", "试", "试", True, Design.ONE_AT_A_TIME, (knob,))
    told: list[tuple[str, int]] = []

    @contextmanager
    def told_of(name: str, size: int) -> Iterator[Callable[[int], object]]:
        told.append((name, size))
        yield lambda done: told.append(("", done))

    quiet = sweep(parcels, base, plan)
    assert capsys.readouterr() == ("", "")
    pd.testing.assert_frame_equal(sweep(parcels, base, plan, progress=told_of), quiet)
    assert told == [("上下一成", 3), ("", 1), ("", 1), ("", 1)]


def test_bars_are_drawn_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with unwatched("甲", 4) as done:
        done(4)
    assert capsys.readouterr() == ("", "")
    with bars("乙", 4) as done:
        done(1)
        done(3)
    seen = capsys.readouterr()
    assert "乙" in seen.err
    assert "4/4" in seen.err


@pytest.mark.parametrize("module", ["tqdm.auto", "ipywidgets"])
def test_a_missing_extra_says_how_to_get_it(module: str, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    wanting: dict[str, Callable[[Work], object]] = {
        "tqdm.auto": lambda work: bars("丙", 1).__enter__(),
        "ipywidgets": lambda work: explore(work, township=TOWNSHIP),
    }
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=r"landmarket\[explore\]"):
        wanting[module](work)


# --- the explorer


@pytest.fixture(scope="module")
def panel(work: Work) -> Explorer:
    """The explorer on one township."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        return explore(work, township=TOWNSHIP)


def turned(panel: Explorer, price: int = 100, fund: str = "照办法", reserve: int = 100) -> Explorer:
    """Move the sliders as a hand does."""
    panel.price.value, panel.fund.value, panel.reserve.value = price, fund, reserve
    return panel


def by_hand(work: Work, **changed: object) -> Outcome:
    """The township computed by `run_scenario`, from the accepted parcels and a scenario replaced here."""
    parcels = work.screening.accepted.loc[work.outcome.parcels["township"].eq(TOWNSHIP)]
    return run_scenario(parcels, replace(work.scenario, **changed))  # type: ignore[arg-type]  # each test names fields


def assert_shows(panel: Explorer, before: Outcome, after: Outcome) -> None:
    """The totals beside the map are those of the outcomes."""
    rows = {row[0]: row[1:] for row in Reader(panel.totals.value).rows}
    for outcome, at in ((before, 0), (after, 1)):
        assert rows["成交"][at] == str(int(outcome.deals["deal_price_fen"].notna().sum()))
        assert rows["可入市"][at] == str(int(outcome.entry["allowed"].eq("可入市").sum()))
        assert rows["总地价"][at] == wan_text(int(outcome.prices["total_price_fen"].sum()))
        assert rows["成交价"][at] == wan_text(int(outcome.deals["deal_price_fen"].dropna().sum()))
        for label, column in (("调节金", "fund_fen"), ("村集体", "village_fen"), ("成员", "members_fen")):
            assert rows[label][at] == wan_text(int(outcome.shares[column].dropna().sum()))
    change = sum(after.shares["fund_fen"].dropna()) - sum(before.shares["fund_fen"].dropna())
    assert rows["调节金"][2] == wan_text(int(change))
    assert panel.outcome is not None
    for name in ("prices", "deals", "shares", "entry"):
        pd.testing.assert_frame_equal(getattr(panel.outcome, name), getattr(after, name))


def test_at_first_it_shows_the_countys_own_numbers(panel: Explorer, work: Work) -> None:
    turned(panel)
    now = by_hand(work)
    assert_shows(panel, now, now)
    whole = work.outcome.totals().loc[TOWNSHIP]
    rows = {row[0]: row[1:] for row in Reader(panel.totals.value).rows}
    assert rows["成员"][0] == wan_text(int(whole["members_fen"]))
    assert rows["调节金"][2] == "0.00"


@pytest.mark.parametrize("percent", [50, 87, 110, 150])
def test_the_price_level_is_the_notice_multiplied(percent: int, panel: Explorer, work: Work) -> None:
    notice = work.scenario.price_table
    assert_shows(
        turned(panel, price=percent), by_hand(work), by_hand(work, price_table=notice.scaled(Decimal(percent) / 100))
    )


@pytest.mark.parametrize("percent", [20, 33, 50])
def test_the_fund_rate_is_one_rate_for_all(percent: int, panel: Explorer, work: Work) -> None:
    rule = replace(work.scenario.split_rule, fund_rates=(FundRate(Decimal(percent) / 100),))
    assert_shows(turned(panel, fund=f"{percent}%"), by_hand(work), by_hand(work, split_rule=rule))


@pytest.mark.parametrize("percent", [115, 130])
def test_the_reserve_is_a_multiple_of_the_terms(percent: int, panel: Explorer, work: Work) -> None:
    terms = work.scenario.terms
    changed = replace(terms, reserve_ratio=terms.reserve_ratio * percent / 100)
    assert_shows(turned(panel, reserve=percent), by_hand(work), by_hand(work, terms=changed))


def test_all_at_once(panel: Explorer, work: Work) -> None:
    base = work.scenario
    after = by_hand(
        work,
        price_table=base.price_table.scaled(Decimal("1.2")),
        split_rule=replace(base.split_rule, fund_rates=(FundRate(Decimal("0.4")),)),
        terms=replace(base.terms, reserve_ratio=base.terms.reserve_ratio * Decimal("0.8")),
    )
    assert_shows(turned(panel, 120, "40%", 80), by_hand(work), after)
    assert repr(panel) == f"<Explorer {TOWNSHIP}：基准地价 120%，调节金比例 40%，底价为原来的 80%>"
    assert compare_scenarios(by_hand(work), after).loc[TOWNSHIP, ("total_price_fen", "change")] > 0


def test_a_refusal_is_told_and_no_number_stays(panel: Explorer) -> None:
    turned(panel, fund="60%")
    assert "调节金比例 0.6 不在 0.20—0.50 之内" in panel.message.value
    assert "办法：" in panel.message.value
    assert panel.totals.value == panel.map.value == ""
    assert panel.outcome is None
    turned(panel)
    assert "不能计算" not in panel.message.value
    assert panel.totals.value
    assert panel.map.value


def test_no_reserve_stands_in_the_state_of_the_widgets(work: Work) -> None:
    secret = replace(work.scenario.terms, reserve_ratio=Decimal("0.873641"))
    hidden = replace(work, scenario=replace(work.scenario, terms=secret, seed=987_654_321))
    panel = turned(explore(hidden, township=TOWNSHIP), 105, "照办法", 110)
    state = json.dumps(states(panel), default=str, ensure_ascii=False)
    assert "神垕镇" in state
    reserves = (Decimal("0.873641"), Decimal("0.873641") * Decimal("1.1"))
    assert [text for text in (*map(str, reserves), "0.961006", "987654321", "reserve_price") if text in state] == []
    assert secret.reserve_ratio == Decimal("0.873641")


def states(panel: Explorer) -> list[object]:
    """What a notebook keeps when the state of its widgets is saved."""
    box = panel.box
    parts = [*box.children, *(part for row in box.children for part in getattr(row, "children", ()))]
    return [part.get_state() for part in [box, *parts]]


def test_what_it_shows_is_escaped(work: Work) -> None:
    named = replace(work.scenario, name=HOSTILE, terms=replace(work.scenario.terms, name=HOSTILE))
    panel = explore(replace(work, scenario=named), township=TOWNSHIP)
    assert_plain(panel.message.value)
    assert_plain(panel.totals.value)
    assert HOSTILE in unescaped(panel.message.value)
    assert Reader(panel.map.value).tags[-1] == "iframe"


def test_it_is_shown_as_widgets(panel: Explorer) -> None:
    shown = panel._repr_mimebundle_()
    assert isinstance(shown, dict)
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert not panel.price.continuous_update
    assert not panel.fund.continuous_update
    assert not panel.reserve.continuous_update


def test_an_unknown_township_names_the_known_ones(work: Work) -> None:
    with pytest.raises(BadValueError, match=f"办法：.*{TOWNSHIP}"):
        explore(work, township="神后镇")


def test_a_trial_changes_only_what_it_says(work: Work) -> None:
    base = work.scenario
    same = tried_scenario(base, Trial())
    for part in ("price_table", "terms", "split_rule", "entry_rule", "plan", "villages", "owners"):
        assert getattr(same, part) is getattr(base, part)
    assert scenario_changes(base, tried_scenario(base, Trial(reserve_level=Decimal("1.1"))))["项目"].tolist() == [
        "名称",
        "底价规则",
    ]
    ground = trial_ground(work, TOWNSHIP)
    before = ground.parcels.copy()
    tried(ground, Trial(price_level=Decimal("1.3")))
    pd.testing.assert_frame_equal(ground.parcels, before)


def test_the_package_stays_light_without_it() -> None:
    assert landmarket.explore is explore
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        _ = landmarket.nothing_of_that_name
