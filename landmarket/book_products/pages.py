"""The pages of a county's land book (台账首页、年度一页、年度地图), for work inside the office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from landmarket.book_products.tables import YEAR_HEADERS, header_of
from landmarket.book_products.work import BookWork
from landmarket.columns import header
from landmarket.figures import Imprint, Kind, MapSpec, ground_of, map_sheet, save_figures
from landmarket.land_book.after_deal import GREEN, RED, YELLOW, township_lights
from landmarket.land_book.year import TOTAL
from landmarket.maps.legend import View
from landmarket.maps.table_page import write_table_page
from landmarket.maps.villages import save_page, village_map
from landmarket.units import wan_text

INDEX, YEAR_PAGE, YEAR_MAP = "index.html", "年度一页.html", "年度地图.html"
_WAN = 1_000_000
_SHEETS = {
    "成交价款": ("deal_price_fen", "成交价款（万元）", _WAN),
    "成交面积": ("sold_mu", "成交（亩）", 1.0),
}
_COUNTS = ("candidates", "banked", "planned", "approved", "offered", "failed", "sold", "undivided")
_AMOUNTS = ("candidate_mu", "sold_mu", "deal_price_fen", "fund_fen", "collective_fen", "collective_per_head")
_COUNTED = ("candidates", "planned", "offered", "failed", "sold")
_PAID = {"deal_price_fen": "成交价款（万元）", "fund_fen": "调节金（万元）", "collective_fen": "集体及成员所得（万元）"}
_LIGHTS = "按条件自动亮灯：红为期限逾期未办、闲置、改变用途、争议未解决、价款未缴足而记缴清；黄为逾期才办、将届满"


def title_of(work: BookWork) -> str:
    """Give the title of a county's land book (台账标题).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    str
        In Chinese.
    """
    return f"{work.county.name}集体经营性建设用地土地台账"


def write_index(work: BookWork, path: Path, links: Mapping[str, str]) -> None:
    """Write the first page of a land book (台账首页): lights, states, what is irregular.

    Parameters
    ----------
    work : BookWork
        A county's land book.
    path : Path
        The ``.html`` file.
    links : mapping of str to str
        Text and relative address of each link.
    """
    states = work.states["book_state"].value_counts(sort=False).rename_axis("台账状态").rename("宗数").reset_index()
    odd = work.irregularities.groupby(["register", "irregularity"], sort=False).size().rename("件数").reset_index()
    tables = {
        f"红黄绿（{_LIGHTS}）": _lights(work),
        "台账状态": states.sort_values(["宗数", "台账状态"], ascending=[False, True]),
        "异常": odd.rename(columns=header),
    }
    write_table_page(path, tables, title=title_of(work), links=links, notice=work.county.notice, foot=_foot(work))


def _lights(work: BookWork) -> pd.DataFrame:
    table = township_lights(work.deals, work.places["township"])
    table = table.reindex([town for town in work.townships.index if town in table.index])
    shown = table[[RED, YELLOW, GREEN, "late_terms", "idle_parcels"]].rename(columns=header_of)
    owed = table["unpaid_fen"].astype("float64") / _WAN
    return shown.assign(**{"未缴价款（万元）": owed}).reset_index().rename(columns={"township": "乡镇"})


def write_year_page(work: BookWork, path: Path, links: Mapping[str, str]) -> None:
    """Write the year on a page (年度一页): townships, then weak villages that had income of land.

    Parameters
    ----------
    work : BookWork
        A county's land book.
    path : Path
        The ``.html`` file.
    links : mapping of str to str
        Text and relative address of each link.
    """
    limit = f"年经营收入低于 {wan_text(work.plan.weak_income_fen)} 万元"
    tables = {
        f"{work.year} 年各乡镇宗数（截至 {min(work.on, date(work.year, 12, 31)):%Y-%m-%d}）": _year(work, _COUNTS),
        f"{work.year} 年各乡镇面积、价款与收益": _year(work, _AMOUNTS),
        f"集体经济薄弱村（{limit}；{work.plan.source}）": _weak_counts(work),
        "有入市收入的薄弱村": _weak_with_income(work),
    }
    title = f"{work.county.name}集体经营性建设用地 {work.year} 年度一页"
    write_table_page(
        path, tables, title=title, links={"返回首页": INDEX, **links}, notice=work.county.notice, foot=_foot(work)
    )


def _year(work: BookWork, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of the year with amounts in 万元, as a report speaks of them."""
    table = work.townships
    money = [name for name in table.columns.astype("str") if name.endswith("_fen")]
    shown = table.assign(**{name: table[name] / _WAN for name in money})[list(columns)]
    heads = YEAR_HEADERS | {name: YEAR_HEADERS[name].replace("（元）", "（万元）") for name in money}
    return shown.rename(columns=heads).rename_axis("乡镇").reset_index()


