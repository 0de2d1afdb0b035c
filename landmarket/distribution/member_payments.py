"""What each member is paid from each deal (成员分配明细), on the membership of the day of the deal."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.checks import Fault, gap_texts, require_columns, require_sound, require_unique_index
from landmarket.distribution.members import (
    SHARE_CURE,
    MemberBasis,
    Objects,
    divide_by_keys,
    member_keys,
    nothing_to_divide_by,
    require_members,
    tie_order,
)
from landmarket.distribution.roster import Days, days_of, is_member
from landmarket.exact import Ints


class _Collective(NamedTuple):
    """Rows of the roster that belong to one collective, in the order in which ties are decided."""

    rows: Ints
    keys: Objects
    joined: Days
    left: Days


class _Call(NamedTuple):
    """Who is paid from a deal: rows of the roster, and what divides among them; or why nobody can be."""

    rows: Ints
    keys: list[int]
    columns: tuple[str, ...]
    cure: str


def member_payments(shares: pd.DataFrame, roster: pd.DataFrame, basis: MemberBasis) -> pd.DataFrame:
    """Divide the members' part of every deal among those who were members on its day (成员分配明细).

    Parameters
    ----------
    shares : DataFrame
        Index parcel code; ``members_fen`` [分], ``deal_on``, ``owner_code``.
    roster : DataFrame
        As `landmarket.distribution.roster.read_roster` gives it.
    basis : MemberBasis
        As for `divide_among`.

    Returns
    -------
    DataFrame
        One row a payment, from 0: ``parcel_code``, ``owner_code``, ``group``, ``household``, ``member_id``, ``name``,
        ``weight`` (the share as printed; 1 by head; by household the member's part of it, such as 1/4),
        ``amount_fen`` (int64 [分]). Deals in the order of `shares`, members by their number. A deal
        without an amount for members has no row; the rows of the others add up to it exactly.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a deal or member stands twice, or a deal cannot be paid; `unrostered` names all such deals beforehand.
    ArithmeticError
        If payments do not add up to the amount of their deal.
    """
    due, calls = _calls(shares, roster, basis, "member_payments")
    require_sound(due, _faults(calls), "member_payments")
    owed = due["members_fen"].to_numpy(dtype=np.int64)
    parts = [divide_by_keys(fen, call.keys, basis) for fen, call in zip(owed.tolist(), calls, strict=True)]
    if any(sum(part) != fen for part, fen in zip(parts, owed.tolist(), strict=True)):
        raise ArithmeticError("成员分配：各成员之和不等于应分配的金额")
    deal = np.repeat(np.arange(len(due)), [len(part) for part in parts])
    rows = np.concatenate([np.empty(0, dtype=np.int64), *(call.rows for call in calls)])
    paid = roster.iloc[rows]
    table = pd.DataFrame({"parcel_code": due.index[deal].astype("str")})
    for name in ("owner_code", "group", "household"):
        table[name] = paid[name].array
    table["member_id"] = paid.index.astype("str")
    table["name"] = paid["name"].array
    table["weight"] = pd.Series(_weights(paid, calls, basis), index=table.index, dtype="str")
    return table.assign(amount_fen=np.array([fen for part in parts for fen in part], dtype=np.int64))


def unrostered(shares: pd.DataFrame, roster: pd.DataFrame, basis: MemberBasis) -> pd.Series[str]:
    """Say for each deal what keeps its members from being paid (不能分配到成员的原因).

    Parameters
    ----------
    shares, roster : DataFrame
        As for `member_payments`.
    basis : MemberBasis
        As for `divide_among`.

    Returns
    -------
    Series of str
        ``member_gap`` on the index of `shares`: empty where `member_payments` pays the deal or there is nothing to
        pay, else the reason in Chinese.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a deal or member stands twice.
    """
    due, calls = _calls(shares, roster, basis, "unrostered")
    return gap_texts(due, _faults(calls)).reindex(shares.index, fill_value="").rename("member_gap")


def _collectives(roster: pd.DataFrame, basis: MemberBasis) -> dict[str, _Collective]:
    """Take the roster apart by collective; weights are made whole once for each."""
    joined, left = days_of(roster["joined_on"]), days_of(roster["left_on"])
    order = tie_order(roster.index)
    owners = roster["owner_code"].iloc[order]
    found = {}
    for owner, places in owners.groupby(owners).indices.items():
        rows = order[places]
        found[str(owner)] = _Collective(rows, member_keys(roster.iloc[rows], basis), joined[rows], left[rows])
    return found


def _calls(
    shares: pd.DataFrame, roster: pd.DataFrame, basis: MemberBasis, needed_by: str
) -> tuple[pd.DataFrame, list[_Call]]:
    """Deals with something to pay to members, and who is paid from each."""
    require_unique_index(shares, needed_by)
    require_columns(shares, ["members_fen", "deal_on", "owner_code"], needed_by)
    require_members(roster, basis, ["owner_code", "group", "household", "name", "joined_on", "left_on"], needed_by)
    due = shares[shares["members_fen"].fillna(0).ne(0).to_numpy(dtype=bool)]
    known = _collectives(roster, basis)
    days: list[date | None] = days_of(due["deal_on"]).tolist()
    deals = zip(due["members_fen"].tolist(), due["owner_code"], days, strict=True)
    return due, [_call(fen, known.get(str(owner)), day, basis) for fen, owner, day in deals]


def _call(fen: int, collective: _Collective | None, day: date | None, basis: MemberBasis) -> _Call:
    nobody = np.empty(0, dtype=np.int64)
    if fen < 0:
        return _Call(nobody, [], ("members_fen",), "成员分配金额不应为负，核对金额。")
    if collective is None:
        return _Call(nobody, [], ("owner_code",), "名册中没有该所有权人的成员，补上名册或核对所有权代码。")
    if day is None:
        return _Call(nobody, [], ("deal_on",), "补上成交日。")
    there = is_member(collective.joined, collective.left, day)
    keys = collective.keys[there].tolist()
    if not keys:
        return _Call(nobody, [], ("owner_code", "deal_on"), "成交日没有在册成员，核对加入、退出日期。")
    if basis is MemberBasis.SHARE and min(keys) < 0:
        return _Call(nobody, [], ("owner_code",), f"成交日在册成员中 {keys.count(-1)} 人没有可用的份额。{SHARE_CURE}")
    if nothing_to_divide_by(keys, basis):
        return _Call(nobody, [], ("owner_code",), "成交日在册成员的份额合计为 0，核对份额。")
    return _Call(collective.rows[there], keys, (), "")


def _faults(calls: list[_Call]) -> list[Fault]:
    kinds = dict.fromkeys(call.columns for call in calls if call.columns)
    rows = {kind: [at for at, call in enumerate(calls) if call.columns == kind] for kind in kinds}
    return [Fault(kind, np.array(at, dtype=np.intp), [calls[row].cure for row in at]) for kind, at in rows.items()]


def _weights(paid: pd.DataFrame, calls: list[_Call], basis: MemberBasis) -> list[str]:
    if basis is MemberBasis.SHARE:
        return [f"{Decimal(str(share)):f}" for share in paid["share"]]
    if basis is MemberBasis.HEAD:
        return ["1"] * len(paid)
    sizes = [size for call in calls for counted in [Counter(call.keys)] for size in map(counted.__getitem__, call.keys)]
    return ["1" if size == 1 else f"1/{size}" for size in sizes]
