"""Members' income, by head or by share (成员分配)."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from landmarket.errors import BadValueError, named_rows
from landmarket.exact import apportion


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
        If the amount is negative, a share is negative or missing, or there is nobody to distribute to.

    Examples
    --------
    100 元 among three heads:

    >>> distribute_to_members(10_000, pd.Series(1, index=["甲", "乙", "丙"])).tolist()
    [3334, 3333, 3333]
    """
    exact = [Decimal(str(share)) for share in shares]
    bad = [not share.is_finite() or share < 0 for share in exact]
    if any(bad):
        rows = named_rows(shares.index[bad], shares[bad])
        raise BadValueError(f"distribute_to_members：份额不能用，{rows}。办法：份额应为不小于 0 的数。")
    if amount_fen < 0 or not sum(exact):
        raise BadValueError(f"distribute_to_members：金额 {amount_fen} 分，份额合计 {sum(exact)}，无从分配。")
    places = max(0, *(-int(share.as_tuple().exponent) for share in exact))
    weights = [int(share.scaleb(places)) for share in exact]
    return pd.Series(apportion(amount_fen, weights), index=shares.index, dtype="int64", name="members_fen")
