"""What grading the sample county needs: a table of its villages, experts' judgements, the county's grading rule."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from sample_data.county import facts
from sample_data.county.rule_texts import SOURCE
from sample_data.county.writing import write_csv

VILLAGES = "village_facts.csv"
EXPERTS = "rules/delphi_industry.csv"
RULE = "rules/grading.toml"
_EXPERTS = 12
_INDUSTRY = {"道路通达度": 82, "产业集聚度": 90, "对外交通便利度": 74, "基础设施完善度": 68, "地形条件": 42}


def village_facts(seed: int, villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """Population, utilities and air of every village: better near the town and near the seat of the township."""
    rng = facts.generator(seed, "village facts")
    town = villages[["x", "y"]].iloc[0].to_numpy(dtype=float)
    seats = villages.groupby("township_code")[["x", "y"]].transform("first").to_numpy()
    places = villages[["x", "y"]].to_numpy()
    near = np.exp(-np.hypot(*(places - town).T) / 9000)
    seated = np.exp(-np.hypot(*(places - seats).T) / 1500)
    built = np.clip(0.55 * near + 0.45 * seated + rng.normal(0, 0.06, len(villages)), 0, 1)
    rates = {
        "供水普及率（%）": 70 + 29 * built + rng.normal(0, 2.0, len(villages)),
        "生活污水处理率（%）": 28 + 68 * built + rng.normal(0, 5.0, len(villages)),
        "燃气普及率（%）": 35 + 62 * built + rng.normal(0, 5.0, len(villages)),
        "通信网络覆盖率（%）": 88 + 11 * built + rng.normal(0, 1.0, len(villages)),
    }
    table = pd.DataFrame({name: np.clip(values, 0, 100).round(1) for name, values in rates.items()})
    west = np.clip((places[:, 0].max() - places[:, 0]) / np.ptp(places[:, 0]), 0, 1)
    air = np.clip(64 + 20 * west - 6 * near + rng.normal(0, 1.5, len(villages)), 0, 100).round(1)
    people = np.round(
        700 + 3600 * near + 900 * seated * rng.random(len(villages)) + rng.integers(0, 900, len(villages))
    )
    names = pd.DataFrame({"村代码": villages.index, "村名称": villages["village"].to_numpy()})
    return pd.concat(
        [
            names.assign(**{"常住人口（人）": people.astype(int)}),
            table,
            pd.DataFrame({"基础设施保障率（%）": table.mean(axis=1).round(1), "空气优良天数比例（%）": air}),
        ],
        axis=1,
    )


def expert_scores(seed: int) -> pd.DataFrame:
    """Two rounds of twelve experts on the weights of industrial land: the second one closer together."""
    rng = facts.generator(seed, "experts")
    rows = []
    for turn, spread in ((1, 9.0), (2, 4.0)):
        for expert in range(1, _EXPERTS + 1):
            scores = [int(np.clip(round(rng.normal(mean, spread)), 5, 100)) for mean in _INDUSTRY.values()]
            rows.append((turn, f"专家{expert:02d}", *scores))
    return pd.DataFrame(rows, columns=["轮次", "专家", *_INDUSTRY])


GRADING = f"""# {facts.NOTICE}。以下作用分、半径、权重也是虚构的，不是任何地方的规定。
name = "禹州市集体建设用地定级办法（示例）"
source = "{SOURCE}"
county = "{facts.COUNTY}"
verified = false
cell = 100                    # 评价网格边长，m
unit = "village"              # cell 网格 | village 村 | area 均质区片
smallest_km2 = 1.0            # 小于此面积的孤立图斑并入相邻级别
samples = "../samples.xlsx"   # 样点：核对各级平均地价

[[layer]]
name = "设施"
file = "../facilities.gpkg"

[[layer]]
name = "道路"
file = "../roads.gpkg"

[[layer]]
name = "村情"
file = "../village_facts.csv"
village_code = "村代码"        # 按村代码接到村界上的表

[[layer]]
name = "高程"
file = "../dem.tif"

[[factor]]
name = "商服繁华影响度"
kind = "points"               # points 点状 | roads 道路 | area 面状 | terrain 地形
layer = "设施"
kind_column = "设施类型"
level_column = "设施级别"
name_column = "设施名称"
decay = "exponential"         # linear 直线衰减 | exponential 指数衰减

  [[factor.facility]]
  name = "商服中心"
  combine = "functions"       # 逐级功能取最大后相加；best：只取作用最强的一处

    [[factor.facility.level]] # 由高到低；不写 radius 的按公式计算
    name = "县级"
    score = 100
    radius = 12000

    [[factor.facility.level]]
    name = "乡镇级"
    score = 50

    [[factor.facility.level]]
    name = "村级"
    score = 15

