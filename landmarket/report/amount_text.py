"""Amounts of money as a paper prints them (大写金额): in capital numerals that nobody can alter."""

from __future__ import annotations

import re

from landmarket.errors import BadValueError
from landmarket.units import yuan_text

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_UNITS = ("万", "亿", "万", "")
_FIGURES = len(_PLACES) * len(_UNITS)
_ZEROS = re.compile("零+")


def amount_in_words(fen: int) -> str:
    """Write an amount in capital numerals (大写金额).

    Parameters
    ----------
    fen : int
        Amount [分], not negative.

    Returns
    -------
    str
        Without 人民币 before it, which the rules ask for where the form does not print it.

    Raises
    ------
    BadValueError
        If the amount is negative or has more than sixteen figures before the point.

    Notes
    -----
    《正确填写票据和结算凭证的基本规定》 (中国人民银行《支付结算办法》附一): 整 after 元 alone; one 零 for zeros between
    figures; 零 after 元 where there are fen but no jiao. Where the last figure of the yuan is zero and there are jiao,
    the rules leave 零 open, and give both ways in their examples; it is written here, and not written after 万 or 亿
    where the thousands follow.

    Examples
    --------
    >>> amount_in_words(168_032), amount_in_words(10_700_053), amount_in_words(32_504)
    ('壹仟陆佰捌拾元零叁角贰分', '壹拾万柒仟元零伍角叁分', '叁佰贰拾伍元零肆分')
    """
    yuan, rest = divmod(fen, 100)
    if yuan < 0 or yuan >= 10**_FIGURES:
        raise BadValueError(f"大写金额：{yuan_text(fen)} 元写不成。办法：金额应不小于 0，元位以上至多 {_FIGURES} 位。")
    whole = f"{_whole(yuan)}元" if yuan else ""
    if not rest:
        return f"{whole or '零元'}整"
    tenths, cents = divmod(rest, 10)
    gap = "零" if yuan and (not tenths or not yuan % 10) else ""
    parts = (f"{_DIGITS[figure]}{unit}" for figure, unit in ((tenths, "角"), (cents, "分")) if figure)
    return whole + gap + "".join(parts)


def _whole(yuan: int) -> str:
    """Write whole yuan, four figures at a time; 亿 stands after 万 too (万亿)."""
    figures, text = f"{yuan:0{_FIGURES}}", ""
    for place, unit in enumerate(_UNITS):
        four = figures[len(_PLACES) * place : len(_PLACES) * (place + 1)]
        said = "".join(_DIGITS[int(f)] + (at if f != "0" else "") for f, at in zip(four, _PLACES, strict=True))
        counted = said.rstrip("零")
        text += counted + unit if counted or (unit == "亿" and text.strip("零")) else "零"
    return _ZEROS.sub("零", text).strip("零")
