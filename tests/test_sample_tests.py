"""Tests of samples: Shapiro and Wilk's own example, Levene by its formula, ranks by counting."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from landmarket.errors import BadValueError
from landmarket.pricing.sample_tests import equal_variance, method_bias, normality


def test_normality_gives_the_published_w() -> None:
    """Shapiro and Wilk 1965: weights of eleven men, W = 0.79."""
    weights = [148, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236]
    table = pd.DataFrame({"use": "商服", "grade": "I", "standard_price": np.exp(np.array(weights) / 10)})
    found = normality(table, ["use", "grade"]).iloc[0]
    assert (found["n"], round(found["statistic"], 2)) == (11, 0.79)
    assert found["p"] < 0.01
    few = normality(table.head(2), ["use", "grade"]).iloc[0]
    assert few["n"] == 2
    assert np.isnan(few["statistic"])


def test_equal_variance_is_the_quotient_of_mean_deviations() -> None:
    groups = {"I": [1.0, 2.0, 4.0, 7.0], "II": [3.0, 3.5, 4.0, 4.2], "III": [2.0, 9.0]}
    rows = [(grade, np.exp(value)) for grade, values in groups.items() for value in values]
    statistic, p = equal_variance(pd.DataFrame(rows, columns=["grade", "standard_price"]), "grade")
    away = [[abs(v - np.median(values)) for v in values] for values in list(groups.values())[:2]]
    means, every = [np.mean(own) for own in away], np.mean(list(itertools.chain(*away)))
    between = sum(len(own) * (mean - every) ** 2 for own, mean in zip(away, means, strict=True)) / (2 - 1)
    within = sum((v - mean) ** 2 for own, mean in zip(away, means, strict=True) for v in own) / (8 - 2)
    assert statistic == pytest.approx(between / within)
    assert 0 < p < 1


def test_method_bias_counts_ranks_over_all_arrangements() -> None:
    deals, appraisals = [100.0, 120.0, 150.0, 171.0], [90.0, 95.0, 130.0]
    table = pd.DataFrame({"kind": ["出让"] * 4 + ["评估"] * 3, "price": deals + appraisals})
    statistic, p = method_bias(table, "kind", "出让", "评估", "price")
    beaten = sum(a > b for a in deals for b in appraisals)
    assert statistic == beaten
    arrangements = list(itertools.combinations(range(7), 4))
    values = sorted(deals + appraisals)
    counts = [
        sum(values[i] > values[j] for i in chosen for j in range(7) if j not in chosen) for chosen in arrangements
    ]
    far = sum(abs(count - 6) >= abs(beaten - 6) for count in counts) / len(counts)
    assert p == pytest.approx(far)


def test_what_cannot_be_tested_is_refused() -> None:
    table = pd.DataFrame({"grade": ["I", "I", "II"], "standard_price": [1.0, 2.0, 3.0]})
    with pytest.raises(BadValueError, match="样点足够的组不到两个"):
        equal_variance(table, "grade")
    with pytest.raises(BadValueError, match="每种至少"):
        method_bias(table, "grade", "I", "II", "standard_price")
    with pytest.raises(BadValueError, match="不是正数"):
        normality(table.assign(standard_price=[1.0, -2.0, 3.0]), ["grade"])
