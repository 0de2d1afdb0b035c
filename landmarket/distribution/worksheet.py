"""The split of one deal as it would be written on a worksheet (收益分配测算表), from the split row itself."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal

import pandas as pd

from landmarket.checks import require_columns
from landmarket.columns import header
from landmarket.distribution.rule import LAND_COSTS, FundBase, SplitRule
from landmarket.distribution.rule_records import BASES
from landmarket.distribution.split import PARTIES
from landmarket.errors import BadValueError
from landmarket.units import yuan_text, yuan_to_fen

_FEN = 100
_OWNER = {"乡镇": "township_fen", "村": "village_fen", "组": "group_fen"}
_CASH_COSTS = {"transaction_cost": "交易费用", "tax_paid": "已缴税费"}

Facts = Mapping[Hashable, object]


def party_names() -> dict[str, str]:
    """Name the parties as tables and sheets do (各方名称).

    Returns
    -------
    dict of str to str
        Column and Chinese name.
    """
    return {party: header(party).partition("（")[0].removesuffix("分") for party in PARTIES}


def part_reasons(deal: Facts, rule: SplitRule) -> dict[str, str]:
    """Say how the part of each party of a deal was computed (计算依据).

    Parameters
    ----------
    deal : mapping
        A deal and its split, as `explain_split` takes them; ``cost_basis`` where costs were settled.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    dict of str to str
        By the party's column, in Chinese, with the amounts that whoever computes it again needs.
    """
    level, whole = str(deal["owner_level"]), sum(_part(deal, party) for party in PARTIES[3:])
    net = f"净收益 {yuan_text(whole)} 元"
    reclaimed = f"{net} × {percent(rule.reclaimed_share)}（调整入市，复垦区集体）"
    if _part(deal, "reclaimed_fen"):
        net = f"净收益扣除复垦区集体部分后 {yuan_text(whole - _part(deal, 'reclaimed_fen'))} 元"
    kept = f"{net} × {percent(rule.retention_rate)}（公积公益金）"
    if not rule.direct_distribution:
        kept = f"{net}，扣除统筹后全部留在集体（公积公益金），不直接分配"
    base = _part(deal, "gain_fen" if rule.fund_base is FundBase.GAIN else "deal_price_fen")
    rate = percent(Decimal(str(deal["fund_rate"])))
    said = "；".join(text for text in (rule.source, rule.override_document) if text)
    reasons = {
        "fund_fen": f"{BASES[rule.fund_base]} {yuan_text(base)} 元 × {rate}（{said}）",
        "tax_fen": _tax_text(rule, deal),
        "cost_fen": _cost_text(rule, deal),
        "township_fen": f"{net} × {percent(rule.township_share)}（{rule.township_document}）",
        "reclaimed_fen": reclaimed,
        "village_fen": f"{net} × {percent(rule.village_share)}（{rule.village_document}）",
        "group_fen": kept,
        "members_fen": "净收益的其余部分",
    }
    return reasons | {_OWNER[level]: kept}


def _tax_text(rule: SplitRule, deal: Facts) -> str:
    paid = sum(_fen(deal, column) for column in _CASH_COSTS)
    said = [f"成交价 × {percent(rule.tax_rate)}"] if rule.tax_rate else []
    said += [f"台账中的交易费用与税费 {yuan_text(paid)} 元"] if paid else []
    return "，另加".join(said)


def _cost_text(rule: SplitRule, deal: Facts) -> str:
    basis, loss = deal.get("cost_basis"), _part(deal, "loss_fen")
    short = f"；成交价不足，另有 {yuan_text(loss)} 元没有补偿" if loss else ""
    return f"{'、'.join(rule.net_costs)}成本{f'（{basis}）' if basis else ''}{short}"


def _part(deal: Facts, party: str) -> int:
    return int(str(deal[party]))


def percent(rate: Decimal) -> str:
    """Write a rate as a percentage with the decimals it has (百分数).

    Parameters
    ----------
    rate : Decimal
        The rate.

    Returns
    -------
    str
        For example ``"0.05%"``.

    Examples
    --------
    >>> percent(Decimal("0.3000")), percent(Decimal("0.0005"))
    ('30%', '0.05%')
    """
    return f"{(rate * 100).normalize():f}%"


def explain_split(deals: pd.DataFrame, shares: pd.DataFrame, rule: SplitRule, parcel_code: str) -> pd.DataFrame:
    """Write out how one deal's income was split (收益分配测算过程).

    Parameters
    ----------
    deals : DataFrame
        As for `split_income`.
    shares : DataFrame
        The split, on the same index.
    rule : SplitRule
        The rule it was split by.
    parcel_code : str
        The parcel.

    Returns
    -------
    DataFrame
        ``step, value, unit, source`` in order, all text, in Chinese. Every amount is the row's: whoever computes it
        again by the source comes within a fen, the parts add up to the price exactly.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If the deal was not split.

    Notes
    -----
    In adjusted entry (调整入市) the other shares are of what the reclaimed side leaves of the net income.
    """
    require_columns(deals, ["deal_price_fen", "owner_level", "acquisition_cost", "development_cost"], "explain_split")
    require_columns(shares, ["gain_fen", "loss_fen", "fund_rate", *PARTIES], "explain_split")
    split = shares["fund_fen"].notna()
    if parcel_code not in shares.index or not split.loc[parcel_code]:
        raise BadValueError(f"宗地 {parcel_code} 没有分配结果。办法：核对宗地代码，或看 split_gap 写的原因。")
    columns = deals.columns.difference(shares.columns)
    deal = deals.loc[[parcel_code], columns].join(shares.loc[[parcel_code]]).to_dict("records")[0]
    parts = {party: int(deal[party]) for party in PARTIES}
    net = sum(parts[party] for party in PARTIES[3:])
    reasons, names = part_reasons(deal, rule), party_names()
    basis = str(deal.get("cost_basis", ""))
    costs = [(f"{kind}成本", _fen(deal, column), basis) for kind, column in LAND_COSTS.items()]
    costs += [(name, _fen(deal, column), "台账") for column, name in _CASH_COSTS.items()]
    due = [(names[party], parts[party], reasons[party]) for party in PARTIES[:3]]
    rest = [(names[party], parts[party], reasons[party]) for party in PARTIES[3:] if parts[party]]
    gain = f"成交价 − {'、'.join(rule.gain_costs)}成本，不小于 0"
    rows = [
        ("成交价", int(deal["deal_price_fen"]), ""),
        *(cost for cost in costs if cost[1]),
        ("土地增值收益", int(deal["gain_fen"]), gain),
        *due,
        ("净收益", net, "成交价 − 调节金 − 税费 − 成本补偿"),
        *rest,
        ("各方合计", sum(parts.values()), "等于成交价"),
    ]
    if deal["loss_fen"]:
        rows.append(("没有收回的成本（亏损）", int(deal["loss_fen"]), ""))
    steps = pd.DataFrame(rows, columns=["step", "fen", "source"])
    return steps.assign(value=steps["fen"].map(yuan_text), unit="元")[["step", "value", "unit", "source"]].astype("str")


def _fen(deal: Facts, column: str) -> int:
    """A cost of the deal in fen; one that the table does not have, or that is missing, as zero."""
    amount = deal.get(column)
    return yuan_to_fen(Decimal(str(amount))) if amount is not None and amount == amount else 0
