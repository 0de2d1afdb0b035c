"""What following the sample county's income through needs: cost ledger, roster, uses of funds, incomes, two rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
from openpyxl.styles import Font

from sample_data.county import facts
from sample_data.county.attributes import ON
from sample_data.county.layers import ORDINALS
from sample_data.county.rule_texts import SOURCE
from sample_data.county.writing import save_workbook, write_csv

LEDGER, ROSTER, USES, INCOMES = "cost_ledger.xlsx", "roster.xlsx", "fund_uses.xlsx", "township_incomes.csv"
PAYMENT, PLAN = "rules/payment.toml", "rules/income.toml"
SETTLED = date(2026, 12, 31)
_AFTER_DEALS = date(2026, 7, 1)
_LEDGER_PARCELS = 60
_MOST_MEMBERS = 900
_FEN = 100
_LEDGER_HEADER = ("宗地代码", "日期", "类别", "金额（元）", "凭证号", "收款方", "说明")
_ROSTER_HEADER = (
    *("成员编号", "所有权代码", "所有权人", "村民小组", "户号", "姓名"),
    *("份额", "加入日期", "退出日期", "身份证号", "银行账号", "电话"),
)
_USES_HEADER = ("集体代码", "集体名称", "日期", "用途", "金额（元）", "文件号")
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾"
_GIVEN = "建国伟芳秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰玉梅志远子涵雨轩文博佳宁"
_NO_IDENTITY = "41108119000101000X"  # no such number: sequence 000 is never given, and the check digit is wrong
_PURPOSES = ("村内道路硬化", "机井与水渠维修", "文化活动室修缮", "弥补以前年度亏损")

PAYMENT_PLAN = f"""# {facts.NOTICE}。以下各值也是虚构的，不是任何地方的规定。
name = "禹州市入市价款分期付款（示例）"
source = "{SOURCE}"
verified = false

[[instalment]]
days_after_contract = 10      # 签约后的天数
share = 0.30                  # 占成交价

[[instalment]]
days_after_contract = 60
share = 0.40

[[instalment]]
days_after_contract = 365     # 一年内付清
share = 0.30
"""

INCOME_PLAN = f"""# {facts.NOTICE}。以下各值也是虚构的，不是任何地方的规定。
name = "禹州市入市收益决算与分配方案（示例）"
source = "{SOURCE}"
verified = false
settled_on = {SETTLED}       # 决算日：此日及以前的台账分录计入
cost_ledger = "../{LEDGER}"   # 成本台账
roster = "../{ROSTER}"             # 成员名册
member_basis = "按份额"       # 按人 | 按份额 | 按户
payment_plan = "payment.toml" # 付款计划
payment_order = "按比例"      # 按比例 | 调节金与税费优先
rent_timing = "期初"          # 期初 | 期末：出租时每年租金何时付
discount_rate = 0.0345        # 折现率，每年
fund_uses = "../{USES}"       # 公积公益金使用台账
risk_reserve_share = 0.10     # 风险准备金 ÷ 调节金
risk_reserve_document = "示例政〔2025〕0号（虚构）"
deed_tax_rate = 0.03          # 契税：受让方缴纳
places = "../{INCOMES}"   # 各乡镇人口与农村居民收入
urban_income = 38600          # 城镇居民人均可支配收入，元

[public_notice]               # 公示
days = 7
source = "{SOURCE}"

[public_notice.objections]    # 异议受理，逐项印在公示表上
"受理单位" = "禹州市农村集体资产监督管理办公室（示例）"
"电话" = "0000-0000000"
"地址" = "禹州市示例路 0 号"

[[reform]]                    # 与现行办法比较的调整，可以有几条
name = "调节金三成"
fund_rate = 0.30              # 各种情形同一比例

[[reform]]
name = "改按成交价计征，总额不变"
same_total_base = "price"     # 换算出使调节金总额不变的比例
"""


def clear_parcels(
    table: gpd.GeoDataFrame,
    planted: pd.DataFrame,
    parcels: gpd.GeoDataFrame,
    block_fates: pd.DataFrame,
    owners: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Parcels of the file without an obstacle or a defect, in sound blocks, with the owner they lie in.

    Parameters
    ----------
    table : GeoDataFrame
        The parcel file, with its defects.
    planted : DataFrame
        What was planted, and in which row.
    parcels : GeoDataFrame
        Shapes with fates, in the order of the file.
    block_fates : DataFrame
        As from `draw_block_fates`.
    owners : GeoDataFrame
        As from `ownership_layer`.

    Returns
    -------
    DataFrame
        Attributes of the parcels and 所有权代码, in the order of the file.
    """
    touched = set(planted["source_row"])
    free = (parcels["layer_obstacle"] == "") & (parcels["attribute_obstacle"] == "")
    useful = parcels["plan_code"].str[:2].isin(["08", "09", "10", "11"])
    whole = pd.Series([row + 1 not in touched for row in range(len(parcels))], index=parcels.index)
    sound = (block_fates["plan_state"] == "已批准") & (block_fates["owner_level"] == "")
    rows = np.flatnonzero(free & useful & whole & parcels["block"].map(sound))
    points = gpd.GeoDataFrame(
        table.iloc[rows].drop(columns="geometry"),
        geometry=parcels.geometry.iloc[rows].representative_point().to_numpy(),
        crs=parcels.crs,
    )
    acting = owners.loc[owners["实施主体"].notna(), ["所有权代码", "geometry"]]
    found = points.sjoin(acting, predicate="within").drop(columns=["geometry", "index_right"])
    single = table["宗地代码"].drop_duplicates(keep=False)
    once = ~found["宗地代码"].duplicated(keep=False) & found["宗地代码"].isin(single)
    return pd.DataFrame(found[once])


