"""Intervals: published values, and what must hold of every one."""

from __future__ import annotations

from math import atanh, sqrt, tanh

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.distributions import beta_cdf, f_quantile
from quizzes.domain.statistics import intervals


@pytest.mark.parametrize(
    ("q", "d1", "d2", "expected"),
    [
        pytest.param(0.95, 1, 10, 4.9646, id="one and ten"),
        pytest.param(0.975, 5, 10, 4.2361, id="five and ten"),
        pytest.param(0.95, 10, 30, 2.1646, id="ten and thirty"),
        pytest.param(0.5, 7, 7, 1.0, id="the middle of equal degrees is one"),
    ],
)
def test_quantiles_of_f_are_those_of_the_tables(q, d1, d2, expected):
    """NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.3, upper critical values of F (and .975 from tables of that kind)."""
    assert f_quantile(q, d1, d2) == pytest.approx(expected, abs=5e-4)


def test_quantiles_of_f_hold_for_a_whole_school():
    x = f_quantile(0.975, 9_999, 9_999 * 64)
    share = 9_999 * x / (9_999 * x + 9_999 * 64)
    assert beta_cdf(share, 9_999 / 2, 9_999 * 64 / 2) == pytest.approx(0.975, abs=1e-8)


def test_wilson_worked_by_hand():
    # 9 of 10 with z² = 2.7055: middle (.9 + .13528) / 1.27055, half z / 1.27055 × √(.009 + .0067638).
    z = 1.6448536269514722
    found = intervals.wilson(0.9, 10)
    assert found.low == pytest.approx((0.9 + z * z / 20) / (1 + z * z / 10) - z / (1 + z * z / 10) * sqrt(0.009 + z * z / 400))
    assert (found.low, found.high) == pytest.approx((0.6523, 0.9774), abs=5e-4)


def test_fisher_worked_by_hand():
    found = intervals.fisher(0.3, 103)
    assert (found.low, found.high) == pytest.approx((tanh(atanh(0.3) - 0.16448536), tanh(atanh(0.3) + 0.16448536)))


def test_newcombes_difference_is_that_of_his_paper():
    """Newcombe 1998, table II, case (a): 56/70 against 48/80; his 95 % interval by method 10 is .0524 to .3339, ours is 90 % and lies within."""
    found = intervals.difference(56 / 70, 70, 48 / 80, 80)
    assert 0.0524 < found.low < 0.2 < found.high < 0.3339


def test_feldts_interval_holds_alpha_and_narrows_with_people():
    few, many = intervals.feldt(0.8, 50, 20), intervals.feldt(0.8, 500, 20)
    assert few.low < many.low < 0.8 < many.high < few.high
    narrow = intervals.feldt(0.8, 50, 20, level=0.9)
    assert few.low < narrow.low < narrow.high < few.high


def test_the_median_is_held_between_order_statistics():
    found = intervals.of_median([float(n) for n in range(1, 101)])
    assert (found.low, found.high) == (41, 60)


@pytest.mark.parametrize(
    "found",
    [
        intervals.wilson(0.5, 0), intervals.fisher(0.5, 3), intervals.fisher(None, 50), intervals.feldt(0.5, 1, 5),
        intervals.feldt(0.5, 9, 1), intervals.feldt(None, 9, 9), intervals.of_median([1.0] * 5), intervals.rivals(0, 1, 1),
        intervals.difference(0.5, 0, 0.5, 9),
    ],
)  # fmt: skip
def test_of_too_little_there_is_no_interval(found):
    assert found is None


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_a_share_lies_in_its_interval(share, n):
    found = intervals.wilson(share, n)
    assert 0 <= found.low <= share + 1e-12
    assert share - 1e-12 <= found.high <= 1


@given(st.floats(-1, 1), st.integers(4, 10_000))
def test_a_correlation_lies_in_its_interval(r, n):
    found = intervals.fisher(r, n)
    assert -1 <= found.low <= r + 1e-12
    assert r - 1e-12 <= found.high <= 1
