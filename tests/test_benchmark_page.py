"""The page of measurements: ratios, exponents and bars from figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.results import OURS, Measured, exponent, leave, page, reached
from benchmarks.timing import Contest, Elsewhere, Part, measured


def run(parcels: int, ours: float, peer: float, bar: float, most: float | None = None) -> Measured:
    return Measured(
        question="问",
        target="三倍",
        parcels=parcels,
        seconds={OURS: ours, "对方": peer},
        peak={OURS: 0.5},
        bars={"对方": bar},
        most=most,
    )


def test_exponents_of_powers() -> None:
    sizes = [10, 100, 1000]
    assert exponent(sizes, [2.0, 20.0, 200.0]) == pytest.approx(1)
    assert exponent(sizes, [1.0, 100.0, 10_000.0]) == pytest.approx(2)


@pytest.mark.parametrize(
    ("ours", "peer", "bar", "most", "held"),
    [
        (2, 6, 3, None, True),
        (2, 5.9, 3, None, False),
        (2, 6, 3, 20, True),
        (2, 6, 3, 19.9, False),
        (3, 2, 0.66, None, True),
    ],
)
def test_a_bar_is_a_ratio_and_a_price_of_a_million(
    ours: float, peer: float, bar: float, most: float | None, held: bool
) -> None:
    assert reached(run(100_000, ours, peer, bar, most)) is held


def test_the_page_is_of_what_was_left_and_of_the_largest_size(tmp_path: Path) -> None:
    leave(tmp_path, "other", [run(10, 1.0, 9.0, 3.0), run(1000, 100.0, 250.0, 3.0)])
    leave(tmp_path, "one", [run(10, 1.0, 9.0, 3.0)])
    leave(tmp_path, "one", [run(20, 2.0, 7.0, 3.0)])
    text = page(tmp_path)
    assert text.index("benchmarks/one.py") < text.index("benchmarks/other.py")
    assert "| 问 | landmarket | 1.00 | 100.00 | 1.00 |  | 0.50 | 三倍 | **否** |" in text
    assert "|  | 对方 | 9.00 | 250.00 | 0.72 | 2.50 |  |  |  |" in text
    assert "| 问 | landmarket | 2.00 |  |  | 0.50 | 三倍 | 是 |" in text
    assert "不是同一次运行" in text


def test_no_time_is_told_of_answers_that_differ() -> None:
    def same(ours: object, name: str, other: object) -> None:
        np.testing.assert_equal(other, ours, err_msg=name)

    contest = Contest(
        "问", "", {OURS: lambda: 7, "别处": lambda: Elsewhere(7, 12.5, 3.0), "一半": Part(lambda: 7, 2.0)}, same
    )
    told = measured(contest, 10, 3)
    assert (told["seconds"]["别处"], told["peak"]["别处"]) == (12.5, 3.0)
    with pytest.raises(AssertionError, match="别处"):
        measured(replace(contest, sides={OURS: lambda: 7, "别处": lambda: Elsewhere(8, 12.5, 3.0)}), 10, 1)
