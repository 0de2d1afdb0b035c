"""The tables of a county's market (供应测算各表), each once: for the workbook, charts and other programs."""

from __future__ import annotations

import pandas as pd

from landmarket.columns import header
from landmarket.distribution.rule_records import rule_records
from landmarket.market.market_changes import percent_text
from landmarket.market.market_tables import REST, TOTAL
from landmarket.market.supply_outcome import plan_summary
from landmarket.market.terms import public_terms
from landmarket.market_products.answer import sentences
from landmarket.market_products.bank import COLLECTIVE, FUND
from landmarket.market_products.work import MarketWork
from landmarket.report import rule_sources, stated_sources

_PLACE = ["parcel_code", "township", "village", "owner", "price_use", "area"]
_SIMULATED = [
    *("total_price_fen", "start_price_fen", "bidders_mean", "sale_probability", "no_sale", "deal_price_mean"),
    *("deal_price_low_fen", "deal_price_median_fen", "deal_price_high_fen", "premium_mean", "months_mean"),
    *(FUND, COLLECTIVE, "expected_price_fen", "expected_collective_fen", "split_gap"),
]
_SPREAD = ["money_mean", "money_low_fen", "money_median_fen", "money_high_fen"]
_PARTIES = {header(FUND): "县财政（调节金）", header(COLLECTIVE): "集体及成员", REST: "其余（税费与成本补偿）"}


def answer_table(work: MarketWork) -> pd.DataFrame:
    """Put the answer on one page (回答).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        问题, 回答.
    """
    return pd.DataFrame(list(sentences(work).items()), columns=["问题", "回答"])


def plan_table(work: MarketWork) -> pd.DataFrame:
    """List every parcel that is priced and may enter: whether it is in the plan, and why not (供应计划).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        The parcels of the plan first; those that the terms do not allow to be offered last, with the reason.
    """
    columns = [*_PLACE, "sale_probability", "expected_price_fen", "expected_collective_fen", "chosen"]
    bank = work.bank.reset_index().sort_values(["chosen", "parcel_code"], ascending=[False, True])
    table = bank[[*columns, "plan_reason"]]
    if work.supply is not None:
        other = work.supply.by_order.chosen["chosen"].reindex(bank["parcel_code"]).to_numpy()
        table = table.assign(**{f"对照：{work.plan.order}": other})
    return pd.concat([table, _not_offered(work)], ignore_index=True)


def _not_offered(work: MarketWork) -> pd.DataFrame:
    gap = work.main.outcome.deals["deal_gap"]
    codes = gap.index[gap.ne("")]
    facts = work.main.outcome.table.loc[codes].reset_index()[_PLACE]
    reason = "不能按交易条件推出：" + gap.loc[codes].to_numpy(dtype=object)
    return facts.assign(chosen="否", plan_reason=reason)


def parcel_table(work: MarketWork) -> pd.DataFrame:
    """List what the simulation says of each parcel that can be offered (宗地).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        Place, price, chance of sale, prices given a sale, expected income.
    """
    return work.bank.reset_index()[[*_PLACE, *_SIMULATED]]


def township_table(work: MarketWork) -> pd.DataFrame:
    """Add the plan up by township, with intervals of the joint draws (乡镇).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        Townships of the reserve bank, last the total.
    """
    summary = plan_summary(work.bank, work.bank[["chosen"]])
    spread = work.joint.townships.set_index("township")[["area_sold_mean", *_SPREAD]]
    return summary.join(spread).reset_index().rename(columns={"parcels": "列入（宗）"})


def party_table(work: MarketWork) -> pd.DataFrame:
    """Divide the plan's money among the parties, with intervals of the joint draws (分配方).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        township, 分配方 and money; the total last.
    """
    table = work.joint.parties.drop(columns="listing_year")
    return table.assign(party=table["party"].map(_PARTIES)).rename(columns={"party": "分配方"})


def case_table(work: MarketWork) -> pd.DataFrame:
    """Set the plan at other price levels side by side (价格情景).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        A row for each case.
    """
    rows = []
    for case in work.cases:
        total = case.market.townships[case.market.townships["township"].eq(TOTAL)]
        chance = case.market.parcels["sale_probability"]
        rows.append(
            {"价格水平": percent_text(case.change), "要价": str(case.asking)}
            | total[_SPREAD].to_dict("records")[-1]
            | {
                "expected_collective_fen": case.collective_fen,
                "平均成交概率占比": float(chance.mean()),
                "平均流拍（宗）": float((1 - chance).sum()),
            }
        )
    table = pd.DataFrame(rows)
    return table.astype({name: "int64" for name in table.columns if name.endswith("_fen")})


