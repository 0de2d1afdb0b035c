"""The rules that simulating the sample county's market rests on: every value invented."""

from __future__ import annotations

from pathlib import Path

from sample_data.county import facts
from sample_data.county.rule_texts import SOURCE

PLAN, DEMAND, SUPPLY = "rules/market.toml", "rules/demand.toml", "rules/supply.toml"
_HEAD = f"# {facts.NOTICE}。以下各值也是虚构的，不是任何地方的规定，也不是对市场的估计。\n"

MARKET_PLAN = f"""{_HEAD}name = "禹州市2026年度供应测算方案（示例）"
source = "{SOURCE}"
verified = false
demand = "demand.toml"        # 需求假设
supply = "supply.toml"        # 供应计划规则；不写就全部推出
order = "亩均集体预期收入从高到低"   # 与最优计划对照的列入次序
draws = 2000                  # 抽样次数
target_wan = 40000            # 期望的成交总额，万元；不写就用起始价合计
likely_failure = 0.75         # 成交概率低于此数的，列为可能流拍
price_changes = [-0.20, -0.10, 0, 0.10]   # 价格水平变动
reserve_ratios = [0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95, 1.00, 1.05, 1.10]   # 试算的底价 ÷ 评估价
kept_ratio = 0.50             # 流拍时土地对集体的价值 ÷ 评估价

[swings]                      # 敏感性：各项假设上下变动的幅度
price = 0.10                  # 价格水平
bidders = 0.20                # 平均竞买人数
reserve = 0.10                # 底价比例
quota = 0.10                  # 总指标
fund_rate = 0.10              # 调节金比例
fund_document = "示例政〔2025〕0号（虚构）"   # 变动后超出国家区间时，准予征收的文号；可以不写

[[reserve_method]]            # 底价测算采用的估价方法
name = "基准地价系数修正法"
ratio = 1.00                  # 评估值 ÷ 基准地价评估价
weight = 0.60
source = "{SOURCE}"

[[reserve_method]]
name = "市场比较法"
ratio = 0.96
weight = 0.40
source = "{SOURCE}"
"""

DEMAND_RULE = f"""{_HEAD}name = "禹州市需求假设（示例）"
source = "{SOURCE}"
verified = false
county_shock = {{ shape = "均匀", base = 0.92, scale = 0.16 }}   # 全县共同的行情：0.92 到 1.08 倍
relist_times = 1              # 流拍后再挂牌的次数
relist_cut = 0.05             # 每次起始价、底价比例降低
round_months = 3              # 一次挂牌的月数
sealed_shares = [0.95, 0.96, 0.97]   # 招标：1、2、3 人以上参加时，投标价占心理价位

[[use]]
price_use = "工业"
score_from = [0]              # 区位分档的下限；只有一档时不看区位分值
bidders = [1.8]               # 各档平均竞买人数（泊松分布）
private = {{ shape = "均匀", base = 0.78, scale = 0.40 }}        # 竞买人各自的心理价位 ÷ 评估价
common = {{ shape = "均匀", base = 0.90, scale = 0.20 }}         # 这宗地共同的部分
shock = {{ shape = "均匀", base = 0.95, scale = 0.10 }}          # 这种用途共同的行情

[[use]]
price_use = "商服"
score_from = [0]
bidders = [1.3]
private = {{ shape = "对数正态", base = 0.95, scale = 0.20 }}
common = {{ shape = "均匀", base = 0.90, scale = 0.20 }}
shock = {{ shape = "均匀", base = 0.90, scale = 0.20 }}

[[use]]
price_use = "公共管理与公共服务"
score_from = [0]
bidders = [0.9]
private = {{ shape = "均匀", base = 0.85, scale = 0.25 }}
"""

SUPPLY_RULE = f"""{_HEAD}name = "禹州市2026年度集体经营性建设用地供应计划规则（示例）"
source = "{SOURCE}"
verified = false
year = 2026
quota_mu = 3000               # 总指标，亩

[[use_quota]]                 # 分用途指标
price_use = "商服"
quota_mu = 300

[[floor]]                     # 乡镇下限；没有写 township 的适用于每个有可供应宗地的乡镇
basis = "亩"                  # 亩 | 收入占比
least = 20
"""


def write_market(folder: Path) -> None:
    """Write plan, demand and supply rule.

    Parameters
    ----------
    folder : Path
        The county's folder; ``rules`` is in it.
    """
    for name, text in ((PLAN, MARKET_PLAN), (DEMAND, DEMAND_RULE), (SUPPLY, SUPPLY_RULE)):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
