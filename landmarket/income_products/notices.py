"""The sheets posted in the villages (公示表): one for each deal of a collective whose members are known."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import timedelta
from pathlib import Path

import pandas as pd

from landmarket.distribution.split import PARTIES
from landmarket.distribution.worksheet import part_reasons, party_names
from landmarket.income_products.work import IncomeWork
from landmarket.io.file_names import file_names
from landmarket.io.whole import output_errors
from landmarket.report.public_notice import Paper, PublicNotice, write_public_notice
from landmarket.units import square_metres_to_mu

_MEMBER_COLUMNS = ["group", "household", "name", "weight", "amount_fen"]
_KEPT = "按现行办法，净收益留在农村集体经济组织，不直接分配到成员"
_NOTHING = "扣除调节金、税费与成本后，本宗没有可以分配到成员的净收益"
_PAID = ("transaction_cost", "tax_paid")
_BLANK = ("", "nan", "None", "<NA>")

Facts = Mapping[Hashable, object]


def public_notices(work: IncomeWork) -> dict[str, PublicNotice]:
    """Make the sheet of each deal of a collective whose members are known (公示表).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    dict of str to PublicNotice
        By parcel code.
    """
    split = work.split
    posted = split[split["owner_code"].isin(work.rostered) & work.member_gaps.reindex(split.index).eq("")]
    return {str(code): _notice(work, str(code), facts) for code, facts in posted.to_dict("index").items()}


def _notice(work: IncomeWork, code: str, deal: Facts) -> PublicNotice:
    period = work.plan.public_notice
    start = max(pd.Timestamp(str(deal["deal_on"])).date(), work.plan.settled_on)
    members = work.payments[work.payments["parcel_code"].eq(code)] if len(work.payments) else work.payments
    return PublicNotice(
        collective=str(deal["owner"]),
        deal=_facts(code, deal),
        parts=_parts(work, deal),
        members=members.reindex(columns=_MEMBER_COLUMNS),
        price_fen=_fen(deal, "deal_price_fen"),
        members_fen=_fen(deal, "members_fen"),
        from_on=start,
        until_on=start + timedelta(days=period.days),
        least_days=period.days,
        days_source=period.source,
        objections=dict(period.objections),
        notice=work.notice,
        undistributed_reason="" if len(members) else _NOTHING if work.rule.direct_distribution else _KEPT,
    )


def _fen(deal: Facts, name: str) -> int:
    return int(str(deal[name]))


def _facts(code: str, deal: Facts) -> dict[str, str]:
    """What the sheet says of the deal, as text."""
    area = float(str(deal["area"]))
    facts = {
        "宗地代码": code,
        "坐落": " ".join(text for name in ("township", "village") if (text := str(deal[name])) not in _BLANK),
        "用途": deal["price_use"],
        "面积": f"{area:,.2f} ㎡（{square_metres_to_mu(area):,.2f} 亩）",
        "交易方式": deal["mode"],
        "供应方式": deal["form"],
        "成交日": f"{pd.Timestamp(str(deal['deal_on'])):%Y-%m-%d}",
    }
    return {name: text for name, fact in facts.items() if (text := str(fact)) not in _BLANK}


def _parts(work: IncomeWork, deal: Facts) -> pd.DataFrame:
    """Parties with the reason of their part; those of nothing are left out."""
    reasons = part_reasons(deal, work.rule) | {"members_fen": f"净收益的其余部分，{work.plan.member_basis}分配"}
    names = party_names()
    rows = [(names[party], reasons[party], _fen(deal, party)) for party in PARTIES if _fen(deal, party)]
    return pd.DataFrame(rows, columns=["party", "basis", "amount_fen"])


def write_notices(work: IncomeWork, folder: Path) -> dict[str, str]:
    """Write the sheets posted in the villages (公示表), each on A4 and on A3.

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    folder : Path
        Where they go.

    Returns
    -------
    dict of str to str
        For each sheet what it is called and the name of its file.
    """
    notices = public_notices(work)
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    wanted = {
        f"{notice.deal['坐落']} {code} {paper}": (notice, paper) for code, notice in notices.items() for paper in Paper
    }
    stems = file_names(list(wanted))
    for text, (notice, paper) in wanted.items():
        write_public_notice(folder / f"{stems[text]}.docx", notice, paper)
    return {text: f"{stems[text]}.docx" for text in wanted}
