"""Members' income, by head, share or household (成员分配)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from math import lcm

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns, require_values
from landmarket.errors import BadValueError, named_rows
from landmarket.exact import Ints, apportion

Objects = npt.NDArray[np.object_]

SHARE_CURE = "补上份额，应为不小于 0 的数。"
"""What to do about a share that cannot be used."""


class MemberBasis(StrEnum):
    """On what basis a collective pays its members (分配依据)."""

    HEAD = "按人"
    SHARE = "按份额"
    HOUSEHOLD = "按户"


def distribute_to_members(amount_fen: int, shares: pd.Series[int] | pd.Series[float]) -> pd.Series[int]:
    """Divide members' income by head or by share (成员分配): exact, by the largest remainder.

    Parameters
    ----------
    amount_fen : int
        What is distributed [分].
    shares : Series of int, float or Decimal
        Index member; 1 each for a division by head, else the quantified shares (份额). A float is taken as it
        prints.

    Returns
    -------
    Series of int64
        Each member's part [分] on the same index; the sum is the amount. Ties go to the member named first.

    Raises
    ------
    BadValueError
        If the amount is no whole number from 0 that fits 64 bits, a share is negative, missing or no number, or there
        is nobody to distribute to.

    Examples
    --------
    100 元 among three heads:

    >>> distribute_to_members(10_000, pd.Series(1, index=["甲", "乙", "丙"])).tolist()
    [3334, 3333, 3333]
    """
    amount = _whole_fen(amount_fen, "distribute_to_members")
    exact = [_exactly(share) for share in shares]
    bad = [not share.is_finite() or share < 0 for share in exact]
    if any(bad):
        rows = named_rows(shares.index[bad], shares[bad])
        raise BadValueError(f"distribute_to_members：份额不能用，{rows}。办法：份额应为不小于 0 的数。")
    if not sum(exact):
        raise BadValueError(f"distribute_to_members：金额 {amount_fen} 分，份额合计 {sum(exact)}，无从分配。")
    places = max(0, *(-int(share.as_tuple().exponent) for share in exact))
    weights = [int(share.scaleb(places)) for share in exact]
    return pd.Series(apportion(amount, weights), index=shares.index, dtype="int64", name="members_fen")


def divide_among(amount_fen: int, members: pd.DataFrame, basis: MemberBasis) -> pd.Series[int]:
    """Divide an amount among members by head, share or household (按人、按份额、按户): exact, by the largest remainder.

    Parameters
    ----------
    amount_fen : int
        What is distributed [分].
    members : DataFrame
        Index member_id; by share it needs ``share``, by household ``owner_code`` and ``household``.
    basis : MemberBasis
        By household the amount is first divided equally among households, then each part equally inside it.

    Returns
    -------
    Series of int64
        ``amount_fen``: each member's part [分] on the same index; the sum is the amount. Ties of a fen go by the number
        of the member or household, the shorter first, then by character (9 before 10), whatever the order of rows.

    Raises
    ------
    MissingColumnError
        If the basis needs a column that is not there.
    BadValueError
        If the amount is no whole number from 0 that fits 64 bits, a member stands twice, a share is missing, negative
        or no number, or there is nobody to distribute to.

    Examples
    --------
    100 元 among the households 1 (two members) and 2 (one member):

    >>> members = pd.DataFrame({"owner_code": "340123002004JA00001", "household": ["1", "1", "2"]}, ["a", "b", "c"])
    >>> divide_among(10_000, members, MemberBasis.HOUSEHOLD).tolist()
    [2500, 2500, 5000]
    """
    amount = _whole_fen(amount_fen, "divide_among")
    require_members(members, basis, [], "divide_among")
    order = tie_order(members.index)
    keys = member_keys(members, basis)[order].tolist()
    if basis is MemberBasis.SHARE:
        bad = [key < 0 for key in keys]
        require_values(members.iloc[order], "share", np.array(bad, dtype=bool), SHARE_CURE, "divide_among")
    if not keys or nothing_to_divide_by(keys, basis):
        raise BadValueError(
            f"divide_among：金额 {amount_fen} 分，成员 {len(keys)} 人，依据 {basis}，无从分配。"
            "办法：金额不小于 0，至少一名成员，份额合计大于 0。"
        )
    parts = np.empty(len(keys), dtype=np.int64)
    parts[order] = divide_by_keys(amount, keys, basis)
    return pd.Series(parts, index=members.index, name="amount_fen")


def require_members(members: pd.DataFrame, basis: MemberBasis, needed: list[str], needed_by: str) -> None:
    """Raise unless a table of members can be divided among on this basis (成员表检查).

    Parameters
    ----------
    members : DataFrame
        Index member_id.
    basis : MemberBasis
        On what basis.
    needed : list of str
        Columns that are needed besides those of the basis.
    needed_by : str
        The function that needs them, for the message.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a member stands twice, or by household a household is missing.
    """
    more = {MemberBasis.HEAD: [], MemberBasis.SHARE: ["share"], MemberBasis.HOUSEHOLD: ["owner_code", "household"]}
    require_columns(members, [*needed, *(name for name in more[basis] if name not in needed)], needed_by)
    twice = members.index[members.index.duplicated()].unique()
    if len(twice):
        raise BadValueError(f"{needed_by}：成员编号重复，{named_rows(twice)}。办法：每人一行，编号不同。")
    if basis is MemberBasis.HOUSEHOLD:
        require_values(members, "household", members["household"].isna(), "补上户号。", needed_by)


def tie_order(ids: Iterable[object]) -> Ints:
    """Give the order in which ties of a fen are decided (同余次序).

    Parameters
    ----------
    ids : iterable of object
        Numbers of members or households.

    Returns
    -------
    ndarray of int
        Their positions: the shorter number first, then by character, so that 9 comes before 10.

    Examples
    --------
    >>> tie_order(["10", "9", "1"]).tolist()
    [2, 1, 0]
    """
    texts = [str(each) for each in ids]
    return np.array(sorted(range(len(texts)), key=lambda at: (len(texts[at]), texts[at])), dtype=np.int64)


def member_keys(members: pd.DataFrame, basis: MemberBasis) -> Objects:
    """Give what an amount is divided by (分配权数).

    Parameters
    ----------
    members : DataFrame
        As for `divide_among`.
    basis : MemberBasis
        On what basis.

    Returns
    -------
    ndarray of int
        One a member: whole weights in the proportion of the shares, -1 where a share cannot be used; 1 by head; by
        household its rank in the order of ties.
    """
    if basis is MemberBasis.HEAD:
        return np.full(len(members), 1, dtype=object)
    if basis is MemberBasis.SHARE:
        return _whole_weights(members["share"])
    homes = [f"{owner} {home}" for owner, home in zip(members["owner_code"], members["household"], strict=True)]
    known = list(dict.fromkeys(homes))
    rank = {known[at]: place for place, at in enumerate(tie_order(known).tolist())}
    return np.array([rank[home] for home in homes], dtype=object)


def _whole_fen(amount_fen: object, needed_by: str) -> int:
    """An amount as a whole number of Python, which does not overflow."""
    whole = int(amount_fen) if isinstance(amount_fen, int | np.integer) else -1
    if not 0 <= whole <= np.iinfo(np.int64).max:
        raise BadValueError(
            f"{needed_by}：金额 {amount_fen!r} 分不能分配。办法：金额以分为单位，应为不小于 0、不超过 2⁶³ 的整数。"
        )
    return whole


def _exactly(share: object) -> Decimal:
    """A share as it prints; not a number where it is none."""
    try:
        return Decimal(str(share))
    except InvalidOperation:
        return Decimal("NaN")


def _whole_weights(shares: pd.Series[float]) -> npt.NDArray[np.object_]:
    """Bring shares to whole numbers in the same proportion, exactly."""
    exact = [_exactly(share) for share in shares]
    ratios = [each.as_integer_ratio() if each.is_finite() and each >= 0 else (-1, 0) for each in exact]
    common = lcm(*(below for _, below in ratios if below))
    return np.array([above * (common // below) if below else -1 for above, below in ratios], dtype=object)


def nothing_to_divide_by(keys: list[int], basis: MemberBasis) -> bool:
    """Say whether shares add up to nothing (份额合计为零).

    Parameters
    ----------
    keys : list of int
        As `member_keys` gives them.
    basis : MemberBasis
        On what basis.

    Returns
    -------
    bool
        True by share where none is above zero.
    """
    return basis is MemberBasis.SHARE and not any(keys)


def divide_by_keys(amount_fen: int, keys: list[int], basis: MemberBasis) -> list[int]:
    """Divide an amount by what `member_keys` gives, members in the order of ties (按权数分配).

    Parameters
    ----------
    amount_fen : int
        What is distributed [分], not negative.
    keys : list of int
        At least one; weights not negative, not all zero.
    basis : MemberBasis
        On what basis.

    Returns
    -------
    list of int
        Parts [分] in the order of the keys, summing to the amount.
    """
    if basis is not MemberBasis.HOUSEHOLD:
        return apportion(amount_fen, keys)
    sizes = Counter(keys)
    homes = sorted(sizes)
    parts = zip(homes, apportion(amount_fen, [1] * len(homes)), strict=True)
    inside = {home: iter(apportion(part, [1] * sizes[home])) for home, part in parts}
    return [next(inside[key]) for key in keys]