[[factor]]
name = "道路通达度"
kind = "roads"
layer = "道路"
class_column = "道路等级"
name_column = "道路名称"
decay = "linear"
leave_out = ["高速公路"]       # 封闭道路，不计入

  [[factor.class]]            # 不写 radius 的按 D = S/(2L)
  name = "国道"
  score = 100
  radius = 4000

  [[factor.class]]
  name = "省道"
  score = 85
  radius = 3000

  [[factor.class]]
  name = "县道"
  score = 70

  [[factor.class]]
  name = "乡道"
  score = 50

  [[factor.class]]
  name = "村道"
  score = 30

[[factor]]
name = "对外交通便利度"
kind = "points"
layer = "设施"
kind_column = "设施类型"
level_column = "设施级别"
name_column = "设施名称"
decay = "linear"

  [[factor.facility]]
  name = "客运站"
  weight = 0.6

    [[factor.facility.level]]
    name = "县级"
    score = 100
    radius = 15000

    [[factor.facility.level]]
    name = "乡镇级"
    score = 50

  [[factor.facility]]
  name = "火车站"
  weight = 0.4

    [[factor.facility.level]]
    name = "县级"
    score = 100
    radius = 20000

[[factor]]
name = "公用设施完备度"
kind = "points"
layer = "设施"
kind_column = "设施类型"
level_column = "设施级别"
name_column = "设施名称"
decay = "linear"

  [[factor.facility]]
  name = "医院"
  weight = 0.5

    [[factor.facility.level]]
    name = "县级"
    score = 100
    radius = 12000

    [[factor.facility.level]]
    name = "乡镇级"
    score = 60

    [[factor.facility.level]]
    name = "村级"
    score = 20

  [[factor.facility]]
  name = "学校"
  weight = 0.5

    [[factor.facility.level]]
    name = "高中"
    score = 100
    radius = 12000

    [[factor.facility.level]]
    name = "初中"
    score = 60

    [[factor.facility.level]]
    name = "小学"
    score = 30

[[factor]]
name = "产业集聚度"
kind = "points"
layer = "设施"
kind_column = "设施类型"
level_column = "设施级别"
name_column = "设施名称"
decay = "linear"

  [[factor.facility]]
  name = "工业集聚区"
  sizes = ["规模"]             # 不给 score 的按规模指数 100×A/Amax

    [[factor.facility.level]]
    name = "县级"
    radius = 15000

    [[factor.facility.level]]
    name = "乡镇级"

[[factor]]
name = "基础设施完善度"
kind = "area"
layer = "村情"
column = "基础设施保障率（%）"
unit = "%"
worst = 50                    # 0 分的值
best = 98                     # 100 分的值

[[factor]]
name = "环境质量优劣度"
kind = "area"
layer = "村情"
column = "空气优良天数比例（%）"
unit = "%"
worst = 55
best = 90

[[factor]]
name = "地形条件"
kind = "terrain"
layer = "高程"
measure = "slope"             # slope 坡度 % | relief 起伏度 m
worst = 15                    # 坡度越大越差：0 分的值大于 100 分的值
best = 1

[[use]]
name = "商服"
factors = ["商服繁华影响度", "道路通达度", "对外交通便利度", "基础设施完善度", "公用设施完备度"]
grades = 4
boundaries = "natural_breaks" # valleys 频率曲线 | gaps 数轴 | natural_breaks 自然断点 | given 给定
ahp = [                       # 判断矩阵，行列次序同 factors
  ["1", "3", "4", "3", "4"],
  ["1/3", "1", "2", "1", "2"],
  ["1/4", "1/2", "1", "1/2", "1"],
  ["1/3", "1", "2", "1", "2"],
  ["1/4", "1/2", "1", "1/2", "1"],
]

[[use]]
name = "工业"
factors = ["道路通达度", "产业集聚度", "对外交通便利度", "基础设施完善度", "地形条件"]
grades = 3
boundaries = "natural_breaks"
delphi = "delphi_industry.csv"

[[use]]
name = "公共管理与公共服务"
factors = ["公用设施完备度", "道路通达度", "基础设施完善度", "环境质量优劣度"]
grades = 3
boundaries = "natural_breaks"
pairwise = [                  # 因素成对比较：1 更重要，0.5 同等，0 次要
  [0, 1, 1, 1],
  [0, 0, 0.5, 1],
  [0, 0.5, 0, 0.5],
  [0, 0, 0.5, 0],
]

[[use]]
name = "宅基地"
factors = ["公用设施完备度", "道路通达度", "基础设施完善度", "环境质量优劣度", "商服繁华影响度"]
grades = 3
boundaries = "given"
scores = [30, 50]             # 分界，由小到大
weights = [0.25, 0.2, 0.25, 0.15, 0.15]
"""


def write_grading(folder: Path, seed: int, villages: gpd.GeoDataFrame) -> None:
    """Write the three files.

    Parameters
    ----------
    folder : Path
        Folder of the county.
    seed : int
        Seed of the county.
    villages : GeoDataFrame
        As from `village_outlines`.
    """
    (folder / "rules").mkdir(exist_ok=True)
    write_csv(folder / VILLAGES, village_facts(seed, villages))
    write_csv(folder / EXPERTS, expert_scores(seed))
    (folder / RULE).write_text(GRADING, encoding="utf-8", newline="\n")