def chosen_owners(owners: gpd.GeoDataFrame, clear: pd.DataFrame) -> pd.DataFrame:
    """Three collectives of moderate size: the two groups and the village with most parcels."""
    counted = pd.DataFrame(owners.drop(columns="geometry"))
    counted = counted.assign(parcels=counted["所有权代码"].map(clear["所有权代码"].value_counts()).fillna(0))
    counted = counted[(counted["parcels"] > 0) & (counted["成员人数"] <= _MOST_MEMBERS)]
    groups = counted[counted["所有权层级"] == "组"].sort_values(["parcels", "所有权代码"], ascending=[False, True])
    village = counted[counted["所有权层级"] == "村"].sort_values(["parcels", "所有权代码"], ascending=[False, True])
    return pd.concat([groups.head(2), village.head(1)])


def _day(rng: np.random.Generator, first: date, last: date) -> date:
    return first + timedelta(days=int(rng.integers(0, (last - first).days + 1)))


def _parts(rng: np.random.Generator, fen: int) -> list[int]:
    """A sum in one voucher or in two."""
    if rng.random() < 0.5:
        return [fen]
    first = round(fen * float(rng.uniform(0.3, 0.7)))
    return [first, fen - first]


def _entries(rng: np.random.Generator, parcel: pd.Series, number: int) -> Iterator[tuple[object, ...]]:
    """The vouchers of one parcel: near what the parcel file states, a third of them exactly that."""
    drift = 1.0 if number % 3 == 0 else float(rng.uniform(0.97, 1.03))
    area = float(parcel["面积"])
    sums = [
        ("取得", parcel["取得成本"] * drift, date(2022, 1, 1), date(2025, 6, 30), "原使用人（示例）"),
        ("开发", parcel["开发成本"] * drift, date(2025, 7, 1), date(2026, 2, 27), "施工单位（示例）"),
        ("交易", 2000 + area * float(rng.uniform(0.3, 1.0)), ON, date(2026, 5, 29), "评估与交易机构（示例）"),
    ]
    if parcel["入市途径"] == "调整" or parcel["土地来源"] == "废弃工矿":
        reclaimed = area * float(rng.uniform(6, 14))
        sums.append(("复垦", reclaimed, date(2025, 1, 1), date(2025, 12, 31), "复垦单位（示例）"))
    written = 0
    for kind, yuan, first, last, payee in sums:
        for fen in _parts(rng, round(yuan * _FEN)):
            written += 1
            day, voucher = _day(rng, first, last), f"记{number:03d}-{written:02d}"
            yield parcel["宗地代码"], day.isoformat(), kind, fen / _FEN, voucher, payee, ""
            if kind == "开发" and number % 12 == 5:
                again = f"记{number:03d}-{written:02d}重"
                yield parcel["宗地代码"], day.isoformat(), kind, fen / _FEN, again, payee, ""
                back = (day + timedelta(days=9)).isoformat()
                yield parcel["宗地代码"], back, kind, -fen / _FEN, f"{again}冲", payee, f"冲销 {again}：重复入账"
    if number % 24 == 7:
        late = (SETTLED + timedelta(days=20)).isoformat()
        yield parcel["宗地代码"], late, "开发", 3600.0, f"记{number:03d}-99", "施工单位（示例）", "质保金，决算日以后"


def cost_ledger(seed: int, clear: pd.DataFrame, chosen: pd.DataFrame) -> list[tuple[object, ...]]:
    """Vouchers of sixty parcels, those of the chosen collectives first, by day."""
    rng = facts.generator(seed, "cost ledger")
    own = clear[clear["所有权代码"].isin(chosen["所有权代码"])]
    other = clear.drop(own.index).iloc[rng.permutation(len(clear) - len(own))]
    parcels = pd.concat([own, other]).head(_LEDGER_PARCELS)
    rows = [row for number, (_, parcel) in enumerate(parcels.iterrows(), 1) for row in _entries(rng, parcel, number)]
    return sorted(rows, key=lambda row: str(row[1]))


