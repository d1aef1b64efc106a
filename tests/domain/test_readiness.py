"""The beta-binomial prediction, against sums that anyone can do."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.readiness import PRIOR_MEAN, PRIOR_STRENGTH, beta_binomial, predict_right


def rising(a: int, n: int) -> int:
    product = 1
    for i in range(n):
        product *= a + i
    return product


def exact(k: int, n: int, a: int, b: int) -> Fraction:
    """C(n, k) · a^(k) · b^(n-k) / (a+b)^(n) with rising factorials: the same probability in whole numbers."""
    return Fraction(comb(n, k) * rising(a, k) * rising(b, n - k), rising(a + b, n))


@pytest.mark.parametrize(
    ("k", "n", "a", "b", "expected"),
    [
        pytest.param(0, 4, 1, 1, 1 / 5, id="a flat prior makes every count as likely: none"),
        pytest.param(3, 4, 1, 1, 1 / 5, id="three"),
        pytest.param(4, 4, 1, 1, 1 / 5, id="all"),
        pytest.param(1, 1, 3, 1, 3 / 4, id="one question: the mean"),
        pytest.param(0, 1, 3, 1, 1 / 4, id="one question, wrong"),
        pytest.param(2, 2, 2, 1, 1 / 2, id="2·3 / 3·4"),
        pytest.param(0, 2, 2, 1, 1 / 6, id="1·2 / 3·4"),
        pytest.param(0, 0, 5, 5, 1.0, id="no question"),
    ],
)
def test_known_values(k, n, a, b, expected):
    assert beta_binomial(k, n, a, b) == pytest.approx(expected)


@given(st.integers(1, 30), st.integers(1, 40), st.integers(1, 40), st.data())
def test_it_is_the_exact_probability(n, a, b, data):
    k = data.draw(st.integers(0, n))
    assert beta_binomial(k, n, a, b) == pytest.approx(float(exact(k, n, a, b)), rel=1e-9)


@given(st.integers(1, 65), st.floats(0.1, 60), st.floats(0.1, 60))
def test_it_sums_to_one_with_the_right_mean(n, a, b):
    weights = [beta_binomial(k, n, a, b) for k in range(n + 1)]
    assert sum(weights) == pytest.approx(1)
    assert sum(k * weight for k, weight in enumerate(weights)) == pytest.approx(n * a / (a + b))


def summed(right: int, scored: int, items: int, needed: int) -> tuple[int, int, float]:
    """The same prediction by exact sums, with a prior of 6.5 and 3.5 as 13 and 7 halves."""
    a, b = Fraction(2 * right + 13, 2), Fraction(2 * (scored - right) + 7, 2)

    def rise(x: Fraction, n: int) -> Fraction:
        product = Fraction(1)
        for i in range(n):
            product *= x + i
        return product

    weights = [comb(items, k) * rise(a, k) * rise(b, items - k) / rise(a + b, items) for k in range(items + 1)]
    assert sum(weights) == 1
    total, low, high = Fraction(0), None, None
    for k, weight in enumerate(weights):
        total += weight
        low = k if low is None and total >= Fraction(1, 10) else low
        high = k if high is None and total >= Fraction(9, 10) else high
    assert low is not None
    assert high is not None
    return low, high, float(sum(weights[needed:]))


@pytest.mark.parametrize(
    ("right", "scored", "items", "needed"),
    [(37, 50, 50, 36), (0, 0, 50, 36), (50, 50, 50, 36), (0, 50, 50, 36), (8, 10, 10, 8), (13, 17, 17, 13), (1, 1, 3, 2)],
)
def test_the_range_and_the_chance_are_those_of_exact_sums(right, scored, items, needed):
    assert (PRIOR_MEAN, PRIOR_STRENGTH) == (0.65, 10.0)
    low, high, chance = summed(right, scored, items, needed)
    found = predict_right(right, scored, items=items, needed=needed)
    assert (found.low, found.high) == (low, high)
    assert found.chance == pytest.approx(chance)


@pytest.mark.parametrize(("needed", "chance"), [(0, 1.0), (51, 0.0)])
def test_the_ends_of_the_chance(needed, chance):
    assert predict_right(30, 50, items=50, needed=needed).chance == pytest.approx(chance)
    assert predict_right(30, 50, items=50, needed=needed).chance <= 1


@given(st.integers(0, 50), st.integers(1, 65))
def test_the_range_is_ordered_and_holds_most_of_it(right, items):
    found = predict_right(right, 50, items=items, needed=items)
    assert 0 <= found.low <= found.high <= items
    a, b = right + 6.5, 50 - right + 3.5
    inside = sum(beta_binomial(k, items, a, b) for k in range(found.low, found.high + 1))
    assert inside >= 0.8 - 1e-9


@given(st.integers(0, 49))
def test_more_right_is_a_better_chance(right):
    less, more = (predict_right(n, 50, items=50, needed=36) for n in (right, right + 1))
    assert less.chance < more.chance
    assert (less.low, less.high) <= (more.low, more.high)
