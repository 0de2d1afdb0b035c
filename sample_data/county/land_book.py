"""The land book of the sample county: survey, permits, collectives, decisions, disputes, plans, all invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd

from sample_data.county import facts
from sample_data.county.rule_texts import SOURCE
from sample_data.county.writing import save_workbook, write_csv, write_geopackage

FOLDER = "land_book"
CUTOFF = date(2023, 3, 1)
_PARCELS = 360
_PLANTED_EACH = 4
_CLASSES = {"退出宅基地": "0702", "废弃工矿": "0601", "废弃公益": "08H1"}
_PERMITS = ("宗地代码", "批准文号", "许可类型", "许可日期", "供地日期", "约定动工日", "动工日")
_RECORDS = ("宗地代码", "退出日期", "停用日期", "现状建筑面积（㎡）")
_COLLECTIVES = ("集体代码", "集体名称", "所有权人", "所有权层级", "乡镇", "村", "成员人数", "法定代表人", "实施主体")
_DECISIONS = (
    *("决议编号", "宗地代码", "集体代码", "提议日", "商议日", "审议日", "表决日期", "表决机构"),
    *("应到人数", "实到人数", "同意人数", "决议公开日", "决议公开截止日"),
)
_DISPUTES = ("争议编号", "宗地代码", "争议受理日", "争议解决日")
_PLANS = ("规划编号", "规划类型", "乡镇", "村", "批准日期", "规划期末")
Rows = list[list[object]]
Planted = list[tuple[str, str, str]]

CANDIDATE_RULE = f"""# {facts.NOTICE}。以下各值也是虚构的，不是任何地方的规定。

[[rule]]
key = "candidate_cutoff"
name = "存量集体建设用地的截止日"
value = "{CUTOFF}"
unit = "日期，此日以前"
effective_from = 2024-01-01
source = "{SOURCE}"
verified = false
counties = ["{facts.COUNTY}"]

