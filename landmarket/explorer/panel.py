"""The panel of the explorer (试算面板): sliders, totals and map of one township."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from types import ModuleType

import geopandas as gpd

from landmarket.checks import require_projected
from landmarket.county import County, read_context
from landmarket.display import paragraph, rows_table
from landmarket.errors import LandMarketError, LandMarketWarning
from landmarket.explorer.trial import Ground, Trial, trial_ground, tried
from landmarket.maps import township_maps
from landmarket.products import Work, do_county
from landmarket.scenario import Outcome, compare_scenarios
from landmarket.units import wan_text

_HUNDRED = 100
_PRICE_ENDS, _RESERVE_ENDS = (50, 150), (70, 130)
_COUNTS = {"parcels": "宗地", "allowed": "可入市", "priced": "有地价", "sold": "成交"}
_MONEY = {
    "total_price_fen": "总地价",
    "deal_price_fen": "成交价",
    "fund_fen": "调节金",
    "tax_fen": "税费",
    "cost_fen": "成本",
    "township_fen": "乡镇集体",
    "reclaimed_fen": "复垦区集体",
    "village_fen": "村集体",
    "group_fen": "组集体",
    "members_fen": "成员",
}
_TIMES = ("现行", "试算", "变化")
_BY_RULE = "照办法"
_RATES = {_BY_RULE: None} | {f"{percent}%": Decimal(percent) / _HUNDRED for percent in range(_HUNDRED + 1)}
_ABOUT = "内部试算，一个种子的一次模拟；底价只按倍数调整，数值不显示、不保存。"


class Explorer:
    """A township with sliders (试算面板); a notebook shows it.

    Parameters
    ----------
    ground : Ground
        The township.
    context : mapping of str to GeoDataFrame
        Layers beneath the parcels.
    notice : str
        Printed on the map, such as 示例数据.
    county : str
        Name of the county.

    Attributes
    ----------
    price : ipywidgets.IntSlider
        基准地价, percent of the notice.
    fund : ipywidgets.SelectionSlider
        调节金比例, such as ``30%``; ``照办法``: the rates of the rule.
    reserve : ipywidgets.IntSlider
        底价, percent of what the terms give.
    message, totals, map : ipywidgets.HTML
        What went wrong or was warned of; sums; the map.
    box : ipywidgets.VBox
        All of it.
    outcome : Outcome or None
        What was computed last; None where the trial cannot be computed.

    Notes
    -----
    A slider computes when it is let go, not while it moves.
    """

    def __init__(self, ground: Ground, context: Mapping[str, gpd.GeoDataFrame], notice: str, county: str) -> None:
        widgets = _widgets()
        self._ground, self._context, self._notice, self._county = ground, context, notice, county
        self.outcome: Outcome | None = None
        wide = {"continuous_update": False, "style": {"description_width": "10em"}, "layout": {"width": "95%"}}
        low, high = _PRICE_ENDS
        self.price = widgets.IntSlider(_HUNDRED, low, high, description="基准地价（%）", **wide)
        self.fund = widgets.SelectionSlider(options=list(_RATES), description="调节金比例", **wide)
        low, high = _RESERVE_ENDS
        self.reserve = widgets.IntSlider(_HUNDRED, low, high, description="底价（原来的 %）", **wide)
        self.message, self.totals, self.map = widgets.HTML(), widgets.HTML(), widgets.HTML()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LandMarketWarning)
            self._before = tried(ground, Trial())
        for slider in (self.price, self.fund, self.reserve):
            slider.observe(self._moved, names="value")
        self.map.layout.flex, self.totals.layout.min_width = "1 1 auto", "22em"
        beside = widgets.HBox([self.totals, self.map])
        self.box = widgets.VBox([self.price, self.fund, self.reserve, self.message, beside])
        self.recompute()

    @property
    def trial(self) -> Trial:
        """What the sliders say (试算项)."""
        price, reserve = (Decimal(slider.value) / _HUNDRED for slider in (self.price, self.reserve))
        return Trial(price, _RATES[self.fund.value], reserve)

    def recompute(self) -> None:
        """Compute what the sliders say, and show it; a trial that is refused leaves no numbers standing (重算)."""
        trial = self.trial
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", LandMarketWarning)
            try:
                self.outcome = tried(self._ground, trial)
            except LandMarketError as error:
                self.outcome = None
                self.message.value = paragraph(f"不能计算（{trial.name}）：{error}")
                self.totals.value = self.map.value = ""
                return
            self.map.value = self._drawn(self.outcome)
        told = dict.fromkeys(str(one.message) for one in said if issubclass(one.category, LandMarketWarning))
        self.message.value = paragraph(f"{self._ground.township}：{trial.name}", _ABOUT, *told)
        self.totals.value = _totals(self._before, self.outcome, self._ground.township)

    def _moved(self, change: object) -> None:
        del change
        self.recompute()

    def _drawn(self, outcome: Outcome) -> str:
        pages = township_maps(outcome.table, "outcome", context=self._context, notice=self._notice, county=self._county)
        return str(pages[self._ground.township]._repr_html_())

    def __repr__(self) -> str:
        """Name the township and what is tried."""
        return f"<Explorer {self._ground.township}：{self.trial.name}>"

    def _repr_mimebundle_(self, **kwargs: object) -> object:
        """Show the widgets in a notebook."""
        return self.box._repr_mimebundle_(**kwargs)


def explore(county: County | Work, *, township: str) -> Explorer:
    """Open the explorer on a township (试算面板).

    Parameters
    ----------
    county : County or Work
        A county file, which is computed first, or a county's main job done.
    township : str
        Official name.

    Returns
    -------
    Explorer
        Put on the last line of a cell it shows itself.

    Raises
    ------
    BadValueError
        If the county has no such township.
    ModuleNotFoundError
        If ipywidgets is not installed.

    Examples
    --------
    >>> import warnings
    >>> from landmarket import explore, read_county, sample_county
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     explore(read_county(sample_county()), township="神垕镇")
    <Explorer 神垕镇：现行>
    """
    _widgets()
    work = do_county(county, lambda step: None) if isinstance(county, County) else county
    ground = trial_ground(work, township)
    context = {"村界": work.scenario.villages}
    context |= read_context(work.county, require_projected(ground.parcels, "explore"))
    return Explorer(ground, context, work.county.notice, work.county.name)


def _widgets() -> ModuleType:
    try:
        return import_module("ipywidgets")
    except ModuleNotFoundError as error:
        cure = '没有安装 ipywidgets，不能打开试算面板。办法：pip install "landmarket[explore]"。'
        raise ModuleNotFoundError(cure) from error


def _totals(before: Outcome, after: Outcome, township: str) -> str:
    """Sums of the township as they are and as tried."""
    row = compare_scenarios(before, after).loc[township].astype("int64").to_dict()
    times = ("before", "after", "change")
    counts = [[label, *(f"{row[name, when]:,}" for when in times)] for name, label in _COUNTS.items()]
    money = [[label, *(wan_text(row[name, when]) for when in times)] for name, label in _MONEY.items()]
    return rows_table(["宗", *_TIMES], counts) + rows_table(["万元", *_TIMES], money)
