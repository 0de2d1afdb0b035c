"""The rule by which the sample county's benchmark price is compiled: every value invented."""

from __future__ import annotations

from pathlib import Path

from sample_data.county import facts
from sample_data.county.rule_texts import SOURCE

RULE = "rules/compile.toml"

COMPILE = f"""# {facts.NOTICE}。以下各值也是虚构的，不是任何地方的规定。
name = "禹州市集体建设用地基准地价（编制稿，示例）"
document = ""                 # 文号未定
source = "{SOURCE}"
county = "{facts.COUNTY}"
verified = false
base_date = 2025-01-01        # 估价期日
last_edition = "../price_notice.xlsx"   # 价格内涵、用途对应及未重编的修正表沿用上一版
samples = "../samples.xlsx"
key = "grade"                 # grade 级别×用途 | township_grade 乡镇×级别×用途
average = "median"            # mean 平均数 | median 中位数
round_to = 5                  # 取整到此数的倍数，元/㎡
least_samples = 5             # 少于此数的级别不单独成价
sparse = "merge"              # merge 与更好一级合并 | score 按地价—总分值曲线推算
span = [0.1, 0.9]             # 级别地价区间取样点的这两个分位数
half_step = "truncate"        # truncate 半级截尾 | round 四舍五入
level = 0.95                  # 置信水平
resamples = 1000
seed = {facts.COUNTY}

[case_factors]                # 情况修正：样点类型或交易方式；未列的为 1
"协议" = 1.0

[[index]]                     # 期日修正用的地价指数；内插
date = 2022-01-01
value = 91.27

[[index]]
date = 2023-01-01
value = 94.09

[[index]]
date = 2024-01-01
value = 97.0

[[index]]
date = 2025-01-01
value = 100

[[index]]
date = 2026-01-01
value = 100.9

[[screen]]                    # 按次序剔除；剔除的样点逐个列出
name = "关联方交易"
rule = "text"
column = "note"
words = ["关联方"]

[[screen]]
name = "面积口径不同"
rule = "text"
column = "note"
words = ["代征"]

[[screen]]
name = "偏离本级中位数"
rule = "ratio"
low = 0.4
high = 2.5

[[screen]]
name = "三倍标准差"
rule = "sigma"
k = 3

[[use]]
name = "商服"
far = "samples"               # samples 由样点推算 | last_edition 沿用上一版

  [[use.factor]]              # 因素修正表的因素，权重取自定级
  name = "商服繁华"
  weight_of = "商服繁华影响度"

  [[use.factor]]
  name = "道路通达度"
  weight_of = "道路通达度"

  [[use.factor]]
  name = "基础设施"
  weight_of = "基础设施完善度"

[[use]]
name = "工业"
far = "last_edition"

  [[use.factor]]
  name = "道路通达度"
  weight_of = "道路通达度"

  [[use.factor]]
  name = "产业集聚"
  weight_of = "产业集聚度"

  [[use.factor]]
  name = "基础设施"
  weight_of = "基础设施完善度"

[[use]]
name = "公共管理与公共服务"
far = "last_edition"

  [[use.factor]]
  name = "道路通达度"
  weight_of = "道路通达度"

  [[use.factor]]
  name = "基础设施"
  weight_of = "基础设施完善度"
"""


def write_compile_rule(folder: Path) -> None:
    """Write the rule.

    Parameters
    ----------
    folder : Path
        Folder of the county.
    """
    (folder / RULE).write_text(COMPILE, encoding="utf-8", newline="\n")
