"""The workbook, read back: every value, formula, format and line, and that text stays text."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet
from shapely import box

from landmarket.columns import schema
from landmarket.errors import BadValueError, IndexMismatchError, MissingColumnError, OutputError
from landmarket.report import INTERNAL_LINE, rule_sources, stated_sources, write_workbook
from landmarket.report.cells import LONGEST_TEXT, safe_text
from landmarket.rules import Rule

NOTICE = "示例数据：宗地、地价与成交均为虚构"
COUNTS = {"读入": 47, "采用": 40, "暂不处理": 7}
CREATED = datetime(2026, 3, 2, 9, 30)
TOWNSHIPS = [("凤鸣街道", "411081101"), ("*", "411081102"), ("=A1镇", "411081103"), ("fengming", "411081104")]
SHEETS = ["汇总", "入市资格", "宗地地价", "挂牌模拟", "收益分配", "依据", "数据检查", "暂不处理"]
PARTS = ["cost_fen", "fund_fen", "tax_fen", "township_fen", "collective_fen", "members_fen"]
HEADER, FIRST = 4, 5
"""Rows of the header and of the first record, as a spreadsheet counts them."""


def make_tables(number: int = 40, seed: int = 7) -> dict[str, pd.DataFrame]:
    """Hand-made tables of every step: some parcels have no price, some of the priced no deal, some no township."""
    draw = random.Random(seed)
    codes = [f"411081001001JB{i:05d}" for i in range(1, number + 1)]
    index = pd.Index(codes, name="parcel_code")
    homes = [TOWNSHIPS[draw.randrange(4)] if i % 9 else (None, None) for i in range(number)]
    area = [draw.randrange(50_000, 9_000_000) / 100 for _ in codes]
    parcels = gpd.GeoDataFrame(
        {
            "source_row": range(1, number + 1),
            "township": pd.Series([home for home, _ in homes], dtype="str").to_numpy(),
            "township_code": pd.Series([code for _, code in homes], dtype="str").to_numpy(),
            "village": "东街社区",
            "area": area,
            "planned_use": "0601",
            "planned_use_name": "工业用地",
            "owner": "凤鸣街道东街社区股份经济合作社",
            "owner_level": "村",
            "member_count": pd.array([draw.randrange(50, 900) for _ in codes], dtype="Int64"),
            "geometry": [box(i * 100, 0, i * 100 + 90, 90) for i in range(number)],
        },
        index=index,
        crs="EPSG:4547",
    )
    entry = pd.DataFrame(
        {
            "allowed": [draw.choice(["可入市", "不可入市", "待核实"]) for _ in codes],
            "reason": "N01;U02",
            "reason_text": "规划用途不是工业、商业等经营性用途；缺少同意入市的表决记录，按未知处理",
            "article": "土地管理法第六十三条",
        },
        index=index,
    )
    priced = index[:30]
    unit = [draw.randrange(10_000, 200_000) for _ in priced]
    centi = [round(value * 100) for value in area[:30]]
    total = [(price * size + 50) // 100 for price, size in zip(unit, centi, strict=True)]
    prices = pd.DataFrame(
        {
            "township": parcels["township"][:30],
            "price_use": "工业",
            "grade": [draw.choice("ⅠⅡⅢ") for _ in priced],
            "area": area[:30],
            "base_price": 168.0,
            "因素:道路通达度": 2.5,
            "factor_sum": 0.0325,
            "date_factor": 1.012345,
            "far_factor": 1.0,
            "unit_price": [price / 100 for price in unit],
            "unit_price_fen": unit,
            "wan_per_mu": [price / 1500 for price in unit],
            "total_price": [fen / 100 for fen in total],
            "total_price_fen": total,
        },
        index=priced,
    )
    listed = priced[:20]
    sold = [fen * draw.randrange(100, 140) // 100 if draw.random() < 0.7 else None for fen in total[:20]]
    deals = pd.DataFrame(
        {
            "mode": "挂牌",
            "form": "出让",
            "outcome": ["成交" if fen else "流拍-无人报名" for fen in sold],
            "start_price_fen": total[:20],
            "deal_price_fen": pd.array(sold, dtype="Int64"),
            "deal_price": [fen / 100 if fen else np.nan for fen in sold],
            "premium_rate": [0.1234 if fen else np.nan for fen in sold],
            "onsite_bidding": "否",
            "notice_on": pd.Series([pd.Timestamp("2026-03-02")] * 20, dtype="datetime64[s]").to_numpy(),
            "contract_by": pd.Series(
                [pd.Timestamp("2026-04-20") if fen else pd.NaT for fen in sold], dtype="datetime64[s]"
            ).to_numpy(),
        },
        index=listed,
    )
    shares = pd.DataFrame([split(fen or 0, draw) for fen in sold], index=listed)
    findings = pd.DataFrame(
        {
            "source_row": [3, 5],
            "parcel_code": [None, codes[1]],
            "check": ["宗地代码缺失", "登记面积与图形不符"],
            "severity": ["提示", "错误"],
            "column": ["parcel_code", "registered_area"],
            "value": ["", "-5"],
            "cure": ["补全宗地代码", "核对登记面积与界址"],
        }
    )
    set_aside = gpd.GeoDataFrame(
        {
            "parcel_code": ["411081", None],
            "registered_area": ["=1+1", "0601"],
            "备注": ["\t制表", None],
            "set_aside_reason": ["宗地代码不是 19 位", "宗地代码缺失"],
            "geometry": [box(0, 0, 1, 1), None],
        },
        index=pd.Index([41, 47], name="source_row"),
        crs="EPSG:4547",
    )
    return {
        "parcels": parcels,
        "entry": entry,
        "prices": prices,
        "deals": deals,
        "shares": shares,
        "findings": findings,
        "set_aside": set_aside,
    }


def split(price: int, draw: random.Random) -> dict[str, object]:
    """Cut a price into six parts that add up to it."""
    cuts = [0, *sorted(draw.randrange(price + 1) for _ in range(5)), price]
    parts: dict[str, object] = {name: cuts[i + 1] - cuts[i] for i, name in enumerate(PARTS)}
    return parts | {"fund_rate": 0.2, "per_member_fen": 123_456}


def make_sources() -> pd.DataFrame:
    """Two rules and two facts."""
    rules = [
        Rule("fund", "调节金比例", Decimal("0.20"), "", date(2023, 3, 1), "财税〔2016〕41号", verified=False),
        Rule(
            "clock",
            "方案报送期限",
            Decimal(10),
            "工作日",
            date(2021, 9, 1),
            "实施条例第四十条",
            verified=True,
            effective_to=date(2027, 12, 31),
        ),
    ]
    facts = {"随机种子": "411081", "公告文号": "禹政〔2025〕1号（虚构）"}
    return pd.concat([rule_sources(rules), stated_sources(facts, "county.toml")], ignore_index=True)


def write(folder: Path, tables: Mapping[str, pd.DataFrame], **changes: object) -> Path:
    """Write a workbook with usual arguments."""
    path = folder / "结果.xlsx"
    usual: dict[str, object] = {
        "title": "禹州市",
        "counts": COUNTS,
        "sources": make_sources(),
        "created": CREATED,
        "notice": NOTICE,
    }
    write_workbook(path, tables, **usual | changes)  # type: ignore[arg-type] # the tests pass what they name
    return path


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return make_tables()


@pytest.fixture(scope="module")
def path(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("workbook"), tables)


def test_all_sheets(path: Path) -> None:
    assert openpyxl.load_workbook(path).sheetnames == SHEETS
