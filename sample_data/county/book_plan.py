"""What the sample county's land book is checked against: incomes of villages, and the plan that names all files."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from sample_data.county import facts
from sample_data.county.writing import write_csv

INCOMES, PLAN = "land_book/village_incomes.csv", "rules/book.toml"
_UNKNOWN_EVERY = 97

PLAN_TEXT = f"""# {facts.NOTICE}。台账方案：土地台账（landmarket book）核对时用到的文件；路径相对于本文件。
survey = "../land_book/survey.gpkg"              # 国土变更调查图斑
permits = "../land_book/permits.xlsx"            # 用地批准与规划许可
use_records = "../land_book/use_records.xlsx"    # 退出、停用、现状建筑面积
collectives = "../land_book/collectives.xlsx"    # 农村集体经济组织台账
decisions = "../land_book/decisions.xlsx"        # 民主决策
disputes = "../land_book/disputes.xlsx"          # 权属争议
plans = "../land_book/plans.xlsx"                # 规划台账
rules = "../land_book/candidates.toml"           # 本县规则：截止日、低效标准
village_incomes = "../land_book/village_incomes.csv"    # 村集体年经营收入
township_incomes = "../township_incomes.csv"     # 各乡镇人口
weak_income = 100000                             # 年经营收入低于此数（元）为集体经济薄弱村
source = "示例，虚构"                             # 标准出自哪个文件
"""


def village_incomes(seed: int, villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """Yearly income of every village's collective, of a few unknown."""
    rng = facts.generator(seed, "village incomes")
    income = (rng.lognormal(11.9, 0.6, len(villages)) // 100 * 100).astype("int64")
    told = pd.Series(income, dtype="Int64")
    told[told.index % _UNKNOWN_EVERY == _UNKNOWN_EVERY - 1] = pd.NA
    places = villages.reset_index().sort_values("village_code")
    return pd.DataFrame(
        {
            "村代码": places["village_code"].to_numpy(),
            "乡镇": places["township"].to_numpy(),
            "村": places["village"].to_numpy(),
            "年经营收入（元）": told.astype("str").replace("<NA>", "").to_numpy(),
        }
    )


def write_book_plan(folder: Path, seed: int, villages: gpd.GeoDataFrame) -> None:
    """Write the plan of the land book and the incomes it names.

    Parameters
    ----------
    folder : Path
        Folder of the county.
    seed : int
        Seed of the county.
    villages : GeoDataFrame
        With ``village_code``, ``village`` and ``township``.
    """
    write_csv(folder / INCOMES, village_incomes(seed, villages))
    (folder / PLAN).write_text(PLAN_TEXT, encoding="utf-8", newline="\n")