def _members(rng: np.random.Generator, place: int, owner: pd.Series) -> Iterator[tuple[object, ...]]:
    """Households of one collective; on the days of the deals it has exactly the stated number of members."""
    group = re.search(r"第.+?村民小组(?=农民集体$)", owner["所有权人"])
    total, there, written, home = int(owner["成员人数"]), 0, 0, 0
    while there < total:
        home += 1
        own = group[0] if group else f"{ORDINALS[there * len(ORDINALS) // total]}村民小组"
        surname = str(rng.choice(list(_SURNAMES)))
        stay = min(int(rng.integers(1, 6)), total - there)
        gone, coming = rng.random() < 0.06, rng.random() < 0.05
        there += stay
        for kind in ["在册"] * stay + ["已退出"] * gone + ["后加入"] * coming:
            written += 1
            name = surname + "".join(rng.choice(list(_GIVEN), int(rng.integers(1, 3))))
            share = float(rng.choice((1.0, 1.2, 0.8, 0.5), p=(0.7, 0.12, 0.1, 0.08)))
            front = (f"{place}-{written:04d}", owner["所有权代码"], owner["所有权人"], own, f"{home:03d}", name, share)
            private = (_NO_IDENTITY, f"{place:03d}{written:016d}", f"00{place}{written:08d}")
            yield *front, *_membership(rng, kind), *private


def _membership(rng: np.random.Generator, kind: str) -> tuple[str, str]:
    """Days of joining and leaving, blank where not known or not left."""
    if kind == "已退出":
        return "", _day(rng, date(2019, 1, 1), date(2025, 12, 31)).isoformat()
    if kind == "后加入":
        return _day(rng, _AFTER_DEALS, date(2026, 11, 30)).isoformat(), ""
    joined = _day(rng, date(2018, 1, 1), date(2025, 12, 31)).isoformat() if rng.random() < 0.08 else ""
    left = _day(rng, _AFTER_DEALS, date(2026, 11, 30)).isoformat() if rng.random() < 0.01 else ""
    return joined, left


def fund_uses(seed: int, chosen: pd.DataFrame) -> list[tuple[object, ...]]:
    """Two uses of retained funds in each collective, after the price was paid."""
    rng = facts.generator(seed, "fund uses")
    rows = []
    for _, owner in chosen.iterrows():
        days = sorted(_day(rng, _AFTER_DEALS, date(2026, 11, 30)).isoformat() for _ in range(2))
        for number, (day, purpose) in enumerate(zip(days, rng.permutation(_PURPOSES), strict=False), 1):
            amount = int(rng.integers(800_000, 6_000_000)) / _FEN
            document = f"成员大会决议〔2026〕{number}号（示例）"
            rows.append((owner["所有权代码"], owner["所有权人"], day, str(purpose), amount, document))
    return rows


def township_incomes(seed: int, townships: gpd.GeoDataFrame) -> pd.DataFrame:
    """Residents and rural income of every township."""
    rng = facts.generator(seed, "township incomes")
    names = townships["township"].to_numpy()
    residents = rng.integers(16_000, 72_000, len(names))
    income = rng.integers(19_500, 27_500, len(names))
    return pd.DataFrame({"乡镇": names, "常住人口（人）": residents, "农村居民人均可支配收入（元）": income})


def _write_sheet(path: Path, title: str, header: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet(title)
    book.remove(book.worksheets[0])
    sheet.append([facts.NOTICE])
    sheet.append(list(header))
    for cell in sheet[2]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A3"
    for row in rows:
        sheet.append([None if value == "" else value for value in row])
    save_workbook(book, path)


def write_income(
    folder: Path, seed: int, townships: gpd.GeoDataFrame, clear: pd.DataFrame, chosen: pd.DataFrame
) -> None:
    """Write the six files.

    Parameters
    ----------
    folder : Path
        Folder of the county.
    seed : int
        Seed of the county.
    townships : GeoDataFrame
        As from `village_outlines`.
    clear : DataFrame
        As from `clear_parcels`.
    chosen : DataFrame
        As from `chosen_owners`.
    """
    (folder / "rules").mkdir(exist_ok=True)
    rng = facts.generator(seed, "roster")
    people = [row for place, (_, owner) in enumerate(chosen.iterrows(), 1) for row in _members(rng, place, owner)]
    _write_sheet(folder / LEDGER, "成本台账", _LEDGER_HEADER, cost_ledger(seed, clear, chosen))
    _write_sheet(folder / ROSTER, "成员名册", _ROSTER_HEADER, people)
    _write_sheet(folder / USES, "公积公益金使用", _USES_HEADER, fund_uses(seed, chosen))
    write_csv(folder / INCOMES, township_incomes(seed, townships))
    for name, text in ((PAYMENT, PAYMENT_PLAN), (PLAN, INCOME_PLAN)):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