[[rule]]
key = "candidate_low_use_ratio"
name = "低效用地的建筑面积与土地面积之比"
value = 0.20
unit = "低于此数为低效"
effective_from = 2024-01-01
source = "{SOURCE}"
verified = false
counties = ["{facts.COUNTY}"]
"""


def _day(rng: np.random.Generator, first: date, last: date) -> date:
    return first + timedelta(days=int(rng.integers(0, (last - first).days + 1)))


def _survey(rng: np.random.Generator, chosen: gpd.GeoDataFrame, planted: Planted) -> gpd.GeoDataFrame:
    """A patch a parcel, as large and of the class its source of land says; some of the state, some farmland."""
    classes = chosen["土地来源"].map(_CLASSES).fillna(chosen["现状地类"]).to_numpy(dtype=object)
    nature = rng.choice(["30", "31", "32"], len(chosen)).astype(object)
    settlement = np.full(len(chosen), "203", dtype=object)
    odd = rng.permutation(len(chosen))[: 3 * _PLANTED_EACH].reshape(3, -1)
    for row in odd[0]:
        nature[row] = "20"
        planted.append(("survey.gpkg", chosen["宗地代码"].iloc[row], "调查为国有"))
    for row in odd[1]:
        classes[row] = "0102"
        planted.append(("survey.gpkg", chosen["宗地代码"].iloc[row], "调查为水浇地"))
    for row in odd[2]:
        settlement[row] = "202"
        planted.append(("survey.gpkg", chosen["宗地代码"].iloc[row], "图斑在建制镇内"))
    table = {"TBBH": [f"{i:06d}" for i in range(1, len(chosen) + 1)], "DLBM": classes, "QSXZ": nature}
    return gpd.GeoDataFrame({**table, "CZCSXM": settlement}, geometry=chosen.geometry.to_numpy(), crs=chosen.crs)


def _permits(rng: np.random.Generator, codes: Sequence[str], planted: Planted) -> Rows:
    """Approvals of nine parcels in ten; a few not supplied, a few idle, a few after the cut-off day."""
    rows: Rows = []
    approved = [code for code in codes if rng.random() < 0.9]
    special = rng.permutation(len(approved))[: 3 * _PLANTED_EACH].reshape(3, -1)
    for place, code in enumerate(approved):
        given = _day(rng, date(1999, 1, 1), date(2021, 12, 31))
        supplied, due = given + timedelta(days=200), given + timedelta(days=600)
        days: list[object] = [given, supplied, due, due - timedelta(days=30)]
        if place in special[0]:
            days = [given, "", "", ""]
            planted.append(("permits.xlsx", code, "批而未供"))
        elif place in special[1]:
            days = [given, supplied, due, ""]
            planted.append(("permits.xlsx", code, "闲置"))
        elif place in special[2]:
            days = [CUTOFF, CUTOFF + timedelta(days=90), "", CUTOFF + timedelta(days=200)]
            planted.append(("permits.xlsx", code, "批准不在截止日以前"))
        rows.append([code, f"示例地〔{given.year}〕{place + 1:03d}号", "建设用地批准", *days])
    return rows


def _records(rng: np.random.Generator, chosen: gpd.GeoDataFrame, planted: Planted) -> Rows:
    rows: Rows = []
    homesteads = 0
    for code, source, area in zip(chosen["宗地代码"], chosen["土地来源"], chosen.geometry.area, strict=True):
        released, disused, floor = "", "", ""
        if source == "退出宅基地":
            homesteads += 1
            if homesteads <= _PLANTED_EACH:
                planted.append(("use_records.xlsx", code, "缺宅基地退出日期"))
            else:
                released = str(_day(rng, date(2019, 1, 1), date(2025, 6, 30)))
        elif source in _CLASSES:
            disused = str(_day(rng, date(2005, 1, 1), date(2022, 12, 31)))
        else:
            floor = f"{area * float(rng.uniform(0.05, 1.2)):.2f}"
        rows.append([code, released, disused, floor])
    return rows


def _collectives(owned: gpd.GeoDataFrame, villages: gpd.GeoDataFrame, planted: Planted) -> Rows:
    """A collective for each owner, in the village or township its land lies in; some without a count of members."""
    points = owned.assign(geometry=owned.representative_point()).sjoin(villages[["township", "village", "geometry"]])
    single = points[~points["所有权人"].duplicated()].sort_values("所有权代码")
    rows: Rows = []
    for place, (_, owner) in enumerate(single.iterrows(), 1):
        name, level = str(owner["所有权人"]).removesuffix("农民集体"), owner["所有权层级"]
        kind = "经济联合总社" if level == "乡镇" else "股份经济合作社"
        members: object = int(owner["成员人数"])
        code = f"N2{facts.COUNTY}MF{place:06d}"
        if place % 200 == 7:
            members = ""
            planted.append(("collectives.xlsx", code, "缺成员人数"))
        village = "" if level == "乡镇" else owner["village"]
        front = [code, f"{name}{kind}", owner["所有权人"], level, owner["township"], village]
        rows.append([*front, members, f"示例{place:04d}", owner["实施主体"] or ""])
    return rows


def _decisions(rng: np.random.Generator, owners: pd.Series[str], collectives: Rows, planted: Planted) -> Rows:
    """A decision a parcel: steps in order, enough votes, posted ten days; some are not."""
    of_owner = {row[2]: row for row in collectives}
    rows: Rows = []
    for place, (code, owner) in enumerate(owners.items(), 1):
        number, collective = f"决议{place:03d}", of_owner[owner]
        first = _day(rng, date(2025, 5, 6), date(2025, 11, 30))
        steps: list[object] = [first + timedelta(days=gap) for gap in (0, 3, 8)]
        vote, total = first + timedelta(days=20), int(rng.integers(30, 90))
        yes, posted = total - int(rng.integers(0, 5)), vote + timedelta(days=1)
        until = posted + timedelta(days=10)
        kind = place % 20
        if kind == 3:
            yes = -(-2 * total // 3) - 1
        elif kind == 9:
            steps[2] = vote + timedelta(days=2)
        elif kind == 15:
            until = posted + timedelta(days=4)
        wrong = {3: "同意人数不足", 9: "审议在表决以后", 15: "决议公开不足"}.get(kind)
        if wrong:
            planted.append(("decisions.xlsx", number, wrong))
        votes = [vote, "成员代表大会", total, total, yes, posted, until]
        rows.append([number, code, collective[0], *steps, *votes])
    return rows


def _disputes(codes: Sequence[str], planted: Planted) -> Rows:
    rows: Rows = []
    for place, code in enumerate(codes[:: max(1, len(codes) // 8)], 1):
        settled: object = "" if place % 2 else date(2025, 3, 1)
        rows.append([f"争议{place:02d}", code, date(2024, 3, 1), settled])
        planted.append(("disputes.xlsx", code, "权属争议已解决" if settled else "权属争议未解决"))
    return rows


def _plans(rng: np.random.Generator, villages: gpd.GeoDataFrame, planted: Planted) -> Rows:
    """A plan for each township; for most villages one, of which some ended and some are not approved."""
    rows: Rows = []
    for place, township in enumerate(sorted(set(villages["township"])), 1):
        rows.append([f"镇规{place:02d}", "乡镇规划", township, "", date(2024, 6, 30), date(2035, 12, 31)])
    for place, (_, village) in enumerate(villages.sort_index().iterrows(), 1):
        number, drawn = f"村规{place:03d}", float(rng.random())
        if drawn < 0.25:
            continue
        approved, ends = _day(rng, date(2020, 1, 1), date(2025, 10, 31)), date(2035, 12, 31)
        day: object = approved
        if drawn < 0.30:
            approved, ends = date(2015, 6, 30), date(2020, 12, 31)
            day = approved
            planted.append(("plans.xlsx", number, "规划已过期"))
        elif drawn < 0.35:
            day = ""
            planted.append(("plans.xlsx", number, "规划没有批准"))
        kind = "详细规划" if drawn > 0.92 else "村庄规划"
        rows.append([number, kind, village["township"], village["village"], day, ends])
    return rows


def _write_sheet(path: Path, title: str, header: Sequence[str], rows: Rows) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet(title)
    book.remove(book.worksheets[0])
    sheet.append([facts.NOTICE])
    sheet.append(list(header))
    for row in rows:
        sheet.append([None if cell == "" else cell for cell in row])
    save_workbook(book, path)


def write_land_book(
    folder: Path,
    seed: int,
    table: gpd.GeoDataFrame,
    clear: pd.DataFrame,
    owned: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
) -> None:
    """Write the land book into its own folder.

    Parameters
    ----------
    folder : Path
        Folder of the county.
    seed : int
        Seed of the county.
    table : GeoDataFrame
        The parcel file.
    clear : DataFrame
        Parcels without a defect and their owners, as from `clear_parcels`.
    owned : GeoDataFrame
        As from `ownership_layer`.
    villages : GeoDataFrame
        As from `village_outlines`.
    """
    home = folder / FOLDER
    home.mkdir(exist_ok=True)
    rng = facts.generator(seed, "land book")
    kept = clear.index[np.sort(rng.permutation(len(clear))[:_PARCELS])]
    chosen = table.loc[kept]
    codes = [str(code) for code in chosen["宗地代码"]]
    planted: Planted = []
    write_geopackage(home / "survey.gpkg", {"DLTB": _survey(rng, chosen, planted)})
    permits = _permits(rng, codes, planted)
    collectives = _collectives(owned, villages, planted)
    names = owned.set_index("所有权代码")["所有权人"]
    owners = clear.loc[kept].set_index("宗地代码")["所有权代码"].map(names)
    _write_sheet(home / "permits.xlsx", "用地批准", _PERMITS, permits)
    _write_sheet(home / "use_records.xlsx", "利用状况", _RECORDS, _records(rng, chosen, planted))
    _write_sheet(home / "collectives.xlsx", "集体台账", _COLLECTIVES, collectives)
    _write_sheet(
        home / "decisions.xlsx", "民主决策", _DECISIONS, _decisions(rng, owners.head(120), collectives, planted)
    )
    _write_sheet(home / "disputes.xlsx", "权属争议", _DISPUTES, _disputes(codes, planted))
    _write_sheet(home / "plans.xlsx", "规划台账", _PLANS, _plans(rng, villages, planted))
    write_csv(home / "planted.csv", pd.DataFrame(planted, columns=["file", "key", "kind"]))
    (home / "candidates.toml").write_text(CANDIDATE_RULE, encoding="utf-8", newline="\n")
