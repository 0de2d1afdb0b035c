"""How large a risk compensation fund must be (风险补偿基金规模): 类比, an analogy, used only by whoever asks for it.

"Loan + guarantee insurance + risk compensation fund" (贷款+保证保险+风险补偿基金) was built for 承包地经营权, rights to
farmland. Nothing says that a mortgage of collective construction land works the same way; nothing here is called by any
other part of the package, and every result carries the label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, sqrt

import numpy as np

from landmarket.errors import BadValueError, RuleError, named_rows
from landmarket.exact import MILLION, millionths
from landmarket.market.draws import uniforms

LABEL = "类比：承包地经营权“贷款+保证保险+风险补偿基金”，集体经营性建设用地无此规定"


@dataclass(frozen=True)
class LoanRisk:
    """What is assumed of the loans (贷款风险假设); every number is the user's.

    Attributes
    ----------
    default_rate : Decimal
        Chance that a loan defaults, 0 to 1.
    recovery : Decimal
        Part of a defaulted loan that the sale of the right recovers, 0 to 1.
    correlation : Decimal
        Correlation of the defaults of any two loans, 0 to 1.
    cover : Decimal
        Part of the shortfall that falls on the fund, 0 to 1; the insurer and the lender bear the rest.
    """

    default_rate: Decimal
    recovery: Decimal
    correlation: Decimal
    cover: Decimal

    def __post_init__(self) -> None:
        """Refuse what is no share.

        Raises
        ------
        RuleError
            Naming the key.
        """
        for key in ("default_rate", "recovery", "correlation", "cover"):
            if millionths(getattr(self, key), key) > MILLION:
                raise RuleError(f"{key} = {getattr(self, key)}：应在 0 与 1 之间，如 2% 写 0.02。办法：改写。")


@dataclass(frozen=True)
class RiskFund:
    """Size of a fund (风险补偿基金规模), by analogy.

    Attributes
    ----------
    size_fen : int
        Least fund that is enough in the asked share of the draws [分].
    expected_loss_fen : int
        Mean of what falls on the fund, exact, rounded up to the fen [分].
    largest_loss_fen : int
        What falls on it if every loan defaults [分].
    quantile : Decimal
        The asked share of draws.
    label : str
        That it is an analogy, in Chinese.
    """

    size_fen: int
    expected_loss_fen: int
    largest_loss_fen: int
    quantile: Decimal
    label: str = LABEL


def risk_fund_size(
    loans_fen: Sequence[int], risk: LoanRisk, *, draws: int, seed: int, quantile: Decimal = Decimal("0.99")
) -> RiskFund:
    r"""Find how large a fund survives a share of the draws (风险补偿基金测算).

    .. math:: L_i = \lceil A_i (1 - R) c \rceil, \qquad
        \text{fund} = \min \{ F : \#\{\sum_i L_i D_i \le F\} \ge q N \}

    Parameters
    ----------
    loans_fen : sequence of int
        Outstanding loans A [分], each above zero.
    risk : LoanRisk
        Default rate, recovery, correlation, cover.
    draws : int
        Draws N, above zero.
    seed : int
        Seed.
    quantile : Decimal, default 0.99
        Share of the draws q that the fund survives, above 0, at most 1.

    Returns
    -------
    RiskFund
        The fund, with its label.

    Raises
    ------
    BadValueError
        If there are no loans, one is not positive, or there are no draws.
    RuleError
        If the quantile is no share.

    Notes
    -----
    Common shock: each loan takes over one shared draw with chance :math:`s = \sqrt{\rho}`, else it has its own; it
    defaults where its draw is below the default rate p. Two loans then default together with the correlation
    :math:`s^2 = \rho`, exactly, and the number of defaults among n loans is binomial(n, s + (1 − s) p) with chance p
    and binomial(n, (1 − s) p) with chance 1 − p; without correlation it is binomial(n, p). Arithmetic only, so that
    results are the same on every machine; what a loan draws depends on the seed and its place in the list alone.
    A is the loan, R the recovery and c the fund's cover.
    """
    _require_loans(loans_fen, draws)
    share = Fraction(quantile)
    if not 0 < share <= 1:
        raise RuleError(f"quantile = {quantile}：应大于 0、不大于 1。办法：改写，如 0.99。")
    borne = Fraction(1 - Fraction(risk.recovery)) * Fraction(risk.cover)
    losses = [ceil(loan * borne) for loan in loans_fen]
    rate, taken = float(risk.default_rate), sqrt(float(risk.correlation))
    shock = uniforms(["共同"], draws, seed=seed)[0] < rate
    total = np.zeros(draws, dtype=np.int64)
    for place, loss in enumerate(losses):
        own = uniforms([f"贷款{place}"], draws, seed=seed)[0]
        defaults = np.where(own < taken, shock, own - taken < (1 - taken) * rate)
        total += np.where(defaults, loss, 0)
    total.sort()
    return RiskFund(
        size_fen=int(total[ceil(share * draws) - 1]),
        expected_loss_fen=ceil(sum(losses) * Fraction(risk.default_rate)),
        largest_loss_fen=sum(losses),
        quantile=quantile,
    )


def _require_loans(loans_fen: Sequence[int], draws: int) -> None:
    wrong = {place: loan for place, loan in enumerate(loans_fen, start=1) if loan <= 0}
    if not loans_fen or wrong:
        said = named_rows(wrong, wrong.values()) if wrong else "没有贷款"
        raise BadValueError(f"risk_fund_size：贷款余额应为大于 0 的整数分，{said}。办法：核对贷款清单。")
    if draws <= 0:
        raise BadValueError(f"risk_fund_size：draws = {draws} 应大于 0。办法：一般取 10000 以上。")