def lever_table(work: MarketWork) -> pd.DataFrame:
    """Tell how far each assumption moves the expected collective income (敏感性).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        Chinese headers; amounts in 万元.
    """
    names = {
        "name": "假设",
        "note": "备注",
        "low": "取低值时集体预期收入（万元）",
        "high": "取高值时集体预期收入（万元）",
    }
    return work.levers.rename(columns=names)


def reserve_table(work: MarketWork) -> pd.DataFrame:
    """List what the reserve of each parcel of the plan could be (底价建议). Secret.

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        Place, appraised and start price, the columns of `landmarket.market_products.reserves.reserve_advice`.
    """
    facts = work.listed[[*_PLACE[1:], "total_price_fen", "start_price_fen", "sale_probability"]]
    return facts.join(work.advice).reset_index()


def draw_table(work: MarketWork) -> pd.DataFrame:
    """Keep the plan's money in every draw (抽样).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        One row a draw: ``money_fen`` and its parts ``fund_fen``, ``collective_fen``, ``rest_fen``.
    """
    totals = work.joint.totals
    fund, collective, rest = totals.parties
    return pd.DataFrame({"money_fen": totals.money, "fund_fen": fund, "collective_fen": collective, "rest_fen": rest})


def sources_table(work: MarketWork) -> pd.DataFrame:
    """List what may be shown of what the results rest on (依据): nothing of the reserve, and no seed.

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        The columns of `landmarket.report.rule_sources`.
    """
    plan, demand, terms = work.plan, work.demand, public_terms(work.given.terms)
    terms = terms[~terms["item"].str.contains("模拟假设")]  # here bidders are those of the assumptions on demand
    stated = dict(zip(terms["item"], terms["value"] + terms["unit"], strict=True))
    tables = [
        stated_sources({"供应测算方案": plan.name, "抽样次数": str(plan.draws)}, plan.source).assign(
            verified=plan.verified
        ),
        stated_sources({"需求假设": demand.name}, demand.source).assign(verified=demand.verified),
        stated_sources(stated, work.given.terms.source),
        rule_sources(rule_records(work.given.split_rule)),
    ]
    if work.supply is not None:
        rule = work.supply.rule
        named = {"供应计划规则": rule.name, "总指标": f"{rule.quota_mu} 亩"}
        named |= {f"{quota.price_use}指标": f"{quota.quota_mu} 亩" for quota in rule.use_quotas}
        tables.insert(1, stated_sources(named, rule.source).assign(verified=rule.verified))
    return pd.concat(tables, ignore_index=True)


def internal_sources(work: MarketWork) -> pd.DataFrame:
    """List everything the results rest on (依据). Secret.

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    DataFrame
        The columns of `sources_table`, with seed, demand, reserve and approximations.
    """
    plan, demand, terms = work.plan, work.demand, work.given.terms
    methods = plan.reserve_methods
    weighed = {f"估价方法：{one.name}": f"× {one.ratio}，权重 {one.weight}（{one.source}）" for one in methods}
    stated = {
        "种子": str(work.given.seed),
        "底价 ÷ 评估价": f"{terms.reserve_ratio}",
        "流拍时土地对集体的价值 ÷ 评估价": f"{plan.kept_ratio}",
        **weighed,
        "集体所得": "成交时按平均成交价分配一次，各次抽样沿用其占比：成交价都高于成本时是准确的，否则是近似",
        "底价曲线": "公开升价竞买、起始价即底价；保密底价高于起始价时只会使交易流拍，不会抬高出价",
    }
    assumed = {"流拍后再挂牌": f"{demand.relisting.times} 次，每次降 {demand.relisting.cut}"}
    assumed |= {f"平均竞买人数：{use.price_use}": "、".join(map(str, use.bidders)) for use in demand.uses}
    return pd.concat(
        [
            sources_table(work),
            stated_sources(assumed, demand.source).assign(verified=demand.verified),
            stated_sources(stated, plan.source).assign(verified=plan.verified),
        ],
        ignore_index=True,
    )
