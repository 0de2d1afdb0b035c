"""The text files of the sample county: its configuration, its local rules, its README."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

from sample_data.county import facts, rule_texts

_SOURCE = rule_texts.SOURCE
SOURCES = Path(__file__).resolve().parents[1] / "sources"

CONSTRAINTS = (
    ("永久基本农田", "veto"),
    ("生态保护红线", "veto"),
    ("城镇开发边界", "warn"),
    ("采空区", "unknown"),
    ("文物保护", "warn"),
)


def county_toml(seed: int) -> str:
    """The configuration of a run over the sample county."""
    head = f'''# {facts.NOTICE}。
# {facts.NAMES_NOTICE}。
name = "禹州市"
county = "{facts.COUNTY}"
pilot = true
on = 2026-03-02            # 入市与估价期日
seed = {seed}
maker = "禹州市自然资源和规划局（示例）"   # 制图单位，印在图上
notice = "{facts.NOTICE}"

[files]
parcels = "parcels.shp"
plan = "plan.gdb"
ownership = "ownership.gpkg"
villages = "villages.gpkg"
prices = "price_notice.xlsx"
entry_rule = "rules/entry.toml"
deal_terms = "rules/deal.toml"
split_rule = "rules/split.toml"
grading_rule = "rules/grading.toml"   # 定级（landmarket grade）用到，可以不写
compile_rule = "rules/compile.toml"   # 编制基准地价（landmarket compile）用到，可以不写
income_plan = "rules/income.toml"     # 收益决算与分配（landmarket income）用到，可以不写
market_plan = "rules/market.toml"     # 供应测算（landmarket simulate）用到，可以不写
paper_facts = "paper_facts.toml"      # 交易文书（landmarket papers）用到，可以不写
book_plan = "rules/book.toml"         # 土地台账（landmarket book）用到，可以不写

[classification]           # 资料密级：公开 | 内部 | 秘密 | 机密 | 绝密；不写的为内部，成果随最高的一级
villages = "公开"
prices = "公开"
"道路" = "公开"

[layers]                   # 一个文件有几个图层时，用哪一个
plan = "国土空间规划"
ownership = "ownership"
villages = "villages"

[floor_area_ratio]         # 容积率为区间时，按哪一端计价
"商服" = "upper"
"工业" = "lower"
"公共管理与公共服务" = "upper"
'''
    records = [
        f'\n[[constraints]]\nname = "{name}"\nfile = "constraints.gpkg"\nlayer = "{name}"\neffect = "{effect}"'
        f'            # veto 禁止 | warn 提示 | unknown 待核\nsource = "{_SOURCE}"\n'
        for name, effect in CONSTRAINTS
    ]
    roads = '\n[[context]]              # 地图底图\nname = "道路"\nfile = "roads.gpkg"\n'
    return head + "".join(records) + roads


def readme(seed: int, rows: int) -> str:
    """What is in the folder."""
    return f"""# 示例县：禹州市（411081）

**{facts.NOTICE}。** {facts.NAMES_NOTICE}。

由 `python sample_data/make_yuzhou.py --seed {seed}` 生成，共 {rows} 行宗地。
坐标系 EPSG:4547（CGCS2000 3 度带，中央经线 114°）。

| 文件 | 内容 |
|---|---|
| `parcels.shp` | 宗地，GB18030 编码，没有 `.cpg`；带有真实数据常见的毛病 |
| `parcels.gpkg` | 同样的宗地，图层 `parcels` |
| `plan.gdb` | 国土空间规划，图层 `国土空间规划`，用地代码按《用地用海分类指南》（2023） |
| `ownership.gpkg` | 集体土地所有权（JA），乡镇、村、组三级 |
| `villages.gpkg` | 行政村 678 个（`villages`）、乡镇 26 个（`townships`） |
| `constraints.gpkg` | 永久基本农田、生态保护红线、城镇开发边界、采空区、文物保护 |
| `roads.gpkg`, `facilities.gpkg` | 道路（按等级）、设施（按类型与级别） |
| `dem.tif` | 高程，150 m，县外无数据 |
| `price_notice.xlsx` | 基准地价公告 |
| `samples.xlsx` | 成交与租金样点 |
| `village_facts.csv` | 各村人口、基础设施普及率、空气优良天数比例（定级用） |
| `cost_ledger.xlsx` | 六十宗地的成本台账：取得、复垦、开发、交易，有冲销，有决算日以后的 |
| `roster.xlsx` | 三个集体的成员名册；姓名虚构，身份证号、银行账号、电话都是不存在的号，程序不读 |
| `fund_uses.xlsx` | 三个集体公积公益金的使用 |
| `township_incomes.csv` | 各乡镇人口与农村居民收入 |
| `paper_facts.toml` | 交易文书里由单位填写的内容，只填了一部分 |
| `land_book/` | 调查图斑、用地批准、集体、决策、争议、规划等台账，两年的台账事件，及埋入的问题（`planted*.csv`） |
| `rules/` | 本地规则：入市、交易、收益分配、定级（附专家打分）、编制基准地价、付款、收益决算、供应测算、台账 |
| `county.toml` | 运行配置 |
| `planted.csv` | 宗地文件里埋了哪些毛病、在第几行；程序不读它，只用来核对检查是否漏报 |
"""


def write_documents(folder: Path, seed: int, rows: int) -> None:
    """Write configuration and README.

    Parameters
    ----------
    folder : Path
        The county's folder.
    seed : int
        Seed of the county.
    rows : int
        Rows of the parcel file.
    """
    (folder / "county.toml").write_text(county_toml(seed), encoding="utf-8", newline="\n")
    copyfile(SOURCES / "paper_facts.toml", folder / "paper_facts.toml")
    rule_texts.write_rules(folder / "rules")
    (folder / "README.md").write_text(readme(seed, rows), encoding="utf-8", newline="\n")