def _weak_counts(work: BookWork) -> pd.DataFrame:
    said = ("是", "否", "不明")
    counts = {
        "入市收入以前（个村）": [int(work.villages["weak_before"].eq(one).sum()) for one in said],
        "加上当年入市收入（个村）": [int(work.villages["weak_after"].eq(one).sum()) for one in said],
    }
    return pd.DataFrame({"薄弱村": said, **counts})


def _weak_with_income(work: BookWork) -> pd.DataFrame:
    """Villages that the income of land concerns most: weak before, with income of the year."""
    table = work.villages
    table = table[table["weak_before"].ne("否") & table["land_income_fen"].gt(0)].sort_values(["township", "village"])
    names = {"yearly_income_fen": "年经营收入（万元）", "land_income_fen": "当年入市收入（万元）"}
    money = {title: table[name].astype("Float64") / _WAN for name, title in names.items()}
    places = {header(name): table[name] for name in ("township", "village")}
    after = {header("weak_after"): table["weak_after"]}
    return pd.DataFrame({**places, **money, **after}).reset_index(drop=True)


def write_year_map(work: BookWork, path: Path) -> None:
    """Write the map of the year by village (年度地图): weak villages, income of land, deals.

    Parameters
    ----------
    work : BookWork
        A county's land book.
    path : Path
        The ``.html`` file.
    """
    total = work.townships.loc[TOTAL]
    counted = {YEAR_HEADERS[name]: f"{total[name]:,.0f}" for name in _COUNTED}
    paid = {title: wan_text(int(total.to_dict()[name])) for name, title in _PAID.items()}
    page = village_map(
        _village_layer(work),
        "weak_after",
        title=f"{work.county.name}集体经营性建设用地 {work.year} 年度地图",
        views=["weak_after", "weak_before", View("land_income_fen"), View("成交（宗）")],
        remarks=counted | paid,
        notice=work.county.notice,
        on=work.on,
    )
    save_page(page, path, YEAR_PAGE)


def _village_layer(work: BookWork) -> gpd.GeoDataFrame:
    layer = work.main.scenario.villages.set_index("village_code")
    sold = work.main.outcome.table["village_code"].reindex(work.income.index).value_counts()
    facts = work.villages[["weak_before", "weak_after", "land_income_fen"]].reindex(layer.index)
    counts = {"成交（宗）": sold.reindex(layer.index).fillna(0).astype("int64")}
    return layer.assign(**{str(name): facts[name] for name in facts}, **counts)


def write_year_sheets(work: BookWork, folder: Path, created: datetime) -> dict[str, str]:
    """Draw the year by township on sheets for the annual report (年度专题图).

    Parameters
    ----------
    work : BookWork
        A county's land book.
    folder : Path
        Where the files go.
    created : datetime
        Time on the sheets and of the files.

    Returns
    -------
    dict of str to str
        Title and name of the picture; none where the year brought nothing to show.
    """
    villages = work.main.scenario.villages
    layer = villages.dissolve("township").join(work.townships)
    if not work.townships.loc[TOTAL, "sold"]:
        return {}
    imprint = Imprint(
        place=work.county.name,
        source=f"土地台账（{len(work.events)} 条事件）",
        maker=work.county.maker,
        on=work.on,
        made_on=created.date(),
        remark=work.county.notice,
    )
    sheets = {
        f"{work.year}年{name}": (column, MapSpec(f"{work.year}年{name}图", label, Kind.NUMBER, divisor, 2, word="个"))
        for name, (column, label, divisor) in _SHEETS.items()
    }
    ground = ground_of(villages)
    drawn = {title: map_sheet(layer, name, spec, imprint, ground=ground) for title, (name, spec) in sheets.items()}
    return save_figures(drawn, folder, created)


def _foot(work: BookWork) -> str:
    return f"台账日 {work.on:%Y-%m-%d}；事件 {len(work.events)} 条；闲置按国有土地的规定参照"
