"""Numbers of grades (级别序号), read from their names and written as maps do."""

from __future__ import annotations

import unicodedata

_FIRST, _LAST_NUMBER = 0x2160, 12


def grade_number(grade: str) -> int | None:
    """Read the number of a grade (级别序号).

    Parameters
    ----------
    grade : str
        For example Ⅱ级, II, 二级, 2.

    Returns
    -------
    int or None
        None for a name that is no number up to 12.

    Examples
    --------
    >>> [grade_number(text) for text in ("Ⅱ级", "IV", "三级", "2", "十", "城区", "IIII")]
    [2, 4, 3, 2, 10, None, None]
    """
    text = unicodedata.normalize("NFKC", grade).strip().removesuffix("级").removesuffix("等").strip()
    numbers = [
        number for number in range(1, _LAST_NUMBER + 1) if text == unicodedata.normalize("NFKC", numeral(number))
    ]
    if numbers or len(text) != 1:
        return numbers[0] if numbers else None
    value = unicodedata.numeric(text, 0.0)
    return int(value) if value in range(1, _LAST_NUMBER + 1) else None


def numeral(number: int) -> str:
    """Write the number of a grade as maps do (罗马数字).

    Parameters
    ----------
    number : int
        From 1 to 12.

    Returns
    -------
    str
        One character.

    Examples
    --------
    >>> numeral(1), numeral(4)
    ('Ⅰ', 'Ⅳ')
    """
    return chr(_FIRST + number - 1)
