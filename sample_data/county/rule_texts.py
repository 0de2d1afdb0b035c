"""The local rules of the sample county as TOML: every value invented."""

from __future__ import annotations

from pathlib import Path

from sample_data.county import facts

SOURCE = "示例，虚构"
_HEAD = f"# {facts.NOTICE}。以下各值也是虚构的，不是任何地方的规定。\n"

DEAL = f"""{_HEAD}name = "禹州市集体经营性建设用地挂牌出让条件（示例）"
source = "{SOURCE}"
county = "{facts.COUNTY}"
effective_from = 2024-01-01
verified = false
mode = "挂牌"                 # 招标 | 拍卖 | 挂牌 | 协议
form = "出让"                 # 出让 | 出租 | 作价出资
start_ratio = 0.85            # 起始价 ÷ 评估价
unit_yuan = 1000              # 起始价向上取整到此数的倍数
step = 0.01                   # 加价幅度
step_basis = "起始价比例"
deposit_ratio = 0.20          # 竞买保证金 ÷ 起始价
min_bidders = 1
notice_days = 20
listing_days = 10
listing_day_kind = "工作日"
contract_days = 10
payment_days = 60
reserve_comparison = "不低于"
reserve_ratio = 0.80          # 底价 ÷ 评估价：保密
floor_entry_cost = true       # 底价不低于取得与开发成本
bidder_weights = [0.14, 0.32, 0.24, 0.16, 0.09, 0.05]   # 有意竞买 0、1、2……人的权重（模拟假设）
value_low = 0.78              # 竞买人心理价位 ÷ 评估价（模拟假设）
value_high = 1.22
"""

_ENTRY = (
    (
        "entry_use_codes_added",
        "本县另列可入市的规划用途",
        '"0803、0806、0807"',
        "用地用海分类2023",
        "文化、医疗卫生、社会福利类的经营性项目",
    ),
    ("entry_least_use_share", "规划用途至少覆盖宗地的比例", "0.70", "占宗地面积", "低于此数的先核实"),
    ("entry_most_overlap_share", "规划重叠至多占宗地的比例", "0.05", "占宗地面积", "超过此数的先核实"),
    ("entry_sources", "可入市的土地来源", '"存量、退出宅基地、废弃工矿"', "", "不含废弃公益，是为演示而设"),
    ("entry_sources_to_convert", "须有转用文件的土地来源", '"退出宅基地"', "", "没有转用文件的先核实"),
    ("entry_pathways", "可采用的入市途径", '"就地、调整"', "", "不含整治，是为演示而设"),
)


def entry_text() -> str:
    """The local rules of market entry."""
    head = f"""{_HEAD}name = "禹州市集体经营性建设用地入市办法（示例）"
county = "{facts.COUNTY}"
pilot = true
"""
    rules = [
        f'''
[[rule]]
key = "{key}"
name = "{name}"
value = {value}
unit = "{unit}"
effective_from = 2024-01-01
source = "{SOURCE}"
verified = false
counties = ["{facts.COUNTY}"]
note = "{note}"
'''
        for key, name, value, unit, note in _ENTRY
    ]
    return head + "".join(rules)


_RATES = (
    ("工业", "县城规划区", 0.24),
    ("工业", "乡镇规划区", 0.22),
    ("工业", "其他区域", 0.20),
    ("商服", "县城规划区", 0.48),
    ("商服", "乡镇规划区", 0.42),
    ("商服", "其他区域", 0.36),
    ("公共管理与公共服务", "县城规划区", 0.30),
    ("公共管理与公共服务", "乡镇规划区", 0.26),
    ("公共管理与公共服务", "其他区域", 0.22),
)


_ADJUSTED = """
[[fund_rate]]                 # 调整入市的工业用地
price_use = "工业"
zone = "其他区域"
pathway = "调整"
rate = 0.23
"""


def split_text() -> str:
    """The rule on the split of income."""
    head = f"""{_HEAD}name = "禹州市集体经营性建设用地入市收益分配办法（示例）"
source = "{SOURCE}"
county = "{facts.COUNTY}"
pilot = true
effective_from = 2024-01-01
verified = false
fund_base = "gain"            # gain 土地增值收益 | price 成交价
tax_rate = 0.0005             # 由出让方承担的税费 ÷ 成交价
retention_rate = 0.30         # 公积公益金 ÷ 净收益
direct_distribution = true    # 净收益可否直接分配给成员
"""
    rates = [
        f'\n[[fund_rate]]\nprice_use = "{use}"\nzone = "{zone}"\nrate = {rate:.2f}\n' for use, zone, rate in _RATES
    ]
    return head + "".join(rates) + _ADJUSTED


def write_rules(folder: Path) -> None:
    """Write the local rules.

    Parameters
    ----------
    folder : Path
        The folder ``rules``; made if it does not exist.
    """
    folder.mkdir(exist_ok=True)
    for name, text in (("entry", entry_text()), ("deal", DEAL), ("split", split_text())):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8", newline="\n")
